"""init-mapping reads the ledger's chart and the codes in UpKeep, and writes a first mapping that an accountant can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import connector.wiring
from connector.cli.app import app
from connector.config.first_mapping import CODES_MAX, FILL_IN, Found, first_mapping_text
from connector.config.mapping_file import load_mapping
from connector.core.guessing import Offered, Seen
from connector.flows import survey as survey_flow
from connector.flows.check import check
from connector.flows.survey import Survey, survey
from connector.sandbox.transport import SandboxTransport
from connector.wiring import Transports
from tests.everyday import a_few
from tests.stage import SharedClock, Stage

WAYS = [("quickbooks", "journal_entry"), ("xero", "invoice"), ("quickbooks", "invoice"), ("xero", "journal_entry")]


def filled(folder: Path, ledger: str, document: str = "journal_entry") -> Stage:
    stage = Stage(folder, ledger, document)
    where = {name: stage.upkeep.post("/api/v2/locations", json={"name": name}).json()["result"]["id"] for name in ("Harbor Mall", "Roof")}
    for number, (category, grant) in enumerate([("HVAC", "A"), ("Plumbing", "A"), ("HVAC", ""), ("", "B"), ('Zeppelin: #1 "x"', "")]):
        fields = [{"name": "Grant", "value": grant}] if grant else []
        stage.work_order(str(number), category=category, customFields=fields, location=where["Harbor Mall" if number % 2 else "Roof"])
    stage.work_order("9", status="open", category="Not done")
    return stage


@contextmanager
def in_process(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command's own world, on the stage's stand-ins."""
    transports = Transports(SandboxTransport(stage.sandbox.upkeep.handle), SandboxTransport(stage.shell.handle))
    real = connector.wiring.world_of

    def world_of(*given: Any, **more: Any) -> Any:
        return real(*given, **more, clock=SharedClock(stage.clock), transports=transports)

    with monkeypatch.context() as patched:
        patched.setattr(connector.wiring, "world_of", world_of)
        yield


def run(stage: Stage, *words: str, told: str = "") -> Result:
    return CliRunner().invoke(app, ["init-mapping", *words, "--config", str(stage.folder / "config.yaml")], input=told)


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, count=2))
def test_the_first_mapping_passes_check_and_posts(ledger: str, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = filled(tmp_path, ledger, document)
    target = tmp_path / "first.yaml"
    with in_process(stage, monkeypatch):
        result = run(stage, str(target), "--yes")
    assert result.exit_code == 0, result.output
    text = target.read_text("utf-8")
    assert '"HVAC": "HVAC repairs"      # guessed: 2 work orders, 200.00; its name has the words (6110)' in text
    assert f'# "Zeppelin: #1 \\"x\\"": {FILL_IN}      # 1 work order, 100.00; no expense account is near' in text
    assert "# 1 work order, 100.00, without a code" in text
    assert "Not done" not in text
    (tmp_path / "mapping.yaml").write_text(text, "utf-8")
    with stage.world() as world:
        assert check(world).problems == ()
    report = stage.sync()
    assert (report.posted, report.held) == (5, 0)


def test_it_asks_for_the_cost_code_and_takes_what_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = filled(tmp_path, "quickbooks")
    with in_process(stage, monkeypatch):
        asked = run(stage, str(tmp_path / "a.yaml"), told="Grant\n")
        told = run(stage, str(tmp_path / "b.yaml"), "--cost-code", "grant")
    assert "category: 3 values on 4 of 5 work orders" in asked.output
    assert "Grant: 2 values on 3 of 5 work orders" in asked.output
    assert "Which of them is the cost code [category]" in asked.output
    first, second = ((tmp_path / name).read_text("utf-8") for name in ("a.yaml", "b.yaml"))
    assert 'cost_code: "Grant"' in first
    assert first.replace("Grant", "grant") == second
    assert told.exit_code == 0


def test_nothing_is_overwritten_and_nothing_is_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("mine", "utf-8")
    result = CliRunner().invoke(app, ["init-mapping", str(tmp_path / "mapping.yaml"), "--config", os.devnull])
    assert (result.exit_code, "INIT_EXISTS" in result.output) == (2, True)
    assert (tmp_path / "mapping.yaml").read_text("utf-8") == "mine"


def test_a_service_that_is_down_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = filled(tmp_path, "quickbooks")
    stage.upkeep.patch("/api/v2/none", json={})
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text("utf-8").replace(stage.sandbox.vendors.upkeep.password, "wrong"), "utf-8")
    with in_process(stage, monkeypatch):
        result = run(stage, str(tmp_path / "a.yaml"), "--yes")
    assert (result.exit_code, (tmp_path / "a.yaml").exists()) == (3, False)


def test_a_large_company_is_read_in_part_and_the_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = filled(tmp_path, "quickbooks")
    monkeypatch.setattr(survey_flow, "WORK_ORDERS_MAX", 2)
    with stage.world() as world:
        seen: Survey = survey(world)
    assert (seen.work_orders, seen.is_whole) == (2, False)
    monkeypatch.setattr(survey_flow, "WORK_ORDERS_MAX", 2_000)
    with stage.world() as world:
        later = replace(world.policy, start_date=stage.clock.now().date())
        assert survey(replace(world, policy=later)).work_orders == 0


# --- the text -----------------------------------------------------------------------------------------------------------------------

NOTHING = Found("xero", True, "category", (), (), (), (), (), (), (), ())


def loaded(folder: Path, found: Found) -> Any:
    (folder / "first.yaml").write_text(first_mapping_text(found), "utf-8", errors="replace")
    mapping, problems = load_mapping(folder / "first.yaml")
    assert mapping is not None, problems
    return mapping


def test_an_empty_ledger_gives_a_file_that_loads_and_says_what_a_person_must_fill_in(tmp_path: Path) -> None:
    assert loaded(tmp_path, NOTHING).credits
    assert first_mapping_text(NOTHING).count(FILL_IN) == 1 + 3 + 2 + 3 + 3 + 2


@pytest.mark.parametrize("word", ["NO", "# 7", "a: b", 'say "x"', "line\nbreak", "🔧", "\ud83d", "{x}", "- y", "'"])
def test_whatever_a_code_and_an_account_are_called_is_read_back_as_it_is(word: str, tmp_path: Path) -> None:
    chart = [Offered(word, word)]
    mapping = loaded(
        tmp_path, replace(NOTHING, is_invoice=False, codes=[Seen(word, 1, Decimal("1"))], expenses=chart, accounts=chart, about=word)
    )
    given = {fact.value for fact in mapping.given("account")}
    assert word in given or not word.isprintable()


def test_no_more_codes_are_written_than_a_person_reads() -> None:
    codes = [Seen(f"code {number}", 1, Decimal(1)) for number in range(CODES_MAX + 5)]
    assert "# 5 more codes with less money go to defaults" in first_mapping_text(replace(NOTHING, codes=codes))
