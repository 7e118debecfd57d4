"""Evidence in the database: a piece is meant once, moves only for who has its lease, and never moves its posting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connector.core.evidence import (
    Attached,
    Evidence,
    EvidenceKind,
    EvidenceState,
    Found,
    IllegalEvidenceStepError,
    Planned,
    key_of,
)
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.store.audit import newest
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore
from connector.store.evidence import EvidenceStore
from tests.store.databases import REALM, Home
from tests.store.examples import posted, queue

SUMMARY = EvidenceKind.SUMMARY


@pytest.fixture
def evidence(home: Home) -> EvidenceStore:
    store = home.store()
    queue(store)
    posted(store)
    return records(home)


def records(home: Home, site: str = "") -> EvidenceStore:
    scope = {"ledger_company": REALM, "source_company": "upkeep", "site": site}
    return EvidenceStore(home.opened[0] if home.opened else home.open(), scope=scope, clock=home.clock)


def due(evidence: EvidenceStore) -> Evidence:
    evidence.plan(SUMMARY, 10)
    (piece,) = evidence.due(EvidenceKind, 10)
    return piece


def leased(evidence: EvidenceStore) -> Evidence:
    piece = evidence.lease(evidence.freeze(due(evidence), "c" * 64, 7), 60)
    assert piece is not None
    return piece


def postings(home: Home) -> list[object]:
    return home.rows("SELECT state, token, attempts, remote_id FROM posting")


def test_each_piece_is_meant_once_for_a_posted_document_of_this_connection(home: Home, evidence: EvidenceStore) -> None:
    assert records(home, "North").plan(SUMMARY, 10) == 0
    assert [evidence.plan(SUMMARY, 10), evidence.plan(SUMMARY, 10), evidence.plan(EvidenceKind.HISTORY_NOTE, 10)] == [1, 0, 1]
    first, second = evidence.due(EvidenceKind, 10)
    assert (first.kind, first.name, second.name) == (SUMMARY, f"work-order-{first.marker}.pdf", "")
    assert evidence.due(EvidenceKind, 10, after=first.id) == [second]
    assert evidence.of(first.work_order_number) == [first, second]
    assert records(home, "North").due(EvidenceKind, 10) == records(home, "North").of(first.work_order_number) == []


def test_what_is_not_posted_yet_gets_nothing(home: Home) -> None:
    queue(home.store())
    assert records(home).plan(SUMMARY, 10) == 0


def test_nothing_is_leased_whose_checksum_is_not_stored(evidence: EvidenceStore) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        evidence.lease(due(evidence), 60)


def test_other_bytes_than_before_have_another_key(evidence: EvidenceStore) -> None:
    first = evidence.freeze(due(evidence), "a" * 64, 1)
    assert first.key == key_of(first.planned, "a" * 64, 1)
    assert evidence.freeze(first, "a" * 64, 1) == first
    second = evidence.freeze(first, "b" * 64, 2)
    assert (second.key, second.size) == (key_of(first.planned, "b" * 64, 1), 2)
    assert evidence.next_key(second).key == key_of(first.planned, "b" * 64, 2)


def test_a_lease_is_taken_once_and_only_its_holder_records(home: Home, evidence: EvidenceStore) -> None:
    before = postings(home)
    frozen = evidence.freeze(due(evidence), "c" * 64, 7)
    holder = evidence.lease(frozen, 60)
    assert holder is not None
    assert evidence.lease(frozen, 60) is None
    assert evidence.due(EvidenceKind, 10) == []
    late = replace(holder, token=holder.token - 1)
    assert evidence.record(late, Attached(Found("9", "x"))).state is EvidenceState.SENDING
    after = evidence.record(holder, Attached(Found("9", "x")))
    assert (after.state, after.remote_id, after.checksum) == (EvidenceState.ATTACHED, "9", "c" * 64)
    with pytest.raises(IllegalEvidenceStepError):
        evidence.failed(after, "late")
    assert postings(home) == before


@pytest.mark.parametrize(
    ("outcome", "minutes", "words"),
    [
        (Rejected("6041", "no"), 15, "6041: no"),
        (NotSent("no line"), 15, "no line"),
    ],
)
def test_a_failure_waits_with_its_reason(home: Home, evidence: EvidenceStore, outcome: object, minutes: int, words: str) -> None:
    after = evidence.record(leased(evidence), outcome)  # type: ignore[arg-type]
    assert (after.state, after.tries, after.problem) == (EvidenceState.DUE, 1, words)
    home.clock.moment += timedelta(minutes=minutes, seconds=-1)
    assert evidence.due(EvidenceKind, 10) == []
    home.clock.moment += timedelta(seconds=1)
    assert evidence.due(EvidenceKind, 10) == [after]
    assert evidence.tally().failing == (after,)


def test_what_was_throttled_waits_so_long_and_has_not_failed(home: Home, evidence: EvidenceStore) -> None:
    after = evidence.record(leased(evidence), Throttled(60.0, "the minute is used up"))
    assert (after.state, after.tries, after.problem) == (EvidenceState.DUE, 0, "the minute is used up")
    home.clock.moment += timedelta(seconds=60)
    assert evidence.due(EvidenceKind, 10) == [after]


def test_a_lost_answer_is_looked_for_at_once_and_resent_after_two_looks_and_a_wait(home: Home, evidence: EvidenceStore) -> None:
    lost = evidence.record(leased(evidence), Uncertain("cut"))
    assert (lost.state, lost.uncertain_since, evidence.due(EvidenceKind, 10)) == (EvidenceState.UNCERTAIN, home.clock.now(), [lost])
    first = evidence.absent(lost, home.clock.now(), is_proven=False)
    assert first.absent_since == home.clock.now()
    proven = evidence.absent(first, home.clock.now(), is_proven=True)
    assert (proven.state, proven.absent_since, proven.uncertain_since) == (EvidenceState.DUE, None, None)
    assert evidence.due(EvidenceKind, 10) == []
    home.clock.moment += timedelta(minutes=15)
    assert evidence.due(EvidenceKind, 10) == [proven]


def test_what_a_dead_writer_was_sending_is_uncertain_and_the_dead_writer_records_nothing(home: Home, evidence: EvidenceStore) -> None:
    holder = leased(evidence)
    assert [evidence.expire_leases(), evidence.expire_leases()] == [1, 0]
    assert evidence.record(holder, Attached(Found("9", "x"))).state is EvidenceState.UNCERTAIN
    (piece,) = evidence.of(holder.work_order_number)
    assert piece.token == holder.token + 1
    # On a server, a writer that was only cut off may still send until its lease ends there.
    left = timedelta(0) if home.kind == "sqlite" else timedelta(seconds=60)
    assert piece.uncertain_since is not None
    assert abs(piece.uncertain_since - home.clock.now() - left) < timedelta(seconds=30)


def test_a_clock_that_was_set_back_makes_nothing_wait_for_the_old_time(home: Home, evidence: EvidenceStore) -> None:
    lost = evidence.record(leased(evidence), Uncertain("cut"))
    evidence.absent(lost, home.clock.now(), is_proven=False)
    evidence.plan(EvidenceKind.HISTORY_NOTE, 1)
    waiting = evidence.due(EvidenceKind, 10)[-1]
    evidence.failed(waiting, "no")
    home.clock.moment -= timedelta(days=2)
    evidence.expire_leases()
    doubted, free = evidence.due(EvidenceKind, 10)
    ahead = timedelta(0) if home.kind == "sqlite" else timedelta(seconds=600)
    assert (doubted.uncertain_since, doubted.absent_since) == (home.clock.now() + ahead, None)
    assert free.id == waiting.id


def test_a_person_is_told_after_five_failures_and_not_told_again(home: Home, evidence: EvidenceStore) -> None:
    store, piece = home.store(database=home.opened[0]), due(evidence)
    for tries in range(1, 8):
        piece = evidence.failed(piece, "no")
        assert len(store.findings()) == (1 if tries >= 5 else 0)
    assert store.release(piece.work_order_number)
    evidence.failed(piece, "no")
    assert store.findings() == []


def test_a_doubt_closes_with_the_last_piece_that_was_in_trouble(home: Home, evidence: EvidenceStore) -> None:
    store, note = home.store(database=home.opened[0]), EvidenceKind.HISTORY_NOTE
    evidence.plan(SUMMARY, 1)
    evidence.plan(note, 1)
    pieces = evidence.due(EvidenceKind, 10)
    for _ in range(5):
        pieces = [evidence.failed(piece, "no") for piece in pieces]
    evidence.found(pieces[0], Found("1", "a"))
    assert [finding.code for finding in store.findings()] == ["EVIDENCE_NOT_ATTACHED"]
    evidence.found(pieces[1], Found("2", "b"))
    assert store.findings() == []


def test_files_are_meant_when_their_list_is_read(home: Home, evidence: EvidenceStore) -> None:
    evidence.plan(EvidenceKind.FILE_LIST, 10)
    (listed,) = evidence.due(EvidenceKind, 10)
    planned = [
        Planned(listed.posting_id, listed.document_id, listed.identity, EvidenceKind.ATTACHMENT, f"{n}.txt", f"f{n}") for n in range(2)
    ]
    evidence.keep_files(listed, planned)
    evidence.keep_files(replace(listed, token=9), planned)  # somebody else's
    assert [(piece.source, piece.name) for piece in evidence.due(EvidenceKind, 10)] == [("f0", "0.txt"), ("f1", "1.txt")]
    assert evidence.tally().counts == {EvidenceState.ATTACHED: 1, EvidenceState.DUE: 2}


def test_every_step_is_in_the_audit_and_its_chain_is_whole(home: Home, evidence: EvidenceStore) -> None:
    holder = leased(evidence)
    evidence.record(holder, Attached(Found("9", "x")))
    with home.opened[0].write() as connection:
        told = [(link.entry.event, link.entry.before, link.entry.after) for link in newest(connection, 2)]
    assert sorted(told) == [("evidence_attached", "sending", "attached"), ("evidence_leased", "due", "sending")]
    assert check(home.opened[0]).problem is None


def test_what_is_not_wanted_any_more_is_not_sent_and_what_is_uncertain_is_looked_for(evidence: EvidenceStore) -> None:
    lost = evidence.record(leased(evidence), Uncertain("cut"))
    evidence.plan(EvidenceKind.HISTORY_NOTE, 1)
    assert evidence.due([], 10) == [lost]
    assert [piece.kind for piece in evidence.due([EvidenceKind.HISTORY_NOTE], 10)] == [SUMMARY, EvidenceKind.HISTORY_NOTE]


def test_the_work_order_is_the_one_for_which_the_document_stands(evidence: EvidenceStore) -> None:
    piece = due(evidence)
    row = evidence.work_order_of(piece)
    assert row is not None
    assert row.number == piece.work_order_number
    assert evidence.work_order_of(replace(piece, posting_id=999)) is None


def test_the_store_of_a_connection_says_whose_records_it_has(store: ConnectionStore) -> None:
    assert store.scope == {"ledger_company": REALM, "source_company": "upkeep", "site": ""}
