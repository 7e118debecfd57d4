"""The outbox: an intent before a byte, one lease at a time, and a stale hand that changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from connector.core.disposition import Disposition
from connector.core.matching import match
from connector.core.posting import (
    IllegalStepError,
    NotSent,
    Outcome,
    Phase,
    Posted,
    Posting,
    Rejected,
    State,
    Throttled,
    Uncertain,
    WriteRequest,
)
from connector.core.problem import Problem
from connector.store import postings
from connector.store.audit import Trail
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from tests.store.databases import START, Home, until_somebody_waits
from tests.store.examples import CHANGED_AT, decision, document, held, identity, intent, later, leased, posted, queue

PHASE_TWO = WriteRequest("POST", "/api.xro/2.0/ManualJournals/d1", b'{"Status":"POSTED"}')
CLOSED = Problem("PERIOD_CLOSED", "work order 4711", "The books were closed meanwhile.", "Reopen the period.")


def kept(store: ConnectionStore) -> Posting:
    (posting,) = store.every_posting()
    return posting


def test_decision_intent_and_cursor_are_stored_together(store: ConnectionStore) -> None:
    meant = intent(identity(), b"frozen \x00\xff bytes")
    store.decide([decision(intended=meant)], CHANGED_AT)
    posting = kept(store)
    assert (posting.state, posting.marker, posting.key, posting.request) == (State.READY, meant.marker, meant.key, meant.request)
    assert (posting.identity, posting.expectation) == (meant.identity, meant.expectation)
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.marker, row.posting_state) == (Disposition.QUEUED, meant.marker, "ready")
    assert store.cursor() == CHANGED_AT


def test_when_one_decision_cannot_be_stored_none_is_and_the_cursor_stays(store: ConnectionStore) -> None:
    store.decide([], CHANGED_AT)
    bad = [decision("1"), decision("2", updated_at=None)]
    with pytest.raises(IntegrityError):
        store.decide(bad, later(60))
    assert list(store.every_posting()) == []
    assert store.find("1") is None
    assert store.cursor() == CHANGED_AT


def test_an_intent_of_which_nothing_has_left_is_replaced_under_a_new_key(store: ConnectionStore) -> None:
    first = queue(store)[0]
    store.decide([decision(intended=intent(identity(), b"corrected", "130.00"), facts="facts-2")], None)
    second = kept(store)
    assert (second.id, second.marker, second.state) == (first.id, first.marker, State.READY)
    assert second.request.body == b"corrected"
    assert str(second.expectation.total) == "130.00"
    assert second.key != first.key


def test_an_intent_decided_again_with_the_same_bytes_keeps_its_key(store: ConnectionStore) -> None:
    first = queue(store)[0]
    assert queue(store) == [first]


@pytest.mark.parametrize("outcome", [Uncertain("time-out"), Posted, None], ids=["lost", "posted", "on its way"])
def test_an_intent_that_was_sent_is_never_replaced(outcome: Outcome | type[Posted] | None, store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    if outcome is not None:
        store.record(posting, outcome if isinstance(outcome, Uncertain) else Posted(document(posting)))
    before = kept(store)
    store.decide([decision(intended=intent(identity(), b"corrected"), updated_at=later(60), amount=None)], None)
    assert kept(store) == before
    row = store.find("4711")
    assert row is not None
    assert row.updated_at == later(60)
    assert str(row.amount) == "100.00"


def test_a_refused_intent_is_replaced_when_it_is_decided_again(store: ConnectionStore) -> None:
    queue(store)
    first = leased(store)
    store.record(first, Rejected("6540", "Deposit account required"))
    assert kept(store).state is State.HELD
    store.decide([decision(intended=intent(identity(), b"corrected"))], None)
    again = kept(store)
    assert (again.state, again.request.body, again.attempted) == (State.READY, b"corrected", False)
    assert again.key != first.key


def test_a_refused_second_phase_leads_back_to_a_first_one_under_a_key_never_used(store: ConnectionStore) -> None:
    queue(store)
    keys = [kept(store).key]
    for body in (b"second", b"third", b"fourth"):
        store.decide([decision(intended=intent(identity(), body))], None)
        keys.append(kept(store).key)
        drafting = leased(store)
        drafted = store.record(drafting, Posted(document(drafting, id="d1", status="draft")))
        assert drafted.state is State.DRAFTED
        ready = store.next_phase(drafted, Phase.POST_DRAFT, PHASE_TWO, "key of phase two")
        keys.append(ready.key)
        sending = store.lease(ready, 180)
        assert sending is not None
        assert sending.request == PHASE_TWO
        assert store.record(sending, Rejected("10", "A validation exception occurred")).state is State.HELD
    assert len(set(keys)) == len(keys)


def test_a_work_order_that_becomes_another_document_takes_the_earlier_one_back(store: ConnectionStore) -> None:
    queue(store)
    store.decide([decision(intended=intent(identity(flow="invoice")))], None)
    assert [p.identity.flow for p in store.postings(State.READY)] == ["invoice"]
    assert [p.identity.flow for p in store.postings(State.HELD)] == ["cost"]
    store.decide([decision(intended=intent(identity(), b"a journal after all"))], None)
    assert [p.request.body for p in store.postings(State.READY)] == [b"a journal after all"]


def test_a_work_order_that_is_held_takes_its_unsent_document_back(store: ConnectionStore) -> None:
    queue(store)
    store.decide([held()], None)
    assert kept(store).state is State.HELD
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.codes) == (Disposition.HELD, ("ACCOUNT_UNKNOWN",))
    assert len(queue(store)) == 1


def test_a_second_work_order_under_the_same_number_is_held_and_replaces_nothing(store: ConnectionStore) -> None:
    first = queue(store)[0]
    other = intent(identity(), b"another job's costs", "900.00")
    store.decide([decision(intended=other, source_id="another", content="content-2")], None)
    assert list(store.every_posting()) == [first]
    assert store.remembered(["another"])["another"].codes == ("NUMBER_TAKEN",)
    posted(store)
    assert store.remembered(["another"])["another"].disposition is Disposition.HELD


def test_the_same_work_order_read_from_another_source_posts_nothing_again(store: ConnectionStore) -> None:
    queue(store)
    posted(store)
    store.decide([decision(source_id="row 1 of an export")], None)
    assert store.postings(State.READY) == []
    assert store.remembered(["row 1 of an export"])["row 1 of an export"].disposition is Disposition.POSTED


@pytest.mark.parametrize("column", ["marker", "identity", "key"])
def test_the_database_itself_refuses_a_second_posting_of_one_identity(column: str, store: ConnectionStore, database: Database) -> None:
    queue(store)
    copies = {
        "marker": "INSERT INTO posting ({}) SELECT {} FROM posting",
        "identity": "INSERT INTO posting_identity ({}) SELECT {} FROM posting_identity",
        "key": "INSERT INTO send ({}) SELECT {} FROM send",
    }
    table = {"marker": "posting", "identity": "posting_identity", "key": "send"}[column]
    names = ", ".join(c["name"] for c in sa.inspect(database.engine).get_columns(table) if c["name"] != "id")
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.text(copies[column].format(names, names)))


def test_the_database_itself_refuses_a_posted_document_without_an_id(store: ConnectionStore, database: Database) -> None:
    queue(store)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.text("UPDATE posting SET state = 'posted'"))


def test_one_posting_is_leased_once(home: Home, store: ConnectionStore) -> None:
    (ready,) = queue(store)
    other = home.store()
    assert store.lease(ready, 180) is not None
    assert other.lease(ready, 180) is None
    assert home.rows("SELECT token, attempts FROM posting") == [(1, 1)]


def test_the_lease_and_the_send_carry_the_same_token(home: Home, store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    assert posting.token == 1
    assert home.rows("SELECT token, outcome FROM send") == [(1, "")]
    store.record(posting, Uncertain("time-out"))
    assert home.rows("SELECT token, outcome, reason FROM send") == [(1, "uncertain", "time-out")]


OUTCOMES = [Rejected("6540", "no"), Throttled(60), NotSent("sign-in"), Uncertain("time-out")]


@pytest.mark.parametrize("outcome", [*OUTCOMES, Posted], ids=lambda o: o.__name__ if isinstance(o, type) else type(o).__name__)
def test_what_a_stale_lease_records_changes_nothing(outcome: Outcome | type[Posted], home: Home, store: ConnectionStore) -> None:
    queue(store)
    stale = leased(store)
    home.store().expire_leases()
    before = [home.rows(f"SELECT * FROM {table}") for table in ("posting", "send", "work_order", "finding")]
    answer = outcome if not isinstance(outcome, type) else Posted(document(stale))
    after = store.record(stale, answer, ["the total is 90.00, expected 100.00"])
    assert after.state is State.UNCERTAIN
    assert [home.rows(f"SELECT * FROM {table}") for table in ("posting", "send", "work_order", "finding")] == before


def test_an_answer_is_recorded_once(store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    store.record(posting, Posted(document(posting)))
    assert store.record(posting, Uncertain("the same answer, read again")).state is State.POSTED


def test_a_stale_look_up_moves_neither_the_posting_nor_its_work_order(home: Home, store: ConnectionStore) -> None:
    (ready,) = queue(store)
    other = home.store()
    posting = leased(other)
    other.record(posting, Posted(document(posting)))
    differs = match(ready.expectation, [document(ready, total=ready.expectation.total + 1)])
    assert store.matched(ready, differs, START).state is State.POSTED
    assert store.hold(ready, CLOSED).state is State.POSTED
    assert store.noted_absent(ready, START).state is State.POSTED
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.problems) == (Disposition.POSTED, ())
    assert store.findings() == []


def test_two_writers_that_come_to_phase_two_at_once_store_one_send(server_home: Home) -> None:
    """A writer that lost its server, and its lock with it, may wake while its successor is at the same journal."""
    frozen, successor = server_home.store(), server_home.store()
    queue(successor)
    drafted = successor.record(leased(successor), Posted(document(kept(successor), status="draft")))
    with server_home.open().write() as connection, ThreadPoolExecutor(1) as pool:
        postings.next_phase(connection, Trail("sync", START), drafted, Phase.POST_DRAFT, PHASE_TWO, "key of phase two")
        late = pool.submit(frozen.next_phase, drafted, Phase.POST_DRAFT, PHASE_TWO, "key of phase two")
        until_somebody_waits(server_home)
        connection.commit()
        late.result()
    assert [row.count for row in server_home.rows("SELECT count(*) AS count FROM send WHERE phase = 'post_draft'")] == [1]


def test_a_stale_next_phase_stores_no_send_and_cannot_be_leased(home: Home, store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    drafted = store.record(posting, Posted(document(posting, id="d1", status="draft")))
    assert home.store().lease(drafted, 180) is not None
    stale = store.next_phase(drafted, Phase.POST_DRAFT, PHASE_TWO, "key of phase two")
    assert store.lease(stale, 180) is None
    assert home.rows("SELECT count(*) FROM send") == [(1,)]


def test_a_stale_intake_does_not_take_back_what_is_being_sent(home: Home, store: ConnectionStore) -> None:
    queue(store)
    leased(home.store())
    store.decide([held()], None)
    assert kept(store).state is State.SENDING
    row = store.find("4711")
    assert row is not None
    assert row.disposition is Disposition.QUEUED


def test_what_a_dead_writer_was_sending_is_uncertain(home: Home, store: ConnectionStore) -> None:
    queue(store)
    sent = leased(store)
    home.clock.sleep(5)
    heir = home.store()
    with heir.writer():
        (uncertain,) = heir.postings(State.UNCERTAIN)
    assert (uncertain.attempted, uncertain.refused, uncertain.absent_since) == (True, "", None)
    assert uncertain.token > sent.token
    with pytest.raises(IllegalStepError):
        heir.lease(uncertain, 180)


def test_another_company_s_writer_leaves_our_leases_alone(home: Home, store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    with home.store("realm-2").writer():
        assert kept(store) == posting


def test_a_dead_file_writer_s_lease_ends_at_once(file_home: Home) -> None:
    store = file_home.store()
    queue(store)
    leased(store, seconds=180)
    assert store.expire_leases() == 1
    assert kept(store).uncertain_since == START


def test_a_writer_that_lost_its_server_may_send_until_its_lease_ends(server_home: Home) -> None:
    """Its advisory lock is free, but it may only be cut off from the database, with its bytes still to leave."""
    store = server_home.store()
    queue(store)
    leased(store, seconds=100_000)
    assert store.expire_leases() == 1
    since = kept(store).uncertain_since
    assert since is not None
    assert timedelta(seconds=99_000) < since - START <= timedelta(seconds=100_000)


def test_leases_are_in_the_time_of_the_server_and_not_of_the_process(server_home: Home) -> None:
    store = server_home.store()
    queue(store)
    server_home.clock.sleep(10 * 365 * 86_400)
    leased(store, seconds=180)
    ((left,),) = server_home.rows("SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM posting")
    assert 0 < left <= 180


def test_an_attempt_that_never_left_is_ready_again_and_does_not_count(store: ConnectionStore) -> None:
    queue(store)
    after = store.record(leased(store), NotSent("the sign-in was refused"))
    assert (after.state, after.attempts, after.attempted) == (State.READY, 0, False)


def test_a_throttled_posting_waits_its_time(home: Home, store: ConnectionStore) -> None:
    queue(store)
    store.record(leased(store), Throttled(60))
    assert store.postings(State.READY) == []
    assert len(list(store.every_posting())) == 1
    home.clock.sleep(60)
    assert len(store.postings(State.READY)) == 1


def test_a_refusal_holds_the_work_order_with_the_ledger_s_words(store: ConnectionStore) -> None:
    queue(store)
    store.record(leased(store), Rejected("6540", "Deposit account required " + "é" * 2_000))
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.codes) == (Disposition.HELD, ("LEDGER_REFUSED",))
    assert "6540: Deposit account required" in row.problems[0].message


def test_uncertainty_outlives_a_release_by_a_person(store: ConnectionStore) -> None:
    queue(store)
    posting = store.record(leased(store), Uncertain("time-out"))
    other = match(posting.expectation, [document(posting, status="void")])
    assert store.matched(posting, other, START).state is State.HELD
    row = store.find("4711")
    assert row is not None
    assert row.codes == ("DOCUMENT_DEAD",)
    assert [finding.code for finding in store.findings()] == ["DOCUMENT_DEAD"]
    assert store.release("4711")
    assert kept(store).state is State.UNCERTAIN
    row = store.find("4711")
    assert row is not None
    assert row.disposition is Disposition.QUEUED


def test_two_absences_after_a_lost_answer_make_it_ready_with_the_same_bytes_and_key(store: ConnectionStore) -> None:
    queue(store)
    lost = store.record(leased(store), Uncertain("time-out"))
    noted = store.noted_absent(lost, later(10))
    assert (noted.state, noted.absent_since) == (State.UNCERTAIN, later(10))
    assert store.noted_absent(noted, later(20)).absent_since == later(10)
    ready = store.matched(noted, match(noted.expectation, []), later(30))
    assert (ready.state, ready.attempted, ready.absent_since) == (State.READY, False, None)
    assert (ready.key, ready.request) == (lost.key, lost.request)


def test_a_document_that_is_found_is_adopted_with_its_id(store: ConnectionStore) -> None:
    queue(store)
    lost = store.record(leased(store), Uncertain("time-out"))
    adopted = store.matched(lost, match(lost.expectation, [document(lost, id="991")]), START)
    assert (adopted.state, adopted.remote_id, adopted.attempted) == (State.POSTED, "991", False)
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.remote_id) == (Disposition.POSTED, "991")


def test_a_lost_second_phase_that_is_proven_absent_begins_anew_with_the_first_bytes(store: ConnectionStore) -> None:
    queue(store)
    first = leased(store)
    drafted = store.record(first, Posted(document(first, id="d1", status="draft")))
    second = store.lease(store.next_phase(drafted, Phase.POST_DRAFT, PHASE_TWO, "key of phase two"), 180)
    assert second is not None
    lost = store.record(second, Uncertain("time-out"))
    again = store.matched(lost, match(lost.expectation, []), START)
    assert (again.state, again.phase, again.remote_id) == (State.READY, Phase.CREATE, "")
    assert again.request == first.request


def test_a_difference_is_a_finding_on_the_posted_document(store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    after = store.record(posting, Posted(document(posting)), ["date is 2026-02-21, expected 2026-02-20"])
    assert after.state is State.POSTED
    (finding,) = store.findings()
    assert (finding.code, finding.marker) == ("DOCUMENT_DIFFERS", posting.marker)
    assert "2026-02-21" in finding.message


def test_a_closed_period_holds_what_is_ready_with_the_reason(store: ConnectionStore) -> None:
    (ready,) = queue(store)
    assert store.hold(ready, CLOSED).state is State.HELD
    row = store.find("4711")
    assert row is not None
    assert (row.disposition, row.problems) == (Disposition.HELD, (CLOSED,))


def test_all_postings_are_read_in_the_order_of_their_birth(store: ConnectionStore) -> None:
    numbers = [str(n) for n in range(1, 504)]
    store.decide([decision(n) for n in numbers], CHANGED_AT)
    assert [p.work_order_number for p in store.every_posting()] == numbers
    chunk = store.postings(State.READY, limit=10)
    assert [p.work_order_number for p in store.postings(State.READY, limit=2, after=chunk[-1].id)] == ["11", "12"]
