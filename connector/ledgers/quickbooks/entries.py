"""QuickBooks' rows to entries of our lists (pure). Shapes: Intuit's reference for each entity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from connector.core.reference import Entry, ListKind
from connector.ledgers.exact_json import decode, encode

# QuickBooks puts this behind the name of an entry that is made inactive; a mapping still has the name without it.
INACTIVE = " (deleted)"
# The fact that holds parts of a row as JSON.
TOLD = "told"

Row = dict[str, Any]


def entry_of(kind: ListKind, row: Row) -> Entry:
    """One row of a list."""
    is_active = _is_on(row.get("Active", True))
    short = _plain(str(row.get("DisplayName") or row.get("Name") or row.get("CompanyName") or ""), is_active)
    full = _plain(str(row.get("FullyQualifiedName") or ""), is_active) or short
    others, facts = _PARTS.get(kind, _nothing_more)(row)
    return Entry(
        id=str(row["Id"]),
        names=(full, *(name for name in others if name)),
        leaf="" if short == full else short,
        parent=nested(row, "ParentRef", "value"),
        is_active=is_active,
        facts={name: fact for name, fact in facts.items() if fact},
    )


def _plain(name: str, is_active: bool) -> str:
    return name if is_active else name.removesuffix(INACTIVE)


def _nothing_more(row: Row) -> tuple[list[str], dict[str, str]]:
    return [], {}


def _account(row: Row) -> tuple[list[str], dict[str, str]]:
    number = str(row.get("AcctNum") or "")
    return [number], {"number": number, "type": str(row.get("AccountType") or ""), "currency": nested(row, "CurrencyRef", "value")}


def _item(row: Row) -> tuple[list[str], dict[str, str]]:
    return [], {"type": str(row.get("Type") or ""), "account": nested(row, "IncomeAccountRef", "value")}


def _party(row: Row) -> tuple[list[str], dict[str, str]]:
    facts = {"currency": nested(row, "CurrencyRef", "value"), "terms": nested(row, "SalesTermRef", "value")}
    facts |= {"company": nested(row, "CompanyName")}
    return [], facts | {"email": nested(row, "PrimaryEmailAddr", "Address"), "city": nested(row, "BillAddr", "City")}


def _term(row: Row) -> tuple[list[str], dict[str, str]]:
    # Without a number of days it is driven by a day of the month.
    return [], {"due_days": nested(row, "DueDays")}


def _tax_code(row: Row) -> tuple[list[str], dict[str, str]]:
    """A US company's codes TAX and NON are called by their ids too; `sales_rates` are the ids of its rates on a sale."""
    identifier = str(row["Id"])
    sales = (row.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    rates = [nested(detail, "TaxRateRef", "value") for detail in sales]
    facts = {"sales_rates": " ".join(rates), "taxable": _yes(row.get("Taxable")), TOLD: _told(row, "Id", "Name", "SalesTaxRateList")}
    return ["" if identifier.isdigit() else identifier], facts


def _tax_rate(row: Row) -> tuple[list[str], dict[str, str]]:
    percent = row.get("RateValue")
    told = _told(row, "Id", "Name", "RateValue", "SpecialTaxType", "EffectiveTaxRate")
    return [], {"percent": "" if percent is None else str(percent), "agency": nested(row, "AgencyRef", "value"), TOLD: told}


def _company(row: Row) -> tuple[list[str], dict[str, str]]:
    return [], {"country": str(row.get("Country") or ""), "time_zone": str(row.get("DefaultTimeZone") or "")}


_PARTS: dict[ListKind, Callable[[Row], tuple[list[str], dict[str, str]]]] = {
    ListKind.ACCOUNTS: _account,
    ListKind.ITEMS: _item,
    ListKind.CUSTOMERS: _party,
    ListKind.VENDORS: _party,
    ListKind.TERMS: _term,
    ListKind.TAX_CODES: _tax_code,
    ListKind.TAX_RATES: _tax_rate,
    ListKind.COMPANY: _company,
}


def settings_of(preferences: Row) -> Entry:
    """The preferences that matter to our documents, as one entry; a closing date that is none raises."""
    accounting = preferences.get("AccountingInfoPrefs") or {}
    per_line, per_transaction = _is_on(accounting.get("ClassTrackingPerTxnLine")), _is_on(accounting.get("ClassTrackingPerTxn"))
    closed_through = nested(accounting, "BookCloseDate")[:10]
    facts = {
        "closed_through": date.fromisoformat(closed_through).isoformat() if closed_through else "",
        "currency": nested(preferences, "CurrencyPrefs", "HomeCurrency", "value"),
        "many_currencies": _yes(nested(preferences, "CurrencyPrefs", "MultiCurrencyEnabled")),
        "terms": nested(preferences, "SalesFormsPrefs", "DefaultTerms", "value"),
        "applies_credits": _yes(nested(preferences, "SalesFormsPrefs", "AutoApplyCredit")),
        "own_numbers": _yes(nested(preferences, "SalesFormsPrefs", "CustomTxnNumbers")),
        "classes": "line" if per_line else "transaction" if per_transaction else "",
        "departments": _yes(accounting.get("TrackDepartments")),
        TOLD: _told(preferences, "TaxPrefs"),
    }
    return Entry("preferences", ("Preferences",), facts={name: fact for name, fact in facts.items() if fact})


def _told(row: Row, *names: str) -> str:
    """Those parts of a row as the ledger told them: what a tax is worked out from has more shapes than words."""
    return encode({name: row[name] for name in names if name in row}).decode()


def as_told(entry: Entry) -> Row:
    """The parts of an entry's row that were kept as the ledger told them."""
    told: Row = decode(entry.fact(TOLD).encode()) if entry.fact(TOLD) else {}
    return told


def _yes(told: object) -> str:
    return "yes" if _is_on(told) else ""


def _is_on(told: object) -> bool:
    return told in (True, "true", "True")


def nested(told: Any, *keys: str) -> str:
    """The word under those keys, "" when there is none."""
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return "" if told is None else str(told)
