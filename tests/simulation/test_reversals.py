"""Somebody has an invoice taken back, and the process dies at any step, or a call meets any fault: one credit, applied once."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.simulation import judge
from tests.simulation.__main__ import commit_number
from tests.simulation.history import SWITCHES, Verdict, converge
from tests.simulation.network import faults_of
from tests.simulation.reversals import applications
from tests.simulation.scene import Ending, Process, Scene, Setting
from tests.simulation.small import LATE_SECONDS, scene_of

REVERSE = Process(flow="reverse", number="1", late_seconds=LATE_SECONDS)
# Each commit tries another part of all deaths and faults, so that over time all of them are tried.
PARTS = 6
NUMBERS_TWICE = {"custom_txn_numbers": False, "warn_duplicate_journal_number": False, "key_life_seconds": 0}


def setting_of(ledger: str) -> Setting:
    """A ledger that helps with nothing."""
    switches = {name: values[0] for name, values in SWITCHES[ledger].items()} | (NUMBERS_TWICE if ledger == "quickbooks" else {})
    return Setting(ledger, "invoice", tuple(switches.items()))


def played(ledger: str, process: Process, folder: Path) -> tuple[Scene, list[str]]:
    """An invoice is posted and taken back under that trouble; whoever asked asks again at once, and when there is peace."""
    scene = scene_of(setting_of(ledger), 1, folder)
    scene.run(Process())
    endings = [scene.run(process), scene.run(REVERSE)]
    violations = converge(scene, Verdict([]), log=False)
    endings.append(scene.run(REVERSE))
    bugs = [repr(ending.bug) for ending in endings if ending.bug is not None]
    return scene, [*bugs, *violations, *judge.at_rest(scene)]


@cache
def undisturbed(ledger: str) -> Ending:
    with TemporaryDirectory(prefix="reversal-") as folder:
        scene = scene_of(setting_of(ledger), 1, Path(folder))
        scene.run(Process())
        return scene.run(REVERSE)


def assert_taken_back_once(scene: Scene, violations: list[str]) -> None:
    assert violations == []
    assert [amount * 100 for _, _, amount in applications(scene)] == [10_001]
    assert scene.rows("SELECT state FROM posting ORDER BY id") == [("posted",), ("posted",)]


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_death_at_any_step_of_a_reversal_leaves_one_credit_that_is_applied(ledger: str, tmp_path: Path) -> None:
    steps = undisturbed(ledger).steps
    for step in random.Random(3).sample(range(1, steps + 1), 1):
        with TemporaryDirectory(dir=tmp_path) as folder:
            assert_taken_back_once(*played(ledger, replace(REVERSE, dies_at=step), Path(folder)))


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_fault_at_any_call_of_a_reversal_leaves_one_credit_that_is_applied(ledger: str, tmp_path: Path) -> None:
    calls = range(1, len(undisturbed(ledger).ledger_calls) + 1)
    cases = [(call, fault) for call in calls for fault in faults_of(ledger, batches=False)]
    for call, fault in random.Random(4).sample(cases, 1):
        with TemporaryDirectory(dir=tmp_path) as folder:
            assert_taken_back_once(*played(ledger, replace(REVERSE, ledger_faults={call: fault}), Path(folder)))


@pytest.mark.long
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_sixth_of_all_deaths_and_faults_of_a_reversal_leaves_one_credit_that_is_applied(ledger: str, tmp_path: Path) -> None:
    run = undisturbed(ledger)
    deaths = [replace(REVERSE, dies_at=step) for step in range(1, run.steps + 1)]
    calls = range(1, len(run.ledger_calls) + 1)
    faults = [replace(REVERSE, ledger_faults={call: fault}) for call in calls for fault in faults_of(ledger, batches=False)]
    for process in [*deaths, *faults][commit_number() % PARTS :: PARTS]:
        with TemporaryDirectory(dir=tmp_path) as folder:
            assert_taken_back_once(*played(ledger, process, Path(folder)))
