"""The main flow under every value of every switch of UpKeep's stand-in: the books are the same, or nothing is posted and it is said why."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.sandbox.faults import Fault
from connector.sandbox.upkeep.catalogue import DEFAULTS
from connector.sandbox.upkeep.choices import CHOICES
from connector.upkeep.source import SourceUnreachableError
from tests.everyday import a_few
from tests.stage import Stage

MAPPING = plain_mapping_text("USD") + "tracking: {department: {by: location, values: {Riverside: Riverside}, default: Plant}}\n"
XERO = MAPPING.replace("  xero:\n", "  xero:\n    tracking: {department: Department}\n")
OTHERS: dict[str, tuple[Any, ...]] = {
    "limit_cap": (25, 2),
    "token_ttl_seconds": (1,),
    "token_calls": (1,),
    "moving_sort": (3,),
    "sites": (2,),
}
# Other tests are about these; or the jobs below do not cost the same under them.
APART = {"webhook", "webhook_reply", "files", "file_size", "plan", "user_rates", "labor_in_additional_cost"}
SAME = [
    {name: value} for name, values in {**CHOICES, **OTHERS}.items() for value in values if name not in APART and value != DEFAULTS[name]
]
TOGETHER = [
    {"moments": "text", "numbers": "string", "unset_keys": "null", "references": "object", "parts_shape": "ids", "status_case": "Complete"},
    {"time_log": "absent", "labor_cost": "zero", "cost_lines": "absent", "unset_keys": "null", "time_unit": "hours", "empty_list": "404"},
    {"unknown_filters": "ignored", "limit_cap": 2, "moving_sort": 3, "moments": "milliseconds"},
]


WAYS = [
    *a_few([({"moments": "text"}, "xero"), ({"unset_keys": "null"}, "quickbooks"), (TOGETHER[1], "quickbooks")], count=3),
    *a_few([(one, ("quickbooks", "xero")[number % 2]) for number, one in enumerate([*SAME, TOGETHER[0], TOGETHER[2]])], count=0),
]


def with_jobs(folder: Path, ledger: str, switches: dict[str, Any]) -> Stage:
    """Three jobs: labor, parts and rent at Riverside; labor alone; and one that is not done."""
    unit = {"minutes": "", "hours": "      time_unit: hours\n", "seconds": "      time_unit: seconds\n"}[
        switches.get("time_unit", "minutes")
    ]
    stage = Stage(
        folder,
        ledger,
        upkeep_switches=switches,
        mapping_text=MAPPING if ledger == "quickbooks" else XERO,
        config_change=("      kind: upkeep\n", f"      kind: upkeep\n{unit}"),
    )
    stage.upkeep.headers["Session-Token"] = stage.sandbox.vendors.upkeep.organization_token

    def entered(kind: str, **fields: Any) -> str:
        answer = stage.upkeep.post(f"/api/v2/{kind}", json=fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["id"])

    kim = entered("users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    seal = entered("parts", name="Pump seal", cost="12.35", quantity=10)
    place = entered("locations", name="Riverside")
    entered("locations", name="Harbor")
    log = [{"user": kim, "duration": 90, "dateStarted": "2026-02-20T15:00:00.000Z"}]
    stage.work_order("1", location=place, completedByUser=kim, timeLogs=log, parts=[seal], respectivePartQuantityUsed=[3])
    stage.work_order("2", completedByUser=kim, timeLogs=log, additionalCosts=[])
    stage.work_order("3", status="inProgress", dateCompleted=None)
    return stage


def books(stage: Stage) -> tuple[list[tuple[str, str]], list[Any]]:
    """What each document came to, and the balances of every account."""
    documents = sorted((document["number"].split("-")[0], document["total"]) for document in stage.documents())
    return documents, stage.vendor.trial_balance()["accounts"]


@pytest.mark.parametrize(("switches", "ledger"), WAYS, ids=str)
def test_the_books_are_the_same_under_every_switch(switches: dict[str, Any], ledger: str, tmp_path: Path) -> None:
    stage = with_jobs(tmp_path, ledger, switches)
    reports = [stage.sync() for _ in range(3)]
    assert (sum(report.posted for report in reports), reports[-1].held) == (2, 0)
    with stage.world() as world:
        found = world.store.find("1")
    assert found is not None
    assert "department: Riverside" in found.explanation
    labor, parts, rent = Decimal("82.50"), Decimal("37.05"), Decimal("100.00")
    documents, accounts = books(stage)
    assert [Decimal(total) for _, total in documents] == [labor + parts + rent, labor]
    assert sum(Decimal(row["debit"]) for row in accounts) == labor * 2 + parts + rent


@pytest.mark.parametrize(
    ("switches", "code"),
    a_few([({"labor_in_additional_cost": True}, "LABOR_COUNTED_TWICE"), ({"user_rates": False}, "LABOR_WITHOUT_RATE")]),
)
def test_labor_that_may_count_twice_or_has_no_rate_is_held(switches: dict[str, Any], code: str, tmp_path: Path) -> None:
    stage = with_jobs(tmp_path, "quickbooks", switches)
    report = stage.sync()
    assert (report.posted, report.held) == (0, 2)
    with stage.world() as world:
        assert {row.codes for row in (world.store.find("1"), world.store.find("2")) if row} == {(code,)}


def refusal(text: str, status: int, times: int = 1) -> Fault:
    return Fault(kind="refusal", method="GET", path="/api/v2/work-orders*", code=text, status=status, times=times)


@pytest.mark.parametrize("status", a_few([200, 401, 403]))
def test_a_list_that_is_refused_posts_nothing_loses_nothing_and_is_read_the_next_time(status: int, tmp_path: Path) -> None:
    stage = with_jobs(tmp_path, "quickbooks", {})
    stage.sandbox.upkeep.plan.plan([refusal("no", status, times=10)])
    with pytest.raises(SourceUnreachableError):
        stage.sync()
    assert stage.documents() == []
    stage.sandbox.upkeep.plan.clear()
    assert stage.sync().posted == 2


def test_a_detail_that_says_success_false_in_a_good_answer_is_held_and_never_posted_from_half(tmp_path: Path) -> None:
    stage = with_jobs(tmp_path, "quickbooks", {})
    [first] = [order["id"] for order in stage.sandbox.vendors.upkeep.records.by_kind["work-orders"].values() if order["workOrderNo"] == "1"]
    path = f"/api/v2/work-orders/{first}"
    stage.sandbox.upkeep.plan.plan([Fault(kind="refusal", method="GET", path=path, code="internal error", status=200, times=1)])
    report = stage.sync()
    assert (report.posted, report.held, len(stage.documents())) == (1, 1, 1)
    report = stage.sync()
    assert (report.posted, report.held, len(stage.documents())) == (1, 0, 2)


def test_a_session_that_is_refused_once_is_renewed_and_not_noticed(tmp_path: Path) -> None:
    stage = with_jobs(tmp_path, "quickbooks", {})
    stage.sandbox.upkeep.plan.plan([refusal("invalid session token", 401)])
    assert stage.sync().posted == 2
