"""Money that a customer gets back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connector.core.posting import LedgerDocument, Posting
from connector.ledgers.quickbooks.client import QuickBooksLedger
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import helpless, turned_orders


def a_credit_looked_up_among_credits_only(patch: pytest.MonkeyPatch) -> None:
    """What a look-up finds under the marker in another list than its own is passed over: an invoice is no credit."""
    look_up: Any = QuickBooksLedger.look_up

    def look_up_of_its_kind(self: QuickBooksLedger, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        kinds = {posting.marker: posting.kind for posting in postings}
        found = look_up(self, postings).items()
        own = {marker: tuple(one for one in documents if one.kind is kinds[marker]) for marker, documents in found}
        return {marker: documents for marker, documents in own.items() if documents}

    patch.setattr(QuickBooksLedger, "look_up", look_up_of_its_kind)


ACCIDENTS = (
    Accident(
        "a credit looked up among credits only",
        a_credit_looked_up_among_credits_only,
        turned_orders(helpless("quickbooks")),
        Caught("duplicate", at=0, within=30),
    ),
)
