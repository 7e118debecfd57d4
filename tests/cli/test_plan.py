"""What a person is told of a vendor's limits: the cost of a sync before it begins, and how much is used afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.cli.limit_lines import limit_lines
from connector.cli.plan import _print
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.flows.plan import Cost, Plan
from connector.ledgers.limits import Pause, Standing
from tests.cli.test_screen import configured, connector

pytestmark = pytest.mark.sockets
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=18)) as running:
        yield running


@pytest.mark.parametrize(
    ("ledger", "told"),
    [("quickbooks", "at the limits of QuickBooks at least 1 minute"), ("xero", "1 minute; 1 day on Starter, 1 day on Core and above")],
)
def test_a_plan_is_told_before_the_sync_and_the_status_after_it(ledger: str, told: str, running: RunningSandbox, tmp_path: Path) -> None:
    on = ("--config", configured(running, tmp_path, ledger))
    shown = connector("plan", *on)
    assert shown.exit_code == 0, shown.output
    assert told in shown.output
    planned = json.loads(connector("plan", *on, "--json").stdout)["connections"][0]
    synced = json.loads(connector("sync", *on, "--json").stdout)
    assert (planned["documents"], planned["held"]) == (synced["posted"], synced["held"])
    assert planned["calls"]["all"] <= synced["calls"][ledger] <= planned["calls"]["all"] + 1  # One more, when it signs in.
    limits = json.loads(connector("status", *on, "--json").stdout)["connections"][0]["limits"]
    if ledger == "quickbooks":
        assert limits["reads"]["used"] >= 2 * planned["calls"]["reads"]
        assert "reads in " in connector("status", *on).output
    else:
        assert "calls left today: " in connector("status", *on).output


def test_a_plan_of_a_service_that_is_not_there_ends_with_code_3(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, "xero", (running.addresses["xero"], "http://127.0.0.1:9"))
    assert connector("plan", "--config", config).exit_code == 3


def test_how_a_company_stands_is_told_in_words() -> None:
    assert limit_lines(Standing()) == []
    pause = Pause(AT, "Xero's calls of this day are used up")
    assert limit_lines(Standing(pause, day_left=0, day_left_at=AT)) == [
        "paused until 2026-03-02 15:00:00 UTC: Xero's calls of this day are used up; a later run goes on by itself",
        "calls left today: 0, as told at 2026-03-02 15:00:00 UTC",
    ]
    assert limit_lines(Standing(month="2026-03", reads=1200, reads_of_all=3400, allowance=500_000)) == [
        "reads in 2026-03: 1,200 by this company, 3,400 by all companies here of 500,000"
    ]
    assert limit_lines(Standing(month="2026-03", reads=7, reads_of_all=7)) == ["reads in 2026-03: 7 by this company"]


def test_a_backfill_that_the_month_does_not_allow_is_told_with_its_batches(capsys: pytest.CaptureFixture[str]) -> None:
    standing = Standing(month="2026-03", reads=90, reads_of_all=90, allowance=100)
    _print(Plan("plant", "quickbooks", 60, 2, 1, Cost(12, 2, 2, 60), 1, {}, standing))
    assert capsys.readouterr().out.splitlines() == [
        "plant: 60 documents are due, 2 held, 1 excluded; nothing was written",
        "  14 calls: 12 reads, 2 writes in 2 batches",
        "  at the limits of QuickBooks at least 1 minute",
        "  12 reads, more than the 10 that are left of 2026-03",
        "  reads in 2026-03: 90 by this company of 100",
    ]
