"""What a person had taken back is kept with who and why, once for each document; what holds it is a doubt about its work order."""

from __future__ import annotations

from dataclasses import replace

from connector.core.matching import Match
from connector.core.posting import Event, Posting, Rejected, State
from connector.core.problem import Problem
from connector.core.reversal import identity_of_reversal
from connector.store.audit import newest
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore
from tests.store.databases import REALM, Home
from tests.store.examples import CHANGED_AT, document, identity, intent, leased, posted, queue

CREDIT = intent(identity_of_reversal(identity()), b'{"credit":1}')
CLOSED = Problem("PERIOD_CLOSED", "work order 4711", "The books were closed.", "Reopen the period.")


def asked(store: ConnectionStore) -> tuple[Posting, Posting]:
    """A posted document, and the intent to take it back."""
    queue(store)
    original = posted(store)
    return original, store.reverse(original, CREDIT, "billed twice")


def test_an_order_is_kept_with_its_reason_and_the_intent_goes_its_way(store: ConnectionStore, home: Home) -> None:
    original, credit = asked(store)
    assert (credit.state, credit.request.body) == (State.READY, b'{"credit":1}')
    (reversal,) = store.reversals()
    assert (reversal.reversed, reversal.credit, reversal.because) == (original, credit, "billed twice")
    assert store.reversals("4711") == [reversal]
    assert store.reversals("1") == []
    assert store.posting_of("4711") == original
    assert store.posting_of("1") is None
    with home.open().write() as connection:
        (entry,) = [link.entry for link in newest(connection, 20) if link.entry.event == "reversal_asked"]
    assert (entry.work_order, entry.marker, entry.reason) == ("4711", credit.marker, "billed twice")
    assert check(home.open()).problem is None


def test_an_order_that_is_given_again_is_the_same_one(store: ConnectionStore) -> None:
    original, credit = asked(store)
    assert store.reverse(original, CREDIT, "once more") == credit
    assert [one.because for one in store.reversals()] == ["billed twice"]
    changed = replace(CREDIT, request=replace(CREDIT.request, body=b'{"credit":2}'))
    assert store.reverse(original, changed, "once more").request.body == b'{"credit":2}'  # Nothing of it has left.


def test_what_holds_a_reversal_is_a_doubt_that_its_end_closes(store: ConnectionStore) -> None:
    original, _ = asked(store)
    held = store.hold(store.postings(State.READY)[0], CLOSED)
    (finding,) = store.findings()
    assert (held.state, finding.code, finding.marker) == (State.HELD, "PERIOD_CLOSED", CREDIT.marker)
    assert "connector reverse 4711" in finding.next_step
    row = store.find("4711")
    assert row is not None
    assert row.disposition.value == "posted"
    ready = store.reverse(original, CREDIT, "once more")
    assert ready.state is State.READY
    store.matched(ready, Match(Event.FOUND_LIVE, (document(ready, id="147"),)), CHANGED_AT)
    assert store.findings() == []
    assert [one.is_done for one in store.reversals()] == [True]
    assert [(known.posting.remote_id, known.is_reversed) for known in store.every_posted()] == [("146", True), ("147", False)]


def test_what_may_be_in_the_ledger_is_looked_for_when_the_order_is_given_again(store: ConnectionStore) -> None:
    original, credit = asked(store)
    store.matched(
        credit, Match(Event.FOUND_OTHER, (document(credit, id="9", total=credit.expectation.total + 1),), "it differs"), CHANGED_AT
    )
    assert [finding.code for finding in store.findings()] == ["DOCUMENT_DIFFERS"]
    assert store.reverse(original, CREDIT, "once more").state is State.UNCERTAIN


def test_a_refusal_of_the_ledger_is_told(store: ConnectionStore) -> None:
    asked(store)
    store.record(leased(store), Rejected("6000", "more than what is open"))
    (finding,) = store.findings()
    assert finding.code == "LEDGER_REFUSED"
    assert "is not taken back" in finding.message


def test_each_connection_has_its_own(store: ConnectionStore, home: Home) -> None:
    asked(store)
    other = ConnectionStore(home.open(), ledger_company=REALM, source_company="upkeep", site="north", clock=home.clock)
    assert other.reversals() == []
    assert other.posting_of("4711") is None
