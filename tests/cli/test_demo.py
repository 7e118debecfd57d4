"""The demo is the first thing that a person sees: its proof line holds, and its tables are those of the ledgers themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from rich.console import Console

from connector.cli import demo

pytestmark = [pytest.mark.sockets, pytest.mark.long]


@pytest.fixture(scope="module")
def report() -> Iterator[demo.DemoReport]:
    yield demo.run_demo(seed=3, orders=8, quiet=True)


def test_after_a_crash_in_each_run_nothing_is_twice_or_lost(report: demo.DemoReport, capsys: pytest.CaptureFixture[str]) -> None:
    report.print(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["work_orders"], told["duplicates"], told["lost"], told["difference"], told["holds"]) == (32, 0, 0, "0.00", True)
    assert told["documents"] + told["held"] + told["excluded"] == 32
    assert all(run["killed_after_documents"] for run in told["runs"])
    assert report.holds()


def test_the_report_fits_eighty_columns_and_ends_with_the_proof(report: demo.DemoReport, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(width=80, force_terminal=True, record=True, color_system=None, highlight=False)
    monkeypatch.setattr(demo, "console", lambda: terminal)
    report.print(as_json=False)
    lines = terminal.export_text().splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[-1] == report.proof()
    titles = [line for line in lines if line.endswith("trial balance in USD")]
    assert titles[0] == "QuickBooks Online, journal entries: trial balance in USD"
    assert len(titles) == 4


def test_each_trial_balance_balances_and_both_ledgers_say_the_same_of_the_same_journals(report: demo.DemoReport) -> None:
    def balances(run: demo.DemoRun) -> dict[str, str]:
        return {row["account"]: f"{Decimal(row['debit']) - Decimal(row['credit']):.2f}" for row in run.accounts}

    quickbooks, xero = (balances(run) for run in report.runs if run.document == "journal_entry")
    assert quickbooks == xero
    assert sum(map(Decimal, xero.values())) == 0
