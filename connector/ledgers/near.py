"""Names that a person may have meant. They are suggested and never taken: only a person's own line in the mapping decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

# Of a hundred: below that two names have little in common but their letters.
NEAR = 60
SUGGESTED_MAX = 3


def as_compared(names: Iterable[str]) -> dict[str, str]:
    """The names, each with how it is compared: capitals do not count, here as in the ledger."""
    return {name: folded for folded, name in {name.casefold(): name for name in names}.items()}


def near(written: str, known: Mapping[str, str]) -> list[str]:
    """The known names (see `as_compared`) that are nearest to what is written, the nearest first."""
    found = process.extract(written.casefold(), known, scorer=fuzz.ratio, score_cutoff=NEAR, limit=SUGGESTED_MAX)
    return [name for _, _, name in found]
