"""What is kept of the source: its rows, the comparison of a window, other sites' records, and the fields with their alarms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector.core import field_watch
from connector.core.field_watch import FieldSeen
from connector.core.source_record import RowNote, WindowResult
from connector.store.audit_check import check
from connector.store.source_records import SourceRecordStore
from tests.store.databases import REALM, START, Home
from tests.store.examples import decision, posted, queue

RESULT = WindowResult(START, date(2025, 12, 1), 5, 4, Decimal("10.50"), Decimal("8.25"), 1, 0, 2)
USED = frozenset({("work order", "cost")})


def records(home: Home, site: str = "", company: str = REALM) -> SourceRecordStore:
    scope = {"ledger_company": company, "source_company": "upkeep", "site": site}
    return SourceRecordStore(home.open(), scope=scope, clock=home.clock)


def cost(records_: int, present: int, trailing: int) -> FieldSeen:
    return FieldSeen("work order", "cost", True, records_, present, trailing)


def test_rows_are_kept_for_each_site_and_the_newer_one_counts(home: Home) -> None:
    kept = records(home)
    kept.note_rows([])
    kept.note_rows([RowNote("a", "1", Decimal("0.10")), RowNote("b", "2")])
    kept.note_rows([RowNote("a", "3", Decimal("0.20"))])
    assert kept.rows(["a", "b", "c"]) == {"a": RowNote("a", "3", Decimal("0.20")), "b": RowNote("b", "2")}
    assert records(home, "second").rows(["a"]) == {}


def test_the_last_comparison_is_kept(home: Home) -> None:
    kept = records(home)
    assert kept.window() is None
    kept.keep_window(RESULT)
    kept.keep_window(replace(RESULT, listed=6))
    assert kept.window() == replace(RESULT, listed=6)
    assert records(home, "second").window() is None


def test_completed_work_orders_are_found_by_their_day_with_what_was_noted_of_them(home: Home) -> None:
    store = home.store()
    for number, day in (("1", 19), ("2", 20), ("3", 21)):
        store.decide([replace(decision(number), completed_on=date(2026, 2, day))], None)
    kept = records(home)
    ids = {number: store.find(number).source_id for number in "123"}  # type: ignore[union-attr]
    kept.note_rows([RowNote(ids["2"], "x", Decimal(7))])
    assert list(kept.completed(date(2026, 2, 20))) == [(ids["2"], RowNote(ids["2"], "x", Decimal(7))), (ids["3"], None)]


def test_another_site_knows_of_a_record_and_of_its_document(home: Home) -> None:
    store = home.store()
    queue(store)
    posting = posted(store)
    row = store.find(posting.work_order_number)
    assert row is not None
    [found] = records(home, "second").elsewhere([row.source_id, "another"]).values()
    assert (found.site, found.number, found.marker, found.is_live) == ("", posting.work_order_number, posting.marker, True)
    # Its own site is not elsewhere; another ledger company that reads the same site neither.
    assert records(home).elsewhere([row.source_id]) == {}
    assert records(home, company="another").elsewhere([row.source_id]) == {}


def test_an_alarm_is_opened_once_closed_by_a_person_and_opened_again_after_the_field_was_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_watch, "EXPECTED_MIN", 3)
    kept, store = records(home), home.store()

    def codes() -> list[str]:
        return [finding.code for finding in store.findings()]

    kept.note_fields([], USED)
    kept.note_fields([cost(5, 5, 0)], USED)
    kept.note_fields([cost(3, 0, 3)], USED)
    assert codes() == ["FIELD_GONE"]
    assert store.release("cost")
    kept.note_fields([cost(3, 0, 3)], USED)
    assert codes() == []
    kept.note_fields([cost(9, 9, 0)], USED)
    kept.note_fields([cost(9, 0, 9)], USED)
    assert codes() == ["FIELD_GONE"]
    kept.note_fields([cost(1, 1, 0)], USED)
    assert codes() == []
    [standing] = kept.fields()
    assert (standing.records, standing.present, standing.since) == (30, 15, 0)
    assert check(home.open()).problem is None


def test_a_field_that_nothing_is_read_from_raises_no_alarm(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_watch, "EXPECTED_MIN", 3)
    kept = records(home)
    kept.note_fields([cost(5, 5, 0)], ())
    kept.note_fields([cost(3, 0, 3)], ())
    assert kept.fields()[0].is_gone
    assert home.store().findings() == []
