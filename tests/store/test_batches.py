"""Batches in the store: all members leased or none, each recorded under its own token."""

from __future__ import annotations

from connector.core.batch import Batch
from connector.core.posting import NotSent, Posted, Posting, Rejected, State, Throttled, Uncertain, WriteRequest
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore
from tests.store.databases import REALM, Home
from tests.store.examples import document, queue

REQUEST = WriteRequest("POST", "/v3/company/realm-1/batch", b'{"BatchItemRequest":[]}', (("content-type", "application/json"),))


def leased(store: ConnectionStore, postings: list[Posting], request: WriteRequest = REQUEST) -> Batch:
    batch = store.lease_batch(postings, request, 180)
    assert batch is not None
    return batch


def states(store: ConnectionStore) -> list[str]:
    return [posting.state.value for posting in store.every_posting()]


def test_a_batch_is_stored_with_its_members_before_it_may_leave(store: ConnectionStore, home: Home) -> None:
    batch = leased(store, queue(store, "1", "2", "3"))
    assert states(store) == ["sending"] * 3
    assert [member.token for member in batch.members] == [1, 1, 1]
    assert home.rows("SELECT ledger_company, method, url, body FROM batch") == [(REALM, "POST", REQUEST.url, REQUEST.body)]
    assert home.rows("SELECT item, token, outcome FROM batch_member ORDER BY item") == [("1", 1, ""), ("2", 1, ""), ("3", 1, "")]
    assert home.rows("SELECT count(*) FROM send WHERE token > 0") == [(0,)], "none of them left alone"


def test_when_somebody_has_one_member_none_is_leased(store: ConnectionStore, home: Home) -> None:
    first, second = queue(store, "1", "2")
    assert store.lease(second, 180) is not None
    assert store.lease_batch([first, second], REQUEST, 180) is None
    assert states(store) == ["ready", "sending"]
    assert home.rows("SELECT count(*) FROM batch") == [(0,)]


def test_each_member_is_recorded_for_itself_and_its_work_order_follows(store: ConnectionStore, home: Home) -> None:
    batch = leased(store, queue(store, "1", "2", "3", "4"))
    outcomes = [Posted(document(batch.members[0])), Rejected("2500", "no such account"), Uncertain("time-out"), Throttled(60.0, "wait")]
    after = store.record_batch([(member, outcome, []) for member, outcome in zip(batch.members, outcomes, strict=True)])
    assert [posting.state for posting in after] == [State.POSTED, State.HELD, State.UNCERTAIN, State.READY]
    told = [(found.disposition.value, found.codes) for number in "1234" if (found := store.find(number))]
    assert told == [("posted", ()), ("held", ("LEDGER_REFUSED",)), ("queued", ()), ("queued", ())]
    assert home.rows("SELECT outcome FROM batch_member ORDER BY item") == [("posted",), ("rejected",), ("uncertain",), ("throttled",)]


def test_a_member_whose_lease_is_over_is_not_recorded_and_the_others_are(store: ConnectionStore, home: Home) -> None:
    batch = leased(store, queue(store, "1", "2"))
    late = batch.members[0]
    store.record(late, Uncertain("an earlier hand"))
    after = store.record_batch([(member, Posted(document(member)), ["total is 1, expected 2"]) for member in batch.members])
    assert [posting.state for posting in after] == [State.UNCERTAIN, State.POSTED]
    assert [finding.number for finding in store.findings()] == ["2"]
    assert home.rows("SELECT outcome FROM batch_member ORDER BY item") == [("",), ("posted",)]


def test_what_a_dead_writer_had_in_a_batch_is_in_doubt_for_each_member(store: ConnectionStore) -> None:
    leased(store, queue(store, "1", "2"))
    assert store.expire_leases() == 2
    assert states(store) == ["uncertain", "uncertain"]


def test_a_batch_that_was_refused_unread_leaves_again_as_the_same_batch(store: ConnectionStore, home: Home) -> None:
    first = leased(store, queue(store, "1", "2"))
    store.record_batch([(member, NotSent("no connection"), []) for member in first.members])
    again = leased(store, store.postings(State.READY))
    assert again.key == first.key
    assert home.rows("SELECT count(*) FROM batch") == [(1,)]
    assert home.rows("SELECT item, token, outcome FROM batch_member ORDER BY item") == [("1", 2, ""), ("2", 2, "")]


def test_the_audit_tells_in_which_batch_a_document_left(store: ConnectionStore, home: Home) -> None:
    batch = leased(store, queue(store, "1", "2"))
    reasons = home.rows("SELECT reason FROM audit WHERE event = 'leased' ORDER BY number")
    assert reasons == [(f"item {item} of the batch {batch.key}",) for item in ("1", "2")]
    assert check(home.open()).problem is None


def test_a_batch_that_proved_something_is_no_try_in_vain_and_one_that_did_not_is(store: ConnectionStore) -> None:
    batch = leased(store, queue(store, "1", "2"))
    outcomes = [Rejected("2500", "no such account"), Uncertain("the answer was cut")]
    refused, lost = store.record_batch([(member, outcome, []) for member, outcome in zip(batch.members, outcomes, strict=True)])
    assert store.tries_in_vain(refused) == (0, "")
    assert store.tries_in_vain(lost) == (1, "the answer was cut")
