"""Invented companies: the same plan makes the same requests, and what real accounts hold is in them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import httpx
import pytest

from connector.cli.stand_ins import KINDS
from connector.sandbox.clock import SandboxClock
from connector.sandbox.companies import COMPANIES, Plan, fill_company
from connector.sandbox.companies.blueprint import Blueprint, Place, within
from connector.sandbox.companies.census import Census, census
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from tests.everyday import a_few
from tests.stage import START

CENT = Decimal("0.01")
KINDS_BY_TURN = a_few(COMPANIES)


class Recording(httpx.BaseTransport):
    """The way to the stand-in, with every request as it left."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.sent: list[tuple[str, str, bytes]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append((request.method, str(request.url), request.read()))
        return self.inner.handle_request(request)


def made(plan: Plan) -> tuple[list[tuple[str, str, bytes]], Sandbox]:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    recording = Recording(SandboxTransport(sandbox.upkeep.handle))
    with httpx.Client(transport=recording, base_url="http://upkeep.sandbox") as http:
        count = fill_company(http, plan)
    assert count == len(sandbox.vendors.upkeep.records.by_kind["work-orders"])
    return recording.sent, sandbox


@cache
def year(kind: str) -> tuple[list[tuple[str, str, bytes]], Sandbox]:
    """A small company's whole year, made once for all that look at it."""
    return made(Plan(kind, seed=2, months=12, technicians=2, first_day=date(2025, 1, 1)))


def orders(kind: str) -> list[dict[str, Any]]:
    return list(year(kind)[1].vendors.upkeep.records.by_kind["work-orders"].values())


def lines(kind: str, key: str) -> list[dict[str, Any]]:
    return [line for order in orders(kind) for line in order.get(key, [])]


# --- the same plan, the same requests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_the_same_seed_and_size_make_the_same_requests_byte_for_byte(kind: str) -> None:
    plan = Plan(kind, seed=7, months=2, technicians=1)
    assert made(plan)[0] == made(plan)[0]


def test_another_seed_size_or_month_makes_another_company() -> None:
    plans = [Plan("plant", seed, months, size, day) for seed, months, size, day in [
        (1, 1, 1, None), (2, 1, 1, None), (1, 1, 2, None), (1, 2, 1, None), (1, 1, 1, date(2024, 3, 9)),
    ]]  # fmt: skip
    assert len({tuple(made(plan)[0]) for plan in plans}) == len(plans)


def test_the_months_end_with_2025_unless_their_first_is_told() -> None:
    assert (Plan("plant", months=3).begins(), Plan("plant", months=3).ends()) == (date(2025, 10, 1), date(2026, 1, 1))
    assert Plan("plant", months=13).begins() == date(2024, 12, 1)
    told = Plan("plant", months=2, first_day=date(2024, 11, 9))
    assert (told.begins(), told.ends()) == (date(2024, 11, 1), date(2025, 1, 1))


def test_a_refused_request_ends_the_filling() -> None:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True), switches={"plan": "business"})
    http = httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox")
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        fill_company(http, Plan("plant"))


def test_the_command_offers_every_company_that_there_is() -> None:
    assert tuple(COMPANIES) == KINDS


# --- what the company is ----------------------------------------------------------------------------------------------------------------


def depth(place: Place) -> int:
    return 1 + max((depth(inner) for inner in place.inside), default=0)


