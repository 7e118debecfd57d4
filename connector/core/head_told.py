"""What the head of a document says, in words for `explain`: each field with its value and the line of the mapping behind it (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from connector.core.drafting import Draft, InvoiceDraft
from connector.core.mapping import Approval, Fact
from connector.core.money import plain
from connector.core.posting import Expectation


def told_of_head(draft: Draft, expected: Expectation) -> list[list[str]]:
    """[field, value, place] of everything that it says besides number, day, customer and lines; nothing for what is not written."""
    return [list(row) for row in _rows(draft, expected)]


def _rows(draft: Draft, expected: Expectation) -> Iterator[tuple[str, str, str]]:
    if expected.exchange_rate is not None and draft.exchange is not None:
        yield "exchange rate", plain(expected.exchange_rate), draft.exchange.place
    if not isinstance(draft, InvoiceDraft):
        return
    heading = draft.heading
    if expected.due_date is not None:
        yield "due", expected.due_date.isoformat(), ""
    named: list[tuple[str, Fact | None]] = [
        ("terms", None if draft.is_credit else heading.terms),
        ("bill_email", heading.bill_email),
        ("memo", heading.memo),
        ("branding_theme", heading.branding_theme),
    ]
    yield from ((field, fact.value, fact.place) for field, fact in named if fact is not None)
    if heading.approval is not Approval.AUTHORISED:
        yield "status", heading.approval.value, heading.approval_place
