"""Wrong user data as a value: a stable code, the place, what was expected and the next step. Collected, shown all at once."""

from __future__ import annotations

from dataclasses import dataclass


class Place(str):
    """A line of a file, as "file:line". A mistake is told with its column too; a fact is one line, and needs none."""

    __slots__ = ("column",)
    column: int

    @classmethod
    def of(cls, file: str, line: int, column: int) -> Place:
        """The place of a parser's mark, which counts from 0."""
        place = cls(f"{file}:{line + 1}")
        place.column = column + 1
        return place


def exact(place: str) -> str:
    """The place with its column, where it has one."""
    return f"{place}:{place.column}" if isinstance(place, Place) else place


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the user's data that keeps money from the books, and what to do about it.

    `code` never changes meaning (docs/problems.md lists them all). `place` is "file:line" for YAML (told with its column),
    "work order 150, part P-7" for source records, or a field of a ledger document.
    """

    code: str
    place: str
    message: str
    next_step: str

    def __str__(self) -> str:
        return f"{exact(self.place)}: {self.code} {self.message} {self.next_step}"
