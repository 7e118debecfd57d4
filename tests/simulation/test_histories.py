"""A slice of what `python -m tests.simulation` runs: seeded histories and frozen writers."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.everyday import a_few
from tests.simulation import judge
from tests.simulation.history import SWITCHES, history_of, play, shrink
from tests.simulation.life import Life
from tests.simulation.months import Company, play_days
from tests.simulation.museum.attempts import no_look_before_the_first_send
from tests.simulation.people import remove_document
from tests.simulation.scene import Process, Setting, connections
from tests.simulation.small import WAYS, Case, firsts, frozen, pairwise, play_case, scene_of, undisturbed


def told(seed: int) -> list[str]:
    return play(history_of(seed)).violations


# 20475: a query that hung counted toward the ledger's limit a second time when it was committed.
# 6762: the removal of a work order's invoice was taken for that of its journal, which had been there before.
# 149: a garbled answer to a refresh was taken for one with tokens that were never stored.
# 9608: a credit that yesterday's database did not know was held for a period closed since, though it stood in the books.
ONCE_FAILED = (20475, 6762, 149, 9608)


@pytest.mark.parametrize("seed", a_few([0, *ONCE_FAILED, 1, 2, 3], 5))
def test_no_history_duplicates_or_loses_a_document(seed: int) -> None:
    assert told(seed) == []


@pytest.mark.parametrize("seed", a_few([1013, 1006, 1020, 1027]))
def test_what_the_ledger_tells_by_itself_duplicates_and_loses_nothing(seed: int) -> None:
    history = history_of(seed)
    assert history.setting.listens
    assert {"tell", "heed"} <= {event.what for event in history.events}
    assert play(history).violations == []


def steps_of(seed: int) -> tuple[list[str], list[str]]:
    verdict = play(history_of(seed), log=True)
    return verdict.trace, verdict.log


@pytest.mark.long
def test_one_seed_is_one_history_step_by_step_in_every_process() -> None:
    """Which commits count as steps once hung on where the interpreter had put an object: every seed differed a little each time."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        there = [elsewhere.submit(steps_of, seed) for seed in (3, 1)]
        here = [steps_of(seed) for seed in (1, 3)]
        assert here == [steps_of(seed) for seed in (1, 3)]
        assert here == [one.result() for one in reversed(there)]


def test_a_process_hands_the_baton_over_only_between_two_transactions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With one open, the other process could only wait for it, in real seconds, and give up."""
    in_one = []
    monkeypatch.setattr(Life, "_hand_over", lambda life, what: in_one.append(connections(0).is_in_transaction()))
    assert scene_of(Setting(), 1, tmp_path).run(Process()).how == "done"
    assert True not in in_one


@pytest.mark.long
@pytest.mark.parametrize("seed", range(len(WAYS)))
def test_a_company_synced_every_hour_has_each_document_once(seed: int) -> None:
    verdict = play_days(Company(seed, days=3))
    assert verdict.violations == []
    assert verdict.runs >= 3 * 24
    assert verdict.documents > 0


def every_switch(ledger: str, **chosen: object) -> tuple[tuple[str, object], ...]:
    return tuple(({name: values[0] for name, values in SWITCHES[ledger].items()} | chosen).items())


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_writer_frozen_past_its_lease_that_lost_its_lock_makes_no_second_document(ledger: str, document: str) -> None:
    numbers_twice = {"custom_txn_numbers": False, "warn_duplicate_journal_number": False, "key_life_seconds": 0}
    setting = Setting(ledger, document, every_switch(ledger, **(numbers_twice if ledger == "quickbooks" else {})))
    for step in random.Random(1).sample(range(1, undisturbed(setting, 1).steps + 1), 2):
        assert play_case(frozen(Case(setting, 1), step)).violations == []


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_death_after_any_fault_leaves_one_document(ledger: str, document: str) -> None:
    setting = Setting(ledger, document, every_switch(ledger))
    for case in random.Random(2).sample(list(firsts(setting, 1, "faults")), 4):
        assert play_case(case).violations == []


def test_every_two_values_of_two_switches_meet() -> None:
    rows = pairwise(SWITCHES["quickbooks"])
    assert {(row_value("key_life_seconds", row), row_value("lookup_lag_seconds", row)) for row in rows} == {
        (life, lag) for life in (0, 300, 3600) for lag in (0, 15)
    }


def row_value(name: str, row: tuple[tuple[str, object], ...]) -> object:
    return dict(row)[name]


def test_a_document_removed_before_its_database_was_lost_is_not_taken_as_posted(tmp_path: Path) -> None:
    """QuickBooks remembers the key, shows no deleted document to a look-up, and answers the send with it. Seed 1168 found it."""
    scene = scene_of(Setting(switches=every_switch("quickbooks", key_life_seconds=3600, replay_after_delete="stale")), 1, tmp_path)
    scene.run(Process())
    remove_document(scene, random.Random(0))
    scene.restore_empty()
    scene.clock.advance(300)
    for _ in range(3):
        assert scene.run(Process()).how == "done"
        scene.clock.advance(300)
    assert scene.rows("SELECT disposition, problems LIKE '%DOCUMENT_DEAD%' FROM work_order") == [("held", 1)]
    assert judge.at_any_moment(scene) == []


@pytest.mark.long
def test_a_failing_history_shrinks_to_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    no_look_before_the_first_send(monkeypatch)
    seed = next(seed for seed in range(10, 100) if told(seed))
    short = shrink(history_of(seed), tries_max=8)
    assert len(short.events) < len(history_of(seed).events)
    assert play(short).violations
