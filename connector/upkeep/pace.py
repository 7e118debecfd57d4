"""How fast UpKeep may be called: it publishes no limit, so its refusals teach one, and every process keeps to it for a while.

A pause that UpKeep asks for holds for all processes. After a refusal in a busy minute the calls of that minute, less a fifth, are the
pace: calls leave evenly, it rises by a tenth with each quiet minute, and an hour after the last refusal it is forgotten. What was
learned lies on a shelf that all processes share (the protocol is declared here; the store has it).
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from connector.core.clock import Clock
from connector.upkeep.source import SourceUnreachableError

log = logging.getLogger("connector.upkeep")

MINUTE_SECONDS = 60.0
LEARNED_SECONDS = 3600.0
PAUSE_SECONDS_MAX = 3600.0
# A longer pause is not waited for: the run ends, and the next one looks again.
WAIT_SECONDS_MAX = 65.0
# A refusal in a minute of fewer calls than this teaches no pace: somebody else used the limit up, or UpKeep had a bad moment.
TEACHING_CALLS_MIN = 30
PER_MINUTE_MIN = 10.0
SHARE_KEPT = 0.8
BUSY_PAUSE_SECONDS = 15.0
RISE = 1.1
# While nothing is learned, what other processes learned is looked at so often.
LOOK_SECONDS = 5.0

T = TypeVar("T")


class Shelf(Protocol):
    """Where texts lie that all processes share. Its clock is one for all of them."""

    def change(self, name: str, step: Callable[[str, datetime], tuple[str, T]]) -> T:
        """Replace the text of that name ("" at first), while nobody else does."""
        ...

    def texts(self, prefix: str) -> dict[str, str]:
        """Every text whose name begins so."""
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...


@dataclass(slots=True)
class Learned:
    """What refusals taught: moments in seconds since 1970; a pace of 0 is none."""

    per_minute: float = 0.0
    until: float = 0.0
    next_at: float = 0.0
    paused_until: float = 0.0
    changed_at: float = 0.0
    lowered_at: float = 0.0

    @classmethod
    def read(cls, text: str) -> Learned:
        """From its text; what cannot be read was never learned."""
        try:
            return cls(**{name: float(value) for name, value in json.loads(text).items()})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        """As text; "" when nothing is learned."""
        return json.dumps(asdict(self)) if self.per_minute or self.paused_until else ""

    def forget_what_is_over(self, now: float) -> None:
        """After its hour a pace is none any more; a moment beyond every pause was written before a clock was set back."""
        if self.until <= now or self.until > now + LEARNED_SECONDS:
            self.per_minute = self.until = self.next_at = 0.0
        if self.paused_until <= now or self.paused_until > now + PAUSE_SECONDS_MAX:
            self.paused_until = 0.0

    def take(self, now: float) -> float:
        """Take the next turn: so many seconds from now."""
        self.forget_what_is_over(now)
        begin = max(now, self.paused_until)
        if not self.per_minute:
            return begin - now
        if now - self.changed_at >= MINUTE_SECONDS:
            self.per_minute, self.changed_at = self.per_minute * RISE, now
        turn = max(begin, self.next_at)
        self.next_at = turn + MINUTE_SECONDS / self.per_minute
        return turn - now

    def refuse(self, pause_seconds: float, calls_of_minute: int, now: float) -> None:
        """UpKeep refused a call."""
        self.forget_what_is_over(now)
        self.paused_until = max(self.paused_until, now + min(pause_seconds, PAUSE_SECONDS_MAX))
        is_new = not self.per_minute or now - self.lowered_at >= MINUTE_SECONDS
        if calls_of_minute >= TEACHING_CALLS_MIN and is_new:
            before = self.per_minute or float(calls_of_minute)
            self.per_minute = max(PER_MINUTE_MIN, min(before, float(calls_of_minute)) * SHARE_KEPT)
            self.until, self.changed_at, self.lowered_at = now + LEARNED_SECONDS, now, now


class Pace:
    """The turnstile in front of one login's calls."""

    def __init__(self, *, name: str, clock: Clock, shelf: Shelf) -> None:
        self._name = f"pace of {name}"
        self._clock = clock
        self._shelf = shelf
        self._recent: deque[float] = deque(maxlen=10_000)
        self._looked_at: float | None = None
        self._is_learned = False
        self._refused_in_a_row = 0

    def wait(self) -> None:
        """Wait for a turn; raises SourceUnreachableError when UpKeep asked for a pause that is too long to wait for."""
        seconds = self._turn()
        if seconds > WAIT_SECONDS_MAX:
            raise SourceUnreachableError(f"UpKeep asked for a pause of which {seconds:.0f} seconds are left; the next run goes on")
        if seconds > 0:
            self._clock.sleep(seconds)
        self._recent.append(self._clock.monotonic())

    def _turn(self) -> float:
        now = self._clock.monotonic()
        if not self._is_learned:
            if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
                return 0.0
            self._looked_at = now
            if not self._shelf.texts(self._name).get(self._name):
                return 0.0

        def step(text: str, at: datetime) -> tuple[str, tuple[float, bool]]:
            learned = Learned.read(text)
            seconds = learned.take(at.timestamp())
            return learned.written(), (seconds, bool(learned.written()))

        seconds, self._is_learned = self._shelf.change(self._name, step)
        return seconds

    def answered(self) -> None:
        """UpKeep took a call."""
        self._refused_in_a_row = 0

    def refused(self, pause_seconds: float) -> None:
        """UpKeep answered 429 and asks for such a pause; after a busy minute the minute is waited out, longer each time."""
        since = self._clock.monotonic() - MINUTE_SECONDS
        calls = sum(1 for moment in self._recent if moment > since)
        if calls >= TEACHING_CALLS_MIN or self._refused_in_a_row:
            pause_seconds = max(pause_seconds, min(BUSY_PAUSE_SECONDS * 2**self._refused_in_a_row, MINUTE_SECONDS))
            self._refused_in_a_row += 1

        def step(text: str, at: datetime) -> tuple[str, float]:
            learned = Learned.read(text)
            learned.refuse(pause_seconds, calls, at.timestamp())
            return learned.written(), learned.per_minute

        per_minute = self._shelf.change(self._name, step)
        self._is_learned = True
        if per_minute:
            log.warning("action=limit_learned service=upkeep calls_per_minute=%.0f", per_minute)

    def close(self) -> None:
        """Give back the shelf."""
        self._shelf.close()
