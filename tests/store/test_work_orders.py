"""Every completed work order has exactly one disposition, and the books' reader finds it again exactly as it was stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from connector.core.disposition import Decision, Disposition
from connector.core.posting import State
from connector.core.problem import Problem
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from tests.store.databases import Home, until_somebody_waits
from tests.store.examples import CHANGED_AT, decision, held, identity, intent, later, posted, queue


def test_a_decision_comes_back_exactly_as_it_was_stored(store: ConnectionStore) -> None:
    problems = (Problem("MISSING_KEY", "work order 4711, workOrderNo", "It has no 'number' – „none“.", "Give it one."),)
    told = held(problems=problems, amount=Decimal("99999999999999.999999"), moved_from=date(2026, 1, 31), explanation='{"lines": []}')
    store.decide([told], None)
    row = store.find("4711")
    assert row is not None
    for name in (
        "source_id", "number", "updated_at", "disposition", "mapping_digest", "facts", "content", "amount", "currency", "title",
        "completed_on", "moved_from", "problems", "explanation",
    ):  # fmt: skip
        assert getattr(row, name) == getattr(told, name), name
    assert (row.marker, row.posting_state, row.remote_id, row.posting_attempted) == ("", "", "", False)


@pytest.mark.parametrize("amount", ["0.000001", "-12.30", "1E+6", "0.10", None])
def test_money_is_stored_to_the_last_digit(amount: str | None, store: ConnectionStore) -> None:
    money = None if amount is None else Decimal(amount)
    store.decide([held(amount=money)], None)
    row = store.find("4711")
    assert row is not None
    assert row.amount == money


class HalfWay(list[Decision]):
    """Decisions whose transaction stands still after the last of them, until it is told to go on."""

    def __init__(self, decisions: list[Decision]) -> None:
        super().__init__(decisions)
        self.there, self.go_on = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[Decision]:
        yield from super().__iter__()
        self.there.set()
        assert self.go_on.wait(30)


def test_two_writers_that_decide_at_once_store_one_intent(server_home: Home) -> None:
    """A writer that lost its server, and its lock with it, may wake while its successor decides about the same work orders."""
    frozen, successor = server_home.store(), server_home.store()
    decisions = HalfWay([decision("4711", intent(identity("4711")))])
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(frozen.decide, decisions, None)
        assert decisions.there.wait(30)
        second = pool.submit(successor.decide, list.copy(decisions), None)
        until_somebody_waits(server_home)
        decisions.go_on.set()
        first.result()
        second.result()
    assert [row.count for row in server_home.rows("SELECT count(*) AS count FROM posting")] == [1]
    assert [row.count for row in server_home.rows("SELECT count(*) AS count FROM work_order")] == [1]


def test_a_document_is_not_recorded_between_the_two_halves_of_a_decision(server_home: Home) -> None:
    """Else the work order of a posted document would stand as queued for ever."""
    database, successor = server_home.open(), server_home.store()
    frozen = server_home.store(database=database)
    queue(successor, "4711")
    there, go_on = threading.Event(), threading.Event()

    def stand_still(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE work_order"):
            there.set()
            assert go_on.wait(30)

    sa.event.listen(database.engine, "before_cursor_execute", stand_still)
    with ThreadPoolExecutor(2) as pool:
        deciding = pool.submit(frozen.decide, [decision("4711", intent(identity("4711")))], None)
        assert there.wait(30)
        recording = pool.submit(posted, successor)
        until_somebody_waits(server_home, or_done=recording)
        go_on.set()
        deciding.result()
        recording.result()
    row = frozen.find("4711")
    assert row is not None
    assert row.disposition is Disposition.POSTED


def test_money_as_a_float_is_refused(store: ConnectionStore) -> None:
    with pytest.raises(StatementError, match="never a float"):
        store.decide([held(amount=12.5)], None)


def test_a_moment_is_the_same_moment_whatever_zone_it_was_told_in(store: ConnectionStore) -> None:
    told = datetime(2026, 2, 20, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-8)))
    store.decide([held(updated_at=told)], told)
    row = store.find("4711")
    assert row is not None
    assert row.updated_at == told
    assert store.cursor() == datetime(2026, 2, 20, 17, 0, 0, 123456, tzinfo=UTC)
    assert store.cursor().tzinfo is UTC  # type: ignore[union-attr]


def test_a_server_in_another_time_zone_tells_the_same_moments(server_home: Home) -> None:
    name = server_home.rows("SELECT current_database()")[0][0]
    server_home.close()
    with server_home.open().engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET timezone TO 'Australia/Sydney'"))
    server_home.close()
    store = server_home.store()
    store.decide([held()], CHANGED_AT)
    assert server_home.rows("SHOW timezone") == [("Australia/Sydney",)]
    assert store.cursor() == CHANGED_AT
    assert str(store.cursor()) == str(CHANGED_AT)


NASTY = {"null": "pump\x00seal", "half a surrogate pair": "pump \ud83d seal", "emoji": "🔧 pump", "quote": "'; DROP TABLE posting; --"}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_no_text_that_upkeep_can_send_costs_the_others(text: str, store: ConnectionStore) -> None:
    told = held(text, title=text, source_id=text, problems=(Problem("X", text, text, text),), content=text, explanation=text)
    store.decide([held("1"), told, held("2")], CHANGED_AT)
    assert store.totals()[Disposition.HELD][0] == 3
    row = store.find(text)
    assert row is not None
    assert row.title.startswith(text[:4])
    store.decide([told], CHANGED_AT)
    assert store.totals()[Disposition.HELD][0] == 3


@pytest.mark.parametrize("letter", ["x", "🔧"])
def test_a_number_too_long_for_an_index_is_held_and_costs_no_other(letter: str, store: ConnectionStore) -> None:
    endless = "".join(chr(ord(letter) + n % 2 * n % 7) for n in range(5_000))
    store.decide([decision("1"), decision(endless, source_id="endless"), decision("2")], CHANGED_AT)
    assert store.remembered(["endless"])["endless"].codes == ("NUMBER_TOO_LONG",)
    assert len(store.postings(State.READY)) == 2


def test_the_cursor_moves_with_what_was_seen_and_none_leaves_it(store: ConnectionStore) -> None:
    assert store.cursor() is None
    store.decide([held()], CHANGED_AT)
    store.mark_seen([("id-4711", later(5))], later(10))
    store.decide([], None)
    row = store.find("4711")
    assert row is not None
    assert (row.updated_at, store.cursor()) == (later(5), later(10))


def test_a_newer_decision_takes_the_place_of_the_older(store: ConnectionStore) -> None:
    store.decide([held()], None)
    store.decide([decision()], None)
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.problems, row.posting_state) == (Disposition.QUEUED, (), "ready")
    assert store.totals() == {Disposition.QUEUED: (1, Decimal("100.00"))}


def test_an_excluded_work_order_keeps_the_rule_that_excluded_it(store: ConnectionStore) -> None:
    rule = Problem("EXCLUDED_BY_RULE", "mapping.yaml:12", "Warranty work.", "Nothing to do.")
    store.decide([replace(held(), disposition=Disposition.EXCLUDED, problems=(rule,))], None)
    (row,) = store.remembered_with(Disposition.EXCLUDED)
    assert row.problems == (rule,)


def test_known_work_orders_are_asked_for_by_the_ids_of_upkeep(store: ConnectionStore) -> None:
    store.decide([held("1"), held("2")], None)
    assert sorted(store.remembered(["id-1", "id-2", "id-3"])) == ["id-1", "id-2"]
    assert store.remembered([]) == {}


def test_everything_held_is_read_page_by_page(store: ConnectionStore) -> None:
    numbers = [str(n) for n in range(1, 504)]
    store.decide([held(number) for number in numbers], None)
    assert [row.number for row in store.remembered_with(Disposition.HELD)] == numbers


def test_amounts_are_added_to_the_cent_by_disposition(store: ConnectionStore) -> None:
    store.decide([held(str(n), amount=Decimal("0.1")) for n in range(10)], None)
    store.decide([held("unpriced", amount=None), decision("20")], None)
    assert store.totals() == {Disposition.HELD: (11, Decimal("1.0")), Disposition.QUEUED: (1, Decimal("100.00"))}


def test_releasing_a_held_work_order_has_it_decided_anew(store: ConnectionStore) -> None:
    store.decide([held()], None)
    assert store.release("4711")
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.mapping_digest) == (Disposition.HELD, "released")


def test_only_what_is_held_can_be_released(store: ConnectionStore) -> None:
    queue(store)
    assert not store.release("4711")
    posted(store)
    assert not store.release("4711")
    assert not store.release("no such number")
    assert [p.state for p in store.every_posting()] == [State.POSTED]


def test_connections_to_one_database_do_not_see_each_other_s_work_orders(home: Home, store: ConnectionStore) -> None:
    other = home.store("realm-2")
    store.decide([held()], CHANGED_AT)
    assert other.find("4711") is None
    assert other.cursor() is None
    assert other.totals() == {}
    assert not other.release("4711")
    other.decide([held()], later(1))
    assert store.cursor() == CHANGED_AT


def test_the_database_itself_refuses_a_second_disposition_and_an_unknown_one(store: ConnectionStore, database: Database) -> None:
    store.decide([held("1"), held("2")], None)
    for change in ("source_id = 'id-1'", "disposition = 'forgotten'"):
        with pytest.raises(IntegrityError), database.write() as connection:
            connection.execute(sa.text(f"UPDATE work_order SET {change}"))


def test_a_work_order_keeps_its_posting_through_an_open_decision(store: ConnectionStore) -> None:
    queue(store)
    reopened: Decision = replace(held(), disposition=Disposition.OPEN, problems=())
    store.decide([reopened], None)
    assert store.postings(State.READY) == []
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.posting_state) == (Disposition.OPEN, "held")
