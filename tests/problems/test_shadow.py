"""What a connection that is a shadow says of what it does not do."""

from __future__ import annotations

from pathlib import Path

from connector.core.disposition import Disposition
from connector.core.problem import Problem
from connector.flows.reversing import reverse
from tests.flows.test_shadow import in_mode, shadow
from tests.stage import Stage


def problems(stage: Stage) -> list[Problem]:
    with stage.world() as world:
        return [problem for row in world.store.remembered_with(Disposition.HELD) for problem in row.problems]


def test_a_draft_says_where_it_is_compared_and_what_lets_it_go_afterwards(tmp_path: Path) -> None:
    stage = shadow(tmp_path)
    stage.work_order("1")
    stage.sync()
    [problem] = problems(stage)
    assert (problem.code, "connector shadow report" in problem.next_step) == ("SHADOW_DRAFT", True)
    in_mode(stage, "post")
    stage.work_order("2")
    stage.sync()
    told = {problem.place: problem for problem in problems(stage)}
    assert {problem.code for problem in told.values()} == {"SHADOW_DRAFT"}
    assert "Move start_date" in told["work order 2"].next_step


def test_a_shadow_takes_nothing_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    stage.work_order("1")
    stage.sync()
    in_mode(stage, "shadow")
    with stage.world() as world:
        [problem] = reverse(world, "1", "a mistake").problems
    assert (problem.code, "mode: post" in problem.next_step) == ("SHADOW_WRITES_NOTHING", True)
