"""What became of posted documents is kept for each connection, with its doubts and the moment, in one transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.core.disposition import Finding
from connector.core.drift import Known, Sighting
from connector.core.mapping import DocumentKind
from connector.core.matching import AWAITS, Match
from connector.core.posting import Event, Posted, Posting, State
from connector.store.audit import newest
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore
from tests.store.databases import REALM, Home
from tests.store.examples import CHANGED_AT, document, leased, posted, queue


def doubt(posting: Posting, code: str = "DOCUMENT_VOIDED") -> Finding:
    return Finding(code, posting.work_order_number, posting.marker, "It is void.", "Decide why.")


def seen(posting: Posting, state: str, found: Finding | None) -> list[Sighting]:
    return [Sighting(posting, state, found)]


def test_what_is_posted_counts_as_seen_in_the_state_in_which_it_was_posted(store: ConnectionStore) -> None:
    queue(store)
    assert (store.posted_kinds(), list(store.every_posted())) == (frozenset(), [])
    posting = posted(store)
    assert store.posted_kinds() == {DocumentKind.JOURNAL_ENTRY}
    assert list(store.every_posted()) == store.posted_with(["146", "7"]) == [Known(posting, "live 0")]
    assert store.posted_with([]) == store.posted_with(["14"]) == []


def test_what_is_on_its_way_is_not_posted_yet(store: ConnectionStore) -> None:
    queue(store)
    leased(store)
    assert (store.posted_kinds(), store.posted_with([""])) == (frozenset(), [])


def test_a_state_is_remembered_with_its_doubt_and_the_moment(store: ConnectionStore) -> None:
    queue(store)
    posting = posted(store)
    assert store.swept_until() is None
    store.keep_sweep(seen(posting, "void 1", doubt(posting)), CHANGED_AT)
    assert (store.swept_until(), [known.seen for known in store.every_posted()]) == (CHANGED_AT, ["void 1"])
    assert [finding.code for finding in store.findings()] == ["DOCUMENT_VOIDED"]
    store.keep_sweep([], None)
    assert store.swept_until() == CHANGED_AT


def test_a_document_that_is_put_right_closes_its_own_doubt_and_no_other(store: ConnectionStore) -> None:
    queue(store)
    posting = posted(store)
    other = doubt(posting, "CHANGED_AFTER_POSTING")
    store.add_findings([other])
    store.keep_sweep(seen(posting, "live 1", doubt(posting, "DOCUMENT_DIFFERS")), None)
    store.keep_sweep(seen(posting, "live 2", replace(doubt(posting, "DOCUMENT_DIFFERS"), message="Worse.")), None)
    assert {finding.message for finding in store.findings()} == {"It is void.", "Worse."}
    store.keep_sweep(seen(posting, "live 3", None), None)
    assert [finding.code for finding in store.findings()] == ["CHANGED_AFTER_POSTING"]
    store.keep_sweep(seen(posting, "live 4", None), None)
    assert len(store.findings()) == 1


def test_a_doubt_that_was_not_raised_by_what_was_seen_is_not_closed_by_it(store: ConnectionStore) -> None:
    queue(store)
    posting = posted(store)
    store.add_findings([doubt(posting, "DOCUMENT_DIFFERS")])
    store.keep_sweep(seen(posting, "live 1", None), None)
    assert [finding.code for finding in store.findings()] == ["DOCUMENT_DIFFERS"]


def test_each_connection_sees_its_own_documents(home: Home) -> None:
    database = home.open()
    ours, theirs = (
        ConnectionStore(database, ledger_company=REALM, source_company="upkeep", site=site, clock=home.clock) for site in ("", "North")
    )
    queue(ours)
    posting = posted(ours)
    ours.keep_sweep(seen(posting, "void 1", doubt(posting)), CHANGED_AT)
    assert (theirs.posted_kinds(), list(theirs.every_posted()), theirs.posted_with(["146"])) == (frozenset(), [], [])
    assert (theirs.swept_until(), theirs.findings()) == (None, [])


def test_what_was_seen_is_in_the_record_of_decisions(home: Home) -> None:
    store = home.store()
    queue(store)
    posting = posted(store)
    store.keep_sweep(seen(posting, "void 1", doubt(posting)), CHANGED_AT)
    store.keep_sweep(seen(posting, "live 2", None), CHANGED_AT)
    with store._database.write() as connection:
        events = [link.entry.event for link in newest(connection, 2)]
    assert sorted(events) == ["finding_closed", "finding_opened"]
    assert check(store._database).problem is None


def test_a_document_that_waits_for_approval_is_counted_until_it_is_seen_approved(store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    store.record(posting, Posted(document(posting, status="awaiting")))
    assert (store.awaiting_approval(), [known.seen for known in store.every_posted()], store.findings()) == (1, ["awaiting 0"], [])
    store.keep_sweep(seen(posting, "live 1", None), None)
    assert store.awaiting_approval() == 0


@pytest.mark.parametrize(("wrong", "left"), [([AWAITS], []), ([AWAITS, "the ledger warns: no account"], ["DOCUMENT_DIFFERS"])])
def test_an_approval_ends_the_doubt_about_it_and_no_other(wrong: list[str], left: list[str], store: ConnectionStore) -> None:
    queue(store)
    posting = leased(store)
    store.record(posting, Posted(document(posting, status="awaiting")), wrong)
    assert [finding.code for finding in store.findings()] == ["DOCUMENT_DIFFERS"]
    store.keep_sweep(seen(posting, "live 1", None), None)
    assert [finding.code for finding in store.findings()] == left


def test_a_document_that_waits_is_adopted_as_one_that_waits(store: ConnectionStore) -> None:
    queue(store)
    (ready,) = store.postings()
    after = store.matched(ready, Match(Event.FOUND_LIVE, (document(ready, status="awaiting"),)), CHANGED_AT)
    assert (after.state, store.awaiting_approval()) == (State.POSTED, 1)


@pytest.mark.parametrize("spelled", ["D312DD5E-A53E", "d312dd5e-a53e"])
def test_an_id_is_found_in_small_letters_and_in_capitals(spelled: str, store: ConnectionStore) -> None:
    queue(store)
    (ready,) = store.postings()
    with store._database.write() as connection:
        connection.exec_driver_sql(f"UPDATE posting SET state = 'posted', remote_id = 'd312dd5e-a53e' WHERE id = {ready.id}")
    assert len(store.posted_with([spelled])) == 1
