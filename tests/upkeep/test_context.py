"""What stands around an asset and a location is read as far as the mapping asks, whatever its spelling, and each record once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.core.keys import Need, value_of
from connector.core.problem import Problem
from connector.core.work_order import NO_CONTEXT, WorkOrder
from connector.upkeep.context import LEVELS_MAX
from connector.upkeep.parse import parse_work_order
from connector.upkeep.records import ALONE_MAX
from connector.upkeep.source import WorkOrderHead
from tests.upkeep.rig import HEAD, Answers, Records, StandIn, order, source_over

EVERY = frozenset(Need)
SWITCHES = [{}, {"parents": "object"}, {"parents": "parent"}, {"partners": "objects"}, {"references": "object"}, {"numbers": "string"}]


def read(others: dict[str, dict[str, Any]], needs: frozenset[Need] = EVERY, **fields: Any) -> tuple[WorkOrder, list[Problem]]:
    found, problems = parse_work_order(order(**fields), HEAD, Records(needs=needs, others=others), "minutes")
    assert found is not None
    return found, problems


def a_place(stand_in: StandIn) -> str:
    """A work order on a pump of the fourth level, in a flat of the second; the customer and the vendor stand further up."""
    customer, vendor = stand_in.create("customers", name="Harbor Mall"), stand_in.create("vendors", businessName="Seals & Co")
    campus = stand_in.create("locations", name="Campus")
    flat = stand_in.create("locations", name="Flat 2B", parentLocationId=campus, customFields=[{"name": "Unit", "value": "2B"}])
    above = ""
    for name in ("Plant", "Cooling", "Pump house"):
        above = stand_in.create("assets", name=name, **({"parentAssetId": above} if above else {}))
        if name == "Cooling":
            assert stand_in.person.post(f"/assets/{above}/vendors/{vendor}").status_code == 200
    pump = stand_in.create(
        "assets", name="Pump 7", parentAssetId=above, category="Pump", customFields=[{"name": "Cost center", "value": "4100"}]
    )
    assert stand_in.person.post(f"/locations/{campus}/customers/{customer}").status_code == 200
    return stand_in.create("work-orders", title="Leak", asset=pump, location=flat, status="complete")


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_the_surroundings_are_the_same_however_upkeep_shows_them(switches: dict[str, Any]) -> None:
    stand_in = StandIn(**switches)
    stand_in.source.needs = EVERY
    found = stand_in.source.read(WorkOrderHead(a_place(stand_in), "1", "complete", HEAD.updated_at))
    assert found.problems == ()
    assert found.work_order is not None
    told = {
        key: value_of(found.work_order, key)
        for key in (
            "asset.path",
            "asset.category",
            "asset.fields.cost center",
            "vendor",
            "location.path",
            "location.fields.unit",
            "customer",
        )
    }
    assert told == {
        "asset.path": "Plant > Cooling > Pump house > Pump 7",
        "asset.category": "Pump",
        "asset.fields.cost center": "4100",
        "vendor": "Seals & Co",
        "location.path": "Campus > Flat 2B",
        "location.fields.unit": "2B",
        "customer": "Harbor Mall",
    }


def test_nothing_is_looked_up_that_the_mapping_does_not_go_by() -> None:
    stand_in = StandIn()
    head = WorkOrderHead(a_place(stand_in), "1", "complete", HEAD.updated_at)
    read = stand_in.source.read(head)
    assert read.work_order is not None
    assert (read.work_order.asset_context, read.work_order.location_context) == (NO_CONTEXT, NO_CONTEXT)
    calls = stand_in.source.calls["upkeep"]
    stand_in.source.read(head)
    assert stand_in.source.calls["upkeep"] == calls + 1, "what it points at is known"


def test_without_an_asset_there_is_nothing_around_it() -> None:
    assert read({})[0].asset_context == NO_CONTEXT


def test_where_upkeep_shows_no_customers_there_is_none() -> None:
    stand_in = StandIn(partners="absent")
    stand_in.source.needs = EVERY
    found = stand_in.source.read(WorkOrderHead(a_place(stand_in), "1", "complete", HEAD.updated_at)).work_order
    assert found is not None
    assert value_of(found, "customer") == ""


def test_a_tower_without_an_end_is_a_problem_and_a_deleted_level_keeps_its_id() -> None:
    tower: dict[str, dict[str, Any]] = {f"a{n}": {"name": f"Level {n}", "parent": f"a{n + 1}"} for n in range(LEVELS_MAX + 3)}
    _, problems = read(tower, frozenset({Need.ASSET_PARENTS}), asset="a0")
    assert [(p.code, p.message) for p in problems] == [("HIERARCHY_UNREADABLE", f"It has more than {LEVELS_MAX} levels above it.")]
    found, none = read({"a0": {"name": "Pump", "parent": "gone"}}, frozenset({Need.ASSET_PARENTS}), asset="a0")
    assert (found.asset_context.path, none) == (("gone", "Pump"), [])


def test_one_customer_named_twice_is_one_and_one_that_cannot_be_read_is_a_problem() -> None:
    needs = frozenset({Need.LOCATION_CUSTOMER})
    found, problems = read({"l1": {"customers": [{"id": "c1", "name": "Mall"}, "c1"]}, "c1": {"name": "Mall"}}, needs, location="l1")
    assert (str(found.location_context.customer), problems) == ("Mall", [])
    assert [p.code for p in read({"l1": {"customers": [["c1"]]}}, needs, location="l1")[1]] == ["UNREADABLE_WORK_ORDER"]


def test_a_line_may_name_its_vendor_and_a_user_the_trade() -> None:
    records = Records({"u1": {"email": "kim@example.com", "jobTitle": "Electrician"}}, others={"v1": {"businessName": "Seals & Co"}})
    log = {"user": "u1", "duration": 60}
    for vendor, name in (("v1", "Seals & Co"), ({"id": "v2", "businessName": "Volts"}, "Volts")):
        found, problems = parse_work_order(order(timeLogs=[log | {"vendor": vendor}]), HEAD, records, "minutes")
        assert found is not None
        assert (str(found.labor[0].vendor), found.labor[0].trade, problems) == (name, "Electrician", [])
    assert [p.code for p in parse_work_order(order(timeLogs=[log | {"vendor": [1]}]), HEAD, records, "minutes")[1]] == [
        "UNREADABLE_WORK_ORDER"
    ]


def test_every_currency_is_noticed_and_so_is_the_total() -> None:
    found, _ = read(
        {},
        currency="USD",
        totalCost="12.50",
        additionalCosts=[{"cost": 1, "currency": {"code": "CAD"}}, {"cost": 1, "currencyCode": ["?"]}],
        timeLogs=[{"duration": 1, "hourlyRate": 5, "currency": {"name": "Euro"}}],
    )
    assert found.currencies == {"USD", "CAD", "Euro", "'['?']'"}
    assert str(found.total_told) == "12.50"


def test_the_time_of_several_people_in_one_sum_is_a_problem_unless_its_cost_is_told() -> None:
    assert [p.code for p in read({}, time=60, additionalUsers=["u2"])[1]] == ["LABOR_NOT_SPLIT"]
    assert read({}, time=60, laborCost=55, additionalUsers=["u2"])[1] == []


# --- records, each once -------------------------------------------------------------------------------------------------------------------


def many_parts(stand_in: StandIn, count: int) -> list[WorkOrderHead]:
    heads = []
    for number in range(1, count + 1):
        part = stand_in.create("parts", name=f"Part {number}", cost=number)
        identifier = stand_in.create("work-orders", title=f"Job {number}", parts=[{"id": part, "quantity": 1}], status="complete")
        heads.append(WorkOrderHead(identifier, str(number), "complete", HEAD.updated_at))
    return heads


@pytest.mark.parametrize("switches", [{}, {"limit_cap": 25}, {"empty_list": "404"}], ids=str)
def test_a_first_pull_asks_for_the_parts_of_many_work_orders_in_pages(switches: dict[str, Any]) -> None:
    stand_in = StandIn(**switches)
    heads = many_parts(stand_in, 60)
    stand_in.source.read(heads[0])
    before = stand_in.source.calls["upkeep"]
    reads = [stand_in.source.read(head) for head in heads[1:]]
    assert [str(read.work_order.parts[0].unit_cost) for read in reads if read.work_order] == [str(n) for n in range(2, 61)]
    beyond = stand_in.source.calls["upkeep"] - before - len(reads)
    pages = -(-60 // min(int(switches.get("limit_cap", 100)), 100))
    assert beyond <= (ALONE_MAX + 1) * pages + 1


def listed(count: int, **row: Any) -> dict[str, Any]:
    """Users whose list has other keys than their records, or none."""
    users = {
        f"/users/u{n}": {"success": True, "result": {"id": f"u{n}", "email": f"{n}@x.example", "hourlyRate": n + 1}} for n in range(count)
    }
    return users | {
        "/users": row.pop("answer", {"success": True, "results": [{"id": f"u{n}", "email": f"{n}@x.example"} | row for n in range(count)]})
    }


@pytest.mark.parametrize(
    "answer",
    [
        listed(15),
        listed(15, answer=httpx.Response(500, content=b"<html>")),
        listed(15, answer={"success": True, "results": "none"}),
        listed(15, answer={"success": True, "results": [None, {"id": ["x"]}]}),
    ],
)
def test_a_list_that_tells_less_than_its_records_is_not_believed(answer: dict[str, Any]) -> None:
    answers = Answers(dict(answer))
    source = source_over(answers)
    assert [source.user(f"u{n}").get("hourlyRate") for n in range(15)] == [n + 1 for n in range(15)]
    assert answers.asked.count("/users") <= 4, "one list; an outage is tried again"


def test_a_list_is_believed_only_after_a_record_was_seen_both_ways() -> None:
    """The first page has none of the records that were asked for alone; its rows wait until one of them is."""
    rows = [{"id": f"v{n}", "email": f"v{n}@x.example"} for n in range(3)]
    paths = {f"/users/u{n}": {"success": True, "result": {"id": f"u{n}", "email": "u@x.example"}} for n in range(12)}
    paths |= {f"/users/{row['id']}": {"success": True, "result": row} for row in rows}
    answers = Answers(paths | {"/users": [{"success": True, "results": rows}, {"success": True, "results": []}]})
    source = source_over(answers)
    for n in range(11):
        source.user(f"u{n}")
    for row in rows:
        assert source.user(row["id"]) == {"email": row["email"]}
    assert answers.asked.count("/users/v1") + answers.asked.count("/users/v2") <= 1


def test_a_few_work_orders_of_a_company_with_many_assets_cost_a_fifth_of_a_call_more_for_each() -> None:
    rows = [{"id": f"v{n}", "email": "v@x.example"} for n in range(100)]
    paths = {f"/users/u{n}": {"success": True, "result": {"id": f"u{n}", "email": "u@x.example"}} for n in range(50)}
    answers = Answers(paths | {"/users": {"success": True, "results": rows}})
    source = source_over(answers)
    for n in range(50):
        source.user(f"u{n}")
    assert answers.asked.count("/users") == 9
