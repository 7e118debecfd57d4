"""Invoices and credit notes: create, upsert by id or number, status machine, locks, and their shape in answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.sandbox.xero.answers import ZERO_ID, money, ms_date
from connector.sandbox.xero.books import ZERO, Books, Contact, Document, Kind, Line, Plan
from connector.sandbox.xero.credit_notes import shown_as_credit_note
from connector.sandbox.xero.lines import (
    add_up,
    barred,
    line_id,
    read_account,
    read_amounts,
    read_line_amount_types,
    read_tracking,
)
from connector.sandbox.xero.reading import Fields
from connector.sandbox.xero.tax import read_tax
from connector.sandbox.xero.writing import Call, Entity, missing

BARRED = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS", "BANK"})
NOT_OF_STATUS = "not of valid status for modification"
_FINISHED = frozenset({"VOIDED", "DELETED"})
_MOVES: dict[str, frozenset[str]] = {
    "": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"}),
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
}
_NAMED = frozenset({"contactid", "contactnumber", "name"})


@dataclass(frozen=True, slots=True)
class Form:
    """What tells invoices and credit notes apart."""

    kind: Kind
    plural: str
    word: str
    id_key: str
    number_key: str
    types: frozenset[str]
    prefix: str


INVOICE = Form("invoice", "Invoices", "Invoice", "InvoiceID", "InvoiceNumber", frozenset({"ACCREC", "ACCPAY"}), "INV-")
CREDIT_NOTE = Form(
    "credit_note",
    "CreditNotes",
    "Credit Note",
    "CreditNoteID",
    "CreditNoteNumber",
    frozenset({"ACCRECCREDIT", "ACCPAYCREDIT"}),
    "CN-",
)


def find(books: Books, form: Form, key: str) -> Document | None:
    """The document with that id or that number."""
    shelf = books.shelves[form.kind]
    found = shelf.by_id.get(key.lower())
    return found or next((one for one in shelf.numbered(key) if one.type.startswith("ACCREC")), None)


def _start(books: Books, form: Form, fields: Fields, call: Call) -> Plan[Document]:
    """An empty document, or a copy of the one that the element means to change."""
    plan = Plan(Document(form.kind, day=books.today()))
    existing: Document | None = None
    key = call.path_key or fields.text(form.id_key)
    if call.creating and key:
        plan.refuse(f"{form.word} not of valid type for creation")
    elif key:
        existing = find(books, form, key)
        if existing is None:
            missing(call, plan, f"An existing {form.word} with the specified {form.id_key} could not be found")
    elif not call.creating and fields.text(form.number_key):
        existing = find(books, form, fields.text(form.number_key))
    if existing is not None:
        plan.existing = existing
        plan.subject = replace(existing, lines=[replace(line) for line in existing.lines])
    return plan


def plan_invoice(books: Books, fields: Fields, call: Call, form: Form = INVOICE) -> Plan[Document]:
    """Read and check one element; nothing is committed."""
    plan = _start(books, form, fields, call)
    _read_type(plan, fields, form)
    _read_status(books, plan, fields, form)
    if plan.subject.status in _FINISHED:
        _check_end(books, plan)
        return plan
    _read_contact(books, plan, fields)
    _read_head(books, plan, fields, form)
    _read_number(books, plan, fields, call, form)
    read_line_amount_types(books, plan, fields)
    if fields.has("LineItems"):
        plan.subject.lines = [_read_line(books, plan, one, call.places) for one in fields.children("LineItems")]
    add_up(plan.subject)
    if plan.subject.status != "DRAFT":
        _check_complete(books, plan)
    _check_editable(books, plan)
    return plan


def _read_type(plan: Plan[Document], fields: Fields, form: Form) -> None:
    sent = fields.text("Type").upper()
    if plan.existing is None or sent:
        plan.subject.type = sent
    if plan.subject.type not in form.types:
        plan.refuse(f"{form.word} not of valid type for creation")


def _read_status(books: Books, plan: Plan[Document], fields: Fields, form: Form) -> None:
    before = plan.existing.status if plan.existing is not None else ""
    wanted = fields.text("Status").upper() or before or "DRAFT"
    plan.subject.status = str(books.switch("authorised_becomes")) if (before, wanted) == ("", "AUTHORISED") else wanted
    if wanted not in _MOVES.get(before, frozenset()):
        plan.refuse(f"{form.word} {NOT_OF_STATUS}" if before else f"{form.word} not of valid status for creation")


def _check_end(books: Books, plan: Plan[Document]) -> None:
    before = plan.existing
    if before is None or plan.subject.status != "VOIDED":
        return
    if before.paid or before.credited or before.allocations:
        plan.refuse("The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it.")
    _check_lock(books, plan, before)


def _check_lock(books: Books, plan: Plan[Document], document: Document) -> None:
    message = books.lock_message(document.day)
    if message:
        plan.refuse(message)


def _check_editable(books: Books, plan: Plan[Document]) -> None:
    before = plan.existing
    if before is not None and (before.paid or before.credited):
        plan.refuse("This document cannot be edited as it has a payment or credit note allocated to it.")
    if before is not None and before.status == "AUTHORISED":
        _check_lock(books, plan, before)
    if plan.subject.status == "AUTHORISED":
        _check_lock(books, plan, plan.subject)


def _read_contact(books: Books, plan: Plan[Document], fields: Fields) -> None:
    sent = fields.child("Contact")
    if sent is None:
        if plan.subject.contact is None:
            plan.refuse("A Contact must be specified for this type of transaction")
        return
    extra = sent.names() - {"contactid"}
    if extra:
        books.violate(f"contact with extra fields: {', '.join(sorted(extra))}")
    if not sent.names() & _NAMED:
        plan.refuse("The Contact must contain at least 1 of the following elements to identify the contact: Name, ContactID, ContactNumber")
        return
    plan.subject.contact = _find_contact(books, plan, sent)


def _find_contact(books: Books, plan: Plan[Document], sent: Fields) -> Contact | None:
    contact_id, name, number = sent.text("ContactID").lower(), sent.text("Name"), sent.text("ContactNumber")
    if contact_id:
        found = books.contacts.get(contact_id)
        if found is None:
            plan.refuse("The contact with the specified contact details could not be found")
        elif name and name != found.name:
            plan.before_commit.append(lambda: setattr(found, "name", name))
        return found
    known = next((one for one in books.contacts.values() if number and one.number == number), None)
    known = known or (books.contact_named(name) if name else None)
    return known or _new_contact(books, plan, name or number, number)


def _new_contact(books: Books, plan: Plan[Document], name: str, number: str) -> Contact:
    contact = Contact(ZERO_ID, name, number, updated=books.clock.now())

    def create() -> None:
        same = books.contact_named(name)
        if same is not None:
            plan.subject.contact = same
        else:
            contact.id = books.guid("contact")
            books.contacts[contact.id] = contact

    plan.before_commit.append(create)
    return contact


def _read_head(books: Books, plan: Plan[Document], fields: Fields, form: Form) -> None:
    document = plan.subject
    document.day = fields.day("Date", "DateString") or document.day
    document.due = fields.day("DueDate", "DueDateString") or document.due
    for name, attribute in (("Reference", "reference"), ("Url", "url")):
        if fields.has(name):
            setattr(document, attribute, fields.text(name))
    if fields.has("BrandingThemeID"):
        document.theme = fields.text("BrandingThemeID").lower()
        if document.theme not in books.themes:
            plan.refuse("The BrandingThemeID could not be found.")
    _check_url(plan, document.url)
    if len(document.reference) > 255:
        plan.refuse("The Reference field must be no longer than 255 characters.")
    currency = fields.text("CurrencyCode").upper()
    if currency and currency != books.company.currency:
        _read_currency(books, plan, fields, currency)


def _read_currency(books: Books, plan: Plan[Document], fields: Fields, currency: str) -> None:
    """Another currency, at the rate that was sent or at the day's."""
    day_rate, sent = books.day_rate(currency), fields.number("CurrencyRate")
    if day_rate is None:
        plan.refuse(f"Organisation is not subscribed to currency {currency}")
        return
    own = 1 / sent if sent and books.switch("rate_is_inverse") else sent
    plan.subject.currency, plan.subject.rate = currency, own or day_rate


