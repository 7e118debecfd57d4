"""One reproducer for each way in which the ledgers' own messages do not come in."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.heard_lines import heard_lines
from connector.config.web import WebConfig
from connector.flows.check import check
from connector.flows.listening import REFUSED_MANY, UNHEARD
from connector.flows.status import status
from connector.web.receiving import REFUSALS_SECONDS
from connector.web.serving import ListeningError, listening
from tests.flows.test_sweep import remove
from tests.problems.test_configuration import GOOD, problems_of
from tests.stage import Stage
from tests.web.rig import listening_stage, receiver
from tests.web.test_webhooks import posted


def told(stage: Stage) -> tuple[list[str], list[str]]:
    """The codes that check and status tell."""
    with stage.world() as world:
        return [problem.code for problem in check(world).problems], [problem.code for problem in status(world).problems]


def test_a_receiver_to_which_nothing_ever_came_is_told_by_check(tmp_path: Path) -> None:
    stage = listening_stage(tmp_path)
    with stage.world() as world:
        (problem,) = check(world).problems
    assert (problem.code, "/webhooks/quickbooks" in problem.message) == ("WEBHOOK_SILENT", True)
    assert told(stage) == (["WEBHOOK_SILENT"], [])
    with receiver(stage) as ours:
        ours.post("/webhooks/quickbooks", stage.vendor.courier.request(b"[]"))
    assert told(stage) == ([], [])


def test_a_connection_that_does_not_listen_misses_nothing(tmp_path: Path) -> None:
    assert told(Stage(tmp_path)) == ([], [])


def test_a_key_that_is_not_the_vendor_s_is_told_after_some_refusals_and_until_one_is_right(tmp_path: Path) -> None:
    stage = listening_stage(tmp_path)
    wrong = stage.vendor.courier.request(b"[]", "the key of before")
    with receiver(stage) as ours:
        for number in range(REFUSED_MANY):
            assert told(stage) == (["WEBHOOK_SILENT"], []), number
            ours.post("/webhooks/quickbooks", wrong)
            stage.clock.advance(REFUSALS_SECONDS)
        assert told(stage) == (["WEBHOOK_REFUSED"], ["WEBHOOK_REFUSED"])
        ours.post("/webhooks/quickbooks", stage.vendor.courier.request(b"[]"))
        assert told(stage) == ([], [])


def test_an_address_that_the_vendor_gave_up_is_told_when_a_sweep_finds_what_nobody_told(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    remove(stage)
    stage.vendor.courier.lose()
    stage.sync()
    stage.clock.advance(UNHEARD.total_seconds() - 1)
    assert told(stage) == ([], [])  # It may still come.
    stage.clock.advance(1)
    assert told(stage) == (["WEBHOOK_STOPPED"], ["WEBHOOK_STOPPED"])
    remove(stage, "2")
    with receiver(stage) as ours:
        ours.deliver()
        assert told(stage) == ([], [])
        stage.sync()
        stage.clock.advance(10 * UNHEARD.total_seconds())
        stage.sync()
    assert told(stage) == ([], [])


def test_what_xero_never_tells_is_not_missed(tmp_path: Path) -> None:
    stage = posted(tmp_path, "xero", "journal_entry")
    with receiver(stage) as ours:
        stage.vendor.courier.tell(stage.vendor.tenant_id, "CONTACT", "c1", "UPDATE")
        ours.deliver()
    remove(stage)
    stage.sync()
    stage.clock.advance(10 * UNHEARD.total_seconds())
    assert told(stage) == ([], [])


def test_xero_s_question_whether_we_listen_is_no_reason_to_doubt_the_key(tmp_path: Path) -> None:
    stage = listening_stage(tmp_path, "xero")
    with receiver(stage) as ours:
        ours.deliver()
    assert stage.vendor.courier.state == "active"
    assert told(stage) == ([], [])


def test_an_address_that_cannot_be_listened_at_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ListeningError) as error, listening(None, WebConfig(*taken.getsockname())):  # type: ignore[arg-type]
            pass
    assert error.value.problem.code == "WEB_ADDRESS_UNUSABLE"


def test_a_token_that_could_be_guessed_opens_no_books(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, f"{GOOD}web:\n  explain_token: only nineteen long\n")
    assert (problem.code, problem.place.rpartition(":")[2]) == ("CONFIG_WEAK_TOKEN", "13")
    (problem,) = problems_of(tmp_path, f"{GOOD}web:\n  explain_token:\n")
    assert problem.code == "CONFIG_MISSING"
    assert problems_of(tmp_path, f"{GOOD}web:\n  explain_token: this one is twenty l\n") == []


@pytest.mark.parametrize("listen", ["8766", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "http://127.0.0.1:80", "::1:80", ":80"])
def test_an_address_that_is_none_is_told_with_its_line(listen: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, f"{GOOD}web:\n  listen: '{listen}'\n")
    assert (problem.code, problem.place.rpartition(":")[2]) == ("CONFIG_BAD_LISTEN", "13")


def test_a_key_without_anything_that_listens_and_an_empty_key_are_told(tmp_path: Path) -> None:
    with_key = GOOD.replace("client_id: c1", "client_id: c1, webhook_key: k1")
    assert [problem.code for problem in problems_of(tmp_path, with_key)] == ["CONFIG_MISSING"]
    assert problems_of(tmp_path, f"{with_key}web:\n") == []
    assert [problem.code for problem in problems_of(tmp_path, f"{with_key}web:\n".replace("k1", "''"))] == ["CONFIG_MISSING"]
    (problem,) = problems_of(tmp_path, f"{GOOD}web:\n  public_url: http://books.example.com\n")
    assert problem.code == "CONFIG_BAD_ADDRESS"


def test_status_tells_what_came_in(tmp_path: Path) -> None:
    stage = listening_stage(tmp_path)
    path, config = tmp_path / "config.yaml", str(tmp_path / "config.yaml")
    path.write_text(path.read_text("utf-8").replace("quickbooks-invoice.db", stage.database_path.name), "utf-8")
    assert "webhooks: none came yet\n" in CliRunner().invoke(app, ["status", "--config", config]).output
    with receiver(stage) as ours:
        ours.post("/webhooks/quickbooks", stage.vendor.courier.request(b"?"))
        ours.post("/webhooks/quickbooks", stage.vendor.courier.request(b"[]", "another key"))
    line = "webhooks: last delivery 2026-03-02 15:00:00 UTC; 1 refused; 1 not understood\n"
    assert line in CliRunner().invoke(app, ["status", "--config", config]).output
    (shown,) = json.loads(CliRunner().invoke(app, ["status", "--config", config, "--json"]).output)["connections"]
    assert (shown["webhooks"]["deliveries"], shown["webhooks"]["last_about_this_company_at"]) == (1, None)
    with stage.world() as world, receiver(stage) as ours:
        stage.vendor.books.tell("Invoice", "7", "updated")
        ours.deliver()
        stage.clock.advance(60)
        ours.post("/webhooks/quickbooks", stage.vendor.courier.request(b"[]"))
        (line,) = heard_lines(world.hints.heard())
    assert line.startswith("webhooks: last delivery 2026-03-02 15:01:00 UTC, about this company 2026-03-02 15:00:00 UTC; 1 refused")
