"""One reproducer for each way in which connecting an account, or staying connected, can end with a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from connector.cli.app import app
from connector.core.problem import Problem
from connector.flows.check import check
from connector.flows.status import status
from connector.sandbox.company import Company as SandboxCompany
from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks.consent import OTHER_REALM
from tests.sign_in import change_config, connected, never_connected, parts_of
from tests.stage import START, Stage

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


def test_an_answer_of_quickbooks_that_names_no_company_connects_none(tmp_path: Path) -> None:
    problem = told(Stage(tmp_path), lambda returned: str(httpx.URL(returned).copy_remove_param("realmId")))
    assert (problem.code, "no company at all" in problem.message) == ("CONSENT_OTHER_COMPANY", True)


@pytest.mark.parametrize("others", [[], ["Second Hand Tools", "Third Street Garage"]])
def test_organisations_that_the_configuration_does_not_name_are_listed_by_name_and_id(others: list[str], tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", consent="other", other_organisations=others)
    problem = told(stage)
    listed = [f"{one.name} ({one.tenant_id})" for one in stage.vendor.signin.others] or ["no company at all"]
    assert problem.code == "CONSENT_OTHER_COMPANY"
    assert all(words in problem.message for words in listed)
    assert "tenant_id" in problem.next_step


# --- the two ends ---------------------------------------------------------------------------------------------------------------------


def codes(stage: Stage) -> tuple[set[str], set[str]]:
    """What check tells, and what status tells."""
    with stage.world() as world:
        return {problem.code for problem in check(world).problems}, {problem.code for problem in status(world).problems}


@pytest.mark.parametrize(("ledger", "days"), [("quickbooks", 101), ("xero", 60)])
def test_a_sign_in_that_no_run_refreshes_is_told_two_weeks_before_it_ends(ledger: str, days: int, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger=ledger)
    connected(stage)
    stage.plan(Fault("5xx", times=999))
    stage.clock.advance((days - 14) * 86_400 - 1)
    assert codes(stage) == ({"LEDGER_UNREACHABLE"}, set())
    stage.clock.advance(2)
    assert codes(stage) == ({"LEDGER_UNREACHABLE", "SIGN_IN_UNUSED"}, {"SIGN_IN_UNUSED"})
    stage.clock.advance(14 * 86_400)
    with stage.world() as world:
        assert [problem.message.split(",")[0] for problem in status(world).problems] == [f"The sign-in ended on {ended(days)}"]
    stage.shell.plan.clear()
    connected(stage)
    assert codes(stage) == (set(), set())


def ended(days: int) -> str:
    return f"{START + timedelta(days=days):%Y-%m-%d}"


def test_the_end_of_five_years_is_told_two_months_ahead_until_a_person_connects_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    connected(stage)
    for _ in range(19):
        stage.clock.advance(90 * 86_400)
        stage.sync()
    assert codes(stage) == (set(), set())
    stage.clock.advance(54 * 86_400)
    assert codes(stage) == (set(), set())
    stage.clock.advance(2 * 86_400)
    assert codes(stage) == ({"SIGN_IN_ENDS"}, {"SIGN_IN_ENDS"})
    with stage.world() as world:
        (problem,) = status(world).problems
    assert (ended(5 * 365) in problem.message, problem.next_step) == (True, "Run `connector connect sandbox-quickbooks` before that day.")
    connected(stage)
    assert codes(stage) == (set(), set())


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_company_with_nothing_to_post_stays_signed_in(ledger: str, tmp_path: Path) -> None:
    """A sync with nothing to do asks the ledger nothing, which alone would let the sign-in end unused."""
    stage = Stage(tmp_path, ledger=ledger)
    connected(stage)
    for _ in range(8):
        stage.clock.advance(25 * 86_400)
        assert stage.sync().stopped == []
    assert codes(stage) == (set(), set())


def test_a_run_that_could_not_keep_the_sign_in_says_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger="xero")
    connected(stage)
    stage.clock.advance(31 * 86_400)
    stage.plan(Fault("5xx", times=999))
    (reason,) = stage.sync().stopped
    assert "xero could not be reached" in reason


def test_a_sign_in_that_cannot_be_read_is_told_by_status(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    connected(stage)
    (tmp_path / "connector.db.key").write_bytes(Fernet.generate_key())
    with stage.world() as world:
        assert [problem.code for problem in status(world).problems] == ["KEY_MISMATCH"]
    shown = CliRunner().invoke(app, ["status", "--config", str(use_database_of(stage))])
    assert (shown.exit_code, "KEY_MISMATCH" in shown.stdout, "connector connect" in shown.stdout) == (1, True, True)


def test_one_key_in_the_environment_cannot_be_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_KEY", Fernet.generate_key().decode())
    shown = CliRunner().invoke(app, ["keys", "rotate", "--config", str(use_database_of(Stage(tmp_path)))])
    assert (shown.exit_code, "KEY_ALONE" in shown.stderr, 'CONNECTOR_KEY="new,old"' in shown.stderr) == (2, True, True)


def use_database_of(stage: Stage) -> Path:
    change_config(stage, "database: .*", f'database: "{stage.database_path}"')
    return stage.folder / "config.yaml"