def _check_url(plan: Plan[Document], url: str) -> None:
    if url and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        plan.refuse("Url must be a valid absolute url")


def _read_number(books: Books, plan: Plan[Document], fields: Fields, call: Call, form: Form) -> None:
    document = plan.subject
    number = fields.text(form.number_key) or document.number
    document.number = number
    if not number:
        plan.before_commit.append(lambda: setattr(document, "number", _next_number(books, form)))
        return
    if len(number) > 255 or not (number.isascii() and number.isprintable()):
        plan.refuse(f"{form.word} # must be no longer than 255 printable characters.")
    if document.type.startswith("ACCREC") and (number.lower() in call.claimed or _taken(books, plan, form, number)):
        plan.refuse(f"{form.word} # must be unique.")
    call.claimed.add(number.lower())


def _taken(books: Books, plan: Plan[Document], form: Form, number: str) -> bool:
    reuse = bool(books.switch("number_reuse_after_void"))
    kinds: tuple[Kind, ...] = ("invoice", "credit_note") if books.switch("numbers_across_kinds") else (form.kind,)
    for other in (one for kind in kinds for one in books.shelves[kind].numbered(number)):
        same = plan.existing is not None and other.id == plan.existing.id
        if not same and other.type.startswith("ACCREC") and not (reuse and other.status in _FINISHED):
            return True
    return False


def _next_number(books: Books, form: Form) -> str:
    count = len(books.shelves[form.kind].by_id)
    while True:
        count += 1
        number = f"{form.prefix}{count:04d}"
        if not books.shelves[form.kind].numbered(number):
            return number


