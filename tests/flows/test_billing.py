"""Prices on the real flows and both ledgers: what the customer is billed, why, and that the books and the proof agree with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.explaining import _print_explanation
from connector.cli.sandbox_config import plain_mapping_text
from connector.flows.explain import Explanation, explain
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.sandbox.company import CHART, AccountSeed, Company
from tests.everyday import a_few
from tests.stage import Stage

LEDGERS = ("quickbooks", "xero")
QUICKBOOKS, XERO = a_few(LEDGERS), a_few(reversed(LEDGERS))
RULES = """\
  markup_percent:
    parts: [{unit_cost_up_to: 10, percent: 100}, {unit_cost_up_to: 100, percent: 50}, {percent: 25}]
    other: 10
  bill_rates: [{rate_per_hour: 95}]
  minimum_hours: {hours: 2, per: work_order}
  round_hours_up: {to: 0.25, per: entry}
"""


def stage_of(folder: Path, ledger: str, rules: str = RULES, beside: str = "", document: str = "invoice", **more: Any) -> Stage:
    text = plain_mapping_text("USD").replace("  due_days: 30\n", rules + "  due_days: 30\n").replace("invoice:\n", beside + "invoice:\n")
    return Stage(folder, ledger, document, mapping_text=text, **more)


def job(stage: Stage, number: str = "1", **changed: Any) -> str:
    """65 minutes of labor at 40.00 and 20 at 50.00, four parts at 12.00, one that came back, and a crane for 100.00."""
    part = stage.upkeep.post("/api/v2/parts", json={"name": "Seal", "cost": "12.00", "quantity": 9}).json()["result"]["id"]
    body: dict[str, Any] = {
        "timeLogs": [{"duration": 65, "hourlyRate": "40.00"}, {"duration": 20, "hourlyRate": "50.00"}],
        "parts": [{"id": part, "quantity": 4, "cost": "12.00"}, {"id": part, "quantity": -1, "cost": "12.00"}],
    }
    return stage.work_order(number, **(body | changed))


def told(stage: Stage, number: str = "1") -> Explanation:
    with stage.world() as world:
        found = explain(world, number)
    assert found is not None
    return found


def assert_in_order(stage: Stage) -> None:
    """The ledger shows what was meant, a second run finds nothing to do, and the proof agrees."""
    assert stage.sync().posted == 0
    with stage.world() as world:
        assert reconcile(world).findings == []
        assert prove(world).is_proven


def billed(stage: Stage) -> Decimal:
    """What the ledger's own journal has on the receivable account."""
    lines = [line for document in stage.documents() for line in document["lines"] if line["number"] == "1100"]
    return sum((Decimal(line["debit"]) - Decimal(line["credit"]) for line in lines), Decimal(0))


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_job_is_billed_by_rate_minimum_and_tiers_and_every_line_says_why(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    job(stage)
    assert stage.sync().posted == 1
    # 1.25 h and 0.5 h, raised to 2 h: 1.5 h and 0.5 h at 95.00. Parts at cost and half of it. The crane with a tenth.
    assert [line["amount"] for line in told(stage).lines] == ["142.50", "47.50", "72.00", "-18.00", "110.00"]
    assert billed(stage) == Decimal("354.00")
    why = [[(rule["what"], rule["because"]) for rule in line.get("price", ())] for line in told(stage).lines]  # type: ignore[attr-defined]
    assert why == [
        [
            ("1.25 h instead of 1.08 h: rounded up to 0.25 h per entry", "invoice: round_hours_up"),
            ("2 h instead of 1.75 h: at least 2 h per work order", "invoice: minimum_hours"),
            ("bill rate 95 an hour", "invoice: bill_rates"),
        ],
        [
            ("0.5 h instead of 0.33 h: rounded up to 0.25 h per entry", "invoice: round_hours_up"),
            ("bill rate 95 an hour", "invoice: bill_rates"),
        ],
        [("markup 50 %, unit cost up to 100", "invoice: markup_percent")],
        [("markup 50 %, unit cost up to 100", "invoice: markup_percent")],
        [("markup 10 %", "invoice: markup_percent")],
    ]
    assert_in_order(stage)


@pytest.mark.parametrize("ledger", XERO)
def test_explain_prints_the_rule_and_its_line_under_each_price(ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = stage_of(tmp_path, ledger)
    job(stage)
    stage.sync()
    _print_explanation("connection", told(stage))
    printed = capsys.readouterr().out
    assert "bill rate 95 an hour" in printed
    assert "invoice: minimum_hours" in printed
    assert "mapping.yaml:" in printed


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_job_above_its_limit_is_billed_to_the_cent_of_it_and_says_what_is_not(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, RULES + "  not_to_exceed: {by: NTE, above: zero_line}\n")
    job(stage, customFields=[{"name": "NTE", "value": "300.00"}])
    job(stage, "2", customFields=[{"name": "NTE", "value": "354.00"}])
    assert stage.sync().posted == 2
    assert billed(stage) == Decimal("654.00")
    *lines, rest = told(stage).lines
    assert sum(Decimal(str(line["amount"])) for line in lines) == 300
    assert (rest["actual"], rest["amount"], rest["basis"]) == ("WO 1 Above the limit of 300.00: 54.00 not billed", "0", "not billed")
    assert len(told(stage, "2").lines) == len(lines)
    assert_in_order(stage)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_what_a_contract_covers_is_named_on_a_line_of_nothing_and_the_rest_is_billed(ledger: str, tmp_path: Path) -> None:
    covered = (
        "coverage:\n  - {category: HVAC, covers: labor, show: zero_line, because: full service}\n  - {category: HVAC, covers: parts}\n"
    )
    stage = stage_of(tmp_path, ledger, beside=covered)
    job(stage)
    assert stage.sync().posted == 1
    assert billed(stage) == Decimal("110.00")
    with stage.world() as world:
        (posting,) = world.store.every_posting()
    body = posting.request.body.decode()
    assert ("(covered: full service)" in body, "Seal" in body) == (True, False)
    lines = told(stage).lines
    assert sorted(Decimal(str(line["amount"])) for line in lines) == [0, 0, 0, 0, 110]
    assert sum(Decimal(str(line["cost"])) for line in lines) == Decimal(told(stage).amount)
    assert_in_order(stage)


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_a_job_that_is_covered_whole_is_excluded_until_the_mapping_says_otherwise(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, beside="coverage:\n  - {category: HVAC, covers: [labor, parts, other], because: full service}\n")
    source_id = job(stage)
    assert stage.sync().posted == 0
    assert (told(stage).disposition, [problem["code"] for problem in told(stage).problems]) == ("excluded", ["COVERED"])
    assert_in_order(stage)
    path = tmp_path / "mapping.yaml"
    path.write_text(path.read_text("utf-8").replace("[labor, parts, other]", "[labor]"), "utf-8")
    stage.change(source_id, title="Again")
    assert stage.sync().posted == 1


CLAIM = """\
facts:
  - {when: {category: Warranty}, account: Warranty claims}
documents:
  - {category: Warranty, document: journal_entry}
"""


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_warranty_claim_is_a_receivable_against_what_the_repair_cost(ledger: str, tmp_path: Path) -> None:
    """Work that the maker pays: its cost waits on the claim account, out of the credits that every cost has; no customer is billed."""
    stage = stage_of(tmp_path, ledger, beside=CLAIM, company=Company(chart=(*CHART, AccountSeed("1350", "Warranty claims", "asset"))))
    job(stage, category="Warranty")
    job(stage, "2")
    assert stage.sync().posted == 2
    claims = [document for document in stage.documents() if document["kind"] != "invoice"]
    (claim,) = claims
    sides = sorted((Decimal(line["debit"]) - Decimal(line["credit"])) for line in claim["lines"])
    assert sides == [Decimal(x) for x in ("-100.00", "-48.00", "-43.33", "-16.67", "-12.00", "12.00", "16.67", "43.33", "48.00", "100.00")]
    assert_in_order(stage)


def test_the_trade_decides_the_bill_rate_though_upkeep_knows_what_the_worker_costs(tmp_path: Path) -> None:
    """A user's own rate says what the hour costs; who has no job title is held, because nobody knows which rate is right."""
    rules = "  bill_rates: [{rate_per_hour: 80}, {trade: Electrician, rate_per_hour: 120}]\n"
    stage = stage_of(tmp_path, "quickbooks", rules)
    for number, title in (("1", {"jobTitle": "Electrician"}), ("2", {"jobTitle": "Painter"}), ("3", {})):
        user = {"email": f"tech{number}@example.com", "accountType": "TECHNICIAN", "hourlyRate": "40.00"} | title
        source_id = stage.upkeep.post("/api/v2/users", json=user).json()["result"]["id"]
        stage.work_order(number, timeLogs=[{"user": source_id, "duration": 60}], additionalCosts=[])
    stage.sync()
    assert [[line["amount"] for line in told(stage, number).lines] for number in ("1", "2")] == [["120.00"], ["80.00"]]
    assert [problem["code"] for problem in told(stage, "3").problems] == ["LABOR_WITHOUT_BILL_RATE"]
