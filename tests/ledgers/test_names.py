"""A name that the ledger does not know is answered with the nearest one that it does."""

from __future__ import annotations

import pytest

from connector.core.mapping import Fact
from connector.ledgers.ledger import Account, Chart
from connector.ledgers.names import Resolver

CHART = Chart(accounts=(Account("1", "Plumbing repairs", "6130", "Expense", active=True),), items={"maintenance labor": "9"})


@pytest.mark.parametrize("written", ["Plumbing repair", "PLUMBING REPAIR"])
def test_the_nearest_account_is_named_as_the_ledger_writes_it(written: str) -> None:
    resolver = Resolver(CHART, "QuickBooks")
    assert resolver.account(Fact(written, "mapping.yaml:21"), {}, journal=True) is None
    (problem,) = resolver.problems
    assert (problem.code, problem.place) == ("ACCOUNT_UNKNOWN", "mapping.yaml:21")
    assert problem.next_step == "Did you mean 'Plumbing repairs'?"


def test_capitals_do_not_hide_the_nearest_item() -> None:
    resolver = Resolver(CHART, "QuickBooks")
    assert resolver.id_of("ITEM_UNKNOWN", "item", Fact("MAINTENANCE LABOUR", "mapping.yaml:30"), {}, CHART.items) is None
    assert resolver.problems[0].next_step == "Did you mean 'maintenance labor'?"
