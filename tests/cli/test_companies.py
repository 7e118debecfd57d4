"""connector sandbox --company: what it prints, and that the configuration which it writes works at once."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.company_mapping import company_mapping_text
from connector.cli.running_sandbox import Filling, running_sandbox
from connector.cli.stand_ins import _told, _told_json
from connector.config.mapping_file import load_mapping
from connector.sandbox.companies import Plan, books_of, fill_company, invented
from connector.sandbox.companies.census import census
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox

PLAN = Plan("plant", seed=3, months=1, technicians=1)


@pytest.mark.sockets
def test_the_configuration_of_a_company_is_ready_and_posts_what_is_told_of_it(tmp_path: Path) -> None:
    with running_sandbox(Filling(company=PLAN)) as running:
        told, shown = json.loads(_told_json(running)), _told(running)
        assert told["holds"]["kinds"]["people"] == 2  # the administrator beside the technician
        total = sum(Decimal(told["holds"][kind]) for kind in ("labor", "parts", "other"))
        assert f"together {total:,.2f}" in shown
        assert shown.startswith("Hartland Foods Manufacturing\n")
        config = tmp_path / "config.yaml"
        config.write_text(told["config"]["xero"].replace(str(running.folder / "xero-"), str(tmp_path / "xero-")), "utf-8")
        checked = CliRunner().invoke(app, ["check", "--config", str(config)])
        assert checked.exit_code == 0, checked.output
        synced = CliRunner().invoke(app, ["sync", "--config", str(config), "--json"])
        assert synced.exit_code == 0, synced.output
        assert json.loads(synced.stdout)["posted"]


@pytest.mark.long
def test_the_documentation_shows_what_is_printed() -> None:
    plan = Plan("fleet")
    company = books_of(invented(plan)[0])
    sandbox = Sandbox.create(company)
    with httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox") as client:
        fill_company(client, plan)
    shown = "\n".join([company.name, *(f"  {line}" for line in census(sandbox.vendors.upkeep.records).lines("USD"))])
    assert shown in (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--company", "bakery"], "'bakery' is none of: portfolio, plant, fleet"),
        (["--company", "plant", "--from", "January"], "'January' is no month"),
        (["--company", "plant", "--from", "2999-11", "--months", "2"], "2 months from 2999-11 end in the future"),
        (["--company", "plant", "--work-orders", __file__], "both fill UpKeep"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_served(words: list[str], told: str) -> None:
    refused = CliRunner().invoke(app, ["sandbox", *words], terminal_width=400)
    assert refused.exit_code == 2
    assert told in " ".join(refused.output.replace("│", " ").split())


def test_a_name_may_hold_what_yaml_gives_a_meaning_to(tmp_path: Path) -> None:
    path, names = tmp_path / "mapping.yaml", ["Larkin & Sons: Hardware", "No", "# 1", 'O\'Brien "Bob"', "Zoë’s"]
    path.write_text(company_mapping_text(names, ["010", "Plant"]), "utf-8")
    mapping, problems = load_mapping(path)
    assert problems == []
    assert mapping is not None
    assert mapping.invoice is not None
    assert {value.value for value in mapping.invoice.customer.values.values()} == set(names)
