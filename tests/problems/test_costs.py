"""One reproducer for each reason to hold a work order whose costs or surroundings do not add up; the others are still posted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.problem import Problem
from tests.stage import Stage

PLAIN = plain_mapping_text("USD")
OVERTIME = "overtime: [{weekday: [saturday, sunday], multiplier: 2}]\ndefaults:"
START = "2026-02-20T08:00:00.000Z"


def posted(stage: Stage, kind: str, **fields: Any) -> str:
    answer = stage.upkeep.post(f"/api/v2/{kind}", content=json.dumps(fields), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"]["id"])


def looped(stage: Stage) -> dict[str, Any]:
    """An asset that is part of its own part."""
    above = posted(stage, "assets", name="Pump house")
    pump = posted(stage, "assets", name="Pump 7", parentAssetId=above)
    stage.upkeep.patch(f"/api/v2/assets/{above}", json={"parentAssetId": pump})
    return {"asset": pump}


def of_two_customers(stage: Stage) -> dict[str, Any]:
    house = posted(stage, "locations", name="House")
    flat = posted(stage, "locations", name="Flat", parentLocationId=house)
    for name in ("Harbor Mall", "Riverside Apartments"):
        customer = posted(stage, "customers", name=name)
        assert stage.upkeep.post(f"/api/v2/locations/{house}/customers/{customer}").status_code == 200
    return {"location": flat}


def of_kim(stage: Stage, **fields: Any) -> dict[str, Any]:
    kim = posted(stage, "users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    logs = [{**log, "user": kim} for log in fields.pop("timeLogs", [])]
    return {"completedByUser": kim, "timeLogs": logs, "additionalCosts": []} | fields


@dataclass(frozen=True)
class Case:
    """What is wrong with the one work order, and under which switches of UpKeep's and lines of the mapping and the configuration."""

    code: str
    says: str
    order: Callable[[Stage], dict[str, Any]]
    mapping: tuple[str, str] = ("", "")
    config: tuple[str, str] = ("", "")
    switches: dict[str, Any] = field(default_factory=dict)


LEE = {"duration": 60, "dateStarted": START}
CASES = [
    Case(
        "LABOR_COST_DIFFERS",
        "a labor cost of 90.00, the rates of its lines come to 55.00",
        lambda stage: of_kim(stage, timeLogs=[LEE], laborCost="90.00") | _and_nobody(stage),
    ),
    Case(
        "LABOR_NOT_SPLIT",
        "Several people",
        lambda stage: of_kim(stage, time=90, additionalUsers=["somebody"]),
    ),
    Case("OVERTIME_UNKNOWN", "does not say when", lambda stage: of_kim(stage, timeLogs=[{"duration": 60}]), ("defaults:", OVERTIME)),
    Case("OVERTIME_UNKNOWN", "does not say when", lambda stage: {"laborCost": 50, "time": 60}, ("defaults:", OVERTIME)),
    Case(
        "TIME_IMPLAUSIBLE",
        "kim@example.com worked 90.00 hours on 2026-02-20, if UpKeep's numbers are hours",
        lambda stage: of_kim(stage, timeLogs=[{"duration": 90 * 60, "dateStarted": START}]),
        config=("      email:", "      time_unit: hours\n      email:"),
        switches={"time_unit": "hours"},
    ),
    Case(
        "TOTAL_DIFFERS",
        "a total of 140.00, its lines come to 100.00 with labor or 100.00 without labor",
        lambda stage: {"totalCost": "140.00"},
    ),
    Case(
        "TOTAL_DIFFERS",
        "a total of 100.00, its lines come to 155.00 with labor",
        lambda stage: of_kim(stage, timeLogs=[LEE], additionalCosts=[{"description": "Crane", "cost": 100}], totalCost=100),
        config=("      email:", "      labor_in_total: yes\n      email:"),
    ),
    Case("OTHER_CURRENCY", "names CAD there; the connection's amounts are USD", lambda stage: {"currency": "CAD"}),
    Case("HIERARCHY_UNREADABLE", "is part of itself", looped, ("defaults:", "cost_code: asset.top\ndefaults:")),
    Case(
        "PARTNER_AMBIGUOUS",
        "House has 2 customers: Harbor Mall, Riverside Apartments",
        of_two_customers,
        ("defaults:", "cost_code: customer\ndefaults:"),
    ),
]


def _and_nobody(stage: Stage) -> dict[str, Any]:
    """A second line, of a contractor without any rate in UpKeep."""
    lee = posted(stage, "users", email="lee@example.com", accountType="TECHNICIAN")
    users = stage.sandbox.vendors.upkeep.records.by_kind["users"].values()
    kim = next(user["id"] for user in users if user.get("email") == "kim@example.com")
    return {"timeLogs": [{**LEE, "user": kim}, {**LEE, "user": lee}]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_what_does_not_add_up_is_held_with_its_reason_and_costs_no_other(case: Case, tmp_path: Path) -> None:
    old, new = case.mapping
    stage = Stage(
        tmp_path,
        mapping_text=PLAIN.replace("cost_code: category\n", "").replace(old, new, 1) if old else PLAIN,
        config_change=case.config,
        upkeep_switches=case.switches,
    )
    stage.work_order("1", **case.order(stage))
    stage.work_order("2")
    stage.sync()
    found = problems_of(stage, "1")
    assert [problem.code for problem in found] == [case.code]
    assert case.says in found[0].message
    assert found[0].next_step
    assert problems_of(stage, "2") == ()
    assert len(stage.documents()) == 1


def problems_of(stage: Stage, number: str) -> tuple[Problem, ...]:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row.problems


def test_time_in_another_unit_than_configured_reaches_no_ledger(tmp_path: Path) -> None:
    """TIME_UNIT_DOUBTFUL: an account in hours that is read as minutes; what is put right in the configuration is posted by itself."""
    stage = Stage(tmp_path, upkeep_switches={"time_unit": "hours"})
    log = {"duration": 90, "hourlyRate": "40.00", "dateStarted": START}
    for number in range(1, 21):
        stage.work_order(str(number), timeLogs=[log], additionalCosts=[])
    stage.work_order("21")
    assert stage.sync().posted == 1
    problem = problems_of(stage, "1")[0]
    assert problem.code == "TIME_UNIT_DOUBTFUL"
    assert "0.03 hours or less, read as minutes" in problem.message
    assert "time_unit: hours" in problem.next_step
    stage.work_order("22", timeLogs=[log], additionalCosts=[])
    assert stage.sync().posted == 0, "one more is no proof that the unit is right"
    config = stage.folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("      email:", "      time_unit: hours\n      email:"), "utf-8")
    stage.sync()
    stage.sync()
    assert {document["total"] for document in stage.documents()} == {"60.00", "100.00"}
    assert len(stage.documents()) == 22


def test_a_person_may_say_that_such_short_time_is_right(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=("      email:", "      time_unit_checked: true\n      email:"))
    for number in range(1, 22):
        stage.work_order(str(number), timeLogs=[{"duration": 2, "hourlyRate": "60.00", "dateStarted": START}], additionalCosts=[])
    assert stage.sync().posted == 21
