"""What a neutral name of the mapping is called in the ledger, with the ledger's own number: for people, never for a document."""

from __future__ import annotations

from collections.abc import Mapping

from connector.core.mapping import Fact, Names
from connector.core.reference import ListKind
from connector.ledgers.ledger import Chart


def account_there(chart: Chart, names: Names, fact: Fact) -> str:
    """An account's number and full name; the name as it was looked for where none or several have it."""
    told = _told(names.accounts, fact)
    found = [account for account in chart.named_accounts.called.get(told.strip().casefold(), ()) if account.active]
    return f"{found[0].number} {found[0].name}".strip() if len(found) == 1 else told


def item_there(chart: Chart, names: Names, fact: Fact) -> str:
    """An item's code, where it has one, and its full name."""
    told = _told(names.items, fact)
    return _entry(chart, ListKind.ITEMS, chart.items.get(_folded(told), ""), told)


def tax_code_there(chart: Chart, names: Names, fact: Fact) -> str:
    """A tax code's name, and the code where that is another word."""
    told = _told(names.tax_codes, fact)
    return _entry(chart, ListKind.TAX_CODES, chart.tax_codes.get(_folded(told), ""), told)


def customer_there(names: Names, fact: Fact) -> str:
    """A customer by the name that the ledger has for them; their id is told by `connector customers`."""
    return _told(names.customers, fact)


def tracking_there(names: Names, dimension: str, fact: Fact) -> tuple[str, str]:
    """The dimension and its value as the ledger calls them."""
    return (names.tracking[dimension].value if dimension in names.tracking else dimension), _told(names.tracking, fact)


def _told(names: Mapping[str, Fact], fact: Fact) -> str:
    return names.get(fact.value, fact).value.strip()


def _folded(word: str) -> str:
    return word.casefold()


def _entry(chart: Chart, kind: ListKind, identifier: str, told: str) -> str:
    # Xero's items and tax rates are named in documents by their code, QuickBooks' by their id.
    found = next((one for one in chart.lists.get(kind, ()) if identifier and identifier in (one.id, one.fact("code"))), None)
    if found is None:
        return told
    code = found.fact("code") or (found.id if found.id.isupper() else "")
    return found.name if not code or code.casefold() == found.name.casefold() else f"{code} {found.name}"
