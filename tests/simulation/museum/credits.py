"""Money that a customer gets back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from connector.core.clock import Deadline
from connector.core.posting import LedgerDocument, Outcome, Posting, Uncertain
from connector.core.reversal import is_application
from connector.ledgers.quickbooks.client import QuickBooksLedger
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import helpless, reversals_with, turned_orders


def a_credit_looked_up_among_credits_only(patch: pytest.MonkeyPatch) -> None:
    """What a look-up finds under the marker in another list than its own is passed over: an invoice is no credit."""
    look_up: Any = QuickBooksLedger.look_up

    def look_up_of_its_kind(self: QuickBooksLedger, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        kinds = {posting.marker: posting.kind for posting in postings}
        found = look_up(self, postings).items()
        own = {marker: tuple(one for one in documents if one.kind is kinds[marker]) for marker, documents in found}
        return {marker: documents for marker, documents in own.items() if documents}

    patch.setattr(QuickBooksLedger, "look_up", look_up_of_its_kind)


def an_application_sent_again_without_a_look(patch: pytest.MonkeyPatch) -> None:
    """The payment that applies a credit goes out again at once when its answer is lost, under a key made anew, and nobody looks."""
    send = QuickBooksLedger.send

    def send_twice(self: QuickBooksLedger, posting: Posting, deadline: Deadline) -> Outcome:
        outcome = send(self, posting, deadline)
        if not is_application(posting) or not isinstance(outcome, Uncertain):
            return outcome
        return send(self, replace(posting, key=uuid.uuid4().hex), deadline)

    patch.setattr(QuickBooksLedger, "send", send_twice)


ACCIDENTS = (
    Accident(
        "a credit looked up among credits only",
        a_credit_looked_up_among_credits_only,
        turned_orders(helpless("quickbooks")),
        Caught("duplicate", at=0, within=30),
    ),
    Accident(
        "an application sent again without a look",
        an_application_sent_again_without_a_look,
        reversals_with("drop_after_commit", helpless("quickbooks")),
        Caught("false alarm", at=18, within=40),
    ),
)
