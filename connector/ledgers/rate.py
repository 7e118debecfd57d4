"""The turnstile in front of every call to one ledger company: the vendor's limits, kept by all processes on one database together.

What is shared (usage.py) lies on a shelf: a file beside SQLite, a table on PostgreSQL. A call costs one change of it; where a vendor
limits the calls that are under way, one more when the call has ended. pyrate-limiter kept the windows before. It knows no pause for
all, no day and no month, its windows for batches would be a second lock, and on PostgreSQL it needs a pool of connections of its own.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import platform
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from connector.core.clock import Clock
from connector.ledgers.limits import Allowed, Pause, Rate, Standing, Told, VendorLimits
from connector.ledgers.usage import FLIGHT_SECONDS_MAX, Usage, Wait

WAIT_SECONDS_MAX = 65.0
POLL_SECONDS = 0.1
# When only so many of the app's calls are left in a minute, every company waits: others may have many under way.
APP_LEFT_MIN = 500
APP_LEFT_PAUSE_SECONDS = 10.0

T = TypeVar("T")


class Shelf(Protocol):
    """Where texts lie that all processes share. Its clock is one for all of them."""

    def change(self, name: str, step: Callable[[str, datetime], tuple[str, T]]) -> T:
        """Replace the text of that name ("" at first), while nobody else does; `step` gets it and the time, and gives the new one."""
        ...

    def texts(self, prefix: str) -> dict[str, str]:
        """Every text whose name begins so."""
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to make one call; `flight` names it while it is under way."""

    flight: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """No turn came within the time that the caller had: so long until one may, and why."""

    seconds: float
    reason: str


