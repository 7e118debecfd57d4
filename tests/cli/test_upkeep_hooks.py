"""`connector upkeep hooks` as a person meets it, and what the screen says of what UpKeep tells and is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.books import _print_status, _print_sync
from connector.cli.explaining import _print_explanation
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.flows.explain import explain
from connector.flows.status import status
from tests.flows.test_write_back import telling
from tests.web.test_from_upkeep import URL, add, hearing, receiver, registered


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=1)) as running:
        yield running


def connector(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.sockets
def test_webhooks_are_added_listed_renewed_and_removed(running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = running.config["quickbooks"].replace(str(running.folder / "quickbooks-"), str(tmp_path / "quickbooks-"))
    may = text.replace("      email:", "      allow_writes: true\n      webhooks: true\n      email:")
    config.write_text(f"{may}web: {{public_url: {URL}}}\n", "utf-8")
    on = ("--config", str(config))
    added = connector("upkeep", "hooks", "add", *on)
    assert (added.exit_code, "registered 1, removed 0" in added.output, "1 webhook leads here" in added.output) == (0, True, True)
    assert "WORK_ORDER_DELETED" in added.output
    assert "/webhooks/upkeep/" not in added.output  # The address is a secret.
    told = json.loads(connector("upkeep", "hooks", "list", *on, "--json").stdout)
    assert (told["registered"], told["removed"], len(told["hooks"]), told["problems"]) == (0, 0, 1, [])
    assert "registered 1, removed 1" in connector("upkeep", "hooks", "rotate", *on).output
    assert "registered 0, removed 1" in connector("upkeep", "hooks", "remove", *on).output
    assert "0 webhooks lead here" in connector("upkeep", "hooks", "list", *on).output
    config.write_text(config.read_text("utf-8").replace("email: ", "email: nobody."), "utf-8")
    assert connector("upkeep", "hooks", "list", *on).exit_code == 3


def test_the_screen_says_what_work_orders_were_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = telling(tmp_path)
    stage.work_order("4711")
    _print_sync(stage.sync())
    assert "told 1 work order in UpKeep where the document is" in capsys.readouterr().out
    with stage.world() as world:
        _print_status(status(world))
        found = explain(world, "4711")
        assert status(world).to_json()["messages"] == {"attached": 1}
    assert "messages on work orders: 1 written" in capsys.readouterr().out
    assert found is not None
    _print_explanation("plant", found)
    assert "message in UpKeep: attached, In QuickBooks as journal entry [" in " ".join(capsys.readouterr().out.split())


def test_the_screen_says_what_upkeep_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = hearing(tmp_path)
    add(stage)
    with stage.world() as world:
        _print_status(status(world))
    assert "webhooks of UpKeep: none came yet" in capsys.readouterr().out
    ((endpoint, _),) = registered(stage)
    with receiver(stage) as ours:
        ours.post(endpoint.removeprefix(URL), b'{"id": "a"}')
        ours.post(endpoint.removeprefix(URL), b"?")
        ours.post("/webhooks/upkeep/guessed", b"?")
    with stage.world() as world:
        _print_status(status(world))
    line = "last delivery 2026-03-02 15:00:00 UTC; 1 at addresses that are nobody's; 1 not understood; 1 waiting to be read"
    assert f"webhooks of UpKeep: {line}" in " ".join(capsys.readouterr().out.split())
