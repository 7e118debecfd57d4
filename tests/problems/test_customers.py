"""One reproducer for each way in which a customer keeps a work order from the books until a person has answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.core.problem import Problem
from connector.flows.check import check
from connector.flows.customers import CustomerRefusedError, give, relinking
from tests.stage import Stage, write_fault

NAME, OTHER = "Internal departments", "Harbor Mall"


def held(stage: Stage) -> Problem:
    stage.sync()
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    (problem,) = row.problems
    return problem


def test_a_customer_whom_nobody_confirmed_is_told_by_check_and_by_the_work_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    stage.confirms = False
    stage.work_order("1")
    problem = held(stage)
    assert problem.code == "CUSTOMER_UNCONFIRMED"
    assert problem.place.startswith(str(stage.folder / "mapping.yaml:"))
    with stage.world() as world:
        assert check(world).problems == (problem,)


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_confirmed_customer_who_left_is_told_with_the_command_that_names_another(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    with stage.world():
        stage.vendor.change_customer("merge", NAME, OTHER)
    stage.work_order("1")
    problem = held(stage)
    assert problem.code == "CUSTOMER_GONE"
    assert f'connector relink "{NAME}" --to ' in problem.next_step
    assert (OTHER in problem.message) == (ledger == "xero")  # QuickBooks does not tell into whom.


def test_a_document_that_is_made_anew_for_another_customer_says_so_until_the_next_sync(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks", "invoice")
    stage.work_order("1")
    stage.plan(write_fault(stage, "refuse", times=9))
    stage.sync()
    with stage.world() as world:
        give(world, [relinking(world, NAME, OTHER)], "relinked by a person")
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("CUSTOMER_RELINKED",)


def test_an_answer_that_cannot_be_taken_says_why(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks", "invoice")
    with stage.world() as world, pytest.raises(CustomerRefusedError) as refused:
        relinking(world, NAME, "Nobody")
    assert refused.value.problem.code == "CUSTOMER_ANSWER_REFUSED"
    assert "no customer with the id or the full name 'Nobody'" in refused.value.problem.message
