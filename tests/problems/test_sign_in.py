"""One reproducer for each way in which connecting an account, or staying connected, can end with a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.core.problem import Problem
from connector.sandbox.company import Company as SandboxCompany
from connector.sandbox.quickbooks.consent import OTHER_REALM
from tests.sign_in import connected, never_connected, parts_of
from tests.stage import Stage

LEDGERS = ["quickbooks", "xero"]


def told(stage: Stage, change: Callable[[str], str] = lambda returned: returned) -> Problem:
    problem = connected(never_connected(stage), change)
    assert isinstance(problem, Problem)
    assert problem.place == "sandbox"
    assert "connector connect sandbox" in problem.next_step
    with parts_of(stage) as parts:
        assert parts.vault.load() is None
    return problem


def stage_of(folder: Path, ledger: str, **switches: Any) -> Stage:
    return Stage(folder, ledger=ledger, company=SandboxCompany(switches=switches))


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_person_who_says_no_connects_nothing(ledger: str, tmp_path: Path) -> None:
    problem = told(stage_of(tmp_path, ledger, consent="no"))
    assert (problem.code, "access_denied" in problem.message) == ("CONSENT_REFUSED", True)


def with_parameter(name: str, value: str) -> Callable[[str], str]:
    return lambda returned: str(httpx.URL(returned).copy_set_param(name, value))


@pytest.mark.parametrize("ledger", LEDGERS)
@pytest.mark.parametrize(
    "change",
    [
        with_parameter("state", "somebody-elses"),
        with_parameter("state", "gültig"),
        with_parameter("code", ""),
        lambda returned: str(httpx.URL(returned).copy_remove_param("state")),
        lambda returned: returned + "&state=twice",
        lambda returned: "http://[broken",
        lambda returned: "",
    ],
)
def test_an_answer_that_is_not_to_our_question_connects_nothing(ledger: str, change: Callable[[str], str], tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger=ledger)
    assert told(stage, change).code == "CONSENT_NOT_OURS"
    assert [entry["path"] for entry in stage.shell.log if "token" in entry["path"]] == []


def test_what_a_stranger_writes_into_the_answer_is_not_repeated(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", consent="no")
    problem = told(stage, with_parameter("error", "Call 555-0100 <b>now</b>"))
    assert (problem.code, "555" in problem.message) == ("CONSENT_REFUSED", False)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_code_that_is_brought_too_late_connects_nothing(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger=ledger)

    def dawdle(returned: str) -> str:
        stage.clock.advance(301)
        return returned

    assert told(stage, dawdle).code == "CONSENT_CODE_REFUSED"


def test_books_that_the_configuration_does_not_name_are_not_connected(tmp_path: Path) -> None:
    problem = told(stage_of(tmp_path, "quickbooks", consent="other"))
    assert (problem.code, OTHER_REALM in problem.message, "realm_id" in problem.next_step) == ("CONSENT_OTHER_COMPANY", True, True)


@pytest.mark.parametrize("others", [[], ["Second Hand Tools", "Third Street Garage"]])
def test_organisations_that_the_configuration_does_not_name_are_listed_by_name_and_id(others: list[str], tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", consent="other", other_organisations=others)
    problem = told(stage)
    listed = [f"{one.name} ({one.tenant_id})" for one in stage.vendor.signin.others] or ["no company at all"]
    assert problem.code == "CONSENT_OTHER_COMPANY"
    assert all(words in problem.message for words in listed)
    assert "tenant_id" in problem.next_step
