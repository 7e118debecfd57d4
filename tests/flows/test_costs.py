"""The same company costs the same however UpKeep shows it, at the prices of the day on which a job was first seen complete."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.flows.explain import explain
from tests.everyday import a_few
from tests.stage import Stage

PLAIN = plain_mapping_text("USD")
START = "2026-02-20T08:00:00.000Z"
SWITCHES: list[dict[str, Any]] = [
    {},
    {"numbers": "string"},
    {"numbers": "number"},
    {"parts_shape": "objects"},
    {"parts_shape": "ids"},
    {"labor_cost": "present"},
    {"labor_cost": "zero"},
    {"labor_cost": "present", "user_rates": False},
    {"time_log": "absent", "labor_cost": "present"},
    {"time_log": "absent"},
    {"user_rates": False},
    {"labor_in_additional_cost": True},
    {"cost_lines": "absent"},
    {"references": "object"},
    {"location_key": "objectLocationForWorkOrder"},
    {"location_key": "both_differ"},
    {"time_unit": "hours"},
    {"time_unit": "seconds"},
    {"status_case": "Complete"},
    {"total_cost": "with_labor"},
    {"total_cost": "without_labor"},
    {"currency": "USD"},
    {"currency": "EUR"},
    {"parents": "object", "partners": "objects", "references": "object"},
]
# The lines of each job in cents: 90 minutes of Kim at 55, 3 seals at 12.35, a crane for 40; two people; a part only; a crane only.
COSTS = {"1": Decimal("159.55"), "2": Decimal("130.00"), "3": Decimal("24.70"), "4": Decimal("40.00")}
# What nobody can know from such an answer is held, and why.
HELD = {
    "{'time_log': 'absent'}": {"2": "LABOR_NOT_SPLIT"},
    "{'user_rates': False}": {"1": "LABOR_WITHOUT_RATE", "2": "LABOR_WITHOUT_RATE"},
    "{'labor_in_additional_cost': True}": {"1": "LABOR_COUNTED_TWICE", "2": "LABOR_COUNTED_TWICE"},
    "{'currency': 'EUR'}": dict.fromkeys(COSTS, "OTHER_CURRENCY"),
}


def posted(stage: Stage, kind: str, **fields: Any) -> str:
    answer = stage.upkeep.post(f"/api/v2/{kind}", content=json.dumps(fields), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"]["id"])


def company(stage: Stage) -> None:
    kim = posted(stage, "users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    lee = posted(stage, "users", email="lee@example.com", accountType="TECHNICIAN", hourlyRate="37.50")
    seal = posted(stage, "parts", name="Pump seal", cost="12.35", quantity=100)
    place, crane = posted(stage, "locations", name="Riverside"), {"description": "Crane", "category": "Rental", "cost": "40.00"}
    log = {"user": kim, "duration": 90, "dateStarted": START}
    used = {"parts": [seal], "respectivePartQuantityUsed": [3]}
    stage.work_order("1", timeLogs=[log], additionalCosts=[crane], completedByUser=kim, location=place, **used)
    both = [{**log, "duration": 60}, {"user": lee, "duration": 120, "dateStarted": START}]
    stage.work_order("2", timeLogs=both, additionalCosts=[], completedByUser=kim, additionalUsers=[lee])
    stage.work_order("3", additionalCosts=[], parts=[seal], respectivePartQuantityUsed=[2])
    stage.work_order("4", additionalCosts=[crane])


@pytest.mark.parametrize("switches", a_few(SWITCHES, 8), ids=str)
def test_a_company_costs_the_same_under_every_switch_or_is_held_with_a_reason(switches: dict[str, Any], tmp_path: Path) -> None:
    unit = switches.get("time_unit")
    change = ("      email:", f"      time_unit: {unit}\n      email:") if unit else ("", "")
    stage = Stage(tmp_path, upkeep_switches=switches, config_change=change)
    company(stage)
    stage.sync()
    held = HELD.get(str(switches), {})
    with stage.world() as world:
        rows = {number: world.store.find(number) for number in COSTS}
    assert {number: row.codes[0] for number, row in rows.items() if row and row.codes} == held
    told = {document["number"].partition("-")[0]: Decimal(document["total"]) for document in stage.documents()}
    assert told == {number: amount for number, amount in COSTS.items() if number not in held}


def test_the_mapping_may_decide_which_labor_counts_and_explain_says_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mapping_text=PLAIN + "labor_entered_twice: time\n", upkeep_switches={"labor_in_additional_cost": True})
    company(stage)
    stage.sync()
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    assert told.amount == "159.55"
    assert told.left_out == ("Labor: 82.50, entered as logged time too",)


def test_explain_says_where_and_when_each_price_came_from(tmp_path: Path) -> None:
    rates = (
        "labor_rates:\n  - {trade: Electrician, from: 2026-01-01, rate_per_hour: 60}\novertime:\n  - {weekday: friday, multiplier: 1.5}\n"
    )
    stage = Stage(tmp_path, mapping_text=PLAIN + rates, upkeep_switches={"parts_shape": "objects"})
    lee = posted(stage, "users", email="lee@example.com", accountType="TECHNICIAN", jobTitle="Electrician")
    seal = posted(stage, "parts", name="Pump seal", cost="12.35")
    log = {"user": lee, "duration": 60, "dateStarted": "2026-02-21T02:00:00.000Z"}  # Friday evening in Chicago
    stage.work_order("1", timeLogs=[log], additionalCosts=[], parts=[{"id": seal, "quantity": 1}])
    stage.sync()
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    lines = {(str(line["basis"]).rpartition("/")[2], str(line["priced_at"])[:10], str(line["cost"])) for line in told.lines}
    assert lines == {
        ("mapping.yaml:" + line_of(rates, "trade"), "2026-01-01", "60.00"),
        ("mapping.yaml:" + line_of(rates, "weekday"), "2026-01-01", "30.00"),
        ("part now", "2026-03-02", "12.35"),
    }


def line_of(text: str, word: str) -> str:
    before = (PLAIN + text).partition(f"- {{{word}")[0]
    return str(before.count("\n") + 1)


# --- prices that change ----------------------------------------------------------------------------------------------------------------


def changing(stage: Stage) -> tuple[str, str, str]:
    """A job with a part and an hour whose prices UpKeep tells only as they are today."""
    kim = posted(stage, "users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    seal = posted(stage, "parts", name="Pump seal", cost="12.35")
    log = {"user": kim, "duration": 60, "dateStarted": START}
    job = stage.work_order("1", timeLogs=[log], additionalCosts=[], parts=[{"id": seal, "quantity": 1}], category="Roof")
    return job, kim, seal


def dearer(stage: Stage, kim: str, seal: str) -> None:
    for path, fields in ((f"users/{kim}", {"hourlyRate": "80.00"}), (f"parts/{seal}", {"cost": "99.00"})):
        assert stage.upkeep.patch(f"/api/v2/{path}", json=fields).status_code == 200
    stage.clock.advance(3_600)


def test_a_touched_work_order_is_no_changed_one_because_a_price_rose_meanwhile(tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches={"parts_shape": "ids"})
    job, kim, seal = changing(stage)
    assert stage.sync().posted == 1
    dearer(stage, kim, seal)
    stage.change(job, title="Job 1, seen by Lee")
    assert stage.sync().findings == 0
    stage.change(job, additionalCosts=[{"description": "Crane", "cost": "1.00"}])
    assert stage.sync().findings == 1, "a cost that was added is one"


def test_a_held_work_order_is_posted_at_the_prices_of_the_first_look(tmp_path: Path) -> None:
    text = PLAIN.replace("defaults:\n  account: Repairs and maintenance", "cost_codes:\n  HVAC: Repairs and maintenance")
    stage = Stage(tmp_path, mapping_text=text, upkeep_switches={"parts_shape": "ids"})
    _, kim, seal = changing(stage)
    assert (stage.sync().posted, stage.sync().posted) == (0, 0)
    dearer(stage, kim, seal)
    (stage.folder / "mapping.yaml").write_text(PLAIN, "utf-8")
    assert stage.sync().posted == 1
    assert [document["total"] for document in stage.documents()] == ["67.35"]
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    assert {(line["basis"], str(line["priced_at"])[:10]) for line in told.lines} == {
        ("user then", "2026-03-02"),
        ("part then", "2026-03-02"),
    }


def test_a_release_forgets_what_was_kept_and_takes_the_prices_of_today(tmp_path: Path) -> None:
    text = PLAIN.replace("defaults:\n  account: Repairs and maintenance", "cost_codes:\n  HVAC: Repairs and maintenance")
    stage = Stage(tmp_path, mapping_text=text, upkeep_switches={"parts_shape": "ids"})
    _, kim, seal = changing(stage)
    stage.sync()
    dearer(stage, kim, seal)
    (stage.folder / "mapping.yaml").write_text(PLAIN, "utf-8")
    with stage.world() as world:
        assert world.store.release("1")
    assert stage.sync().posted == 1
    assert [document["total"] for document in stage.documents()] == ["179.00"]