class Limiter:
    """One company's turnstile; several threads pass it."""

    _numbers = itertools.count(1)

    def __init__(
        self, *, limits: VendorLimits, company_id: str, app: str, clock: Clock, shelf: Shelf, allowed: Allowed | None = None
    ) -> None:
        self.limits = limits
        self.allowed = allowed or Allowed()
        self._clock = clock
        self._shelf = shelf
        self._app = hashlib.sha256(app.encode()).hexdigest()[:8]
        self._company = f"company {limits.service} {company_id}"
        self._is_metered = limits.meters_reads and self.allowed.is_metered
        self._rates = {} if self.allowed.is_unlimited else {self._key(rate): rate for rate in limits.rates}
        self._lock = threading.Lock()
        # Known from answers, and written down with the next turn: an ordinary call costs one change of the shelf, not two.
        self._reads = 0
        self._day_left: int | None = None
        self._is_refused = False  # what lies on the shelf counts refusals, which the next good answer ends

    def _key(self, rate: Rate) -> str:
        return f"{rate.name} {self._app}" if rate.per_app else rate.name

    @property
    def _app_name(self) -> str:
        return f"app {self.limits.service} {self._app}"

    def acquire(self, wait_seconds_max: float = WAIT_SECONDS_MAX, *, batch_items: int = 0) -> Turn | Refused:
        """Wait for a turn, at most so long; nothing is waited for that takes longer than that."""
        ends = self._clock.monotonic() + wait_seconds_max
        left = wait_seconds_max
        while True:
            got = self._app_pause() or self._ask(batch_items)
            if isinstance(got, Turn):
                return got
            if got.seconds > left or left <= 0:
                return Refused(max(got.seconds, POLL_SECONDS), got.reason)
            self._clock.sleep(max(POLL_SECONDS, got.seconds))
            left = ends - self._clock.monotonic()

    def _ask(self, batch_items: int) -> Turn | Wait:
        wanted = {key: (rate, rate.weight(batch_items, counts_each=self.allowed.counts_each_item)) for key, rate in self._rates.items()}
        in_flight_max = None if self.allowed.is_unlimited else self.limits.in_flight
        note = self._take_notes()

        def step(usage: Usage, now: datetime) -> Turn | Wait:
            note(usage, now)
            self._is_refused = usage.refusals > 0
            wait = usage.wait(wanted, in_flight_max, now.timestamp())
            if wait is not None:
                return wait
            usage.take(wanted, now.timestamp())
            if in_flight_max is None:
                return Turn()
            turn = Turn(f"{platform.node()}.{os.getpid()}.{next(self._numbers)}")
            usage.in_flight[turn.flight] = now.timestamp() + FLIGHT_SECONDS_MAX
            return turn

        return self._change(self._company, step)

    def _app_pause(self) -> Wait | None:
        """What keeps every company of the app waiting; looked at without a lock, because it is written seldom."""
        if not self.limits.has_app_limit:
            return None
        text = self._shelf.texts(self._app_name).get(self._app_name, "")
        return self._change(self._app_name, lambda usage, now: usage.wait({}, None, now.timestamp())) if text else None

    def settle(self, turn: Turn, answer: tuple[int, Mapping[str, str], bytes] | None, *, is_read: bool = False) -> None:
        """The call has ended: note what its answer says. None: there was no answer."""
        told = self.limits.read_answer(*answer) if answer is not None else Told()
        if is_read and self._is_metered and answer is not None and answer[0] == 200:
            with self._lock:
                self._reads += 1
        if told.day_left is not None:
            self._day_left = told.day_left
        is_good = answer is not None and not told.pause_seconds and answer[0] < 500
        if turn.flight or told.pause_seconds or (is_good and self._is_refused):
            reason, note = self._why(told) if told.pause_seconds else "", self._take_notes()

            def step(usage: Usage, now: datetime) -> None:
                note(usage, now)
                self._apply(usage, replace(told, reason=reason), turn, now.timestamp(), is_good=is_good)

            self._change(self._company, step)
        app_seconds = told.app_pause_seconds or (APP_LEFT_PAUSE_SECONDS if told.left.get("app", APP_LEFT_MIN) < APP_LEFT_MIN else 0.0)
        if app_seconds:
            reason = told.reason or "the app's calls of this minute are nearly used up"
            self._change(self._app_name, lambda usage, now: usage.pause(app_seconds, reason, now.timestamp()))

    def _apply(self, usage: Usage, told: Told, turn: Turn, now: float, *, is_good: bool) -> None:
        usage.in_flight.pop(turn.flight, None)
        if is_good:
            usage.refusals = 0
        if told.pause_seconds:
            usage.refuse(told.pause_seconds, told.reason, now, is_named=told.is_named)
        for key, rate in self._rates.items():
            if rate.name in told.left:
                usage.note_left(key, rate, told.left[rate.name], now)

    def _why(self, told: Told) -> str:
        """The vendor's word; where the month's reads are used up by our own count, that is the likely reason, and it is said."""
        standing = self.standing()
        if standing.reads_left != 0:
            return told.reason
        used = f"{standing.reads_of_all:,} of the {standing.allowance:,} reads of {standing.month} are used"
        return f"{told.reason}; {used}, so it may refuse reads until the month ends"

    def _take_notes(self) -> Callable[[Usage, datetime], None]:
        """What answers said since the last change of the shelf, to be written down with the next one."""
        with self._lock:
            reads, day_left, self._reads, self._day_left = self._reads, self._day_left, 0, None

        def note(usage: Usage, now: datetime) -> None:
            if reads:
                usage.count_reads(month_of(now), reads)
            if day_left is not None:
                usage.day_left, usage.day_left_at = day_left, now.timestamp()

        return note

    def pause(self, seconds: float, reason: str) -> None:
        """Pause everything of the company: an item inside a good answer may say that the vendor throttles."""
        self._change(self._company, lambda usage, now: usage.refuse(seconds, reason, now.timestamp(), is_named=False))

    def standing(self) -> Standing:
        """How the company stands, by what all processes have noted."""
        now, usage = self._written()
        others = [Usage.read(text) for text in self._shelf.texts(f"company {self.limits.service} ").values()]
        month, meters = month_of(now), self._is_metered
        return Standing(
            pause=Pause(_moment(usage.paused_until), usage.reason) if usage.paused_until > now.timestamp() else None,
            month=month,
            reads=usage.reads.get(month, 0) if meters else None,
            reads_of_all=sum(other.reads.get(month, 0) for other in others) if meters else 0,
            allowance=self.allowed.reads_per_month if meters else 0,
            day_left=usage.day_left,
            day_left_at=_moment(usage.day_left_at) if usage.day_left is not None else None,
        )

    def close(self) -> None:
        """Write down what the last answers said, and give back the shelf."""
        try:
            if self._reads or self._day_left is not None:
                self._written()
        finally:
            self._shelf.close()

    def _written(self) -> tuple[datetime, Usage]:
        note = self._take_notes()

        def step(usage: Usage, now: datetime) -> tuple[datetime, Usage]:
            note(usage, now)
            return now, usage

        return self._change(self._company, step)

    def _change(self, name: str, step: Callable[[Usage, datetime], T]) -> T:
        def on_text(text: str, now: datetime) -> tuple[str, T]:
            usage = Usage.read(text)
            usage.bring_back(now.timestamp())
            result = step(usage, now)
            return usage.written(), result

        return self._shelf.change(name, on_text)


def month_of(now: datetime) -> str:
    """The month to which a read counts: by UTC, because Intuit does not say where its months begin."""
    return f"{now:%Y-%m}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
