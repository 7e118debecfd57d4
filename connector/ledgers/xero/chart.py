"""Xero's reference data, read over our own HTTP client.

xero-python reads the same endpoints; its models raise on an enum value that they do not know, after a good answer, so it is not used here.
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

CONTACTS_PAGE_SIZE = 500
_NOT_JOURNALABLE = {
    "DEBTORS": "it is Xero's own accounts receivable",
    "CREDITORS": "it is Xero's own accounts payable",
    "RETAINEDEARNINGS": "it is Xero's own retained earnings",
}


def read_chart(http: LedgerHttp, headers: dict[str, str]) -> Chart:
    """Accounts, items, tax rates, contacts, tracking categories and the organisation."""
    try:
        organisation = _rows(http, headers, "Organisation", "Organisations")[0]
        return Chart(
            accounts=tuple(_account(row) for row in _rows(http, headers, "Accounts")),
            items={str(name).casefold(): str(row["Code"]) for row in _rows(http, headers, "Items") for name in _item_names(row)},
            tax_codes=_tax_codes(_rows(http, headers, "TaxRates")),
            customers=_contacts(http, headers),
            tracking=_tracking(_rows(http, headers, "TrackingCategories")),
            lock=lock_of(organisation),
            company_name=str(organisation.get("Name", "")),
            currency=str(organisation.get("BaseCurrency", "")),
            notes=tuple(_notes(organisation)),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ServiceUnreachableError("xero", f"its reference data has another shape ({type(error).__name__})") from None


def read_lock(http: LedgerHttp, headers: dict[str, str]) -> PeriodLock:
    """The lock dates, read anew."""
    return lock_of(_rows(http, headers, "Organisation", "Organisations")[0])


def lock_of(organisation: dict[str, Any]) -> PeriodLock:
    """The later of the two lock dates; the period lock does not bind an adviser at Xero, so we keep it ourselves."""
    days: list[date] = [day for key in ("PeriodLockDate", "EndOfYearLockDate") if (day := parse_date(organisation.get(key)))]
    return PeriodLock(max(days, default=None))


def account_ids(http: LedgerHttp, headers: dict[str, str]) -> dict[str, str]:
    """Account ids by code: journal lines answer with codes at times."""
    return {str(row["Code"]): str(row["AccountID"]) for row in _rows(http, headers, "Accounts") if row.get("Code")}


def _rows(
    http: LedgerHttp, headers: dict[str, str], path: str, key: str = "", params: dict[str, str | int] | None = None
) -> list[dict[str, Any]]:
    answer = http.read("GET", f"{API}/{path}", params=params, headers=headers)
    try:
        told = decode(answer.content) if answer.status_code == 200 else {}
    except ValueError:
        told = {}
    rows = told.get(key or path) if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise ServiceUnreachableError("xero", f"{path} answered {answer.status_code} without {key or path}")
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


def _contacts(http: LedgerHttp, headers: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    page = 1
    while True:
        rows = _rows(http, headers, "Contacts", params={"page": page, "pageSize": CONTACTS_PAGE_SIZE})
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