@pytest.mark.parametrize(("kind", "levels"), [("portfolio", 6), ("plant", 6), ("fleet", 4)])
@pytest.mark.parametrize("technicians", [1, 4, 30])
def test_names_are_told_apart_and_places_have_at_most_six_levels(kind: str, levels: int, technicians: int) -> None:
    blueprint: Blueprint = COMPANIES[kind](random.Random(3), technicians)
    places = [place for region in blueprint.regions for place in within(region)]
    assert {depth(region) for region in blueprint.regions} == {levels}
    assert len({place.name for place in places}) == len(places)
    assert len({person.email for person in blueprint.technicians}) == len(blueprint.technicians) == technicians
    assert blueprint.customers()
    assert all(site.address for site in blueprint.sites())
    stocked, trades = {part.name for part in blueprint.parts}, {person.trade for person in COMPANIES[kind](random.Random(3), 8).technicians}
    machines = [equipment for place in places for equipment in place.equipment]
    everything = [*machines, *(inner for equipment in machines for inner in equipment.inside)]
    assert len({equipment.name for equipment in everything}) == len(everything)
    assert {job.trade for equipment in everything for job in equipment.jobs} <= trades
    assert {part for equipment in everything for job in equipment.jobs for part in job.parts} <= stocked
    assert {part for equipment in everything for schedule in equipment.schedules for part in schedule.parts} <= stocked


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_every_parent_user_part_and_place_that_is_named_is_there(kind: str) -> None:
    by_kind = year(kind)[1].vendors.upkeep.records.by_kind
    assert {one["parentLocationId"] for one in by_kind["locations"].values() if "parentLocationId" in one} <= set(by_kind["locations"])
    parents = {one["parentAssetId"] for one in by_kind["assets"].values() if "parentAssetId" in one}
    assert parents
    assert parents <= set(by_kind["assets"])
    assert any(place.get("customers") for place in by_kind["locations"].values())
    for key, other in (("location", "locations"), ("asset", "assets"), ("assignedToUser", "users"), ("team", "teams")):
        assert {order[key] for order in orders(kind)} <= set(by_kind[other])
    assert {entry["user"] for entry in lines(kind, "timeLogs")} <= set(by_kind["users"])
    assert {part["id"] for part in lines(kind, "parts")} <= set(by_kind["parts"])


# --- what happened ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_everything_that_real_accounts_hold_is_in_a_year(kind: str) -> None:
    found = orders(kind)
    assert {order["status"] for order in found} >= {"complete", "onHold"}
    assert {order["category"] for order in found} >= {"Preventive", "Warranty", "Capital", "Electrical"}
    assert {entry["category"] for entry in lines(kind, "timeLogs")} == {"Wrench Time", "Travel Time", "Overtime"}
    assert {cost["category"] for cost in lines(kind, "additionalCosts")} == {"Vendor invoice", "Permit", "Travel"}
    assert any(part["quantity"] < 0 for part in lines(kind, "parts"))
    assert any(len({entry["user"] for entry in order.get("timeLogs", [])}) > 1 for order in found)
    assert any(order["status"] == "complete" and "timeLogs" not in order for order in found)
    billable = [order for order in found if {"name": "Billable", "value": "yes"} in order["customFields"]]
    assert billable
    assert all(any(field["name"] == "Bill to" for field in order["customFields"]) for order in billable)


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_overtime_is_paid_half_as_much_again(kind: str) -> None:
    users = year(kind)[1].vendors.upkeep.records.by_kind["users"]
    overtime = [entry for entry in lines(kind, "timeLogs") if entry["category"] == "Overtime"]
    assert overtime
    for entry in overtime:
        exact = Decimal(users[entry["user"]]["hourlyRate"]) * 3 / 2
        assert abs(Decimal(entry["hourlyRate"]) - exact) < CENT


