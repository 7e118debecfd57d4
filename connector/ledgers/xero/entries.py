"""Xero's rows to entries of our lists (pure). Shapes: Xero's OpenAPI file and recordings of its demo companies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.core.customer_link import MERGED_TO
from connector.core.reference import Entry
from connector.ledgers.exact_json import encode
from connector.ledgers.xero.documents import parse_date

Row = dict[str, Any]
# The groups of accounts by the words in which a tax rate names them.
_GROUPS = {"Assets": "ASSET", "Equity": "EQUITY", "Expenses": "EXPENSE", "Liabilities": "LIABILITY", "Revenue": "REVENUE"}
# What a rate is for that may be used on no account at all.
NO_GROUP = "-"
# The fact that holds a tax rate as JSON, as Xero told it: its components have more shapes than words.
TOLD = "told"


def organisation(row: Row) -> Entry:
    """The organisation: its currency, its two lock dates as days, its time zone, edition and tier."""
    words = {"currency": "BaseCurrency", "country": "CountryCode", "time_zone": "Timezone", "edition": "Edition", "tier": "Class"}
    facts = {name: row.get(key) for name, key in words.items()}
    facts |= {
        "terms": _sales_terms(row),
        "period_lock": parse_date(row.get("PeriodLockDate")),
        "year_lock": parse_date(row.get("EndOfYearLockDate")),
    }
    return Entry("organisation", (str(row.get("Name") or ""),), facts=_known(facts))


def account(row: Row) -> Entry:
    """One account; `group` is the part of the books that it belongs to."""
    code = str(row.get("Code") or "")
    words = {"code": "Code", "type": "Type", "group": "Class", "system": "SystemAccount", "tax": "TaxType"}
    facts = {name: row.get(key) for name, key in words.items()}
    return Entry(str(row["AccountID"]), _names(row["Name"], code), is_active=_is_active(row), facts=_known(facts))


def item(row: Row) -> Entry:
    """One item; documents name it by its code."""
    code, sales = str(row["Code"]), row.get("SalesDetails") or {}
    facts = {"code": code, "account": sales.get("AccountCode")}
    return Entry(str(row.get("ItemID") or code), _names(row.get("Name") or code, code), facts=_known(facts))


def contact(row: Row) -> Entry:
    """One customer or supplier; `merged_to` is the contact that it was merged into, which Xero tells where it answers by the page."""
    cities = [address["City"] for address in row.get("Addresses") or [] if address.get("City")]
    facts = {"email": row.get("EmailAddress"), "city": next(iter(cities), None), MERGED_TO: row.get("MergedToContactID")}
    facts |= {"terms": _sales_terms(row)}
    return Entry(str(row["ContactID"]), (str(row["Name"]),), is_active=_is_active(row, "ContactStatus"), facts=_known(facts))


def _sales_terms(row: Row) -> str:
    """When a sale is due, as Xero's rule and its number of days; "" where none is set."""
    sales = (row.get("PaymentTerms") or {}).get("Sales") or {}
    return f"{sales['Type']} {sales.get('Day') or 0}" if sales.get("Type") else ""


def tax_rate(row: Row) -> Entry:
    """One tax rate, by its code; `groups` are the groups of accounts on which it may be used, "" where Xero does not say."""
    told = [word for word in _GROUPS if f"CanApplyTo{word}" in row]
    groups = " ".join(_GROUPS[word] for word in told if row[f"CanApplyTo{word}"] is True) or (NO_GROUP if told else "")
    rate = row.get("EffectiveRate")
    kept = {key: row[key] for key in ("Name", "TaxType", "Status", "EffectiveRate", "TaxComponents") if key in row}
    facts = {"groups": groups, "percent": "" if rate is None else str(rate), TOLD: encode(kept).decode()}
    return Entry(str(row["TaxType"]), _names(row["Name"], row["TaxType"]), is_active=_is_active(row), facts=_known(facts))


def tracking_options(row: Row) -> Iterator[Entry]:
    """The options of one tracking category; each is called by the category's name and its own, too."""
    category, is_in_use = str(row["Name"]), _is_active(row)
    for option in row.get("Options") or []:
        yield Entry(
            id=str(option["TrackingOptionID"]),
            names=(str(option["Name"]), f"{category}:{option['Name']}"),
            is_active=is_in_use and _is_active(option),
            facts={"category": category, "category_id": str(row["TrackingCategoryID"])},
        )


def currency(row: Row) -> Entry:
    """One currency in which the organisation may trade."""
    return Entry(str(row["Code"]), (str(row["Code"]),))


def branding_theme(row: Row) -> Entry:
    """One look that an invoice may have."""
    return Entry(str(row["BrandingThemeID"]), (str(row["Name"]),))


def _names(name: Any, code: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in (name, code) if one))


def _is_active(row: Row, key: str = "Status") -> bool:
    return bool(row.get(key, "ACTIVE") == "ACTIVE")


def _known(facts: dict[str, Any]) -> dict[str, str]:
    return {name: str(fact) for name, fact in facts.items() if fact}
