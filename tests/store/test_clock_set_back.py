"""A clock that was set back: nothing waits for a moment that may be days away, and nothing is proven too early."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.core.audit import Entry
from connector.core.posting import Posting, State, Throttled, Uncertain
from connector.store.audit import newest
from connector.store.clock_set_back import LEASE_SECONDS_MAX
from connector.store.connection_store import ConnectionStore
from tests.store.databases import START, Home
from tests.store.examples import leased, queue

BACK = [timedelta(days=1), timedelta(days=400)]
SETTLE = 120.0


@pytest.fixture
def store(home: Home) -> ConnectionStore:
    store = home.store()
    queue(store)
    return store


def the_one(store: ConnectionStore) -> Posting:
    (posting,) = store.every_posting()
    return posting


def begun_anew(home: Home, store: ConnectionStore) -> Posting:
    """The posting as the next writer finds it."""
    with store.writer():
        return the_one(store)


def longest_lease(home: Home) -> timedelta:
    """Where a writer may only be cut off, a doubt begins when the longest lease has ended; on SQLite at once."""
    return timedelta(seconds=0 if home.kind == "sqlite" else LEASE_SECONDS_MAX)


@pytest.mark.parametrize("back", BACK)
def test_a_doubt_of_a_time_to_come_begins_now(back: timedelta, home: Home, store: ConnectionStore) -> None:
    home.clock.moment = START + back
    store.record(leased(store), Uncertain("the line was cut"))
    home.clock.moment = START
    posting = begun_anew(home, store)
    assert (posting.state, posting.uncertain_since) == (State.UNCERTAIN, START + longest_lease(home))
    with home.opened[-1].write() as connection:
        last: Entry = newest(connection, 1)[0].entry
    assert last.event == "clock_set_back"
    assert str((START + back).date()) in last.reason


def test_a_doubt_that_begins_when_a_long_lease_has_ended_is_no_time_to_come(server_home: Home) -> None:
    """A writer that is only cut off from the server may send until its lease ends there; settle_seconds may make that hours."""
    hours = 2 * 3600.0
    first, second, third = (server_home.store(lease_seconds=hours) for _ in range(3))
    queue(first)
    leased(first, seconds=hours)
    began = begun_anew(server_home, second).uncertain_since
    assert began is not None
    assert began > START + timedelta(hours=1)
    assert begun_anew(server_home, third).uncertain_since == began


@pytest.mark.parametrize("back", BACK)
def test_a_first_look_of_a_time_to_come_does_not_count(back: timedelta, home: Home, store: ConnectionStore) -> None:
    store.record(leased(store), Uncertain("the line was cut"))
    home.clock.moment = START + back
    store.noted_absent(the_one(store), home.clock.now())
    home.clock.moment = START + timedelta(seconds=1)
    posting = begun_anew(home, store)
    assert (posting.uncertain_since, posting.absent_since) == (START, None)


@pytest.mark.parametrize("back", BACK)
def test_a_throttle_of_a_time_to_come_is_over(back: timedelta, home: Home, store: ConnectionStore) -> None:
    home.clock.moment = START + back
    store.record(leased(store), Throttled(86_400))
    home.clock.moment = START
    assert store.postings(State.READY) == []
    begun_anew(home, store)
    assert [posting.work_order_number for posting in store.postings(State.READY)] == ["4711"]


def test_a_throttle_of_an_hour_ago_still_lasts_until_tomorrow(home: Home, store: ConnectionStore) -> None:
    store.record(leased(store), Throttled(86_400))
    home.clock.sleep(3600)
    begun_anew(home, store)
    assert store.postings(State.READY) == []


def test_a_clock_that_goes_on_changes_nothing(home: Home, store: ConnectionStore) -> None:
    store.record(leased(store), Uncertain("the line was cut"))
    home.clock.sleep(SETTLE + 1)
    store.noted_absent(the_one(store), home.clock.now())
    before = the_one(store)
    assert begun_anew(home, store) == before


@pytest.mark.parametrize("back", BACK)
def test_a_quarantine_lasts_no_longer_than_from_now_on(back: timedelta, home: Home, store: ConnectionStore) -> None:
    home.clock.moment = START + back
    with store.writer():
        pass
    home.clock.moment = START
    assert store.first_look_not_before(SETTLE) == START + timedelta(seconds=2 * SETTLE)
    home.clock.sleep(SETTLE)
    assert store.first_look_not_before(SETTLE) == START + timedelta(seconds=2 * SETTLE)
    home.clock.sleep(SETTLE)
    assert store.first_look_not_before(SETTLE) is None
