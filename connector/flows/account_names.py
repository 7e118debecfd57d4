"""What a person calls the ledger's accounts and items, from its chart."""

from __future__ import annotations

from connector.core.booked import AccountNames
from connector.core.reference import ListKind
from connector.ledgers.ledger import Account, Chart


def called(account: Account) -> str:
    """Number and name."""
    return f"{account.number} {account.name}".strip()


def account_names(chart: Chart) -> AccountNames:
    """Accounts and items by id and, where the ledger's documents name them by it, by code."""
    by_code = {account.number: called(account) for account in chart.accounts if account.number}
    items: dict[str, tuple[str, str]] = {}
    for entry in chart.lists.get(ListKind.ITEMS, ()):
        items |= {key: (entry.fact("account"), entry.name) for key in (entry.id, entry.fact("code")) if key}
    return AccountNames(by_code | {account.id: called(account) for account in chart.accounts}, items)
