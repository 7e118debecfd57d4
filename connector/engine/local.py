"""One process, one in-memory schedule: each connection's sync by its cron, one at a time, until SIGTERM.

APScheduler's job stores are not shared between processes on purpose: two processes on one store run a job twice. A second process
on the same database is stopped by the ledger company's writer lock instead.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.clock import SystemClock
from connector.config.settings import ConnectionConfig
from connector.core.mapping import Mapping
from connector.engine.health import Health
from connector.engine.heeding import HEED_SECONDS, Bell, heed_once, job_name
from connector.flows.sync import sync
from connector.flows.unreachable import UNREACHABLE_ERRORS
from connector.flows.window import window_is_due
from connector.flows.world import never
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.store.vault import KeyMismatchError
from connector.wiring import world_of

log = logging.getLogger("connector.run")

# After SIGTERM nothing new is begun, and what is in flight may finish for so long; then its lease is left to the next start, which
# resolves it by look-up.
GRACE_SECONDS = 60.0

# What listens beside the schedule (web/serving.py): it shows the health, and rings for connections that have something to look at.
Beside = Callable[[Health, Bell], AbstractContextManager[None]]


def run_until_stopped(
    connections: Sequence[tuple[ConnectionConfig, Mapping]], database: Database, health_file: Path | None, beside: Beside | None = None
) -> None:
    """Run every connection's schedule until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # One line for each run, not one for each request: a log that is all noise is not read.
    for library in ("apscheduler", "httpx"):
        logging.getLogger(library).setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_on_signal, stop))
    health = Health(health_file)
    health.tell("started", "", ok=True)
    bell = Bell(SystemClock())
    scheduler = bell.scheduler = _scheduler(connections, database, health, stop, bell)
    with beside(health, bell) if beside is not None else nullcontext():
        scheduler.start()
        for settings, _ in connections:
            log.info("action=scheduled connection=%s schedule=%r", settings.name, settings.schedule)
        stop.wait()
    log.info("action=stopping grace_seconds=%s", GRACE_SECONDS)
    _stop(scheduler)
    health.tell("stopped", "", ok=True)


def _scheduler(
    connections: Sequence[tuple[ConnectionConfig, Mapping]], database: Database, health: Health, stop: threading.Event, bell: Bell
) -> BackgroundScheduler:
    scheduler, at_once = BackgroundScheduler(), SystemClock().now()
    for settings, mapping in connections:
        trigger = CronTrigger.from_crontab(settings.schedule, timezone=settings.timezone)
        job = partial(sync_once, settings, mapping, database, health, stop.is_set)
        # The first run is at once. One that takes longer than its interval is not started twice; missed ones are made up for by one.
        scheduler.add_job(job, trigger, id=settings.name, max_instances=1, coalesce=True, misfire_grace_time=None, next_run_time=at_once)
        if settings.ledger.webhook_key.reveal() or settings.source.webhooks:
            look = partial(heed_once, settings, mapping, database, bell, stop.is_set)
            every = IntervalTrigger(seconds=HEED_SECONDS)
            scheduler.add_job(look, every, id=job_name(settings.name), max_instances=1, coalesce=True, misfire_grace_time=None)
    return scheduler


def sync_once(
    settings: ConnectionConfig, mapping: Mapping, database: Database, health: Health, stopping: Callable[[], bool] = never
) -> None:
    """One scheduled run; what the world does to it is logged, told to the health file, and tried again by the next one."""
    try:
        with world_of(settings, mapping, database, stopping=stopping, actor="run") as world:
            report = sync(world, window=window_is_due(world))
    except (*UNREACHABLE_ERRORS, DatabaseProblem, KeyMismatchError) as error:
        log.warning("action=not_reached connection=%s reason=%s", settings.name, error)
        health.tell(settings.name, str(error), ok=False)
        return
    log.info(
        "action=synced connection=%s posted=%d adopted=%d held=%d uncertain=%d",
        *(settings.name, report.posted, report.adopted, report.held, report.uncertain),
    )
    health.tell(settings.name, f"posted {report.posted}, held {report.held}, uncertain {report.uncertain}", ok=True)


def _stop(scheduler: BackgroundScheduler) -> None:
    waiter = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    waiter.start()
    waiter.join(GRACE_SECONDS)


def _on_signal(stop: threading.Event, number: int, frame: FrameType | None) -> None:
    stop.set()
