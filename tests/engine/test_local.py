"""The scheduled sync as an operator meets it: it starts at once, tells its health, and stops cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.clock import SystemClock
from connector.engine.health import Health, is_healthy
from connector.engine.local import sync_once
from connector.sandbox.faults import Fault
from connector.store.connection_store import Database
from tests.stage import Stage

pytestmark = pytest.mark.sockets
ORDERS = 20


def started(config: Path, health: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connector", "run", "--config", str(config), "--health-file", str(health)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def wait_for_documents(running: RunningSandbox, count: int) -> None:
    ends = time.monotonic() + 60
    while len(running.sandbox.vendors.quickbooks.documents()) < count:
        assert time.monotonic() < ends, "nothing was posted"
        time.sleep(0.01)


def test_sigterm_finishes_what_is_in_flight_begins_nothing_new_and_nothing_is_posted_twice(tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=ORDERS)) as running:
        config, health = tmp_path / "config.yaml", tmp_path / "health.json"
        alone = running.config["quickbooks"].replace("    settle_seconds:", "    batch_from: 0\n    settle_seconds:")
        config.write_text(alone, "utf-8")
        running.sandbox.quickbooks.plan.plan([Fault("delay", method="POST", path="*/journalentry", seconds=0.2, times=ORDERS)])
        with started(config, health) as process:
            wait_for_documents(running, 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stderr is not None
            told = process.stderr.read()
        stopped_at = len(running.sandbox.vendors.quickbooks.documents())
        running.sandbox.quickbooks.plan.clear()
        finish = [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]
        report = json.loads(subprocess.run(finish, capture_output=True, text=True, timeout=60, check=False).stdout)
        numbers = [d["number"] for d in running.sandbox.vendors.quickbooks.documents()]
    assert [line.partition("action=")[2].split()[0] for line in told.splitlines()] == ["scheduled", "stopping", "synced"]
    assert json.loads(health.read_text("utf-8"))["stopped"]["ok"] is True
    assert 2 <= stopped_at < ORDERS - 5
    # What was in flight was finished, so nothing is in doubt and nothing has to be found again.
    assert (report["adopted"], report["uncertain"]) == (0, 0)
    assert len(set(numbers)) == len(numbers) == stopped_at + report["posted"]


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.01)


def told_by(health: Path, connection: str) -> dict[str, object]:
    """The health file's words about a connection; it is replaced as a whole, so it is never half there."""
    told: dict[str, dict[str, object]] = json.loads(health.read_text("utf-8")) if health.exists() else {}
    return told.get(connection, {})


@pytest.mark.long
def test_two_scheduled_processes_on_one_file_post_each_work_order_once_and_the_second_says_why_it_waits(tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=ORDERS)) as running:
        config, healths = tmp_path / "config.yaml", [tmp_path / "first.json", tmp_path / "second.json"]
        alone = running.config["quickbooks"].replace("    settle_seconds:", "    batch_from: 0\n    settle_seconds:")
        config.write_text(alone, "utf-8")
        running.sandbox.quickbooks.plan.plan([Fault("delay", method="POST", path="*/journalentry", seconds=0.3, times=ORDERS)])
        with started(config, healths[0]) as first:
            wait_for_documents(running, 1)
            with started(config, healths[1]) as second:
                wait_until(lambda: bool(told_by(healths[1], "sandbox-quickbooks")), "the second process never ran")
                refused = told_by(healths[1], "sandbox-quickbooks")
                running.sandbox.quickbooks.plan.clear()
                wait_until(lambda: bool(told_by(healths[0], "sandbox-quickbooks")), "the first process never ended its run")
                for process in (first, second):
                    process.send_signal(signal.SIGTERM)
                ends = [process.wait(30) for process in (first, second)]
        numbers = [d["number"] for d in running.sandbox.vendors.quickbooks.documents()]
        checked = [sys.executable, "-m", "connector", "audit", "verify", "--config", str(config), "--json"]
        audit = json.loads(subprocess.run(checked, capture_output=True, text=True, timeout=60, check=False).stdout)
    assert ends == [0, 0]
    assert refused["ok"] is False
    assert "Another process" in str(refused["summary"])
    assert told_by(healths[0], "sandbox-quickbooks")["ok"] is True
    assert len(set(numbers)) == len(numbers) > ORDERS // 2
    assert audit["intact"] is True


def test_a_database_that_fails_during_one_sync_is_told_to_the_health_file_and_not_the_end_of_the_schedule(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.sync()
    settings, mapping = stage.settings()
    database = Database.open(str(stage.database_path), SystemClock())
    database.engine.dispose()
    stage.database_path.write_bytes(b"Dear diary, " * 1000)
    file = tmp_path / "health.json"
    sync_once(settings, mapping, database, Health(file))
    database.close()
    told = json.loads(file.read_text("utf-8"))[settings.name]
    assert told["ok"] is False
    assert "DATABASE_CORRUPT" in told["summary"]


def test_health_is_the_age_of_what_the_last_run_told(tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    assert not is_healthy(file, 60)
    file.write_text("{}", "utf-8")
    assert is_healthy(file, 60)
    assert not is_healthy(file, -1)
