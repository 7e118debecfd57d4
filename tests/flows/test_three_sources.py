"""One company read through UpKeep's own API, through the normalised API and from an export: the same costs, the same documents."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.core.costing import cost
from connector.core.disposition import Disposition
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.sandbox.generator import fill
from connector.sandbox.transport import SandboxTransport
from tests.everyday import a_few
from tests.stage import Stage
from tests.upkeep.supergood_stage import read_through_supergood

COLUMNS = ("id", "number", "title", "status", "completed", "updated", "category", "location", "worker", "worked", "labor_minutes",
           "labor_rate", "labor_category", "part_name", "quantity", "unit_cost", "additional_cost", "additional_cost_category",
           "additional_cost_description")  # fmt: skip
EXPORTS = f"""\
    source:
      kind: csv
      files: inbox/*.csv
      columns: {{columns: {{{", ".join(f"{word}: {word}" for word in COLUMNS)}}}, repeated_rows: count}}
"""
# Enough that each of the generator's troubles is met: work without a rate, a part without a price, a credit, a cost that is no number.
ORDERS = 64


def read_through_upkeep(stage: Stage) -> None:
    """As the stage begins."""


def read_exports(stage: Stage) -> None:
    """Change the source of the connection to a folder, and put into it what UpKeep's screens would export now."""
    path = stage.folder / "config.yaml"
    before, _, rest = path.read_text("utf-8").partition("    source:\n")
    path.write_text(before + EXPORTS + "    ledger:\n" + rest.partition("    ledger:\n")[2], "utf-8")
    inbox = stage.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    with (inbox / f"{stage.clock.now():%Y%m%d%H%M%S}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for record in stage.sandbox.vendors.upkeep.records.by_kind["work-orders"].values():
            writer.writerows(exported(stage, record))


def exported(stage: Stage, record: dict[str, Any]) -> list[dict[str, Any]]:
    """One work order as rows: a row for each time, part and cost of it, one row where it has none."""
    by_kind = stage.sandbox.vendors.upkeep.records.by_kind
    head = {
        "id": record["id"],
        "number": record["workOrderNo"],
        "title": record.get("title", ""),
        "status": record["status"],
        "completed": record.get("dateCompleted", ""),
        "updated": record["updatedAt"],
        "category": record.get("category", ""),
        "location": by_kind["locations"][record["location"]]["name"] if "location" in record else "",
    }
    rows: list[dict[str, Any]] = []
    for entry in record.get("timeLogs", []):
        user = by_kind["users"][entry["user"]]
        told = {"worker": user["email"], "worked": entry.get("dateStarted", ""), "labor_minutes": entry["duration"]}
        rows.append(told | {"labor_rate": user.get("hourlyRate", ""), "labor_category": entry.get("category", "")})
    for used in record.get("parts", []):
        part = by_kind["parts"][used["id"]]
        price = used.get("cost", part.get("cost", ""))
        rows.append({"part_name": part["name"], "quantity": used["quantity"], "unit_cost": price})
    for more in record.get("additionalCosts", []):
        told = {"additional_cost": more["cost"], "additional_cost_category": more["category"]}
        rows.append(told | {"additional_cost_description": more["description"]})
    return [head | row for row in rows or [{}]]


SOURCES: dict[str, Callable[[Stage], None]] = {
    "upkeep": read_through_upkeep,
    "supergood": read_through_supergood,
    "csv": read_exports,
}


def company(folder: Path, ledger: str, document: str) -> Stage:
    folder.mkdir()
    stage = Stage(folder, ledger, document)
    with httpx.Client(transport=SandboxTransport(stage.sandbox.upkeep.handle), base_url="http://127.0.0.1:1") as client:
        fill(client, seed=7, orders=ORDERS)
    return stage


def cost_facts(stage: Stage) -> dict[str, Any]:
    """What each work order costs, line by line, or why that cannot be told; read as a sync reads it."""
    with stage.world() as world:
        found: dict[str, Any] = {}
        for head in world.source.changed_since(None):
            read = world.source.read(head)
            assert read.work_order is not None
            day = (read.work_order.completed_at or head.updated_at).date()
            facts, problems = cost(read.work_order, world.mapping.labor_rates, day, world.policy.currency)
            lines = sorted((one.kind.value, str(one.quantity.normalize()), str(one.amount), one.category) for one in facts)
            found[head.number] = (lines, sorted({problem.code for problem in (*read.problems, *problems)}))
        return found


def books(stage: Stage) -> list[Any]:
    """Every document of ours, without what each ledger company gives it by itself."""
    return sorted((d["number"], d["date"], d["total"], sorted(str(line) for line in d["lines"])) for d in stage.documents())


def held(stage: Stage) -> dict[str, tuple[str, ...]]:
    with stage.world() as world:
        return {row.number: row.codes for row in world.store.remembered_with(Disposition.HELD)}


WAYS = [(ledger, document) for document in ("invoice", "journal_entry") for ledger in ("quickbooks", "xero")]


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS))
def test_the_same_company_costs_and_books_the_same_through_each_source(ledger: str, document: str, tmp_path: Path) -> None:
    facts, documents, waiting = {}, {}, {}
    for name, read_through in SOURCES.items():
        stage = company(tmp_path / name, ledger, document)
        read_through(stage)
        facts[name] = cost_facts(stage)
        assert stage.sync().posted == len(stage.documents()) > ORDERS / 2
        documents[name], waiting[name] = books(stage), held(stage)
        with stage.world() as world:
            assert reconcile(world).findings == []
            assert prove(world).is_proven
    assert facts["upkeep"] == facts["supergood"] == facts["csv"]
    assert documents["upkeep"] == documents["supergood"] == documents["csv"]
    assert waiting["upkeep"] == waiting["supergood"] == waiting["csv"]
    assert {code for codes in waiting["csv"].values() for code in codes} == {
        "LABOR_WITHOUT_RATE",
        "PART_WITHOUT_PRICE",
        "UNREADABLE_NUMBER",
    }


@pytest.mark.parametrize(("ledger", "document"), a_few([*reversed(WAYS)]))
def test_a_connection_that_goes_from_source_to_source_posts_nothing_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage = company(tmp_path / "company", ledger, document)
    of_upkeep = (stage.folder / "config.yaml").read_text("utf-8")
    stage.sync()
    before = books(stage)
    for read_through in (read_exports, read_through_supergood, read_exports):
        stage.clock.advance(3600)
        (stage.folder / "config.yaml").write_text(of_upkeep, "utf-8")
        read_through(stage)
        report = stage.sync()
        assert (report.posted, report.adopted, report.findings) == (0, 0, 0)
    (stage.folder / "config.yaml").write_text(of_upkeep, "utf-8")
    assert stage.sync().posted == 0
    assert books(stage) == before
    with stage.world() as world:
        assert prove(world).is_proven
