"""Whole invented companies through the whole connector: every work order has its place, and the books have the census's money."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.company_mapping import company_mapping_text
from connector.flows.check import check
from connector.flows.reconcile import Reconciliation, reconcile
from connector.sandbox.companies import Plan, at_work, books_of, fill_company, invented
from tests.everyday import a_few
from tests.stage import Stage

CENT = Decimal("0.01")
EXAMPLES = Path(__file__).parents[2] / "mappings"


def stage_of(folder: Path, ledger: str, plan: Plan, mapping_text: str = "", document: str = "journal_entry") -> Stage:
    return Stage(folder, ledger, document, company=books_of(invented(plan)[0]), mapping_text=mapping_text)


def own_mapping(plan: Plan) -> str:
    company = books_of(invented(plan)[0])
    return company_mapping_text(company.customers, company.departments)


def reconciled(stage: Stage) -> Reconciliation:
    with stage.world() as world:
        return reconcile(world)


def cost_of(order: dict[str, Any], users: dict[str, dict[str, Any]]) -> Decimal:
    """What one work order cost, worked out here: each line rounded once."""
    rates = [Decimal(entry.get("hourlyRate") or users[entry["user"]]["hourlyRate"]) for entry in order.get("timeLogs", [])]
    costs = [rate * entry["duration"] / 60 for rate, entry in zip(rates, order.get("timeLogs", []), strict=True)]
    costs += [Decimal(part["quantity"]) * Decimal(part["cost"]) for part in order.get("parts", [])]
    costs += [Decimal(line["cost"]) for line in order.get("additionalCosts", [])]
    return sum((cost.quantize(CENT, ROUND_HALF_UP) for cost in costs), Decimal(0))


@pytest.mark.parametrize(("kind", "ledger"), a_few([("portfolio", "quickbooks"), ("plant", "xero"), ("fleet", "quickbooks")]))
def test_a_company_is_ready_and_every_work_order_is_posted_left_out_by_a_rule_or_not_done(kind: str, ledger: str, tmp_path: Path) -> None:
    plan = Plan(kind, seed=2, months=1, technicians=1)
    stage = stage_of(tmp_path, ledger, plan, own_mapping(plan))
    count = fill_company(stage.upkeep, plan)
    with stage.world() as world:
        assert check(world).problems == ()
    report = stage.sync()
    records = stage.sandbox.vendors.upkeep.records.by_kind
    done = [order for order in records["work-orders"].values() if order["status"] == "complete"]
    costs = {order["id"]: cost_of(order, records["users"]) for order in done}
    due = [order for order in done if order["category"] != "Warranty" and costs[order["id"]]]
    assert (report.posted, report.held, report.uncertain) == (len(due), 0, 0)
    assert report.excluded == len(done) - len(due)
    assert report.pulled == count
    found = reconciled(stage)
    assert (found.findings, found.difference) == ([], 0)
    bills = sum({"name": "Billable", "value": "yes"} in order["customFields"] for order in due)
    assert sum(document["kind"] == "invoice" for document in stage.documents()) == bills
    assert stage.sync().posted == 0


@pytest.mark.parametrize(
    ("kind", "ledger", "document"),
    a_few([("portfolio", "quickbooks", "invoices"), ("plant", "xero", "journal-entries"), ("fleet", "xero", "invoices")], count=0),
)
def test_the_example_mappings_post_it_too(kind: str, ledger: str, document: str, tmp_path: Path) -> None:
    plan = Plan(kind, seed=2, months=1, technicians=1)
    text = (EXAMPLES / f"{document}.yaml").read_text("utf-8")
    stage = stage_of(tmp_path, ledger, plan, text, "invoice" if document == "invoices" else "journal_entry")
    fill_company(stage.upkeep, plan)
    with stage.world() as world:
        assert check(world).problems == ()
    report = stage.sync()
    assert report.posted
    assert (report.held, report.uncertain) == (0, 0)
    assert reconciled(stage).findings == []


@pytest.mark.parametrize(("kind", "ledger"), a_few([("plant", "xero")], count=0))
def test_what_is_reopened_or_edited_after_it_was_posted_is_told_by_number_and_posted_once(kind: str, ledger: str, tmp_path: Path) -> None:
    plan = Plan(kind, seed=5, months=2, technicians=2)
    stage = stage_of(tmp_path, ledger, plan)
    maintenance = at_work(stage.upkeep, plan)
    records, posted = stage.sandbox.vendors.upkeep.records.by_kind, dict[str, Decimal]()
    for number in range(plan.months):
        maintenance.month(number)
        for order in records["work-orders"].values():
            if order["status"] == "complete" and (cost := cost_of(order, records["users"])):
                posted.setdefault(order["workOrderNo"], cost)
        assert stage.sync().held == 0
    changed = {
        order["workOrderNo"]
        for order in records["work-orders"].values()
        if order["workOrderNo"] in posted
        and (order["status"], cost_of(order, records["users"])) != ("complete", posted[order["workOrderNo"]])
    }
    found = reconciled(stage)
    assert changed
    assert {finding.number for finding in found.findings} == changed
    assert (found.posted, found.posted_total, found.difference) == (len(posted), sum(posted.values()), 0)
