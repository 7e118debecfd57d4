"""Is what the ledger shows the document we meant? A closed set of answers, each naming what it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.core.money import ZERO, plain
from connector.core.posting import Event, Expectation, LedgerDocument
from connector.core.reversal import as_step


@dataclass(frozen=True, slots=True)
class Match:
    """The answer of a look-up: the event it means, the documents seen, and the field that differs, if one does."""

    event: Event
    documents: tuple[LedgerDocument, ...] = ()
    reason: str = ""


# What is wrong with a document that nobody meant to be approved by hand; the approval mends it.
AWAITS = "it waits for approval and is not in the books yet"


def differences(expected: Expectation, found: LedgerDocument) -> list[str]:
    """Every field in which the ledger's document is not the one we meant, in words with both values.

    Its tax is not among them: whatever the ledger charges, the document is ours (see tax_doubt).
    """
    if expected.includes_tax:
        totals: tuple[object, object] = (expected.gross, found.total)
    else:
        totals = (expected.total, found.total - (found.tax if not expected.lines else 0))
    pairs: list[tuple[str, object, object]] = [
        ("marker", expected.marker.casefold(), found.marker.casefold()),
        ("kind", expected.kind.value, found.kind.value),
        ("date", expected.date, found.date),
        ("currency", expected.currency, found.currency or expected.currency),
        ("total", *totals),
    ]
    named = [f"{name} is {theirs}, expected {ours}" for name, ours, theirs in pairs if ours != theirs]
    if expected.settles:
        named += _application(expected, found)
    if expected.lines and found.lines and Counter(expected.lines) != Counter(found.lines):
        named.append("the accounts or amounts of its lines differ")
    if found.status == "awaiting" and not expected.may_await:
        named.append(AWAITS)
    return named + [f"the ledger warns: {warning}" for warning in found.warnings]


def answered_otherwise(expected: Expectation, found: LedgerDocument) -> list[str]:
    """What the ledger made of a document otherwise than it was asked for, of that which people may change later as they please."""
    told = []
    if expected.due_date is not None and found.due_date not in (None, expected.due_date):
        told.append(f"it is due on {found.due_date}, expected {expected.due_date}")
    if expected.exchange_rate not in (None, found.exchange_rate):
        told.append(f"its exchange rate is {found.exchange_rate}, expected {expected.exchange_rate}")
    return told


def _application(expected: Expectation, found: LedgerDocument) -> list[str]:
    """How a credit differs that is to take one invoice back: its total to the cent, and what it was applied to."""
    named = [] if found.total == expected.gross else [f"total with tax is {found.total}, expected {expected.gross}"]
    is_applied = found.status == "live" and found.settles is not None
    if is_applied and (found.settles or "").casefold() != expected.settles.casefold():
        named.append(f"it settles {found.settles or 'no single invoice'}, expected {expected.settles}")
    return named


def booked(expected: Expectation, found: LedgerDocument) -> Decimal:
    """What a document adds to the cost or to the billing, counted as the expectation's `net` counts it."""
    net = expected.kind.sign * expected.net
    if expected.gross is not None and expected.includes_tax:
        return found.kind.sign * (found.total - (expected.gross - net))
    # A journal that books a credit has a total above what it adds to the cost.
    return found.kind.sign * (found.total - (ZERO if found.lines else found.tax) - (expected.total - net))


@dataclass(frozen=True, slots=True)
class TaxDoubt:
    """What is doubtful about the tax of a document in the books: a code, words with both amounts, and the next step."""

    code: str
    words: str
    next_step: str


# Every doubt about tax that a document can have.
TAX_DOUBTS = ("TAX_MISSING", "TAX_DIFFERS", "TAX_ROUNDING")


def tax_doubt(expected: Expectation, found: LedgerDocument) -> TaxDoubt | None:
    """Whether the ledger's tax is the one that was to be expected. The document is posted whatever this says, and never sent again."""
    if not expected.kind.is_sale:
        return None
    if expected.tax_is_due and found.tax == 0:
        about = f"about {plain(expected.tax)} was expected" if expected.tax else "tax was expected"
        return TaxDoubt("TAX_MISSING", f"it came back without tax, and {about}", _TAX_MISSING)
    if expected.tax is not None and abs(found.tax - expected.tax) > expected.tax_tolerance:
        allowed = f", {plain(expected.tax_tolerance)} more or less" if expected.tax_tolerance else ""
        return TaxDoubt("TAX_DIFFERS", f"its tax is {plain(found.tax)}, expected {plain(expected.tax)}{allowed}", _TAX_DIFFERS)
    if expected.gross is not None and found.total != expected.gross and not expected.includes_tax:
        return TaxDoubt("TAX_ROUNDING", f"its total with tax is {plain(found.total)}, meant {plain(expected.gross)}", _TAX_ROUNDING)
    return None


_TAX_MISSING = "Look at the customer's address and exemption and at the tax code in the ledger; correct the document there."
_TAX_DIFFERS = "Compare the rate of the tax code in the ledger with the document; correct the document there if it is wrong."
_TAX_ROUNDING = "The cents are the ledger's rounding: accept them, or correct the document in the ledger."


def match(expected: Expectation, found: Sequence[LedgerDocument]) -> Match:
    """Decide what a look-up by marker proves about a posting."""
    found = [as_step(expected, document) for document in found]
    live = tuple(document for document in found if document.status in ("live", "awaiting"))
    there = tuple(document for document in found if document.status in ("live", "awaiting", "draft"))
    if expected.kind.is_sale and len(there) > 1:
        # A sale that waits for its second step is in the books: of two, none is a draft too many.
        live = there
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
        wrong = differences(expected, drafts[0]) if expected.settles else []
        if wrong:
            return Match(Event.FOUND_OTHER, drafts, f"document {drafts[0].id} carries this marker, but " + "; ".join(wrong))
        return Match(Event.FOUND_DRAFT, drafts)
    if dead:
        return Match(Event.FOUND_OTHER, dead, f"document {dead[0].id} carries this marker and is {dead[0].status}")
    return Match(Event.PROVEN_ABSENT)
