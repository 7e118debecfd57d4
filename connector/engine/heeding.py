"""Looks between two scheduled runs at what the ledgers named: soon after a delivery, and not more often than a named interval.

The first delivery after a quiet time is heeded at once; whatever else comes within the interval waits for its end, together. Another
process may have received it: so each interval asks the database, which costs no call of the ledger when nothing waits there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from connector.config.settings import ConnectionConfig
from connector.core.clock import Clock
from connector.core.mapping import Mapping
from connector.core.writer import WriterBusyError
from connector.flows.heed import heed_early
from connector.flows.heed_source import heed_source_early
from connector.flows.unreachable import UNREACHABLE_ERRORS
from connector.flows.world import never
from connector.source_wiring import Transports, source_hints_of
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.store.vault import KeyMismatchError
from connector.wiring import hints_of, world_of

log = logging.getLogger("connector.run")

# A company is looked at because of its hints at most so often, however many deliveries come.
HEED_SECONDS = 60


def job_name(connection: str) -> str:
    """What the scheduler calls the looks of a connection."""
    return f"hints of {connection}"


class Bell:
    """Rung when a delivery named something: the look is now, or at the end of its interval if there was one within it."""

    def __init__(self, clock: Clock) -> None:
        self.scheduler: Any = None  # APScheduler's, which has no types
        self._clock = clock
        self._looked: dict[str, float] = {}
        self._lock = threading.Lock()

    def note_look(self, connection: str) -> None:
        """A look begins."""
        with self._lock:
            self._looked[connection] = self._clock.monotonic()

    def ring(self, connections: Iterable[str]) -> None:
        """Something waits for these; of those that another process runs, nothing is known here."""
        for name in connections:
            with self._lock:
                last = self._looked.get(name)
            if last is not None and self._clock.monotonic() - last < HEED_SECONDS:
                continue
            job = self.scheduler.get_job(job_name(name)) if self.scheduler is not None else None
            if job is not None:
                job.modify(next_run_time=self._clock.now())


def heed_once(
    settings: ConnectionConfig,
    mapping: Mapping,
    database: Database,
    bell: Bell,
    stopping: Callable[[], bool] = never,
    transports: Transports | None = None,
) -> None:
    """One look, if anything waits; what the world does to it is logged, and tried again at the end of the next interval."""
    try:
        named = bool(settings.source.webhooks and source_hints_of(settings, database).waiting(1))
        told = bool(hints_of(settings, database).waiting(1))
        if not named and not told:
            return
        bell.note_look(settings.name)
        with world_of(settings, mapping, database, stopping=stopping, transports=transports, actor="run") as world:
            trouble = [*(heed_early(world) if told else []), *(heed_source_early(world) if named else [])]
            findings = len(world.store.findings())
    except WriterBusyError:
        # A sync is at work, here or in another process, and heeds what waited when it asked the ledger.
        log.info("action=not_heeded connection=%s reason=a sync is at work", settings.name)
        return
    except (*UNREACHABLE_ERRORS, DatabaseProblem, KeyMismatchError) as error:
        log.warning("action=not_heeded connection=%s reason=%s", settings.name, error)
        return
    if trouble:
        log.warning("action=not_heeded connection=%s reason=%s", settings.name, "; ".join(trouble))
    else:
        log.info("action=heeded connection=%s findings=%d", settings.name, findings)
