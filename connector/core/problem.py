"""Wrong user data as a value: a stable code, the place, what was expected and the next step. Collected, shown all at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the user's data that keeps money from the books, and what to do about it.

    `code` never changes meaning (docs/problems.md lists them all). `place` is "file:line" for YAML,
    "work order 150, part P-7" for source records, or a field of a ledger document.
    """

    code: str
    place: str
    message: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.message} {self.next_step}"
