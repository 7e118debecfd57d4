"""The sandbox's own time: it runs with the machine's, or is set and moved by a test."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Time as the three stand-ins see it, in UTC; shared by all of them."""

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self._frozen_at = start if frozen else None
        self._offset = timedelta(0)
        if start is not None and not frozen:
            self._offset = start - self._machine()

    @staticmethod
    def _machine() -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self._frozen_at if self._frozen_at is not None else self._machine() + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward (or back) by so many seconds."""
        step = timedelta(seconds=seconds)
        if self._frozen_at is not None:
            self._frozen_at += step
        else:
            self._offset += step

    def set(self, moment: datetime) -> None:
        """Make it that moment now."""
        self.advance((moment - self.now()).total_seconds())
