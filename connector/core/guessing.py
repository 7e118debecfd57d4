"""Which account, item or tax code a word probably means: by its exact name, by its words, by a slip of the pen. Pure.

A guess is written into a file that a person reads, with how it was made; nothing is ever posted by one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

EXACT, WORDS, NEAR = "exact name", "its name has the words", "nearest name"
# Above this two names are taken for one with a slip of the pen.
NEAR_FROM = 0.8


@dataclass(frozen=True, slots=True)
class Offered:
    """One entry of the ledger that may be guessed: its full name, and its number or code."""

    name: str
    number: str = ""

    @property
    def leaf(self) -> str:
        """Its own name, without those that it stands under."""
        return self.name.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Guess:
    """An entry and how it was found; without an entry nothing is near."""

    entry: Offered | None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A value that work orders have under a key ("" where they have none): how many, and what they cost as far as it is known."""

    value: str
    count: int
    amount: Decimal


NOTHING = Guess(None)
PLACES = ("location", "team")


def guess(words: Sequence[str], offered: Sequence[Offered]) -> Guess:
    """The entry that the first of the words leads to; each word is tried in every way before the next is."""
    return next((found for word in words if (found := _of_word(word, offered)).entry is not None), NOTHING)


def _of_word(word: str, offered: Sequence[Offered]) -> Guess:
    wanted = word.strip().casefold()
    exact = [one for one in offered if wanted in (one.name.casefold(), one.leaf.casefold())]
    if exact:
        return Guess(exact[0], EXACT)
    parts = _parts(word)
    with_words = sorted((one for one in offered if parts and parts <= _parts(one.leaf)), key=lambda one: (len(one.leaf), one.name))
    if with_words:
        return Guess(with_words[0], WORDS)
    by_leaf = {one.leaf.casefold(): one for one in reversed(offered)}
    near = difflib.get_close_matches(wanted, by_leaf, n=1, cutoff=NEAR_FROM)
    return Guess(by_leaf[near[0]], NEAR) if near else NOTHING


def _parts(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def likely_cost_code(found: Mapping[str, Sequence[Seen]]) -> str:
    """The key that most work orders have one of few values under, the first of equals; "category" where there is none.

    Where a job was done and who did it is no cost code, unless a person says so.
    """
    return max((key for key in found if key not in PLACES), key=lambda key: _covered(found[key]), default="category")


def _covered(values: Sequence[Seen]) -> int:
    """How many work orders have a value; none where nearly each has one of its own, as a ticket's number is."""
    told = [one for one in values if one.value]
    count = sum(one.count for one in told)
    return count if len(told) * 2 <= count + 2 else 0
