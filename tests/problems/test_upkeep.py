"""One reproducer for each way in which a change is not written into UpKeep, or a file not fetched."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.upkeep_files import fetched
from connector.core.problem import Problem
from connector.core.upkeep_write import Change, NewSchedule, NewWorkOrder
from connector.flows.check import check
from tests.flows.test_upkeep_writes import JOB, There
from tests.stage import Stage


def code(there: There, change: Change, key: str = "") -> str:
    told = there.write(change, key)
    assert isinstance(told, Problem)
    assert told.next_step
    return told.code


def test_a_source_that_does_not_allow_it_is_not_written_to(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    result = CliRunner().invoke(app, ["upkeep", "work-order", "Fix it", "--config", str(stage.folder / "config.yaml")])
    assert (result.exit_code, "UPKEEP_WRITES_OFF" in result.output) == (2, True)


def test_what_upkeep_refuses_is_told(tmp_path: Path) -> None:
    assert code(There(tmp_path), NewWorkOrder("")) == "UPKEEP_WRITE_REFUSED"


def test_what_may_have_been_written_is_told(tmp_path: Path) -> None:
    there = There(tmp_path)
    there.fault("5xx")
    assert code(there, JOB) == "UPKEEP_WRITE_UNKNOWN"


def test_what_upkeeps_own_api_has_no_call_for_is_told(tmp_path: Path) -> None:
    assert code(There(tmp_path), NewSchedule("a1", "Oil", Decimal(3), "months")) == "UPKEEP_NOT_OFFERED"


def test_a_key_that_was_for_something_else_is_told(tmp_path: Path) -> None:
    there = There(tmp_path)
    there.write(JOB, "K1")
    assert code(there, NewWorkOrder("Other"), "K1") == "UPKEEP_KEY_USED"


def test_a_file_that_comes_cut_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    identifier = stage.sandbox.vendors.upkeep.files.put("a.pdf", b"0123456789")
    stage.sandbox.vendors.upkeep.files.cut(identifier, 3)
    job = stage.work_order("1", files=[identifier])
    with stage.world() as world:
        rows, problems = fetched(world.source, job, world.source.files(job), tmp_path / "down", "main", 1_000)
        assert (rows, [problem.code for problem in problems]) == ([], ["UPKEEP_FILE_NOT_FETCHED"])
        _, problems = fetched(world.source, job, world.source.files(job), tmp_path / "down", "main", 5)
    assert "more than 5 bytes" in problems[0].message


def test_a_limited_technicians_login_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for user in stage.sandbox.vendors.upkeep.records.by_kind["users"].values():
        user["accountType"] = "LIMITED_TECH"
    with stage.world() as world:
        assert [problem.code for problem in check(world).problems] == ["UPKEEP_LIMITED"]
