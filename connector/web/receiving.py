"""One vendor's address: each delivery becomes the status that the vendor is answered with.

An answer without a body and within the vendor's time is all that a vendor gets. Whatever we cannot keep is answered with an error that
has it delivered again; whatever bears no signature of the vendor's is refused, counted, and nothing of it is kept or logged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from connector.core.clock import Clock
from connector.flows.hearing import Deliveries, Ear, hear
from connector.store.engine import DatabaseProblem

log = logging.getLogger("connector.web")

HEARD, REFUSED, AGAIN = 200, 401, 503
# Refusals are written down at most so often: a stranger must not be able to keep the database busy.
REFUSALS_SECONDS = 10.0

Ring = Callable[[Sequence[str]], None]


class Receiving:
    """Takes the deliveries of one vendor, from several threads."""

    def __init__(self, ear: Ear, deliveries: Deliveries, ring: Ring, clock: Clock) -> None:
        self.ear = ear
        self._deliveries = deliveries
        self._ring = ring
        self._clock = clock
        self._lock = threading.Lock()
        self._refused = 0
        self._written_at: float | None = None
        self._is_down = False

    def take(self, signature: bytes, body: bytes) -> int:
        """The status to answer with. A request without any signature is no delivery, and is not counted as one."""
        if not signature:
            return REFUSED
        try:
            hinted = hear(self.ear, self._deliveries, signature, body)
        except DatabaseProblem as error:
            self._tell_down(error)
            return AGAIN
        if hinted is None:
            self._refuse()
            return REFUSED
        self._tell_up()
        if hinted:
            self._ring(hinted)
        return HEARD

    def _refuse(self) -> None:
        now = self._clock.monotonic()
        with self._lock:
            self._refused += 1
            if self._written_at is not None and now - self._written_at < REFUSALS_SECONDS:
                return
            self._written_at = now
        try:
            self.write_refused()
        except DatabaseProblem as error:
            self._tell_down(error)

    def write_refused(self) -> None:
        """Write down the refusals that were only counted so far."""
        with self._lock:
            count, self._refused = self._refused, 0
        if not count:
            return
        try:
            self._deliveries.note_refused(self.ear.ledger, count)
        except DatabaseProblem:
            with self._lock:
                self._refused += count
            raise
        log.warning("action=delivery_refused ledger=%s count=%d reason=its signature is not the vendor's", self.ear.ledger, count)

    def _tell_down(self, error: DatabaseProblem) -> None:
        """Once, and not for each delivery."""
        with self._lock:
            told, self._is_down = self._is_down, True
        if not told:
            log.warning("action=delivery_not_kept ledger=%s reason=%s", self.ear.ledger, error)

    def _tell_up(self) -> None:
        with self._lock:
            told, self._is_down = self._is_down, False
        if told:
            log.info("action=deliveries_kept_again ledger=%s", self.ear.ledger)
