"""QuickBooks' reference data through python-quickbooks, over our own HTTP client.

The SDK's own transport has no time-out and turns a throttle into a validation error, so only its one HTTP seam is replaced; what it
reads here never decides whether a document exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from connector.core.period import PeriodLock
from connector.core.problem import Problem
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import Account, Chart, ServiceUnreachableError
from connector.ledgers.quickbooks.tax import has_rates, taxes_of

PAGE_SIZE = 1000
# QuickBooks puts this behind the name of an account that is made inactive; a mapping still has the name without it.
INACTIVE = " (deleted)"
_NOT_JOURNALABLE = {
    "Accounts Receivable": "it needs a customer on the line",
    "Accounts Payable": "it needs a vendor on the line",
}


def sdk_client(http: LedgerHttp, realm_id: str) -> Any:
    """python-quickbooks, reading through our client; imported late because that takes a tenth of a second."""
    from quickbooks import QuickBooks

    class OverOurHttp(QuickBooks):  # type: ignore[misc]
        """The SDK with its one HTTP seam replaced."""

        def process_request(self, request_type: str, url: str, headers: Any = "", params: Any = "", data: Any = "") -> Any:
            """Send what the SDK built through our client: its time-outs, its retries of reads, its counting."""
            body = data.encode() if isinstance(data, str) and data else None
            kept = {k: v for k, v in (headers or {}).items() if k.lower() not in ("authorization", "accept-encoding")}
            path = url.removeprefix(self.api_url_v3.removesuffix("/v3"))
            return http.read(request_type, path, params=params or None, headers=kept, content=body)

    client = OverOurHttp(company_id=realm_id, minorversion=75, use_decimal=True)
    client.session, client.api_url_v3, client.sandbox = object(), "https://quickbooks.invalid/v3", False
    return client


def read_chart(http: LedgerHttp, realm_id: str) -> Chart:
    """Accounts, items, customers, classes, departments, tax codes and preferences of one company."""
    client = sdk_client(http, realm_id)
    with _told_as_unreachable():
        preferences = _preferences(client)
        tracking = _tracking(client)
        return Chart(
            accounts=tuple(_account(row) for row in _rows(client, "Account")),
            items=_ids([row for row in _rows(client, "Item") if row.get("Type") != "Category"]),
            tax_codes=_tax_codes(tax_codes := _rows(client, "TaxCode")),
            taxes=taxes_of(preferences, tax_codes, _rows(client, "TaxRate") if has_rates(tax_codes) else []),
            customers=_ids(_rows(client, "Customer"), "DisplayName"),
            tracking=tracking,
            lock=lock_of(preferences),
            company_name=_company_name(client, realm_id),
            currency=_nested(preferences, "CurrencyPrefs", "HomeCurrency", "value"),
            notes=tuple(_notes(preferences, {dimension for dimension, _ in tracking})),
        )


@contextmanager
def _told_as_unreachable() -> Iterator[None]:
    """Whatever the SDK makes of a bad answer, for us nothing can be concluded."""
    from quickbooks.exceptions import QuickbooksException

    try:
        yield
    except QuickbooksException as error:
        raise ServiceUnreachableError("quickbooks", f"its reference data could not be read: {str(error)[:200]}") from None
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ServiceUnreachableError("quickbooks", f"its reference data has another shape ({type(error).__name__})") from None


def read_lock(http: LedgerHttp, realm_id: str) -> PeriodLock:
    """The closing date, read anew."""
    with _told_as_unreachable():
        return lock_of(_preferences(sdk_client(http, realm_id)))


def lock_of(preferences: dict[str, Any]) -> PeriodLock:
    """BookCloseDate as a period lock."""
    day = _nested(preferences, "AccountingInfoPrefs", "BookCloseDate")
    return PeriodLock(date.fromisoformat(day[:10]) if day else None)


def _rows(client: Any, entity: str) -> list[dict[str, Any]]:
    """Every row of an entity, inactive ones too, page by page."""
    rows: list[dict[str, Any]] = []
    where = "" if entity == "TaxCode" else " WHERE Active IN (true, false)"
    while True:
        statement = f"SELECT * FROM {entity}{where} STARTPOSITION {len(rows) + 1} MAXRESULTS {PAGE_SIZE}"  # noqa: S608 no user data
        page = client.query(statement)["QueryResponse"].get(entity, [])
        rows += page
        if len(page) < PAGE_SIZE:
            return rows


def _preferences(client: Any) -> dict[str, Any]:
    url = f"{client.api_url_v3}/company/{client.company_id}/preferences"
    told: dict[str, Any] = client.get(url, {})["Preferences"]
    return told


def _company_name(client: Any, realm_id: str) -> str:
    url = f"{client.api_url_v3}/company/{realm_id}/companyinfo/{realm_id}"
    return str(client.get(url, {})["CompanyInfo"].get("CompanyName", ""))


def _account(row: dict[str, Any]) -> Account:
    kind = str(row.get("AccountType", ""))
    why_not = _NOT_JOURNALABLE.get(kind, "")
    name, is_active = str(row.get("FullyQualifiedName") or row["Name"]), bool(row.get("Active", True))
    return Account(
        id=str(row["Id"]),
        name=name if is_active else name.removesuffix(INACTIVE),
        number=str(row.get("AcctNum") or ""),
        type=kind,
        active=is_active,
        journalable=not why_not,
        why_not=why_not,
    )


def _ids(rows: list[dict[str, Any]], name: str = "Name") -> dict[str, str]:
    """Ids of active rows by every name they go by; the full name wins over the short one, and a short name of several is none."""
    active = [row for row in rows if row.get("Active", True)]
    times = Counter(str(row.get(name, "")).casefold() for row in active)
    short = {str(row[name]).casefold(): str(row["Id"]) for row in active if row.get(name) and times[str(row[name]).casefold()] == 1}
    return short | {str(row["FullyQualifiedName"]).casefold(): str(row["Id"]) for row in active if row.get("FullyQualifiedName")}


def _tax_codes(rows: list[dict[str, Any]]) -> dict[str, str]:
    named = {str(row["Name"]).casefold(): str(row["Id"]) for row in rows if row.get("Active", True)}
    return named | {str(row["Id"]).casefold(): str(row["Id"]) for row in rows if not str(row["Id"]).isdigit()}


def _tracking(client: Any) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for dimension, entity in (("class", "Class"), ("department", "Department")):
        for name, identifier in _ids(_rows(client, entity)).items():
            found[(dimension, name)] = (dimension, identifier)
    return found


def _notes(preferences: dict[str, Any], dimensions: set[str]) -> list[Problem]:
    """What the company's settings take from our safety net or from our documents."""
    accounting = preferences.get("AccountingInfoPrefs") or {}
    notes = []
    if not _is_on(_nested(preferences, "SalesFormsPrefs", "CustomTxnNumbers")):
        message = "Custom transaction numbers are off, so QuickBooks does not itself refuse a second invoice of one number."
        notes.append(_note("QUICKBOOKS_CUSTOM_NUMBERS_OFF", message, "Switch them on under Account and settings > Sales."))
    if "class" in dimensions and not (_is_on(accounting.get("ClassTrackingPerTxnLine")) or _is_on(accounting.get("ClassTrackingPerTxn"))):
        message = "There are classes, but class tracking is off, so QuickBooks may drop them from our documents."
        notes.append(_note("QUICKBOOKS_CLASSES_OFF", message, "Switch it on under Account and settings > Advanced > Categories."))
    if "department" in dimensions and not _is_on(accounting.get("TrackDepartments")):
        message = "There are locations, but location tracking is off, so QuickBooks may drop them from our documents."
        notes.append(_note("QUICKBOOKS_DEPARTMENTS_OFF", message, "Switch it on under Account and settings > Advanced > Categories."))
    return notes


def _note(code: str, message: str, next_step: str) -> Problem:
    return Problem(code, "Preferences", message, next_step)


def _is_on(told: object) -> bool:
    return told in (True, "true")


def _nested(told: Any, *keys: str) -> Any:
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told if told is not None else ""
