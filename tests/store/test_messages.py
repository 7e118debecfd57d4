"""Messages in the database: meant once a document, moved only by who has the lease, and never a posting with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.core.evidence import TRIES_TOLD, EvidenceState
from connector.core.write_back import Message
from connector.store.audit import newest
from connector.store.audit_check import check
from connector.store.messages import MessageStore
from tests.store.databases import REALM, Home
from tests.store.examples import posted, queue


def records(home: Home, site: str = "") -> MessageStore:
    scope = {"ledger_company": REALM, "source_company": "upkeep", "site": site}
    return MessageStore(home.opened[0] if home.opened else home.open(), scope=scope, ledger="quickbooks", clock=home.clock)


@pytest.fixture
def messages(home: Home) -> MessageStore:
    store = home.store()
    made = records(home)
    made.begin()
    queue(store)
    posted(store)
    return made


def due(messages: MessageStore) -> Message:
    messages.plan(10)
    (message,) = messages.due(10)
    return message


def leased(messages: MessageStore) -> Message:
    message = messages.lease(due(messages), 60)
    assert message is not None
    return message


def again(messages: MessageStore) -> Message:
    (message,) = messages.due(10)
    return message


def test_each_posted_document_of_this_connection_is_told_once(home: Home, messages: MessageStore) -> None:
    assert records(home, "North").plan(10) == 0
    assert [messages.plan(10), messages.plan(10)] == [1, 0]
    (message,) = messages.due(10)
    assert (message.is_sure, message.state, f"[{message.marker}]" in message.text) == (True, EvidenceState.DUE, True)
    assert messages.due(10, after=message.id) == records(home, "North").due(10) == []
    assert (messages.of(message.work_order_number), messages.counts()) == ([message], {EvidenceState.DUE: 1})


def test_what_was_posted_before_is_nobodys_news(home: Home) -> None:
    store = home.store()
    queue(store)
    posted(store)
    made = records(home)
    made.begin()
    made.begin()
    assert made.plan(10) == 0


def test_what_a_restored_database_had_posted_may_have_been_told_by_the_one_before(home: Home, messages: MessageStore) -> None:
    messages.plan(10)
    database = home.opened[0]
    with database.write() as connection:
        database.set_meta(connection, "restored_at", home.clock.now().isoformat())
    messages.begin()
    assert again(messages).is_sure is False


def test_a_lease_is_taken_once_and_only_its_holder_records(messages: MessageStore) -> None:
    before = due(messages)
    held = messages.lease(before, 60)
    assert held is not None
    assert messages.lease(before, 60) is None
    messages.expire_leases()
    messages.done(held, "too late")  # A higher token shut it out.
    assert again(messages).state is EvidenceState.UNCERTAIN
    messages.done(again(messages), "it is there")
    assert messages.counts() == {EvidenceState.ATTACHED: 1}


def test_two_looks_that_find_nothing_lead_back_after_a_wait(home: Home, messages: MessageStore) -> None:
    messages.lost(leased(messages), "gone")
    messages.absent(again(messages), home.clock.now(), is_proven=False)
    assert again(messages).absent_since == home.clock.now()
    messages.absent(again(messages), home.clock.now(), is_proven=True)
    assert messages.due(10) == []
    home.clock.moment += timedelta(seconds=16 * 60)
    assert (again(messages).state, again(messages).uncertain_since) == (EvidenceState.DUE, None)


def test_a_clock_that_was_set_back_makes_nothing_wait_for_the_old_time(home: Home, messages: MessageStore) -> None:
    messages.failed(leased(messages), "away", timedelta(hours=20))
    home.clock.moment -= timedelta(seconds=10 * 24 * 3600)
    assert messages.due(10) == []
    messages.expire_leases()
    assert len(messages.due(10)) == 1


@pytest.mark.parametrize("way", ["refused", "lost"])
def test_a_person_is_told_after_so_many_failures_and_the_doubt_closes_when_it_is_taken(
    way: str, home: Home, messages: MessageStore
) -> None:
    store, message = home.store(), leased(messages)
    for tries in range(1, TRIES_TOLD + 2):
        if way == "lost":
            messages.lost(message, "gone")
            messages.absent(again(messages), home.clock.now(), is_proven=True)
        else:
            messages.failed(message, "refused")
        assert len(store.findings()) == (tries >= TRIES_TOLD)
        home.clock.moment += timedelta(seconds=25 * 3600)
        message = leased(messages)
    messages.done(message, "taken")
    assert store.findings() == []


def test_every_step_is_in_the_audit_and_its_chain_is_whole(home: Home, messages: MessageStore) -> None:
    messages.lost(leased(messages), "gone")
    messages.give_up(again(messages), "nobody knows")
    with home.opened[0].write() as connection:
        events = [link.entry.event for link in newest(connection, 4)]
    assert sorted(events) == ["finding_opened", "message_leased", "message_left_out", "message_lost_answer"]
    assert check(home.opened[0]).problem is None
