"""What an accident is, and whether it is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from tests.simulation.museum.stories import Stories


@dataclass(frozen=True, slots=True)
class Caught:
    """How an accident is caught: the beginning of the first violation, the number of the first story, and how many there may be."""

    by: str
    at: int
    within: int


@dataclass(frozen=True, slots=True)
class Accident:
    """A fault that other products had. `put_back` says in its docstring what it does; `caught` is what was seen when it came here."""

    name: str
    put_back: Callable[[pytest.MonkeyPatch], None]
    stories: Stories
    caught: Caught

    @property
    def told(self) -> str:
        """What was put back, in a sentence or two."""
        return " ".join((self.put_back.__doc__ or "").split())


def hunt(accident: Accident, numbers: Iterable[int]) -> tuple[int, str] | None:
    """Put the accident back and play these stories: the first that shows what it does, and the violation that tells it."""
    with pytest.MonkeyPatch.context() as patch:
        accident.put_back(patch)
        for number in numbers:
            if violations := [one for one in accident.stories.play(number) if one.startswith(accident.caught.by)]:
                return number, violations[0]
    return None
