"""Rate limits and the meter of the partner programme: what one app may ask of one company, within any minute, second and month."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.faults import decode, throttled
from connector.sandbox.wire import Request, Response

SWITCHES: dict[str, Any] = {
    "throttle_body": "xml",  # or json
    "retry_after_seconds": None,  # no Retry-After was ever recorded
    "batch_items": "call",  # against the calls of a minute a batch counts once; each: once for each of its items
    "batches_of_other_apps": 0,  # so many of the realm's batches of each minute are theirs
    "reads_per_month": 500_000,  # of the free tier; more are refused until the next month
}
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
# Intuit's advice after a 429. What arrives within the first second was under way already.
WAIT, UNDER_WAY = timedelta(seconds=60), timedelta(seconds=1)


class Limits:
    """Counts every call, and says which are too many."""

    CALLS_A_SECOND = 10
    CALLS_A_MINUTE = 500
    BATCHES_A_MINUTE = 40
    BATCHES_A_MINUTE_OF_ALL = 120

    def __init__(self, clock: SandboxClock, switches: dict[str, Any], violations: list[str]) -> None:
        self._clock = clock
        self._switches = switches
        self._violations = violations
        self._calls: deque[tuple[datetime, int]] = deque(maxlen=2_000)
        self._batches: deque[tuple[datetime, int]] = deque(maxlen=200)
        self._pause: tuple[datetime, datetime] | None = None
        self.reads: dict[str, int] = {}  # answered well, by month
        self.over = {"second": 0, "minute": 0, "batch": 0, "batch of all apps": 0, "month": 0}

    def count(self, request: Request, endpoint: str) -> bool:
        """Count a call; whether it went over a limit."""
        now = self._clock.now()
        if self._pause is not None and self._pause[0] + UNDER_WAY <= now < self._pause[1]:
            self._violations.append("call during the pause after a 429")
        items = self._weight(request, endpoint)
        checks = [
            ("second", _within(self._calls, now, SECOND, of_calls=True) + 1, self.CALLS_A_SECOND),
            ("minute", _within(self._calls, now, MINUTE) + items, self.CALLS_A_MINUTE),
        ]
        self._calls.append((now, items))
        if endpoint == "batch":
            batches = _within(self._batches, now, MINUTE) + 1
            self._batches.append((now, 1))
            of_all = batches + int(self._switches["batches_of_other_apps"])
            checks += [("batch", batches, self.BATCHES_A_MINUTE), ("batch of all apps", of_all, self.BATCHES_A_MINUTE_OF_ALL)]
        if _is_read(request, endpoint):
            checks.append(("month", self.reads.get(f"{now:%Y-%m}", 0) + 1, int(self._switches["reads_per_month"])))
        broken = [name for name, used, most in checks if used > most]
        for name in broken:
            self.over[name] += 1
        return bool(broken)

    def _weight(self, request: Request, endpoint: str) -> int:
        if endpoint != "batch" or self._switches["batch_items"] == "call":
            return 1
        try:
            return max(1, len(decode(request.body)["BatchItemRequest"]))
        except (ValueError, TypeError, KeyError):
            return 1

    def answered(self, request: Request, endpoint: str, status: int) -> None:
        """Only a read that succeeds is metered."""
        if status == 200 and _is_read(request, endpoint):
            month = f"{self._clock.now():%Y-%m}"
            self.reads[month] = self.reads.get(month, 0) + 1

    def refuse(self) -> Response:
        """429, in XML as recorded, or in JSON; from now on a careful client waits."""
        now, told = self._clock.now(), self._switches["retry_after_seconds"]
        self._pause = (now, now + (WAIT if told is None else timedelta(seconds=float(told))))
        return throttled(str(self._switches["throttle_body"]), {} if told is None else {"retry-after": str(told)})


def _within(moments: deque[tuple[datetime, int]], now: datetime, length: timedelta, *, of_calls: bool = False) -> int:
    used = 0
    for moment, weight in reversed(moments):
        if now - moment >= length:
            break
        used += 1 if of_calls else weight
    return used


def _is_read(request: Request, endpoint: str) -> bool:
    return request.method == "GET" or endpoint == "query"
