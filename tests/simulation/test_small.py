"""The small scope's own promises: every case has a name, belongs to one slice, and what is not played again was seen before."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.flows import sending
from tests.simulation.exploring import Explored, Slice, explore, jobs
from tests.simulation.network import FAULTS, faults_of
from tests.simulation.small import KINDS, Case, first_run, firsts, frozen, judged, orders_of, play_case, scene_of, settings, undisturbed

# A ledger that remembers no key and takes a number twice.
FORGETFUL = {"key_life_seconds": 0, "warn_duplicate_journal_number": False}


# The last setting in which each document leaves alone, and the last in which two leave together.
ALONE = max(number for number, setting in enumerate(settings()) if not setting.batch_from and not setting.refunds)
TOGETHER = max(number for number, setting in enumerate(settings()) if setting.batch_from)
CREDITS = len(settings()) - 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [3, TOGETHER, CREDITS])
def test_every_case_can_be_named_and_read_again(kind: str, number: int) -> None:
    for case in firsts(settings()[number], 2, kind):
        assert Case.read(case.told()) == case


def test_every_case_belongs_to_exactly_one_slice() -> None:
    slices = [Slice(number, 128) for number in range(128)]
    assert all(sum(one.has(index) for one in slices) == 1 for index in range(1000))
    assert all(Slice().has(index) for index in range(1000))


def test_the_blocks_of_a_job_are_the_whole_job() -> None:
    none = Slice(0, 10**9)
    whole = explore((0, 1, "faults", 0, 1), none).exist
    assert whole == sum(explore((0, 1, "faults", block, 5), none).exist for block in range(5))


def test_both_ledgers_both_documents_and_one_and_two_work_orders_are_in_it() -> None:
    each = [(settings()[number], orders, kind) for number, orders, kind, _, _ in jobs()]
    told = {(setting.ledger, setting.document, setting.batch_from, orders, kind) for setting, orders, kind in each}
    assert len(told) == 2 * 2 * 3 * len(KINDS)


def test_every_kind_of_fault_is_at_every_call() -> None:
    for number in (0, ALONE, TOGETHER):
        cases = list(firsts(settings()[number], orders_of(settings()[number])[0], "faults"))
        calls = {case.fault[0] for case in cases if case.fault}
        assert calls == set(range(1, max(calls) + 1))
        kinds = faults_of(settings()[number].ledger, batches=number == TOGETHER)
        assert {case.fault for case in cases} == {(call, fault) for call in calls for fault in kinds}
    assert set(faults_of("xero")) == set(FAULTS)


@pytest.mark.long
def test_a_second_crash_at_every_step_after_a_crash_leaves_one_document() -> None:
    explored = explore((ALONE, 1, "crashes", 0, 1), Slice(40, 100))
    assert explored.violations == []
    assert explored.played == explored.pairs + explored.covered > 30


@pytest.mark.parametrize("number", [0, ALONE, TOGETHER])
def test_two_workers_at_once_leave_one_document(number: int) -> None:
    explored = explore((number, 2, "interleavings", 0, 1), Slice(1, 8))
    assert explored.violations == []
    assert 0 < explored.covered < explored.exist


def test_a_freeze_is_met_at_every_step_and_the_other_worker_goes_on_meanwhile(tmp_path: Path) -> None:
    """Two processes hand over before they take the database, never while they hold it."""
    setting = settings()[ALONE]
    case = frozen(Case(setting, 1), undisturbed(setting, 1).steps // 2)
    scene = scene_of(case.setting, 1, tmp_path)
    assert [ending.how for ending in first_run(scene, case)] == ["done", "done"]
    assert judged(scene, []).violations == []


@pytest.mark.long
def test_a_violation_names_the_case_that_shows_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Absence believed at the first look: the case in which a request is committed late says so."""
    monkeypatch.setattr(sending, "_is_proven", lambda world, posting, begun_at: True)
    number = next(n for n, one in enumerate(settings()) if dict(one.switches) | FORGETFUL == dict(one.switches))
    cases = [case for case in firsts(settings()[number], 1, "faults") if case.fault and case.fault[1] == "commit_late"]
    late = next(case for case in cases if case.dies_at is None and play_case(case).violations)
    explored = Explored((number, 1, "faults", 0, 1))
    explored.add(late, play_case(late))
    words, command = explored.violations[0].split("\n")
    assert words == "duplicate: work order 1 has 2 live documents"
    assert play_case(Case.read(command.split(" --case ")[1])).violations == [words]
