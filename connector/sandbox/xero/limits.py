"""Rate limits: five at a time, sixty a minute, a thousand a day, in fixed windows that start when the tenant's do, or in sliding ones."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connector.sandbox.wire import Response
from connector.sandbox.xero.books import Books

_MINUTE_OFFSET = 17
_DAY_OFFSET = 5 * 3600 + 23 * 60


class Limits:
    """Counts every call of the one tenant and says which went over."""

    CONCURRENT = 5
    MINUTE = 60
    APP_MINUTE = 10_000

    def __init__(self, books: Books) -> None:
        self._books = books
        self._lock = threading.Lock()
        self._in_flight = 0
        self._windows: dict[str, tuple[int, int]] = {}
        self._moments: deque[float] = deque(maxlen=self.APP_MINUTE)
        self._paused_until: datetime | None = None
        self.over = {"concurrent": 0, "minute": 0, "day": 0, "appminute": 0}

    @contextmanager
    def flight(self) -> Iterator[int]:
        """Count one call as under way; gives how many there are."""
        with self._lock:
            self._in_flight += 1
            number = self._in_flight
        try:
            yield number
        finally:
            with self._lock:
                self._in_flight -= 1

    def _day_limit(self) -> int:
        return int(self._books.number_switch("day_limit"))

    def _used(self, name: str, length: int, offset: int, step: int) -> int:
        if self._books.switch("limit_windows") == "sliding":
            return self._used_within(length)
        window = int(self._books.clock.now().timestamp() - offset) // length
        known, used = self._windows.get(name, (window, 0))
        used = used + step if known == window else step
        self._windows[name] = (window, used)
        return used

    def _used_within(self, length: int) -> int:
        since = self._books.clock.now().timestamp() - length
        return sum(1 for moment in self._moments if moment > since)

    def _used_by_all(self, step: int) -> int:
        """Of the app's minute: this tenant's calls, and those of its other tenants."""
        return self._used("appminute", 60, _MINUTE_OFFSET, step) + int(self._books.number_switch("app_calls_of_others"))

    def count(self, in_flight: int) -> str:
        """Count a call; gives the name of the limit that it broke, or nothing."""
        now = self._books.clock.now()
        if self._paused_until is not None and now < self._paused_until:
            self._books.violate("call during a Retry-After pause")
        broken = ""
        self._moments.append(now.timestamp())
        checks = [
            ("concurrent", in_flight, self.CONCURRENT),
            ("minute", self._used("minute", 60, _MINUTE_OFFSET, 1), self.MINUTE),
            ("day", self._used("day", 86_400, _DAY_OFFSET, 1), self._day_limit()),
            ("appminute", self._used_by_all(1), self.APP_MINUTE),
        ]
        if self._books.switch("rapid_sync"):
            checks = [check for check in checks if check[0] not in ("minute", "day")]
        for name, used, most in checks:
            if used > most:
                self.over[name] += 1
                broken = broken or name
        return broken

    def headers(self) -> dict[str, str]:
        """What is left of each limit; while they are lifted, all of it."""
        day, minute = self._used("day", 86_400, _DAY_OFFSET, 0), self._used("minute", 60, _MINUTE_OFFSET, 0)
        if self._books.switch("rapid_sync"):
            day = minute = 0
        return {
            "X-DayLimit-Remaining": str(max(0, self._day_limit() - day)),
            "X-MinLimit-Remaining": str(max(0, self.MINUTE - minute)),
            "X-AppMinLimit-Remaining": str(max(0, self.APP_MINUTE - self._used_by_all(0))),
        }

    def refuse(self, problem: str = "minute") -> Response:
        """429: no body and no content type; the headers say which limit, and how long to wait where that is told."""
        headers = self.headers() | {"X-Rate-Limit-Problem": problem}
        if problem in ("minute", "day"):
            headers[{"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining"}[problem]] = "0"
            wait = self._wait(problem)
            headers["Retry-After"] = str(wait)
            self._paused_until = self._books.clock.now() + timedelta(seconds=wait)
        return Response(429, b"", headers)

    def _wait(self, problem: str) -> int:
        told = self._books.switch("retry_after_seconds")
        if problem == "minute" and isinstance(told, int):
            return told
        length, offset = (60, _MINUTE_OFFSET) if problem == "minute" else (86_400, _DAY_OFFSET)
        if self._books.switch("limit_windows") == "sliding":
            most = self.MINUTE if problem == "minute" else self._day_limit()
            return max(1, math.ceil(self._moments[-min(most, len(self._moments))] + length - self._books.clock.now().timestamp()))
        return max(1, math.ceil(length - (self._books.clock.now().timestamp() - offset) % length))
