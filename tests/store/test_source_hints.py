"""What UpKeep named, in the database: one row a work order, and none is lost that was named again while it was read."""

from __future__ import annotations

from datetime import timedelta

from connector.store.source_hints import SourceDeliveries, SourceHints
from tests.store.databases import REALM, Home

HERE = {"ledger_company": REALM, "source_company": "upkeep", "site": ""}


def test_a_burst_is_one_row_and_another_connections_is_its_own(home: Home) -> None:
    database = home.open()
    deliveries, hints = SourceDeliveries(database, home.clock), SourceHints(database, HERE)
    assert [deliveries.keep(HERE, "w1") for _ in range(3)] == [True] * 3
    deliveries.keep(HERE | {"site": "North"}, "w2")
    assert [(hint.source_id, hint.arrivals) for hint in hints.waiting(9)] == [("w1", 3)]
    assert (hints.heard().deliveries, hints.heard().last_at) == (3, home.clock.now())


def test_what_was_named_again_while_it_was_read_stays(home: Home) -> None:
    database = home.open()
    deliveries, hints = SourceDeliveries(database, home.clock), SourceHints(database, HERE)
    deliveries.keep(HERE, "w1")
    (hint,) = hints.waiting(9)
    deliveries.keep(HERE, "w1")
    hints.drop(hint)
    (again,) = hints.waiting(9)
    hints.drop(again)
    assert hints.waiting(9) == []


def test_those_wait_first_that_were_named_first(home: Home) -> None:
    database = home.open()
    deliveries, hints = SourceDeliveries(database, home.clock), SourceHints(database, HERE)
    for identifier in ("b", "a"):
        deliveries.keep(HERE, identifier)
        home.clock.moment += timedelta(seconds=1)
    assert [hint.source_id for hint in hints.waiting(1)] == ["b"]
