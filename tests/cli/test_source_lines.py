"""What a person sees of the nightly comparison, of UpKeep's fields, and of each call."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connector.cli.opening import opened
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.cli.source_lines import source_lines
from connector.core.source_record import WindowResult
from connector.engine.health import Health
from connector.engine.local import sync_once
from tests.cli.test_commands import connector

pytestmark = pytest.mark.sockets
RESULT = WindowResult(datetime(2026, 3, 2, 8, tzinfo=UTC), date(2025, 12, 1), 1234, 1233, Decimal("5000"), Decimal("4900"))


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=5)) as running:
        yield running


@pytest.fixture
def config(running: RunningSandbox, tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(running.config["quickbooks"].replace(str(running.folder / "quickbooks-"), str(tmp_path / "books-")), "utf-8")
    return path


@pytest.fixture
def quiet_again() -> Iterator[None]:
    log = logging.getLogger("connector.upkeep.calls")
    yield
    for handler in list(log.handlers):
        log.removeHandler(handler)
    log.setLevel(logging.NOTSET)
    log.propagate = True


def test_sync_compares_when_it_is_asked_to_and_shows_each_call(config: Path, quiet_again: None) -> None:
    synced = connector("sync", "--sweep", "--log-calls", "--config", str(config))
    assert synced.exit_code in (0, 1), synced.output
    assert "action=called method=GET path=/work-orders status=200 ms=" in synced.stderr
    assert not any(secret in synced.stderr for secret in ("Sandbox-Pass-1", "admin@", "r:"))
    shown = connector("status", "--config", str(config)).output
    assert "compared with UpKeep" in shown
    assert "nothing differed" in shown
    assert "compared with UpKeep" in connector("check", "--config", str(config)).output
    told = json.loads(connector("check", "--json", "--config", str(config)).stdout)["connections"][0]
    assert (told["window"]["missed"], told["fields"]["gone"]) == (0, [])


@pytest.mark.long
def test_the_schedules_first_run_of_a_night_compares_and_the_next_does_not(running: RunningSandbox, config: Path, tmp_path: Path) -> None:
    with opened(config, "") as opening:
        [(settings, mapping)] = opening.connections
        sync_once(settings, mapping, opening.database, Health(tmp_path / "health.json"))
        first = json.loads(connector("status", "--json", "--config", str(config)).stdout)["connections"][0]["window"]
        sync_once(settings, mapping, opening.database, Health(tmp_path / "health.json"))
    second = json.loads(connector("status", "--json", "--config", str(config)).stdout)["connections"][0]["window"]
    assert first is not None
    assert second == first


@pytest.mark.parametrize(("missed", "told"), [(0, "nothing differed"), (2, "read again: 2 missed, 0 changed, 0 not listed any more")])
def test_the_comparison_is_one_line(missed: int, told: str) -> None:
    [line] = source_lines(WindowResult(RESULT.at, RESULT.first_day, 1234, 1233, Decimal(5000), Decimal(4900), missed), {}, "USD")
    assert line == (
        "compared with UpKeep 2026-03-02 08:00 UTC, completed since 2025-12-01: 1,234 there (rows show 5,000.00), 1,233 here (4,900.00); "
        + told
    )


def test_only_so_many_fields_are_named() -> None:
    fields = {"new": [f"users: f{n}" for n in range(7)], "gone": ["work order: cost"], "retyped": [], "missing": ["parts: area"]}
    assert list(source_lines(None, fields, "USD")) == [
        "UpKeep's records: 1 field gone: work order: cost",
        "UpKeep's records: 7 fields new to this connector: users: f0, users: f1, users: f2, users: f3, users: f4, and 2 more",
    ]
