"""What the connector asks of time; connector/clock.py is the only place that answers from the machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time as an argument, so that a test or the simulation can own it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for deadlines within one process."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many seconds from a moment of the process's monotonic clock: a lease and all that is done under it are counted from one moment."""

    begun: float
    seconds: float

    @property
    def ends(self) -> float:
        """The moment after which nothing may be under way."""
        return self.begun + self.seconds
