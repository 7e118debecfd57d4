"""One reproducer for each way in which a vendor's limits stand in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.flows.check import check
from connector.flows.status import status
from connector.store.engine import DatabaseProblem
from tests.flows.test_limits import limited
from tests.stage import Stage


def test_a_company_whose_day_is_used_up_is_told_with_the_time_from_which_a_run_goes_on(tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero", day_limit=0)
    with stage.world() as world:
        (problem,) = check(world).problems
    assert problem.code == "LIMIT_REACHED"
    assert problem.message == "xero takes no calls until 2026-03-03 05:23:00 UTC: Xero's calls of this day are used up."
    assert problem.next_step == "Nothing is lost: a run after that time goes on by itself."


def test_reads_of_which_a_tenth_is_left_are_told_before_they_are_used_up(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", reads_per_month=10)
    codes = []
    with stage.world() as world:
        for _ in range(9):
            world.ledger.period_lock()
            codes.append([problem.code for problem in status(world).problems])
        told = status(world)
    assert codes == [[]] * 8 + [["READS_LOW"]]
    assert told.needs_a_person()
    assert "9 of 10 reads of 2026-03 are used by all companies here" in told.problems[0].message


def test_a_file_of_the_limits_that_is_damaged_is_told_and_may_be_deleted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    file = stage.folder / "limits.db"
    file.write_bytes(b"no database at all, " * 400)
    result = CliRunner().invoke(app, ["status", "--config", str(stage.folder / "config.yaml")])
    assert (result.exit_code, "LIMITS_UNUSABLE" in result.output, "delete it" in result.output) == (2, True, True)
    file.unlink()
    assert CliRunner().invoke(app, ["status", "--config", str(stage.folder / "config.yaml")]).exit_code == 0


def test_a_folder_in_which_the_limits_cannot_be_kept_is_told(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks")
    (stage.folder / "limits.db").mkdir()
    with pytest.raises(DatabaseProblem, match="LIMITS_UNUSABLE"), stage.world() as world:
        world.ledger.period_lock()
