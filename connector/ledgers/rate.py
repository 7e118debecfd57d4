"""The vendors' rate limits, kept by us, shared by all processes through a file beside the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pyrate_limiter import Duration, InMemoryBucket, Rate, SQLiteBucket
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


class Limiter:
    """A turnstile in front of every call to one ledger company."""

    def __init__(self, *, kind: str, company_id: str, clock: Clock, path: Path | None = None) -> None:
        rates = RATES[kind]
        self._name = f"{kind}:{company_id}"
        self._clock = clock
        table = "limit_" + "".join(c if c.isalnum() else "_" for c in self._name)
        bucket = SQLiteBucket.init_from_file(rates, table=table, db_path=str(path)) if path else InMemoryBucket(rates)
        self._limiter = PyrateLimiter(bucket)

    def acquire(self, wait_seconds_max: float = WAIT_SECONDS_MAX) -> bool:
        """Wait for a turn; false when none comes within the time."""
        ends = self._clock.monotonic() + wait_seconds_max
        while not self._is_free():
            if self._clock.monotonic() > ends:
                return False
            self._clock.sleep(POLL_SECONDS)
        return True

    def close(self) -> None:
        """Give back the shared file."""
        self._limiter.close()

    def _is_free(self) -> bool:
        try:
            return bool(self._limiter.try_acquire(self._name, blocking=False))
        except sqlite3.OperationalError:
            return False  # Another process holds the file: its turn, not ours.
