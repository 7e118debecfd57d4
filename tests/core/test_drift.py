"""What is new about a posted document, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.core.drift import DELETED, DOUBTS, Known, Sighting, sighting, state_of
from connector.core.posting import LedgerDocument, Posting
from tests.core.examples import expectation
from tests.ledgers.rig import sending

POSTING: Posting = replace(sending(), remote_id="146")
KNOWN = Known(POSTING, "live 0")


def document(**changed: Any) -> LedgerDocument:
    expected = expectation()
    facts: dict[str, Any] = {
        "id": "146", "kind": expected.kind, "marker": expected.marker, "status": "live", "date": expected.date,
        "currency": expected.currency, "total": expected.total, "lines": expected.lines, "version": "1",
    }  # fmt: skip
    return LedgerDocument(**(facts | changed))


def code_of(seen: Sighting | None) -> str:
    assert seen is not None
    return seen.doubt.code if seen.doubt is not None else ""


def test_a_document_in_the_state_in_which_it_was_seen_is_nothing_new() -> None:
    assert sighting(KNOWN, document(version="0")) is None
    assert sighting(Known(POSTING, DELETED), None) is None
    assert sighting(Known(POSTING, DELETED), document(status="deleted", version="7")) is None
    assert sighting(Known(POSTING, "void 1"), document(status="void")) is None


def test_a_change_that_leaves_it_as_it_should_be_is_no_doubt() -> None:
    """A payment, an attachment, or an edit that was taken back."""
    assert sighting(KNOWN, document()) == Sighting(POSTING, "live 1", None)


@pytest.mark.parametrize(
    ("found", "seen", "code", "words"),
    [
        (None, DELETED, "DOCUMENT_DELETED", "was deleted in the ledger."),
        (document(status="deleted", date=None, total=Decimal(0)), DELETED, "DOCUMENT_DELETED", "was deleted in the ledger."),
        (document(status="void", total=Decimal(0)), "void 1", "DOCUMENT_VOIDED", "was voided in the ledger."),
        (document(total=Decimal(7)), "live 1", "DOCUMENT_DIFFERS", "was changed in the ledger: total is 7, expected"),
        (document(status="awaiting"), "awaiting 1", "DOCUMENT_DIFFERS", "it waits for approval and is not in the books yet."),
        (document(status="draft"), "draft 1", "DOCUMENT_DIFFERS", "its status is draft."),
    ],
)
def test_each_thing_that_a_person_may_do_is_a_doubt_of_its_own(found: LedgerDocument | None, seen: str, code: str, words: str) -> None:
    told = sighting(KNOWN, found)
    assert told is not None
    assert (told.seen, code_of(told)) == (seen, code)
    assert code in DOUBTS
    assert told.doubt is not None
    assert (told.doubt.number, told.doubt.marker) == (POSTING.work_order_number, POSTING.marker)
    assert "document 146 of 2026-01-06, 10.00 USD, " in told.doubt.message
    assert words in told.doubt.message
    assert "run `connector held release 4711`" in told.doubt.next_step


def test_an_invoice_that_is_left_for_approval_is_no_doubt_while_it_waits_nor_when_it_is_approved() -> None:
    posting = replace(POSTING, expectation=expectation(may_await=True))
    for status in ("awaiting", "live"):
        seen = sighting(Known(posting, "awaiting 0"), document(status=status))
        assert seen == Sighting(posting, f"{status} 1", None)


def test_a_state_is_told_by_status_and_version() -> None:
    assert (state_of("live", "3"), state_of("void", "3"), state_of("deleted", "3")) == ("live 3", "void 3", "deleted")