def test_every_schedule_spawns_its_work_orders_by_month_or_by_meter() -> None:
    by_kind = year("portfolio")[1].vendors.upkeep.records.by_kind
    spawned = Counter(order["title"].split(":")[0] for order in orders("portfolio") if order["category"] == "Preventive")
    units = sum(schedule["name"] == "Quarterly filter change" for schedule in by_kind["preventive-maintenance"].values())
    assert spawned["Quarterly filter change"] == units * 4
    assert spawned["Half-yearly flush"] == units * 2
    meters = by_kind["meters"].values()
    for meter in meters:
        readings = [int(entry["value"]) for entry in meter["readings"]]
        assert len(readings) == 12
        assert readings == sorted(readings)
    assert 0 < spawned["Compressor inspection"] <= sum(int(meter["readings"][-1]["value"]) // 1_000 for meter in meters)


def test_cooling_fails_in_summer_and_heating_in_winter() -> None:
    months: dict[str, Counter[str]] = {"Not cooling": Counter(), "No heat": Counter()}
    for order in orders("portfolio"):
        title = order["title"].split(":")[0]
        if title in months:
            months[title]["summer" if order["createdAt"][5:7] in ("05", "06", "07", "08", "09") else "rest"] += 1
    assert months["Not cooling"]["summer"] > months["Not cooling"]["rest"]
    assert months["No heat"]["summer"] < months["No heat"]["rest"]


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_nothing_is_dated_outside_the_months_and_nothing_is_completed_before_it_is_opened(kind: str) -> None:
    for order in orders(kind):
        assert "2025-01-01T06:00" <= order["createdAt"] <= order["updatedAt"] < "2026-01-01T06:00"
        assert order.get("dateCompleted", order["createdAt"]) >= order["createdAt"]
        assert all(entry["dateStarted"] >= order["createdAt"] for entry in order.get("timeLogs", []))


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_some_are_reopened_and_some_are_edited_after_they_were_completed(kind: str) -> None:
    changes = Counter[str]()
    for method, url, body in year(kind)[0]:
        if method == "PATCH" and "/work-orders/" in url:
            changes["reopened" if b'"inProgress"' in body else "completed" if b'"complete"' in body else "edited"] += 1
    assert changes["reopened"]
    assert changes["edited"]
    assert changes["completed"] > changes["reopened"] // 2


@pytest.mark.parametrize("kind", KINDS_BY_TURN)
def test_the_stock_is_what_was_there_less_what_was_used_and_with_what_was_ordered(kind: str) -> None:
    by_kind = year(kind)[1].vendors.upkeep.records.by_kind
    assert by_kind["purchase-orders"]
    used, ordered = Counter[str](), Counter[str]()
    for part in lines(kind, "parts"):
        used[part["id"]] += int(part["quantity"])
    for order in by_kind["purchase-orders"].values():
        for line in order["parts"]:
            ordered[line["id"]] += int(line["quantity"])
    begun = {part.number: part.stock for part in COMPANIES[kind](random.Random(0), 2).parts}
    for identifier, part in by_kind["parts"].items():
        assert int(part["quantity"]) == begun[part["partNumber"]] - used[identifier] + ordered[identifier]


# --- the census -------------------------------------------------------------------------------------------------------------------------


def test_the_census_counts_completed_work_at_its_own_rates() -> None:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    records = sandbox.vendors.upkeep.records
    user = records.create("users", {"email": "kim@x", "hourlyRate": "40.00"})["id"]
    logs = [{"user": user, "duration": 90}, {"user": user, "duration": 30, "hourlyRate": "60.00", "category": "Overtime"}]
    parts = [{"id": "p", "quantity": 3, "cost": "2.50"}, {"id": "p", "quantity": -1, "cost": "2.50"}]
    done = {"status": "complete", "category": "HVAC"}
    records.create("work-orders", {**done, "timeLogs": logs, "parts": parts, "additionalCosts": [{"cost": "7.25"}]})
    records.create("work-orders", done)
    records.create("work-orders", {"timeLogs": logs})
    found: Census = census(records)
    assert found.told() == {
        "kinds": {**dict.fromkeys(found.kinds, 0), "people": 2, "work orders": 3},
        "statuses": {"complete": 2, "open": 1},
        "completed": {"HVAC": 2},
        "hours": "2.00",
        "overtime_hours": "0.50",
        "parts_returned": 1,
        "without_cost": 1,
        "labor": "90.00",
        "parts": "5.00",
        "other": "7.25",
    }
    assert list(found.lines("USD"))[-1] == "USD: labor 90.00, parts 5.00, other 7.25, together 102.25"


def test_the_census_of_a_company_is_the_sum_of_its_lines() -> None:
    found = census(year("portfolio")[1].vendors.upkeep.records)
    done = [order for order in orders("portfolio") if order["status"] == "complete"]
    parts = [Decimal(line["quantity"]) * Decimal(line["cost"]) for order in done for line in order.get("parts", [])]
    assert found.parts == sum(part.quantize(CENT, ROUND_HALF_UP) for part in parts)
    assert found.other == sum(Decimal(line["cost"]) for order in done for line in order.get("additionalCosts", []))
    assert sum(found.categories.values()) == len(done)