def _read_line(books: Books, plan: Plan[Document], fields: Fields, places: int) -> Line:
    line = Line(line_id(books, plan, fields), fields.text("Description"))
    if len(line.description) > 4000:
        plan.refuse("The description must be no longer than 4000 characters.")
    read_amounts(books, plan, fields, line, places)
    code = fields.text("ItemCode")
    if code:
        item = books.items.get(code.lower())
        if item is None:
            plan.refuse(f"Item code '{code}' is not valid")
        else:
            line.item_code, line.account = item.code, item.account
            line.description = line.description or item.name
    read_account(books, plan, fields, line, BARRED)
    read_tax(books, plan, fields, line)
    read_tracking(books, plan, fields, line)
    return line


def _check_complete(books: Books, plan: Plan[Document]) -> None:
    document = plan.subject
    if not document.lines:
        plan.refuse("One or more line items must be specified")
    if document.due is None and document.kind == "invoice" and document.status == "AUTHORISED":
        plan.refuse("The due date must be specified.")
    for line in document.lines:
        if not line.description:
            plan.refuse("Description must be specified.")
        if line.account is None and line.unit_amount is not None:
            plan.refuse("Account code must be specified.")
        elif line.account is not None and (line.account.status != "ACTIVE" or barred(line.account, BARRED)):
            plan.refuse(f"Account code '{line.account.code}' is not a valid code for this document.")
    if document.total < 0:
        plan.refuse(f"The {document.kind.replace('_', ' ')} total cannot be less than zero.")


def render_line(line: Line, places: int) -> dict[str, Any]:
    """One line of an invoice or credit note in the vendor's shape."""
    shown: dict[str, Any] = {"Description": line.description} if line.description else {}
    if line.unit_amount is not None:
        shown["UnitAmount"] = money(line.unit_amount, places)
    shown |= {"TaxType": line.tax_type, "TaxAmount": money(line.tax_amount), "LineAmount": money(line.amount)}
    if line.account is not None:
        shown |= {"AccountCode": line.account.code, "AccountID": line.account.id}
    if line.item_code:
        shown["ItemCode"] = line.item_code
    shown["Tracking"] = [dict(one) for one in line.tracking]
    if line.quantity is not None:
        shown["Quantity"] = money(line.quantity, 4)
    return shown | {"LineItemID": line.id, "ValidationErrors": []}


def _render_contact(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {"ContactID": ZERO_ID, "HasValidationErrors": False}
    return {"ContactID": contact.id, "Name": contact.name, "ContactStatus": contact.status, "HasValidationErrors": False}


def render_invoice(books: Books, document: Document, places: int, *, lines: bool = True, form: Form = INVOICE) -> dict[str, Any]:
    """An invoice or credit note in the vendor's shape."""
    due = document.total - document.paid - document.credited
    shown: dict[str, Any] = {
        "Type": document.type,
        form.id_key: document.id,
        form.number_key: document.number,
        "Reference": document.reference,
        "CurrencyRate": (1 / document.rate if books.switch("rate_is_inverse") else document.rate).quantize(Decimal("0.000001")),
        "HasErrors": False,
        "Contact": _render_contact(document.contact),
        "DateString": f"{document.day.isoformat()}T00:00:00",
        "Date": ms_date(document.day),
        "Status": document.status,
        "LineAmountTypes": document.line_amount_types,
        "LineItems": [render_line(line, places) for line in document.lines] if lines else [],
        "SubTotal": money(document.subtotal),
        "TotalTax": money(document.tax),
        "Total": money(document.total),
        "UpdatedDateUTC": ms_date(document.updated) if document.stamp else ms_date(books.clock.now()),
        "CurrencyCode": document.currency or books.company.currency,
    }
    if document.kind == "invoice":
        shown |= {"Prepayments": [], "Overpayments": [], "SentToContact": False, "IsDiscounted": False}
        shown |= {"AmountDue": money(due), "AmountPaid": money(document.paid)}
        if document.credited:
            shown["AmountCredited"] = money(document.credited)
    else:
        shown |= shown_as_credit_note(books, document, due)
    return shown | _rare(document)


def _rare(document: Document) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if document.due is not None:
        shown |= {"DueDateString": f"{document.due.isoformat()}T00:00:00", "DueDate": ms_date(document.due)}
    if document.url:
        shown["Url"] = document.url
    if document.theme:
        shown["BrandingThemeID"] = document.theme
    return shown


def invoice_entity(form: Form) -> Entity[Document]:
    """How that form is planned, committed and shown."""
    return Entity(
        form.plural,
        form.id_key,
        lambda books, fields, call: plan_invoice(books, fields, call, form),
        lambda books, document: books.commit(document),
        lambda books, document, places: render_invoice(books, document, places, form=form),
        tells_of_errors=True,
    )


def settle(document: Document, amount: Decimal) -> None:
    """Take credit into account, and call the document paid when nothing is left."""
    document.credited += amount
    if document.total - document.paid - document.credited <= ZERO:
        document.status = "PAID"
