"""Is what the ledger shows the document we meant? A closed set of answers, each naming what it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connector.core.posting import Event, Expectation, LedgerDocument


@dataclass(frozen=True, slots=True)
class Match:
    """The answer of a look-up: the event it means, the documents seen, and the field that differs, if one does."""

    event: Event
    documents: tuple[LedgerDocument, ...] = ()
    reason: str = ""


def differences(expected: Expectation, found: LedgerDocument) -> list[str]:
    """Every field in which the ledger's document is not the one we meant, in words with both values."""
    pairs: list[tuple[str, object, object]] = [
        ("marker", expected.marker.casefold(), found.marker.casefold()),
        ("kind", expected.kind.value, found.kind.value),
        ("date", expected.date, found.date),
        ("currency", expected.currency, found.currency or expected.currency),
        ("total", expected.total, found.total - (found.tax if not expected.lines else 0)),
    ]
    if expected.tax is not None:
        pairs.append(("tax", expected.tax, found.tax))
    named = [f"{name} is {theirs}, expected {ours}" for name, ours, theirs in pairs if ours != theirs]
    if expected.lines and found.lines and Counter(expected.lines) != Counter(found.lines):
        named.append("the accounts or amounts of its lines differ")
    return named + [f"the ledger warns: {warning}" for warning in found.warnings]


def match(expected: Expectation, found: Sequence[LedgerDocument]) -> Match:
    """Decide what a look-up by marker proves about a posting."""
    live = tuple(document for document in found if document.status == "live")
    drafts = tuple(document for document in found if document.status == "draft")
    dead = tuple(document for document in found if document.status in ("void", "deleted"))
    if len(live) > 1:
        return Match(Event.FOUND_OTHER, live, f"{len(live)} live documents carry this marker: {', '.join(d.id for d in live)}")
    if live:
        wrong = differences(expected, live[0])
        if wrong:
            return Match(Event.FOUND_OTHER, live, f"document {live[0].id} carries this marker, but " + "; ".join(wrong))
        return Match(Event.FOUND_LIVE, live)
    if drafts:
        return Match(Event.FOUND_DRAFT, drafts)
    if dead:
        return Match(Event.FOUND_OTHER, dead, f"document {dead[0].id} carries this marker and is {dead[0].status}")
    return Match(Event.PROVEN_ABSENT)
