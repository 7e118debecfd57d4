"""How many calls a sync makes to UpKeep: what is pointed at is read once, and what did not change is not read at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.upkeep import records
from connector.upkeep.source import WorkOrderHead
from tests.stage import Stage
from tests.upkeep.rig import DONE, HEAD, Answers, StandIn, order, source_over
from tests.upkeep.test_official import HTML, record

ORDERS, PEOPLE, ASSETS, PARTS = 400, 20, 150, 60


def kinds(log: Any) -> Counter[str]:
    """Calls by what they asked for: a list page, a work order, or another record by its id."""
    told: Counter[str] = Counter()
    for entry in log:
        _, _, kind, *rest = entry["path"].strip("/").split("/")
        told[f"{kind} by id" if rest else kind] += 1
    return told


def filled() -> StandIn:
    stand_in = StandIn()
    people = [stand_in.create("users", email=f"p{n}@example.com", accountType="TECHNICIAN", hourlyRate="50.00") for n in range(PEOPLE)]
    assets = [stand_in.create("assets", name=f"Pump {n}") for n in range(ASSETS)]
    parts = [stand_in.create("parts", name=f"Seal {n}", cost="3.00") for n in range(PARTS)]
    for n in range(ORDERS):
        stand_in.create(
            "work-orders", title=f"Job {n}", status="complete", dateCompleted=DONE, asset=assets[n * 7 % ASSETS],
            timeLogs=[{"user": people[n % PEOPLE], "duration": 30}], parts=[{"id": parts[n % PARTS], "quantity": 1}],
            completedByUser=people[n % PEOPLE],
        )  # fmt: skip
    stand_in.sandbox.upkeep.log.clear()
    return stand_in


def test_a_first_pull_costs_at_most_a_tenth_of_a_call_more_than_its_details() -> None:
    stand_in = filled()
    reads = [stand_in.source.read(head) for head in stand_in.source.changed_since(None)]
    told = kinds(stand_in.sandbox.upkeep.log)
    assert len(reads) == told["work-orders by id"] == ORDERS
    assert all(read.work_order is not None and read.work_order.asset and read.work_order.asset.name for read in reads)
    assert sum(told.values()) - told["work-orders"] - told["auth"] <= 1.1 * ORDERS
    # Each kind: five by their ids for each page of a hundred.
    asked = ("users by id", "users", "assets by id", "assets", "parts by id", "parts")
    assert [told[kind] for kind in asked] == [5, 2, 10, 2, 5, 1]  # and one list of users for the login's own role


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_work_orders_that_did_not_change_cost_no_call_of_their_own(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    for number in range(1, 13):
        stage.work_order(str(number))
    stage.sync()
    stage.clock.advance(3600)
    log = stage.sandbox.upkeep.log
    log.clear()
    assert stage.sync().posted == 0
    # The rows of the cursor's overlap, and the empty page behind them.
    assert kinds(log) == {"work-orders": 2}


def test_a_single_work_order_does_not_bring_whole_lists() -> None:
    stand_in = filled()
    head = next(stand_in.source.changed_since(None))
    stand_in.sandbox.upkeep.log.clear()
    stand_in.source.read(head)
    assert kinds(stand_in.sandbox.upkeep.log) == {"work-orders by id": 1, "assets by id": 1, "users by id": 1, "parts by id": 1}


def reading(by_path: dict[str, Any], count: int = 8) -> tuple[Answers, list[str]]:
    """So many work orders, each with an asset of its own; the names that were found."""
    details = {f"/work-orders/w{n}": record(order(asset=f"a{n}")) for n in range(count)}
    assets = {f"/assets/a{n}": record({"name": f"Pump {n}"}) for n in range(count)}
    answers = Answers({**details, **assets, **by_path})
    source = source_over(answers)
    reads = [source.read(WorkOrderHead(f"w{n}", "1", "complete", HEAD.updated_at)) for n in range(count)]
    return answers, [str(read.work_order.asset) for read in reads if read.work_order is not None]


@pytest.mark.parametrize(
    "listed",
    [
        httpx.Response(503),
        httpx.Response(403, json={"success": False, "message": "your plan has no assets"}),
        HTML,
        {"success": True, "results": None},
        {"success": True, "results": []},
        {"success": True, "results": [{"id": "a2"}, None, {"name": "without an id"}]},
    ],
)
def test_where_the_list_is_of_no_use_records_are_read_by_their_ids(listed: Any) -> None:
    answers, names = reading({"/assets": listed})
    assert names == [f"Pump {n}" for n in range(8)]
    assert sum(path.startswith("/assets/") for path in answers.asked) == 8
    assert answers.asked.count("/assets") in (1, 4)


def test_a_row_that_shows_a_user_without_a_rate_is_not_taken_for_the_whole_user() -> None:
    details = {f"/work-orders/w{n}": record(order(completedByUser=f"u{n}", time=60)) for n in range(8)}
    users = {f"/users/u{n}": record({"email": f"u{n}@example.com", "hourlyRate": 40}) for n in range(8)}
    shown = {"/users": {"success": True, "results": [{"id": f"u{n}", "email": f"u{n}@example.com"} for n in range(8)]}}
    source = source_over(Answers({**details, **users, **shown}))
    reads = [source.read(WorkOrderHead(f"w{n}", "1", "complete", HEAD.updated_at)) for n in range(8)]
    assert [read.work_order.labor[0].rate_per_hour for read in reads if read.work_order] == [40] * 8


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "KEPT_MAX", 2)
    answers, names = reading({"/assets": {"success": True, "results": []}})
    assert names == [f"Pump {n}" for n in range(8)]
    assert answers.asked.count("/assets") == 1
