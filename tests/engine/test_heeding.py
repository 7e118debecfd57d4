"""When the ledgers' messages are heeded: at once after a quiet time, and not more often than the named interval."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from connector.clock import SystemClock
from connector.config.settings import Secret
from connector.engine import heeding
from connector.engine.health import Health
from connector.engine.heeding import HEED_SECONDS, Bell, heed_once, job_name
from connector.engine.local import _scheduler
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports
from connector.store.connection_store import Database
from tests.flows.test_sweep import codes, remove
from tests.stage import SharedClock, Stage
from tests.store.databases import ManualClock
from tests.web.rig import receiver
from tests.web.test_webhooks import posted


@pytest.fixture
def bell() -> Iterator[tuple[Bell, ManualClock, Any]]:
    """A bell on a real scheduler, in which nothing begins by itself."""
    clock = ManualClock()
    made = Bell(clock)
    scheduler = made.scheduler = BackgroundScheduler()
    scheduler.add_job(lambda: None, IntervalTrigger(seconds=HEED_SECONDS), id=job_name("plant"))
    scheduler.start(paused=True)
    yield made, clock, scheduler.get_job(job_name("plant"))
    scheduler.shutdown()


def due(job: Any, clock: ManualClock) -> bool:
    return bool(job._scheduler.get_job(job.id).next_run_time <= clock.now())


def test_the_first_delivery_after_a_quiet_time_is_heeded_at_once(bell: tuple[Bell, ManualClock, Any]) -> None:
    ours, clock, job = bell
    assert not due(job, clock)
    ours.ring(["somebody else's", "plant"])
    assert due(job, clock)


def test_what_comes_within_the_interval_waits_for_its_end(bell: tuple[Bell, ManualClock, Any]) -> None:
    ours, clock, job = bell
    ours.note_look("plant")
    clock.sleep(HEED_SECONDS - 1)
    for _ in range(100):
        ours.ring(["plant"])
    assert not due(job, clock)
    clock.sleep(1)
    ours.ring(["plant"])
    assert due(job, clock)


def test_a_bell_without_a_scheduler_rings_for_nobody() -> None:
    Bell(ManualClock()).ring(["plant"])


def look(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look of the engine, at the stage's time."""
    clock = SharedClock(stage.clock)
    settings, mapping = stage.settings()
    database = Database.open(str(stage.database_path), clock)
    transports = Transports(SandboxTransport(stage.sandbox.upkeep.handle), SandboxTransport(stage.shell.handle))
    real = heeding.world_of
    monkeypatch.setattr(heeding, "world_of", lambda *args, **more: real(*args, clock=clock, **more))
    heed_once(settings, mapping, database, Bell(clock), transports=transports)
    monkeypatch.setattr(heeding, "world_of", real)
    database.close()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().split()[0] for record in caplog.records if record.name == "connector.run"]


def test_a_look_with_nothing_to_look_at_calls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stage = posted(tmp_path)
    stage.shell.log.clear()
    look(stage, monkeypatch)
    assert (list(stage.shell.log), told(caplog)) == ([], [])


def test_what_stands_in_the_way_of_a_look_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stage = posted(tmp_path)
    code = remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
    with stage.world() as world, world.store.writer():
        look(stage, monkeypatch)
    whole, stage.shell.handle = stage.shell.handle, lambda request: stage.vendor.outage(request, 503)
    look(stage, monkeypatch)
    stage.shell.handle = whole
    look(stage, monkeypatch)
    assert told(caplog) == ["action=not_heeded", "action=not_heeded", "action=heeded"]
    assert "a sync is at work" in caplog.text
    assert codes(stage) == [code]


def test_a_database_that_fails_is_told_and_not_the_end_of_the_schedule(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stage = posted(tmp_path)
    settings, mapping = stage.settings()
    database = Database.open(str(stage.database_path), SystemClock())
    database.engine.dispose()
    stage.database_path.write_bytes(b"Dear diary, " * 1000)
    heed_once(settings, mapping, database, Bell(SystemClock()))
    database.close()
    assert "DATABASE_CORRUPT" in caplog.text


def test_only_a_connection_with_a_key_has_looks(tmp_path: Path) -> None:
    stage = posted(tmp_path, count=1)
    settings, mapping = stage.settings()
    database = Database.open(str(stage.database_path), SystemClock())
    plain = replace(settings, name="plain", ledger=replace(settings.ledger, webhook_key=Secret("")))
    made = _scheduler([(settings, mapping), (plain, mapping)], database, Health(None), Event(), Bell(SystemClock()))
    database.close()
    assert {job.id for job, *_ in made._pending_jobs} == {settings.name, plain.name, job_name(settings.name)}
