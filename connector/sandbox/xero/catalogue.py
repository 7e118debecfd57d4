"""The organisation's lists: settings, chart, tax rates, dimensions, items, currencies and contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import ZERO_ID, NotFound, envelope, ms_date
from connector.sandbox.xero.books import Account, Books, Contact, Plan, TaxRate
from connector.sandbox.xero.lists import modified_since
from connector.sandbox.xero.reading import Fields
from connector.sandbox.xero.tax import shown_rates
from connector.sandbox.xero.where import Getter, parse_where
from connector.sandbox.xero.writing import Call, Entity, missing

# Xero has names of its own, and none that can be derived.
_TIMEZONES = {
    "America/New_York": "EASTERNSTANDARDTIME",
    "America/Chicago": "CENTRALSTANDARDTIME",
    "America/Los_Angeles": "PACIFICSTANDARDTIME",
    "Australia/Sydney": "AUSEASTERNSTANDARDTIME",
    "Australia/Perth": "WAUSTRALIASTANDARDTIME",
    "Europe/London": "GMTSTANDARDTIME",
}


def _organisation(books: Books) -> list[dict[str, Any]]:
    company = books.company
    shown: dict[str, Any] = {
        "OrganisationID": books.tenant_id,
        "Name": company.name,
        "LegalName": company.name,
        "BaseCurrency": company.currency,
        "CountryCode": company.country,
        "Version": company.country,
        "OrganisationType": "COMPANY",
        "OrganisationStatus": "ACTIVE",
        "IsDemoCompany": False,
        "PaysTax": True,
        "Timezone": _TIMEZONES.get(company.timezone, "UTC"),
        "Edition": "BUSINESS",
        "Class": "STANDARD",
        "ShortCode": "!Sand1",
    }
    shown |= _terms(books.sales_terms)
    if books.period_lock is not None:
        shown["PeriodLockDate"] = ms_date(books.period_lock)
    if books.year_lock is not None:
        shown["EndOfYearLockDate"] = ms_date(books.year_lock)
    return [shown]


def _terms(sales: tuple[str, int] | None) -> dict[str, Any]:
    return {"PaymentTerms": {"Sales": {"Day": sales[1], "Type": sales[0]}}} if sales else {}


def _currencies(books: Books) -> list[str]:
    return [books.company.currency, *(code for code, _ in books.switch("currencies"))]  # type: ignore[attr-defined]


def _account(books: Books, account: Account) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AccountID": account.id,
        "Code": account.code,
        "Name": account.name,
        "Status": account.status,
        "Type": account.type,
        "TaxType": account.tax_type,
        "Class": account.group,
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "UpdatedDateUTC": ms_date(account.updated),
    }
    if account.type == "BANK":
        shown |= {"BankAccountNumber": "000000000", "CurrencyCode": books.company.currency}
    if account.system:
        shown["SystemAccount"] = account.system
    return shown


def _tax_rate(rate: TaxRate) -> dict[str, Any]:
    shown: dict[str, Any] = {"Name": rate.name, "TaxType": rate.tax_type, "Status": "ACTIVE"}
    for group, word in (
        ("ASSET", "Assets"),
        ("EQUITY", "Equity"),
        ("EXPENSE", "Expenses"),
        ("LIABILITY", "Liabilities"),
        ("REVENUE", "Revenue"),
    ):
        shown[f"CanApplyTo{word}"] = group in rate.groups
    return shown | shown_rates(rate)


def _categories(books: Books) -> list[dict[str, Any]]:
    return [
        {
            "Name": one.name,
            "Status": one.status(one.id),
            "TrackingCategoryID": one.id,
            "Options": [
                {"TrackingOptionID": key, "Name": name, "Status": one.status(key), "IsDeleted": False} for key, name in one.options
            ],
        }
        for one in books.categories
    ]


def _items(books: Books) -> list[dict[str, Any]]:
    return [
        {
            "ItemID": one.id,
            "Code": one.code,
            "Name": one.name,
            "IsSold": True,
            "IsPurchased": False,
            "SalesDetails": {"AccountCode": one.account.code, "TaxType": one.account.tax_type},
            "UpdatedDateUTC": ms_date(one.updated),
        }
        for one in books.items.values()
    ]


def _users(books: Books) -> list[dict[str, Any]]:
    """The one person who consents, and a colleague."""
    own = books.user_id if books.switch("own_user_is_listed") else books.guid_of("somebody")
    people = (
        (own, "Kim", "FINANCIALADVISER" if books.switch("adviser") else "STANDARD"),
        (books.guid_of("colleague"), "Robin", "READONLY"),
    )
    return [
        {
            "UserID": key,
            "EmailAddress": f"{name.lower()}@example.com",
            "FirstName": name,
            "LastName": "Reed",
            "IsSubscriber": False,
            "OrganisationRole": role,
        }
        for key, name, role in people
    ]


def _contact(contact: Contact) -> dict[str, Any]:
    shown: dict[str, Any] = {"ContactID": contact.id, "ContactStatus": contact.status, "Name": contact.name}
    if contact.number:
        shown["ContactNumber"] = contact.number
    if contact.email:
        shown["EmailAddress"] = contact.email
    if contact.city:
        shown["Addresses"] = [{"AddressType": "POBOX", "City": contact.city}]
    if contact.merged_to:
        shown["MergedToContactID"] = contact.merged_to
    return (
        shown
        | _terms(contact.sales_terms)
        | {"IsSupplier": False, "IsCustomer": True, "UpdatedDateUTC": ms_date(contact.updated), "HasValidationErrors": False}
    )


# endpoint -> (plural, keys by which one is asked for, all of them)
LISTS: dict[str, tuple[str, tuple[str, ...], Callable[[Books], list[dict[str, Any]]]]] = {
    "organisation": ("Organisations", (), _organisation),
    "accounts": ("Accounts", ("AccountID", "Code"), lambda books: [_account(books, one) for one in books.accounts]),
    "taxrates": ("TaxRates", ("TaxType",), lambda books: [_tax_rate(one) for one in books.tax_rates.values()]),
    "trackingcategories": ("TrackingCategories", ("TrackingCategoryID",), _categories),
    "items": ("Items", ("ItemID", "Code"), _items),
    "currencies": (
        "Currencies",
        (),
        lambda books: [{"Code": code, "Description": code} for code in _currencies(books)],
    ),
    "brandingthemes": (
        "BrandingThemes",
        ("BrandingThemeID",),
        lambda books: [
            {"BrandingThemeID": key, "Name": name, "Type": "INVOICE", "SortOrder": place}
            for place, (key, name) in enumerate(books.themes.items())
        ],
    ),
    "users": ("Users", ("UserID",), _users),
    "contacts": ("Contacts", ("ContactID", "ContactNumber"), lambda books: [_contact(one) for one in books.contacts.values()]),
}


def _getters(rows: list[dict[str, Any]]) -> dict[str, Getter]:
    names = {name for row in rows for name in row} | {"ContactNumber", "EmailAddress", "SystemAccount"}

    def getter(name: str) -> Getter:
        return lambda row: row.get(name)

    return {name.lower(): getter(name) for name in names}


def read_list(books: Books, request: Request, endpoint: str, key: str) -> Response:
    """Answer one of the lists, whole, filtered, or the one thing asked for."""
    plural, keys, rows_of = LISTS[endpoint]
    rows = rows_of(books)
    if key:
        rows = [row for row in rows if key.lower() in {str(row.get(name, "")).lower() for name in keys}]
        if not rows:
            raise NotFound
        return envelope(books.clock.now(), books.guid("answer"), plural, rows)
    params = {name.lower(): value for name, value in request.params().items()}
    if params.get("where"):
        query = parse_where(params["where"], _getters(rows))
        rows = [row for row in rows if query.test(row)]
    if endpoint == "trackingcategories" and params.get("includearchived", "").lower() != "true":
        rows = [_in_use(row) for row in rows if row["Status"] == "ACTIVE"]
    pagination = None
    since = modified_since(request) if endpoint in _TELL_MODIFIED else None
    if since is not None:
        rows = [row for row in rows if _updated(books, endpoint, row) >= since]
        if not rows and books.switch("nothing_modified") == 304:
            return Response(304, b"", {})
    if endpoint == "contacts":
        rows = _filter_contacts(params, rows)
        rows, pagination = _page_of(params, rows)
    return envelope(books.clock.now(), books.guid("answer"), plural, rows, pagination)


# The lists that tell what was modified since a moment; the others come as a whole.
_TELL_MODIFIED = ("accounts", "items", "contacts")


def _updated(books: Books, endpoint: str, row: dict[str, Any]) -> datetime:
    if endpoint == "contacts":
        return books.contacts[row["ContactID"]].updated
    if endpoint == "items":
        return books.items[row["Code"].lower()].updated
    return next(one.updated for one in books.accounts if one.id == row["AccountID"])


def _in_use(category: dict[str, Any]) -> dict[str, Any]:
    return category | {"Options": [option for option in category["Options"] if option["Status"] == "ACTIVE"]}


def _filter_contacts(params: Mapping[str, str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if params.get("includearchived", "").lower() != "true":
        rows = [row for row in rows if row["ContactStatus"] == "ACTIVE"]
    if params.get("ids"):
        rows = [row for row in rows if row["ContactID"] in params["ids"].lower().split(",")]
    term = params.get("searchterm", "").lower()
    return [row for row in rows if term in row["Name"].lower()]


def _page_of(params: Mapping[str, str], rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, int] | None]:
    """One page of the rows and where it stands; all of them when no page was asked for."""
    if not params.get("page", "").isdigit():
        # As documented: into whom a contact was merged is told by the page, and by its id.
        return [{name: told for name, told in row.items() if name != "MergedToContactID"} for row in rows], None
    size = min(1000, max(1, int(params["pagesize"]))) if params.get("pagesize", "").isdigit() else 100
    page = max(1, int(params["page"]))
    start = (page - 1) * size
    return rows[start : start + size], {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}


def plan_contact(books: Books, fields: Fields, call: Call) -> Plan[Contact]:
    """Read and check one contact; nothing is committed."""
    plan = Plan(Contact(ZERO_ID, "", updated=books.clock.now()))
    key = call.path_key or fields.text("ContactID")
    named = books.contact_named(fields.text("Name")) if fields.has("Name") else None
    if key and not call.creating:
        plan.existing = books.contacts.get(key.lower())
        if plan.existing is None:
            missing(call, plan, "The contact with the specified contact details could not be found")
    elif not call.creating:
        plan.existing = named
    if plan.existing is not None:
        plan.subject = replace(plan.existing)
    subject = plan.subject
    for name, attribute in (("Name", "name"), ("ContactNumber", "number"), ("EmailAddress", "email"), ("ContactStatus", "status")):
        if fields.has(name):
            setattr(subject, attribute, fields.text(name))
    _check_contact(plan, call, named)
    return plan


def _check_contact(plan: Plan[Contact], call: Call, named: Contact | None) -> None:
    subject = plan.subject
    if not subject.name:
        plan.refuse("The Contact Name must be specified.")
    if subject.email and "@" not in subject.email:
        plan.refuse("Email address must be valid.")
    other = named is not None and (plan.existing is None or plan.existing.id != named.id)
    if other or subject.name.lower() in call.claimed:
        plan.refuse(
            f"The contact name {subject.name} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )
    call.claimed.add(subject.name.lower())


def _commit_contact(books: Books, contact: Contact) -> Contact:
    if contact.id == ZERO_ID:
        contact.id = books.guid("contact")
    contact.updated = books.clock.now()
    before = books.contacts.get(contact.id)
    books.courier.tell(books.tenant_id, "CONTACT", contact.id, "CREATE" if before is None else "UPDATE")
    if before is None:
        books.contacts[contact.id] = contact
    else:
        before.name, before.number, before.email = contact.name, contact.number, contact.email
        before.status, before.updated = contact.status, contact.updated
    return contact


CONTACTS: Entity[Contact] = Entity("Contacts", "ContactID", plan_contact, _commit_contact, lambda books, contact, places: _contact(contact))
