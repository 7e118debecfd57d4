"""Xero's reference data through xero-python, over our own HTTP client.

The SDK's own transport sends some calls again and sleeps for hours on a throttle, so only its one HTTP seam is replaced. Its models
raise on a word that they do not know, after a good answer, so it gives us the answers as they came.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from connector.core.period import PeriodLock
from connector.core.problem import Problem
from connector.ledgers.exact_json import decode
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import Account, Chart, ServiceUnreachableError
from connector.ledgers.xero.documents import API, parse_date
from connector.ledgers.xero.tax import taxes_of

CONTACTS_PAGE_SIZE = 500
_NOT_JOURNALABLE = {
    "DEBTORS": "it is Xero's own accounts receivable",
    "CREDITORS": "it is Xero's own accounts payable",
    "RETAINEDEARNINGS": "it is Xero's own retained earnings",
}


class Office:
    """The SDK's accounting API for one tenant, reading through our client; imported late because that takes half a second."""

    def __init__(self, http: LedgerHttp, tenant_id: str) -> None:
        from xero_python.accounting import AccountingApi
        from xero_python.api_client import ApiClient, Configuration

        class OverOurHttp(ApiClient):  # type: ignore[misc]
            """The SDK with its one HTTP seam replaced."""

            def request(self, method: str, url: str, query_params: Any = None, headers: Any = None, **_unused: Any) -> Any:
                """Send what the SDK built through our client: its time-outs, its retries of reads, its counting."""
                return http.read(method, url, params=dict(query_params or ()), headers={**headers, "Accept": "application/json"})

            def update_params_for_auth(self, headers: Any, querys: Any, auth_settings: Any) -> None:
                """Our client signs."""

        # Called plainly, Configuration() keeps its first instance for the whole process and gives copies of it to everybody.
        self._api = AccountingApi(OverOurHttp(type.__call__(Configuration)), base_url=API)
        self._tenant_id = tenant_id

    def rows(self, key: str, read: str, **params: int) -> list[dict[str, Any]]:
        """What the SDK's call of that name answers under that key."""
        return _rows(getattr(self._api, read)(self._tenant_id, _preload_content=False, **params), key)

    def organisation(self) -> dict[str, Any]:
        """The organisation's own row."""
        rows = self.rows("Organisations", "get_organisations")
        if not rows:
            raise ServiceUnreachableError("xero", "it shows no organisation")
        return rows[0]

    def accounts(self) -> list[dict[str, Any]]:
        """The chart of accounts."""
        return self.rows("Accounts", "get_accounts")


def read_chart(office: Office) -> Chart:
    """Accounts, items, tax rates, contacts, tracking categories and the organisation."""
    try:
        organisation = office.organisation()
        return Chart(
            accounts=tuple(_account(row) for row in office.accounts()),
            items={str(name).casefold(): str(row["Code"]) for row in office.rows("Items", "get_items") for name in _item_names(row)},
            tax_codes=_tax_codes(tax_rates := office.rows("TaxRates", "get_tax_rates")),
            taxes=taxes_of(tax_rates),
            customers=_contacts(office),
            tracking=_tracking(office.rows("TrackingCategories", "get_tracking_categories")),
            lock=lock_of(organisation),
            company_name=str(organisation.get("Name", "")),
            currency=str(organisation.get("BaseCurrency", "")),
            notes=tuple(_notes(organisation)),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ServiceUnreachableError("xero", f"its reference data has another shape ({type(error).__name__})") from None


def read_lock(office: Office) -> PeriodLock:
    """The lock dates, read anew."""
    return lock_of(office.organisation())


def lock_of(organisation: dict[str, Any]) -> PeriodLock:
    """The later of the two lock dates; the period lock does not bind an adviser at Xero, so we keep it ourselves."""
    days: list[date] = [day for key in ("PeriodLockDate", "EndOfYearLockDate") if (day := parse_date(organisation.get(key)))]
    return PeriodLock(max(days, default=None))


def account_ids(office: Office) -> dict[str, str]:
    """Account ids by code: journal lines answer with codes at times."""
    return {str(row["Code"]): str(row["AccountID"]) for row in office.accounts() if row.get("Code")}


def _rows(told: Any, key: str) -> list[dict[str, Any]]:
    """The rows of an answer that the SDK gave us as it came."""
    try:
        content = decode(told.content) if told.status_code == 200 else {}
    except ValueError:
        content = {}
    rows = content.get(key) if isinstance(content, dict) else None
    if not isinstance(rows, list):
        hint = "; is the tenant_id that of an organisation which you connected?" if told.status_code in (401, 403) else ""
        raise ServiceUnreachableError("xero", f"{key} answered {told.status_code} without rows{hint}")
    return rows


def _account(row: dict[str, Any]) -> Account:
    system = str(row.get("SystemAccount") or "")
    why_not = _NOT_JOURNALABLE.get(system, "") or ("it is a bank account" if row.get("Type") == "BANK" else "")
    return Account(
        id=str(row["AccountID"]),
        name=str(row["Name"]),
        number=str(row.get("Code") or ""),
        type=str(row.get("Type") or ""),
        active=row.get("Status", "ACTIVE") == "ACTIVE",
        journalable=not why_not,
        why_not=why_not,
    )


def _item_names(row: dict[str, Any]) -> list[str]:
    return [str(name) for name in (row.get("Code"), row.get("Name")) if name]


def _tax_codes(rows: list[dict[str, Any]]) -> dict[str, str]:
    active = [row for row in rows if row.get("Status", "ACTIVE") == "ACTIVE"]
    named = {str(row["Name"]).casefold(): str(row["TaxType"]) for row in active}
    return named | {str(row["TaxType"]).casefold(): str(row["TaxType"]) for row in active}


def _contacts(office: Office) -> dict[str, str]:
    found: dict[str, str] = {}
    page = 1
    while True:
        rows = office.rows("Contacts", "get_contacts", page=page, page_size=CONTACTS_PAGE_SIZE)
        found |= {str(r["Name"]).casefold(): str(r["ContactID"]) for r in rows if r.get("ContactStatus", "ACTIVE") == "ACTIVE"}
        if len(rows) < CONTACTS_PAGE_SIZE:
            return found
        page += 1


def _tracking(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for category in (row for row in rows if row.get("Status", "ACTIVE") == "ACTIVE"):
        for option in category.get("Options") or []:
            if option.get("Status", "ACTIVE") == "ACTIVE":
                ids = (str(category["TrackingCategoryID"]), str(option["TrackingOptionID"]))
                found[(str(category["Name"]).casefold(), str(option["Name"]).casefold())] = ids
    return found


def _notes(organisation: dict[str, Any]) -> list[Problem]:
    if organisation.get("Edition") == "PARTNER":
        message = "This is a Partner edition, which has no invoicing."
        return [Problem("XERO_PARTNER_EDITION", "Organisation", message, "Connect an organisation of the Business edition.")]
    return []
