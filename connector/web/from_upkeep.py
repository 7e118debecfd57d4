"""UpKeep's addresses, one a connection: nobody signs what comes there, so the address itself is the secret.

Whoever knows an address can have a work order read again, and nothing else: of a delivery the id alone is kept. What comes to an
address that is nobody's is answered as if there were none, and counted. Addresses are read anew from time to time: a command makes
and ends them while this runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connector.core.clock import Clock
from connector.core.source_hint import is_token
from connector.store.engine import DatabaseProblem
from connector.store.vault import KeyMismatchError

log = logging.getLogger("connector.web")

HEARD, NOBODY, AGAIN = 200, 404, 503
# Addresses are read anew, and refusals written down, at most so often: a stranger must not be able to keep the database busy.
REREAD_SECONDS = 10.0
REFUSALS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Addressee:
    """A connection that UpKeep tells of its work orders."""

    name: str
    scope: Mapping[str, str]


class Deliveries(Protocol):
    """Where deliveries are noted."""

    def keep(self, scope: dict[str, str], source_id: str) -> bool:
        """Note a delivery and the work order that it names ("" when it names none); whether that is to be read again."""
        ...

    def note_refused(self, count: int) -> None:
        """So many came to addresses that are nobody's."""
        ...


class FromUpKeep:
    """Takes UpKeep's deliveries, from several threads."""

    def __init__(
        self,
        addressees: Callable[[], Mapping[str, Addressee]],
        named_in: Callable[[bytes], str],
        deliveries: Deliveries,
        ring: Callable[[Sequence[str]], None],
        clock: Clock,
    ) -> None:
        self._read_addressees = addressees
        self._named_in = named_in
        self._deliveries = deliveries
        self._ring = ring
        self._clock = clock
        self._lock = threading.Lock()
        self._addressees: Mapping[str, Addressee] = {}
        self._read_at: float | None = None
        self._refused = 0
        self._written_at: float | None = None

    def whose(self, token: str) -> Addressee | int | None:
        """Whose address ends so; None when it is nobody's, which is counted; a status when it cannot be known."""
        try:
            known = self._known()
        except (DatabaseProblem, KeyMismatchError) as error:
            log.warning("action=delivery_not_kept service=upkeep reason=%s", error)
            return AGAIN
        # Every one is compared, so that the time of an answer does not tell which was nearly right.
        found = [addressee for own, addressee in known.items() if is_token(token, own)]
        if not found:
            self._refuse()
            return None
        return found[0]

    def take(self, addressee: Addressee, body: bytes) -> int:
        """The status to answer with."""
        try:
            is_named = self._deliveries.keep(dict(addressee.scope), self._named_in(body))
        except DatabaseProblem as error:
            log.warning("action=delivery_not_kept service=upkeep reason=%s", error)
            return AGAIN
        if is_named:
            self._ring([addressee.name])
        return HEARD

    def _known(self) -> Mapping[str, Addressee]:
        with self._lock:
            now = self._clock.monotonic()
            if self._read_at is None or now - self._read_at >= REREAD_SECONDS:
                self._read_at = now
                self._addressees = self._read_addressees()
            return self._addressees

    def _refuse(self) -> None:
        now = self._clock.monotonic()
        with self._lock:
            self._refused += 1
            if self._written_at is not None and now - self._written_at < REFUSALS_SECONDS:
                return
            self._written_at = now
        self.write_refused()

    def write_refused(self) -> None:
        """Write down the refusals that were only counted so far."""
        with self._lock:
            count, self._refused = self._refused, 0
        if not count:
            return
        try:
            self._deliveries.note_refused(count)
        except DatabaseProblem:
            with self._lock:
                self._refused += count
            return
        log.warning("action=delivery_refused service=upkeep count=%d reason=the address is nobody's", count)
