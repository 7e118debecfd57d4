"""What the connector asks of time; connector/clock.py is the only place that answers from the machine."""

from __future__ import annotations

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
