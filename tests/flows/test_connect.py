"""A person connects an account and disconnects it; a sign-in that was lost costs one notice, and no document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from connector.core.problem import Problem
from connector.core.tokens import Token
from connector.flows.connect import Ended, disconnect, forget
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from connector.ledgers.sign_in import Company
from connector.sandbox.company import Company as SandboxCompany
from connector.sandbox.faults import Fault
from connector.store.audit import newest
from connector.store.connection_store import Database
from tests.sign_in import change_config, connected, disconnected, never_connected, parts_of
from tests.stage import SharedClock, Stage

LEDGERS = ["quickbooks", "xero"]
TOKEN_PATH = {"quickbooks": "*tokens/bearer", "xero": "*connect/token"}


def stage_of(folder: Path, ledger: str, **switches: Any) -> Stage:
    return Stage(folder, ledger=ledger, company=SandboxCompany(switches=switches))


def token_calls(stage: Stage) -> int:
    return sum("token" in entry["path"] for entry in stage.shell.log)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_who_was_never_given_a_token_connects_and_posts(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    stage.work_order("4711")
    with pytest.raises(ReconnectRequiredError, match="nobody has connected"):
        stage.sync()
    found = connected(stage)
    assert isinstance(found, Company)
    assert stage.sync().posted == 1


@pytest.mark.parametrize("ledger", LEDGERS)
def test_connecting_again_replaces_a_sign_in_whose_key_is_lost(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    (tmp_path / "connector.db.key").write_bytes(Fernet.generate_key())
    assert isinstance(connected(stage), Company)
    stage.work_order("4711")
    assert stage.sync().posted == 1


def test_a_token_is_stored_before_the_organisations_are_asked_for(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="xero"))
    stage.plan(Fault("5xx", path="/connections", times=9))
    with pytest.raises(ServiceUnreachableError, match="connections"):
        connected(stage)
    stage.shell.plan.clear()
    stage.work_order("4711")
    assert stage.sync().posted == 1


def test_a_code_whose_answer_was_lost_is_not_sent_again(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="quickbooks"))
    stage.plan(Fault("drop_after_commit", path=TOKEN_PATH["quickbooks"]))
    with pytest.raises(ServiceUnreachableError):
        connected(stage)
    assert token_calls(stage) == 1
    assert isinstance(connected(stage), Company)


def test_a_consent_for_another_organisation_leaves_the_sign_in_that_works(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", consent="other", other_organisations=["Second Hand Tools"])
    stage.work_order("4711")
    stage.sync()
    assert isinstance(connected(stage), Problem)
    stage.work_order("4712")
    assert stage.sync().posted == 1


def test_a_consent_for_another_realm_spends_no_code(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", consent="other")
    assert isinstance(connected(stage), Problem)
    assert token_calls(stage) == 0


def test_a_custom_connection_posts_without_anybody_s_consent(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="xero"))
    change_config(stage, "    ledger:\n", "    ledger:\n      sign_in: client_credentials\n")
    stage.work_order("4711")
    assert stage.sync().posted == 1
    stage.clock.advance(7200)
    stage.work_order("4712")
    assert stage.sync().posted == 1


def test_an_app_without_a_secret_connects_posts_and_disconnects(tmp_path: Path) -> None:
    stage = never_connected(stage_of(tmp_path, "xero", app_has_a_secret=False))
    change_config(stage, r" *client_secret: .*\n", "")
    assert isinstance(connected(stage), Company)
    for number in ("4711", "4712"):
        stage.work_order(number)
        assert stage.sync().posted == 1
        stage.clock.advance(7200)
    assert disconnected(stage).ended is Ended.REVOKED


def decisions(stage: Stage) -> list[tuple[str, str, str]]:
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    try:
        with database.write() as connection:
            entries = [link.entry for link in newest(connection, 50)]
    finally:
        database.close()
    return [(entry.event, entry.ledger_company, entry.reason) for entry in entries if "sign-in" in entry.reason]


@pytest.mark.parametrize("ledger", LEDGERS)
def test_who_connected_and_who_ended_it_stands_in_the_audit(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    company, why = stage.settings()[0].ledger.company_id, f"the sign-in at {ledger}"
    connected(stage)
    stage.clock.advance(7200)
    stage.work_order("4711")
    assert stage.sync().posted == 1  # It refreshes, which is nobody's decision.
    disconnected(stage)
    assert disconnected(stage).ended is Ended.NOT_CONNECTED
    connected(stage)
    with parts_of(stage) as parts:
        forget(parts.vault)
    events = ["connected", "disconnected", "connected", "sign_in_forgotten"]
    assert decisions(stage) == [(event, company, why) for event in events]


def test_a_consent_for_other_books_stands_in_the_audit_with_its_end(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", consent="other", other_organisations=["Second Hand Tools"])
    connected(never_connected(stage))
    assert [event for event, _, _ in decisions(stage)] == ["connected", "connected_to_another_company"]


# --- the way out ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_disconnect_ends_the_grant_and_forgets_the_token(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    with parts_of(stage) as parts:
        token = parts.vault.load()
    assert token is not None
    assert disconnected(stage).ended is Ended.REVOKED
    with parts_of(stage) as parts:
        assert parts.vault.load() is None
        with pytest.raises(ReconnectRequiredError, match="invalid_grant"):
            parts.sign_in._endpoint.refresh(token.refresh)
    assert disconnected(stage).ended is Ended.NOT_CONNECTED
    if ledger == "xero":
        assert not stage.vendor.signin.connected


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_vendor_that_cannot_be_reached_keeps_everything_as_it_is(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    stage.plan(Fault("5xx", path="*revo*", times=9), Fault("refuse", path="/connections*", times=9))
    with pytest.raises(ServiceUnreachableError):
        disconnected(stage)
    stage.shell.plan.clear()
    stage.work_order("4711")
    assert stage.sync().posted == 1
    assert disconnected(stage).ended is Ended.REVOKED


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_token_can_be_forgotten_without_the_vendor(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    with parts_of(stage) as parts:
        assert forget(parts.vault).ended is Ended.NOT_ASKED
        assert parts.vault.load() is None


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_grant_that_the_vendor_ended_already_is_forgotten_here_too(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    with parts_of(stage) as parts:
        token = parts.vault.load()
        assert token is not None
        parts.sign_in.revoke(token)  # As a person does in the vendor's own list of connected apps.
    assert disconnected(stage).ended is Ended.ALREADY_ENDED
    with parts_of(stage) as parts:
        assert parts.vault.load() is None


@pytest.mark.parametrize("ledger", LEDGERS)
def test_two_who_disconnect_at_once_end_it_once(ledger: str, tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger=ledger))
    connected(stage)
    with parts_of(stage) as parts:
        parts.oauth.access()
        first = parts.vault.load

        def gone_after_the_first_look() -> Token | None:
            found = first()
            parts.vault.delete("disconnected")
            return found

        parts.vault.load = gone_after_the_first_look  # type: ignore[method-assign]
        assert disconnect(parts.sign_in, parts.oauth, parts.vault).ended is Ended.NOT_CONNECTED


def test_an_organisation_that_a_person_disconnected_in_xero_is_no_trouble(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="xero"))
    connected(stage)
    stage.vendor.signin.connected = False
    assert disconnected(stage).ended is Ended.REVOKED


def test_an_access_token_that_ended_early_is_no_reason_to_stay_connected(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="xero"))
    connected(stage)
    stage.vendor.signin._access.clear()
    assert disconnected(stage).ended is Ended.REVOKED
    assert not stage.vendor.signin.connected


def test_other_organisations_of_the_same_consent_stay_connected(tmp_path: Path) -> None:
    """Revoking would end all of them: it is left to the last."""
    stage = never_connected(stage_of(tmp_path, "xero", other_organisations=["Second Hand Tools"]))
    connected(stage)
    left = disconnected(stage)
    assert (left.ended, [company.name for company in left.others]) == (Ended.KEPT_FOR_OTHERS, ["Second Hand Tools"])
    assert [one.name for one in stage.vendor.signin.others] == ["Second Hand Tools"]
    assert not stage.vendor.signin.connected


# --- a sign-in that is lost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ledger", "switches"),
    [("xero", {}), ("quickbooks", {"rotate": "each", "previous_refresh_seconds": 3600}), ("quickbooks", {"rotate": "daily"})],
)
def test_a_lost_refresh_answer_is_survived_where_the_old_value_still_works(ledger: str, switches: dict[str, Any], tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, **switches)
    stage.sync()
    stage.clock.advance(7200)
    stage.work_order("4711")
    stage.plan(Fault("drop_after_commit", path=TOKEN_PATH[ledger]))
    assert stage.sync().posted == 1


@pytest.mark.parametrize(
    ("ledger", "switches"), [("xero", {"refresh_grace_seconds": -1}), ("quickbooks", {"rotate": "each", "previous_refresh_seconds": 0})]
)
def test_where_it_does_not_a_lost_answer_costs_one_reconnect_and_nothing_is_lost(
    ledger: str, switches: dict[str, Any], tmp_path: Path
) -> None:
    stage = never_connected(stage_of(tmp_path, ledger, **switches))
    connected(stage)
    stage.sync()
    stage.clock.advance(7200)
    stage.work_order("4711")
    stage.plan(Fault("drop_after_commit", path=TOKEN_PATH[ledger]))
    with pytest.raises(ReconnectRequiredError, match="connect the account again"):
        stage.sync()
    with pytest.raises(ReconnectRequiredError, match="connect the account again"):
        stage.sync()
    assert isinstance(connected(stage), Company)
    assert stage.sync().posted == 1
    assert stage.sync().posted == 0
    assert set(stage.numbers().values()) == {1}


def test_no_secret_of_a_consent_is_in_a_representation(tmp_path: Path) -> None:
    stage = never_connected(Stage(tmp_path, ledger="xero"))
    with parts_of(stage) as parts:
        question = parts.sign_in.question()
    assert question.verifier not in repr(question)
    assert question.verifier not in question.address
    assert dict(httpx.URL(question.address).params)["code_challenge_method"] == "S256"
