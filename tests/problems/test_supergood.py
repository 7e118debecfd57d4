"""One reproducer for each way in which the normalised API, or what is configured of it, can end with a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import load_config
from connector.core.disposition import Disposition
from connector.core.problem import Problem
from connector.flows.check import check
from connector.flows.unreachable import unreachable_problem
from connector.upkeep.source import SignInStoppedError
from tests.stage import Stage
from tests.upkeep.supergood_stage import supergood_stage


def held(stage: Stage) -> list[str]:
    stage.sync()
    assert stage.documents() == []
    with stage.world() as world:
        return [code for row in world.store.remembered_with(Disposition.HELD) for code in row.codes]


def refused(stage: Stage) -> Problem:
    with pytest.raises(SignInStoppedError) as caught:
        stage.sync()
    problem = unreachable_problem("sandbox-quickbooks", caught.value)
    with stage.world() as world:
        assert problem in check(world).problems
    return problem


@pytest.mark.parametrize("detail", ["404", "405"])
def test_a_work_order_without_cost_lines_is_held(detail: str, tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, detail=detail)
    stage.work_order("150")
    assert held(stage) == ["COST_LINES_MISSING"]


def test_a_status_that_nobody_knows_is_held(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, status_word="Fertig")
    stage.work_order("150")
    assert held(stage) == ["STATUS_UNKNOWN"]
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("    ledger:", "      statuses: {Fertig: complete}\n    ledger:", 1), "utf-8")
    assert stage.sync().posted == 1


def test_a_line_whose_figures_do_not_agree_is_held(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, more="      fields: {part_cost: /quantity}\n")
    part = stage.upkeep.post("/api/v2/parts", json={"name": "Seal", "cost": "12.35"}).json()["result"]["id"]
    stage.work_order("150", parts=[{"id": part, "quantity": 3, "cost": "12.35"}])
    assert held(stage) == ["LINE_TOTAL_DIFFERS"]


def test_a_name_of_the_contract_that_leads_nowhere_is_told_by_check(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, more="      fields: {number: /jobNo}\n")
    stage.work_order("150")
    with stage.world() as world:
        (problem,) = check(world).problems
    assert (problem.code, "/jobNo" in problem.message, "fields: number" in problem.next_step) == ("SOURCE_FIELD_MISSING", True, True)


def test_a_second_factor_that_only_a_person_has(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, totp=False, mfa="email")
    problem = refused(stage)
    assert (problem.code, "email" in problem.message, "--code" in problem.next_step) == ("SOURCE_CODE_NEEDED", True, True)


def test_a_sign_in_that_was_refused_is_not_tried_again(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path)
    stage.sandbox.vendors.supergood.sign_in._password = "changed by somebody"
    problem = refused(stage)
    assert (problem.code, "401 invalid_credentials" in problem.message) == ("SOURCE_SIGN_IN_REFUSED", True)
    assert "connector connect upkeep" in problem.next_step
    assert stage.sandbox.vendors.supergood.sign_in.attempts == 1


@pytest.mark.parametrize(("more", "code"), [
    ("      totp_secret: JBSWY3DPEHPK3PXP\n", "CONFIG_BAD_TOTP_SECRET"), ("      paths: {work_orders: jobs}\n", "CONFIG_BAD_PATH"),
    ("      fields: {number: jobNo}\n", "CONFIG_BAD_POINTER"), ("      header: X Session\n", "CONFIG_BAD_HEADER"),
])  # fmt: skip
def test_a_contract_that_is_written_wrongly(more: str, code: str, tmp_path: Path) -> None:
    supergood_stage(tmp_path, more=more, totp=False)
    config, problems = load_config(tmp_path / "config.yaml", {})
    assert (config, [problem.code for problem in problems]) == (None, [code])
