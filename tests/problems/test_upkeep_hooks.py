"""One reproducer for each reason why UpKeep does not tell, or is not told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.sandbox.faults import Fault
from tests.flows.test_write_back import TRIES_TOLD, cut, findings, later, telling
from tests.problems.test_configuration import GOOD, problems_of
from tests.stage import Stage
from tests.web.test_from_upkeep import add, hearing


@pytest.mark.parametrize("command", ["add", "remove", "rotate"])
def test_what_writes_to_upkeep_is_refused_unless_it_is_allowed(command: str, tmp_path: Path) -> None:
    Stage(tmp_path)
    ran = CliRunner().invoke(app, ["upkeep", "hooks", command, "--config", str(tmp_path / "config.yaml")])
    assert ran.exit_code == 2
    assert ran.output.count("UPKEEP_WRITES_OFF") == 1
    assert ran.output.count("UPKEEP_HOOKS_WITHOUT_ADDRESS") == 1


def test_a_list_writes_nothing_and_needs_an_address_all_the_same(tmp_path: Path) -> None:
    Stage(tmp_path)
    ran = CliRunner().invoke(app, ["upkeep", "hooks", "list", "--config", str(tmp_path / "config.yaml")])
    assert (ran.exit_code, "UPKEEP_HOOKS_WITHOUT_ADDRESS" in ran.output, "NOT_ALLOWED" in ran.output) == (2, True, False)


def test_a_lost_and_a_refused_registration_are_told(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    stage.sandbox.upkeep.plan.plan([Fault(kind="drop_before_commit", method="POST", path="*/webhooks")])
    assert [problem.code for problem in add(stage).problems] == ["UPKEEP_HOOK_UNCERTAIN"]
    stage.sandbox.upkeep.plan.plan([Fault(kind="refusal", method="POST", path="*/webhooks", code="no", times=2)])
    assert [problem.code for problem in add(stage).problems] == ["UPKEEP_HOOK_REFUSED"]


def test_a_message_that_may_have_arrived_is_told(tmp_path: Path) -> None:
    stage = telling(tmp_path)
    stage.work_order("4711")
    cut(stage, "drop_after_commit")
    stage.sync()
    later(stage)
    assert findings(stage) == ["MESSAGE_UNCERTAIN"]


def test_a_message_that_is_never_taken_is_told(tmp_path: Path) -> None:
    stage = telling(tmp_path)
    stage.work_order("4711")
    for _ in range(TRIES_TOLD):
        cut(stage, "refusal", code="no")
        later(stage, 25)
    assert findings(stage) == ["MESSAGE_NOT_WRITTEN"]


@pytest.mark.parametrize(("more", "codes"), [("write_back: true", ["CONFIG_MISSING"]), ("webhooks: true", ["CONFIG_MISSING"])])
def test_writing_back_without_leave_and_hearing_without_an_address_are_told(more: str, codes: list[str], tmp_path: Path) -> None:
    text = GOOD.replace("kind: upkeep", f"kind: upkeep, {more}")
    assert text != GOOD
    assert [problem.code for problem in problems_of(tmp_path, text)] == codes
    assert problems_of(tmp_path, f"{text.replace(more, f'{more}, allow_writes: true')}web:\n") == []
