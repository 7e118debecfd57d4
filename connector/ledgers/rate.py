"""The vendors' rate limits, kept by us, shared by all processes through a file beside the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pyrate_limiter import AbstractBucket, Duration, InMemoryBucket, Rate, RateItem, SingleBucketFactory, SQLiteBucket
from pyrate_limiter import Limiter as PyrateLimiter

from connector.core.clock import Clock

# Intuit: 500 requests a minute a realm, 10 a second a realm and app. Xero: 60 a minute a tenant; the day's limit is read from its
# answers (1,000 or 5,000 by tier), so it is left to its 429.
RATES = {
    "quickbooks": [Rate(10, Duration.SECOND), Rate(500, Duration.MINUTE)],
    "xero": [Rate(60, Duration.MINUTE)],
}
WAIT_SECONDS_MAX = 65.0
POLL_SECONDS = 0.1


class Turns(InMemoryBucket):
    """The turns that one process has taken, in the time of our own clock."""

    def __init__(self, kind: str, clock: Clock) -> None:
        super().__init__(RATES[kind])
        self._time = clock

    def now(self) -> int:
        """Milliseconds that never run backwards."""
        return int(self._time.monotonic() * 1000)


class Limiter:
    """A turnstile in front of every call to one ledger company; its turns are kept in a file, or in memory."""

    def __init__(self, *, kind: str, company_id: str, clock: Clock, path: Path | None = None, bucket: AbstractBucket | None = None) -> None:
        self._name = f"{kind}:{company_id}"
        self._clock = clock
        self._bucket = bucket or (_shared_bucket(kind, self._name, path) if path else Turns(kind, clock))
        self._limiter = PyrateLimiter(self._bucket if path else SingleBucketFactory(self._bucket, schedule_leak=False))

    def acquire(self, wait_seconds_max: float = WAIT_SECONDS_MAX) -> bool:
        """Wait for a turn; false when none comes within the time."""
        ends = self._clock.monotonic() + wait_seconds_max
        while not self._is_free():
            left = ends - self._clock.monotonic()
            if left < 0:
                return False
            self._clock.sleep(min(max(POLL_SECONDS, self._seconds_until_free()), left + POLL_SECONDS))
        return True

    def close(self) -> None:
        """Give back the shared file."""
        self._limiter.close()

    def _is_free(self) -> bool:
        try:
            return bool(self._limiter.try_acquire(self._name, blocking=False))
        except sqlite3.OperationalError:
            return False  # Another process holds the file: its turn, not ours.

    def _seconds_until_free(self) -> float:
        """What the bucket says of the turn that it refused; a file that is busy says nothing."""
        try:
            waiting = self._bucket.waiting(RateItem(self._name, self._bucket.now()))
        except sqlite3.OperationalError:
            return 0.0
        return waiting / 1000 if isinstance(waiting, int) else 0.0


def _shared_bucket(kind: str, name: str, path: Path) -> AbstractBucket:
    table = "limit_" + "".join(c if c.isalnum() else "_" for c in name)
    return SQLiteBucket.init_from_file(RATES[kind], table=table, db_path=str(path))
