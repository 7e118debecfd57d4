"""Shadow mode: a connection that drafts and never posts, and what becomes of its drafts when it posts at last.

While it is a shadow, people go on booking by hand. So what was completed until the first sync that posts is kept back afterwards: nothing
says whether it is booked. Two words of a person let it go: a start_date that was moved since (what is completed before is excluded,
the rest is the connector's), or a release of one work order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from re import findall

from connector.core.booked import BookedDocument
from connector.core.mapping import DocumentKind
from connector.core.problem import Problem

SHADOW_DRAFT = "SHADOW_DRAFT"
# People date by hand: a bill's day, the day of entry, the end of the month.
DAYS_MAX = 10
# A shorter number stands in many a text by chance.
NUMBER_LENGTH_MIN = 3
Day = date  # a field called date hides the type


@dataclass(frozen=True, slots=True)
class ShadowTime:
    """When a connection was a shadow: the start_date that it had then, and its last day; None while it goes on."""

    start_date: date
    until: date | None = None

    def keeps_back(self, completed: date | None, start_date: date) -> bool:
        """Whether what was completed that day may have been booked by hand, and nobody has said anything since."""
        if start_date > self.start_date or completed is None:
            return False
        return self.until is None or completed <= self.until


def drafted(number: str) -> Problem:
    """What a work order waits for while its connection is a shadow."""
    return Problem(
        "SHADOW_DRAFT",
        f"work order {number}",
        "It is drafted and not posted: this connection is a shadow (mode: shadow).",
        "Compare the drafts with what was booked by hand: connector shadow report --period YYYY-MM.",
    )


def kept_back(number: str) -> Problem:
    """What it waits for when the connection posts at last."""
    return Problem(
        "SHADOW_DRAFT",
        f"work order {number}",
        "It was completed while this connection was a shadow, and may have been booked by hand.",
        "Move start_date to the first day that nobody books by hand; or release it (connector held release) if it is not booked.",
    )


# --- the drafts beside what people booked -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShadowDraft:
    """A document that would have been posted. `accounts` are those of its lines by the ledger's names, `words` its purchase orders."""

    number: str
    title: str
    kind: DocumentKind
    date: Day
    currency: str
    total: Decimal
    accounts: frozenset[str]
    customer_id: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """A document that a person booked, with the names of its accounts."""

    document: BookedDocument
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A draft and what a person booked for it, as far as anybody can tell; `because` says by what they are alike."""

    draft: ShadowDraft
    hand: ByHand
    because: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """What was booked by hand beyond the draft."""
        return self.hand.document.total - self.draft.total


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: tuple[int, ...]
    pair: Pair


def paired(drafts: Sequence[ShadowDraft], hands: Sequence[ByHand]) -> list[Pair]:
    """Each draft with at most one document, each document with at most one draft; what fits best goes first."""
    by_total: dict[Decimal, list[ByHand]] = {}
    by_word: dict[str, list[ByHand]] = {}
    for hand in hands:
        by_total.setdefault(hand.document.total, []).append(hand)
        for word in words_in(hand.document.text):
            by_word.setdefault(word, []).append(hand)
    found: list[_Candidate] = []
    for draft in drafts:
        named = chain.from_iterable(by_word.get(word, ()) for word in _words_of(draft))
        near = {hand.document.id: hand for hand in (*by_total.get(draft.total, ()), *named)}
        found += [one for hand in near.values() if (one := _candidate(draft, hand)) is not None]
    found.sort(key=lambda one: (tuple(-part for part in one.score), one.pair.draft.number, one.pair.hand.document.id))
    pairs: dict[str, Pair] = {}
    taken: set[str] = set()
    for one in found:
        number, document = one.pair.draft.number, one.pair.hand.document.id
        if number not in pairs and document not in taken:
            pairs[number] = one.pair
            taken.add(document)
    return list(pairs.values())


def words_in(text: str) -> set[str]:
    """The words of a text, as they are compared."""
    return {word.casefold() for word in findall(r"[0-9A-Za-z]+(?:[-/][0-9A-Za-z]+)*", text)}


def _words_of(draft: ShadowDraft) -> Iterable[str]:
    return [word.casefold() for word in (draft.number, *draft.words) if len(word) >= NUMBER_LENGTH_MIN]


def _candidate(draft: ShadowDraft, hand: ByHand) -> _Candidate | None:
    document = hand.document
    days = abs((document.date - draft.date).days)
    if days > DAYS_MAX or document.currency not in ("", draft.currency):
        return None
    is_named = not words_in(document.text).isdisjoint(_words_of(draft))
    alike = {
        "number": is_named,
        "amount": document.total == draft.total,
        "customer": bool(draft.customer_id) and draft.customer_id == document.customer_id,
        "account": not draft.accounts.isdisjoint(hand.accounts),
    }
    if not is_named and not (alike["customer"] or alike["account"]):
        return None  # The same amount alone is chance.
    shared = len(draft.accounts & hand.accounts)
    score = (*(int(is_so) for is_so in alike.values()), shared, int(draft.kind is document.kind), -days)
    return _Candidate(score, Pair(draft, hand, tuple(word for word, is_so in alike.items() if is_so)))
