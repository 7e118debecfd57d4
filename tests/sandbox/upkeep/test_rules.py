"""UpKeep's stand-in by itself: what it gives, what it refuses, and what it does on its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.upkeep import UpKeepSandbox
from connector.sandbox.upkeep.catalogue import DEFAULTS, RESOURCES
from connector.sandbox.upkeep.choices import CHOICES
from connector.sandbox.upkeep.showing import to_json
from connector.sandbox.wire import Request

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOW = "2026-03-02T15:00:00.000Z"
MILLISECONDS = 1_772_463_600_000


class UpKeep:
    """The rules in this process, asked as a client would ask."""

    def __init__(self, *, enforce_limits: bool = False, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.rules = UpKeepSandbox(Company(), self.clock, switches=switches, enforce_limits=enforce_limits)
        self.token = ""
        self.token = self.sign_in()

    def ask(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
        content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode() if body is not None else b""
        path = path if path.startswith("/api/") else f"/api/v2/{path}"
        answer = self.rules.handle(Request(method, path, query, {"session-token": self.token} | headers, content))
        return answer.status, json.loads(answer.body, parse_float=Decimal)

    def sign_in(self, email: str = UpKeepSandbox.email, password: str = UpKeepSandbox.password) -> str:
        status, told = self.ask("POST", "auth", {"email": email, "password": password})
        assert status == 200, told
        return str(told["result"]["sessionToken"])

    def create(self, kind: str, **fields: Any) -> dict[str, Any]:
        status, told = self.ask("POST", kind, fields)
        assert status == 200, told
        return dict(told["result"])

    def get(self, kind: str, identifier: str) -> dict[str, Any]:
        status, told = self.ask("GET", f"{kind}/{identifier}")
        assert status == 200, told
        return dict(told["result"])

    def patch(self, kind: str, identifier: str, **fields: Any) -> dict[str, Any]:
        status, told = self.ask("PATCH", f"{kind}/{identifier}", fields)
        assert status == 200, told
        return dict(told["result"])

    def listed(self, kind: str, query: str = "") -> list[Any]:
        status, told = self.ask("GET", kind, query=query)
        assert status == 200, told
        return list(told["results"])

    def refusal(self, method: str, path: str, body: Any = None, query: str = "") -> tuple[int, str]:
        status, told = self.ask(method, path, body, query)
        assert told["success"] is False
        return status, told["message"]


def titles(rows: list[Mapping[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


# --- sign-in --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [{}, {"email": UpKeepSandbox.email}, {"email": UpKeepSandbox.email, "password": "wrong"}, {"email": None, "password": None}]
)
def test_a_wrong_password_is_refused(body: Any) -> None:
    assert UpKeep().refusal("POST", "auth", body) == (401, "wrong email or password")


def test_a_session_is_a_token_with_an_end_in_json_and_in_a_form() -> None:
    upkeep = UpKeep()
    form = f"email={UpKeepSandbox.email}&password={UpKeepSandbox.password}".encode()
    status, told = upkeep.ask("POST", "/api/v2/auth/", form, **{"content-type": "application/x-www-form-urlencoded"})
    assert (status, told["result"]["expiresAt"]) == (200, "2026-03-03T03:00:00.000Z")
    assert told["result"]["sessionToken"].startswith("r:")
    assert len(told["result"]["sessionToken"]) == 34


@pytest.mark.parametrize("token", ["", "r:1", "Sandbox-Pass-1"])
def test_nothing_is_told_without_a_session(token: str) -> None:
    upkeep = UpKeep()
    upkeep.token = token
    for method, path in (("GET", "users"), ("DELETE", "auth"), ("GET", "nothing")):
        assert upkeep.refusal(method, path) == (401, "invalid session token")


def test_a_session_ends_with_its_time_with_its_calls_and_when_it_is_signed_out() -> None:
    upkeep = UpKeep(token_ttl_seconds=60)
    upkeep.clock.advance(59)
    assert upkeep.ask("GET", "users")[0] == 200
    upkeep.clock.advance(1)
    assert upkeep.ask("GET", "users")[0] == 401
    few = UpKeep(token_calls=2)
    assert [few.ask("GET", "users")[0] for _ in range(3)] == [200, 200, 401]
    out = UpKeep()
    assert out.ask("DELETE", "auth") == (200, {"success": True, "message": "session deleted"})
    assert out.ask("GET", "users")[0] == 401


def test_a_token_is_never_given_out_twice() -> None:
    upkeep = UpKeep()
    second = upkeep.sign_in()
    upkeep.ask("DELETE", "auth")
    upkeep.token = second
    assert upkeep.sign_in() not in (second, "")
    assert upkeep.ask("GET", "users")[0] == 200


def test_an_organization_token_needs_no_sign_in_and_says_what_it_is() -> None:
    upkeep = UpKeep(token_ttl_seconds=1)
    upkeep.token = UpKeepSandbox.organization_token
    upkeep.clock.advance(10_000_000)
    assert upkeep.ask("GET", "/api/v1/organization-api-tokens/introspect")[1]["result"] == {
        "companyId": "sandbox",
        "tokenName": "connector",
    }
    assert upkeep.refusal("GET", "/api/v1/users") == (404, "not found")


def test_a_plan_without_the_api_is_refused() -> None:
    assert UpKeep(plan="business").refusal("GET", "work-orders") == (403, "your plan has no API access")


def test_each_site_is_a_data_set_of_its_own_with_the_same_numbers() -> None:
    upkeep = UpKeep(sites=2)
    first = upkeep.create("work-orders", title="At the first")
    status, told = upkeep.ask("POST", "/api/v1/auth/switch-site", {"id": upkeep.rules.site_users[1]})
    assert status == 200
    one, upkeep.token = upkeep.token, told["result"]["sessionToken"]
    second = upkeep.create("work-orders", title="At the second")
    assert (titles(upkeep.listed("work-orders")), first["workOrderNo"]) == (["At the second"], second["workOrderNo"])
    assert first["id"] != second["id"]
    upkeep.token = one
    assert titles(upkeep.listed("work-orders")) == ["At the first"]
    assert upkeep.ask("GET", f"work-orders/{second['id']}")[0] == 404


def test_nobody_switches_to_anothers_user() -> None:
    upkeep = UpKeep(sites=2)
    kim = upkeep.create("users", email="kim@example.com", accountType="TECHNICIAN")
    assert upkeep.refusal("POST", "/api/v1/auth/switch-site", {"id": kim["id"]})[0] == 403


def test_a_limited_user_sees_its_own_work_orders_only() -> None:
    upkeep = UpKeep()
    kim = upkeep.create("users", email="kim@example.com", accountType="LIMITED_TECHNICIAN", password="Kim-Password-1")
    other = upkeep.create("work-orders", title="Other")
    upkeep.create("work-orders", title="Hers", assignedToUser=kim["id"])
    upkeep.ask("POST", f"work-orders/{upkeep.create('work-orders', title='Helped')['id']}/workers/{kim['id']}")
    upkeep.token = upkeep.sign_in("kim@example.com", "Kim-Password-1")
    assert sorted(titles(upkeep.listed("work-orders"))) == ["Helped", "Hers"]
    assert upkeep.refusal("GET", f"work-orders/{other['id']}") == (404, "not found")


def test_a_password_is_never_shown() -> None:
    upkeep = UpKeep(references="object")
    upkeep.create("users", email="kim@example.com", accountType="TECHNICIAN", password="Kim-Password-1")
    order = upkeep.create("work-orders", title="x", assignedToUser=upkeep.rules.site_users[0])
    told = json.dumps(
        [upkeep.listed("users"), upkeep.get("users", upkeep.rules.site_users[0]), upkeep.get("work-orders", order["id"])], default=str
    )
    assert "Password" not in told
    assert "Sandbox-Pass" not in told


# --- lists ----------------------------------------------------------------------------------------------------------------------------


def filled(count: int = 30, **switches: Any) -> UpKeep:
    upkeep = UpKeep(**switches)
    for number in range(count):
        upkeep.clock.advance(60)
        upkeep.create("work-orders", title=f"{number:02d}", category="HVAC" if number % 2 else "Plumbing")
    return upkeep


def test_a_page_has_twenty_five_newest_first_unless_asked_otherwise() -> None:
    assert titles(filled().listed("work-orders")) == [f"{n:02d}" for n in range(29, 4, -1)]
    assert titles(filled().listed("work-orders", "orderBy=createdAt%20ASC&limit=2&offset=28")) == ["28", "29"]
    assert filled().listed("work-orders", "offset=30") == []


@pytest.mark.parametrize("cap", [25, 100, 200])
def test_a_limit_above_the_cap_is_lowered_without_a_word(cap: int) -> None:
    assert len(filled(201, limit_cap=cap).listed("work-orders", "limit=5000")) == cap


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=ten",
        "limit=",
        "offset=-1",
        "offset=x",
        "orderBy=updatedAt",
        "orderBy=updatedAt%20UP",
        "orderBy=password%20ASC",
        "updatedAtGreaterThanOrEqualTo=2026-01-01&orderBy=updatedAt%20ASC",
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(query: str) -> None:
    assert UpKeep().refusal("GET", "work-orders", query=query)[0] == 400


def test_a_total_is_told_only_where_the_switch_says_so() -> None:
    assert "totalCount" not in filled(3).ask("GET", "work-orders")[1]
    assert filled(30, total_count="present").ask("GET", "work-orders", query="limit=2")[1]["totalCount"] == 30


def test_an_empty_list_is_empty_or_not_found() -> None:
    assert UpKeep().listed("work-orders") == []
    assert UpKeep(empty_list="404").refusal("GET", "work-orders") == (404, "not found")


@pytest.mark.parametrize("field", ["updatedAt", "createdAt", "dueDate"])
@pytest.mark.parametrize("order", ["updatedAt%20ASC", "createdAt%20ASC"])
def test_ranges_are_inclusive_to_the_millisecond(field: str, order: str) -> None:
    upkeep = UpKeep()
    for number in range(5):
        upkeep.create("work-orders", title=str(number), dueDate=MILLISECONDS + number)
        upkeep.clock.advance(0.001)
    upkeep.create("work-orders", title="due never", createdAt="2020-01-01T00:00:00.000Z", updatedAt="2020-01-01T00:00:00.000Z")
    query = f"orderBy={order}&{field}GreaterThanOrEqualTo={MILLISECONDS + 1}&{field}LessThanOrEqualTo={MILLISECONDS + 3}"
    assert titles(upkeep.listed("work-orders", query)) == ["1", "2", "3"]


def test_filters_ask_for_equality() -> None:
    upkeep = filled(4)
    upkeep.patch("work-orders", upkeep.listed("work-orders", "title=03")[0]["id"], status="complete", priority=2, archived=True)
    for query, found in {
        "category=HVAC": ["03", "01"],
        "status=complete": ["03"],
        "category=HVAC&status=open": ["01"],
        "archived=true": ["03"],
        "priority=2": ["03"],
        "category=hvac": [],
        "asset=none": [],
    }.items():
        assert titles(upkeep.listed("work-orders", query)) == found
    assert [user["email"] for user in upkeep.listed("users", f"email={UpKeepSandbox.email}&accountType=ADMIN")] == [UpKeepSandbox.email]


def test_filters_may_be_ignored_or_refused() -> None:
    query = f"updatedAtGreaterThanOrEqualTo={MILLISECONDS * 2}"
    assert len(filled(3).listed("work-orders", query)) == 0
    assert len(filled(3, unknown_filters="ignored").listed("work-orders", query)) == 3
    assert filled(3, unknown_filters="400").refusal("GET", "work-orders", query=query) == (
        400,
        "unknown parameter updatedAtGreaterThanOrEqualTo",
    )
    assert len(filled(3).listed("work-orders", "colour=red")) == 3


def test_a_row_that_is_saved_while_we_page_moves_to_the_end() -> None:
    upkeep = filled(4, moving_sort=1)
    query = "orderBy=updatedAt%20ASC&limit=2"
    upkeep.clock.advance(60)
    assert titles(upkeep.listed("work-orders", query)) == ["00", "01"]
    assert titles(upkeep.listed("work-orders", query + "&offset=2")) == ["03", "00"]


def test_the_list_has_no_cost_lines_and_the_detail_has() -> None:
    upkeep = UpKeep()
    order = upkeep.create("work-orders", title="x", timeLogs=[{"duration": 5}], parts=[], additionalCosts=[{"cost": "1"}], customFields=[])
    [row] = upkeep.listed("work-orders")
    assert not row.keys() & {"timeLogs", "parts", "additionalCosts", "customFields"}
    assert upkeep.get("work-orders", order["id"]).keys() >= {"timeLogs", "parts", "additionalCosts", "customFields", "time"}


@pytest.mark.parametrize("query", ["includes=asset,team,parts", "includes=asset&includes=location", "includes[]=asset"])
def test_references_are_inlined_when_asked_for(query: str) -> None:
    upkeep = UpKeep()
    pump = upkeep.create("assets", name="Pump 7")
    order = upkeep.create("work-orders", title="x", asset=pump["id"], team="gone", parts=["p1"], respectivePartQuantityUsed=[1])
    [row] = upkeep.listed("work-orders", query)
    assert (row["asset"]["name"], row["team"]) == ("Pump 7", "gone")
    assert upkeep.ask("GET", f"work-orders/{order['id']}", query=query)[1]["result"]["asset"]["name"] == "Pump 7"
    assert upkeep.get("work-orders", order["id"])["asset"] == pump["id"]


# --- work orders ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": None},
        {"title": ["x"]},
        {"title": "x", "priority": 4},
        {"title": "x", "priority": "high"},
        {"title": "x", "status": ["complete"]},
        {"title": "x", "status": ""},
        {"title": "x", "updatedAt": "soon"},
        {"title": "x", "updatedAt": 7},
        {"title": "x", "createdAt": None},
        {"title": "x", "dueDate": "2026-01-01"},
        {"title": "x", "dueDate": 10**30},
        {"title": "x", "decreaseInventory": "no"},
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'"x"',
        {"title": "x", "parts": ["p"], "respectivePartQuantityUsed": [1, 2]},
        {"title": "x", "respectivePartQuantityUsed": [1]},
        {"title": "x", "parts": "p", "respectivePartQuantityUsed": "1"},
    ],
)
def test_a_work_order_that_makes_no_sense_is_refused_and_nothing_is_stored(body: Any) -> None:
    upkeep = UpKeep()
    assert upkeep.refusal("POST", "work-orders", body)[0] == 400
    assert upkeep.listed("work-orders") == []


@pytest.mark.parametrize("body", [{"title": None}, {"priority": 9}, {"updatedAt": "x"}, {"respectivePartQuantityUsed": [1]}, b"{", b"[]"])
def test_a_change_that_makes_no_sense_changes_nothing(body: Any) -> None:
    upkeep = UpKeep()
    order = upkeep.create("work-orders", title="x")
    upkeep.clock.advance(60)
    assert upkeep.refusal("PATCH", f"work-orders/{order['id']}", body)[0] == 400
    assert upkeep.get("work-orders", order["id"]) == order


def test_a_new_work_order_is_open_numbered_and_has_nothing_that_is_not_set() -> None:
    upkeep = UpKeep()
    orders = [upkeep.create("work-orders", title="x", category=None) for _ in range(2)]
    assert orders[0] == {"id": orders[0]["id"], "workOrderNo": "1", "title": "x", "status": "open", "createdAt": NOW, "updatedAt": NOW}
    assert (len(orders[0]["id"]), orders[1]["workOrderNo"]) == (10, "2")
    assert orders[0]["id"].isalnum()


def test_completing_sets_who_and_when_and_reopening_clears_them() -> None:
    upkeep = UpKeep()
    order = upkeep.create("work-orders", title="x")
    upkeep.clock.advance(60)
    done = upkeep.patch("work-orders", order["id"], status="complete")
    assert (done["dateCompleted"], done["completedByUser"]) == ("2026-03-02T15:01:00.000Z", upkeep.rules.site_users[0])
    upkeep.clock.advance(60)
    edited = upkeep.patch("work-orders", order["id"], description="after")
    assert (edited["dateCompleted"], edited["updatedAt"]) == ("2026-03-02T15:01:00.000Z", "2026-03-02T15:02:00.000Z")
    reopened = upkeep.patch("work-orders", order["id"], status="onHold")
    assert not reopened.keys() & {"dateCompleted", "completedByUser"}


def test_a_change_moves_the_work_order_to_the_end_of_the_changes_and_keeps_its_id() -> None:
    upkeep = filled(3)
    first = upkeep.listed("work-orders", "title=00")[0]
    upkeep.clock.advance(60)
    assert upkeep.patch("work-orders", first["id"], id="stolen", category="HVAC")["id"] == first["id"]
    assert titles(upkeep.listed("work-orders", "orderBy=updatedAt%20ASC")) == ["01", "02", "00"]
    assert titles(upkeep.listed("work-orders", "orderBy=updatedAt%20DESC")) == ["00", "02", "01"]


def test_a_deleted_work_order_is_gone_everywhere() -> None:
    upkeep = filled(3)
    identifier = upkeep.listed("work-orders")[1]["id"]
    assert upkeep.ask("DELETE", f"work-orders/{identifier}") == (200, {"success": True, "message": "deleted"})
    assert [upkeep.refusal(method, f"work-orders/{identifier}", {})[0] for method in ("GET", "PATCH", "DELETE")] == [404] * 3
    assert titles(upkeep.listed("work-orders", "orderBy=updatedAt%20ASC")) == ["00", "02"]


def test_a_due_date_goes_in_as_milliseconds_and_comes_out_as_a_date() -> None:
    assert UpKeep().create("work-orders", title="x", dueDate=MILLISECONDS + 7)["dueDate"] == "2026-03-02T15:00:00.007Z"
    assert "dueDate" not in UpKeep().create("work-orders", title="x", dueDate=None)


def test_a_form_is_as_good_as_json() -> None:
    upkeep = UpKeep()
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"title=By+form&priority=2&parts[]=p1&respectivePartQuantityUsed[]=3&additionalUsers=a&additionalUsers=b"
    order = upkeep.ask("POST", "work-orders", body, **form)[1]["result"]
    assert (order["title"], order["priority"], order["additionalUsers"], order["parts"]) == (
        "By form",
        "2",
        ["a", "b"],
        [{"id": "p1", "quantity": "3"}],
    )


def test_lines_get_ids_of_their_own_and_their_raw_content_is_served_as_it_came() -> None:
    upkeep = UpKeep()
    lines: dict[str, Any] = {
        "timeLogs": [{"duration": "N/A"}, None],
        "additionalCosts": [{"cost": "1,234.50", "id": "own"}],
        "parts": {"not": "a list"},
    }
    order = upkeep.create("work-orders", title="x", **lines)
    assert [line and line.get("id") for line in order["timeLogs"]] == [f"{order['id']}-t1", None]
    assert (order["additionalCosts"], order["parts"]) == ([{"cost": "1,234.50", "id": "own"}], {"not": "a list"})


def test_texts_come_back_as_they_went_in() -> None:
    upkeep = UpKeep()
    for title in ("🔧👨‍👩‍👧", '\x02"1.5"\x00\x1b', "half \ud83d", "x" * 1_000_000, '"', "\\u0002"):
        assert upkeep.create("work-orders", title=title)["title"] == title
    assert json.loads(to_json({"a": [Decimal("1.10"), None, True, "\x022"]}), parse_float=Decimal) == {
        "a": [Decimal("1.10"), None, True, "\x022"]
    }


# --- people, parts, labor ---------------------------------------------------------------------------------------------------------------


def test_parts_leave_the_stock_and_come_back_when_the_line_is_corrected() -> None:
    upkeep = UpKeep()
    seal = upkeep.create("parts", name="Pump seal", cost="12.35", quantity=10)
    order = upkeep.create("work-orders", title="x", parts=[seal["id"]], respectivePartQuantityUsed=[3])
    assert order["parts"] == [{"id": seal["id"], "quantity": 3, "cost": "12.35"}]
    assert upkeep.get("parts", seal["id"])["quantity"] == 7
    upkeep.patch("work-orders", order["id"], parts=[seal["id"]], respectivePartQuantityUsed=[1])
    assert upkeep.get("parts", seal["id"])["quantity"] == 9
    upkeep.patch("work-orders", order["id"], title="y")
    upkeep.create("work-orders", title="z", parts=[seal["id"]], respectivePartQuantityUsed=[5], decreaseInventory="manual")
    assert upkeep.get("parts", seal["id"])["quantity"] == 9


def test_the_price_on_the_work_order_is_the_one_of_its_day() -> None:
    upkeep = UpKeep()
    seal = upkeep.create("parts", name="Pump seal", cost="12.35")
    order = upkeep.create("work-orders", title="x", parts=[seal["id"]], respectivePartQuantityUsed=[1])
    upkeep.patch("parts", seal["id"], cost="99.00")
    assert upkeep.get("work-orders", order["id"])["parts"][0]["cost"] == "12.35"


def repaired(**switches: Any) -> dict[str, Any]:
    upkeep = UpKeep(**switches)
    kim = upkeep.create("users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    places = [upkeep.create("locations", name=name)["id"] for name in ("Riverside", "Harbor")]
    fields = {"timeLogs": [{"user": kim["id"], "duration": 90}], "parts": ["p1"], "respectivePartQuantityUsed": [3], "location": places[0]}
    order = upkeep.create("work-orders", title="x", status="complete", additionalCosts=[{"cost": "40.50"}, {"cost": "N/A"}], **fields)
    return upkeep.get("work-orders", order["id"]) | {"places": places}


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, {"time": 90, "parts": [{"id": "p1", "quantity": 3}], "status": "complete"}),
        ({"time_unit": "hours"}, {"time": Decimal("1.5")}),
        ({"time_unit": "seconds"}, {"time": 5400}),
        ({"numbers": "string"}, {"time": "90", "parts": [{"id": "p1", "quantity": "3"}]}),
        ({"parts_shape": "ids"}, {"parts": ["p1"], "respectivePartQuantityUsed": [3]}),
        ({"parts_shape": "objects"}, {"parts": [{"id": "p1", "quantity": 3}]}),
        ({"labor_cost": "present"}, {"laborCost": Decimal("82.50")}),
        ({"labor_cost": "zero"}, {"laborCost": 0, "time": 90}),
        ({"cost_lines": "absent"}, {"cost": Decimal("40.50")}),
        ({"status_case": "Complete"}, {"status": "Complete"}),
    ],
)
def test_each_switch_shows_the_same_job_differently(switches: dict[str, Any], expected: dict[str, Any]) -> None:
    shown = repaired(**switches)
    assert {key: shown.get(key) for key in expected} == expected


def test_what_a_switch_takes_away_is_absent() -> None:
    assert "timeLogs" not in repaired(time_log="absent")
    assert "additionalCosts" not in repaired(cost_lines="absent")
    assert "laborCost" not in repaired()


def test_labor_may_stand_among_the_additional_costs_too() -> None:
    line = repaired(labor_in_additional_cost=True)["additionalCosts"][-1]
    assert (line["category"], line["cost"]) == ("Labor Cost", Decimal("82.50"))


def test_the_location_has_two_keys_that_may_differ() -> None:
    leaked, differing = repaired(location_key="objectLocationForWorkOrder"), repaired(location_key="both_differ")
    assert ("location" in leaked, leaked["objectLocationForWorkOrder"]) == (False, leaked["places"][0])
    assert [differing["objectLocationForWorkOrder"], differing["location"]] == differing["places"]


def test_numbers_may_all_be_numbers() -> None:
    shown = repaired(numbers="number", parts_shape="ids")
    assert [line["cost"] for line in shown["additionalCosts"]] == [Decimal("40.50"), "N/A"]
    assert shown["respectivePartQuantityUsed"] == [3]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("users", {"email": "x"}),
        ("users", {"accountType": "ADMIN"}),
        ("parts", {}),
        ("vendors", {"name": "x"}),
        ("teams", {"name": ""}),
        ("webhooks", {"title": "x", "endpoint": "http://x"}),
        ("custom-fields/workorders", {"name": "x", "type": "colour"}),
    ],
)
def test_a_record_without_what_it_needs_is_refused(kind: str, body: Any) -> None:
    assert UpKeep().refusal("POST", kind, body)[0] == 400


def test_a_users_rate_is_shown_or_not() -> None:
    for shown in (True, False):
        upkeep = UpKeep(user_rates=shown)
        kim = upkeep.create("users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
        assert ("hourlyRate" in upkeep.get("users", kim["id"])) is shown


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "users/{}"),
        ("PUT", "users/{}"),
        ("POST", "users/{}"),
        ("PATCH", "users"),
        ("DELETE", "users"),
        ("GET", "labor-entries"),
        ("GET", "usersx"),
        ("GET", "users/nobody"),
        ("GET", "users/{}/teams"),
        ("POST", "asset-downtime-statuses"),
        ("GET", "/api/v3/users"),
        ("GET", "/"),
    ],
)
def test_what_upkeep_does_not_have_is_not_found(method: str, path: str) -> None:
    upkeep = UpKeep()
    path = path.format(upkeep.rules.site_users[0])
    answer = upkeep.rules.handle(
        Request(method, path if path.startswith("/") else f"/api/v2/{path}", "", {"session-token": upkeep.token}, b"{}")
    )
    assert (answer.status, json.loads(answer.body)["success"]) == (404, False)


def test_custom_fields_and_cost_categories_are_defined_by_name() -> None:
    upkeep = UpKeep()
    field = upkeep.create("custom-fields/workorders", name="Department", type="dropdown")
    assert upkeep.get("custom-fields/workorders", field["id"])["type"] == "dropdown"
    assert [row["name"] for row in upkeep.listed("custom-fields/workorders")] == ["Department"]
    assert upkeep.listed("custom-fields/assets") == []
    upkeep.create("work-order-cost-categories", name="Labor Cost")
    assert [row["name"] for row in upkeep.listed("work-order-cost-categories")] == ["Labor Cost"]
    assert [row["name"] for row in upkeep.listed("asset-downtime-statuses", "orderBy=createdAt%20ASC&limit=9")] != []


def test_sub_paths_write_links_messages_and_readings() -> None:
    upkeep = UpKeep()
    order, team, meter = (
        upkeep.create("work-orders", title="x"),
        upkeep.create("teams", name="Night"),
        upkeep.create("meters", name="Hours"),
    )
    upkeep.ask("POST", f"work-orders/{order['id']}/workers/u1")
    assert upkeep.get("work-orders", order["id"])["additionalUsers"] == ["u1"]
    upkeep.ask("DELETE", f"work-orders/{order['id']}/workers/u1")
    assert upkeep.get("work-orders", order["id"])["additionalUsers"] == []
    upkeep.ask("POST", f"teams/{team['id']}/users/u2")
    assert upkeep.listed(f"teams/{team['id']}/users") == ["u2"]
    assert upkeep.ask("POST", f"work-orders/{order['id']}/update-messages", {"text": "on my way"})[1]["result"]["text"] == "on my way"
    assert upkeep.refusal("POST", f"work-orders/{order['id']}/update-messages", {}) == (400, "text cannot be null")
    assert "update-messages" not in upkeep.get("work-orders", order["id"])
    upkeep.ask("POST", f"meters/{meter['id']}/readings", {"value": 7})
    assert [reading["value"] for reading in upkeep.listed(f"meters/{meter['id']}/readings")] == [7]
    request = upkeep.create("requests", title="Too cold")
    assert upkeep.ask("PATCH", f"requests/{request['id']}/cancel", {})[1]["result"]["status"] == "cancelled"
    assert upkeep.refusal("PATCH", f"requests/{request['id']}", {"title": "x"})[0] == 404


@pytest.mark.parametrize(
    ("shown", "before", "after", "listed"),
    [("hidden", None, None, 404), ("detail", None, 1, 404), ("detail_always", 0, 1, 404), ("path", None, None, 200)],
)
def test_messages_are_shown_in_one_place_or_in_none(shown: str, before: int | None, after: int | None, listed: int) -> None:
    upkeep = UpKeep(messages=shown)
    order = upkeep.create("work-orders", title="x")

    def count() -> int | None:
        told = upkeep.get("work-orders", order["id"]).get("updateMessages")
        return None if told is None else len(told)

    found = [count()]
    upkeep.ask("POST", f"work-orders/{order['id']}/update-messages", {"text": "on my way"})
    assert [*found, count()] == [before, after]
    status, told = upkeep.ask("GET", f"work-orders/{order['id']}/update-messages")
    assert status == listed
    assert [one["text"] for one in told.get("results", [])] == ["on my way"] * (listed == 200)


# --- webhooks -------------------------------------------------------------------------------------------------------------------------


def hooked(events: list[str], **switches: Any) -> UpKeep:
    upkeep = UpKeep(**switches)
    status, told = upkeep.ask("POST", "webhooks", {"title": "x", "endpoint": "http://127.0.0.1:1/hook", "events": events})
    assert status == 200, told
    return upkeep


def delivered(upkeep: UpKeep) -> list[dict[str, Any]]:
    return [json.loads(delivery.body) for delivery in upkeep.rules.hooks.take()]


def test_a_hook_gets_the_bare_record_of_the_events_it_asked_for() -> None:
    upkeep = hooked(["WORK_ORDER_STATUS_UPDATED", "WORK_ORDER_DELETED"])
    order = upkeep.create("work-orders", title="x", additionalCosts=[{"cost": 1}])
    upkeep.patch("work-orders", order["id"], title="y")
    assert delivered(upkeep) == []
    upkeep.patch("work-orders", order["id"], status="complete")
    upkeep.ask("DELETE", f"work-orders/{order['id']}")
    found = delivered(upkeep)
    assert [(body["id"], body["title"], body["status"]) for body in found] == [(order["id"], "y", "complete")] * 2
    assert "event" not in found[0]
    assert "additionalCosts" not in found[0]


@pytest.mark.parametrize(
    ("mode", "found"), [("once", ["a", "b"]), ("twice", ["a", "a", "b", "b"]), ("out_of_order", ["b", "a"]), ("none", [])]
)
def test_deliveries_come_once_twice_out_of_order_or_never(mode: str, found: list[str]) -> None:
    upkeep = hooked(["WORK_ORDER_CREATED"], webhook=mode)
    for title in ("a", "b"):
        upkeep.create("work-orders", title=title)
    assert titles(delivered(upkeep)) == found


def test_the_reply_to_a_new_hook_has_its_id_in_one_of_two_places() -> None:
    body = {"title": "x", "endpoint": "http://127.0.0.1:1", "events": ["WORK_ORDER_CREATED"]}
    assert UpKeep().ask("POST", "webhooks", body)[1].keys() == {"success", "webhookId"}
    assert UpKeep(webhook_reply="result").ask("POST", "webhooks", body)[1]["result"]["endpoint"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(("wanted", "status"), [("either", 200), ("json", 200), ("form", 400)])
def test_a_hook_is_registered_in_json_in_a_form_or_in_either(wanted: str, status: int) -> None:
    body = {"title": "x", "endpoint": "http://127.0.0.1:1", "events": ["WORK_ORDER_CREATED"]}
    assert UpKeep(webhook_body=wanted).ask("POST", "webhooks", body)[0] == status


def test_hooks_may_not_be_listed() -> None:
    assert UpKeep(webhook_list="404").refusal("GET", "webhooks")[0] == 404


@pytest.mark.parametrize("tells", [True, False])
def test_a_message_is_a_change_that_hooks_tell_or_none(tells: bool) -> None:
    upkeep = hooked(["WORK_ORDER_UPDATED"], message_tells=tells)
    order = upkeep.create("work-orders", title="x")
    upkeep.ask("POST", f"work-orders/{order['id']}/update-messages", {"text": "on my way"})
    assert len(delivered(upkeep)) == tells


@pytest.mark.parametrize("events", [[], ["WORK_ORDER_COMPLETED"], "WORK_ORDER_CREATED", None])
def test_a_hook_for_an_unknown_event_is_refused(events: Any) -> None:
    assert UpKeep().refusal("POST", "webhooks", {"title": "x", "endpoint": "http://x", "events": events})[0] == 400


def test_a_hook_is_listed_changed_and_removed() -> None:
    upkeep = hooked(["REQUEST_CREATED"])
    [hook] = upkeep.listed("webhooks")
    upkeep.create("requests", title="Too cold")
    assert titles(delivered(upkeep)) == ["Too cold"]
    upkeep.patch("webhooks", hook["id"], events=["PURCHASE_ORDER_APPROVED"])
    order = upkeep.create("purchase-orders", title="Seals", status="awaiting")
    upkeep.patch("purchase-orders", order["id"], status="approved")
    assert titles(delivered(upkeep)) == ["Seals"]
    upkeep.ask("DELETE", f"webhooks/{hook['id']}")
    upkeep.patch("purchase-orders", order["id"], status="awaiting")
    assert delivered(upkeep) == []


# --- limits and the rest ----------------------------------------------------------------------------------------------------------------


def test_calls_beyond_the_limit_are_counted_and_refused_only_when_enforced() -> None:
    lenient, strict = UpKeep(requests_per_minute=3), UpKeep(requests_per_minute=3, enforce_limits=True)
    assert [lenient.ask("GET", "users")[0] for _ in range(4)] == [200] * 4
    assert [strict.ask("GET", "users")[0] for _ in range(4)] == [200, 200, 429, 429]
    assert (lenient.rules.over_limit(), strict.rules.over_limit()) == ({"requests_per_minute": 2}, {"requests_per_minute": 2})
    strict.clock.advance(60)
    assert strict.ask("GET", "users")[0] == 200
    assert UpKeep().rules.over_limit() == {}


def test_upkeep_keeps_no_books() -> None:
    rules = UpKeep().rules
    assert (rules.documents(), rules.trial_balance()["accounts"]) == ([], [])
    assert json.loads(rules.outage(Request("GET", "/"), 503).body)["success"] is False
    assert rules.throttled(Request("GET", "/")).status == 429


def test_the_version_header_is_noted() -> None:
    upkeep = UpKeep()
    upkeep.ask("GET", "users", **{"upkeep-version": "2022-09-14"})
    assert upkeep.rules.versions == {"": 1, "2022-09-14": 1}


def test_a_switch_that_does_not_exist_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="has no switch tokenttl"):
        UpKeep(tokenttl=1)
    assert DEFAULTS["limit_cap"] == 200
    assert "work-orders" in RESOURCES


def test_two_runs_give_the_same_ids_and_tokens() -> None:
    first, second = filled(3), filled(3)
    assert first.listed("work-orders") == second.listed("work-orders")
    assert first.token == second.token
    assert first.clock.now() - START == timedelta(minutes=3)


def test_a_value_that_a_switch_does_not_have_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="has no parts_shape=id: it knows objects_with_cost, objects, ids"):
        UpKeepSandbox(Company(), SandboxClock(START, frozen=True), switches={"parts_shape": "id"})


def test_every_switch_begins_with_a_value_that_it_may_have() -> None:
    assert {name for name, values in CHOICES.items() if DEFAULTS[name] != values[0]} == set()


@pytest.mark.parametrize(
    ("mode", "told"), [("iso", "2026-03-02T15:00:00.000Z"), ("milliseconds", MILLISECONDS), ("text", str(MILLISECONDS))]
)
def test_moments_come_as_text_as_a_number_or_as_its_digits(mode: str, told: Any) -> None:
    upkeep = UpKeep(moments=mode)
    order = upkeep.create("work-orders", title="x", timeLogs=[{"dateStarted": NOW}, {"dateStarted": "yesterday"}], dueDate=MILLISECONDS)
    for shown in (order, upkeep.listed("work-orders")[0]):
        assert (shown["createdAt"], shown["updatedAt"], shown["dueDate"]) == (told, told, told)
    assert [entry["dateStarted"] for entry in order["timeLogs"]] == [told, "yesterday"]


def test_what_is_not_set_is_omitted_or_null() -> None:
    assert "team" not in UpKeep().create("work-orders", title="x")
    upkeep = UpKeep(unset_keys="null")
    order = upkeep.create("work-orders", title="x", location="somewhere")
    assert (order["team"], order["timeLogs"], order["location"]) == (None, None, "somewhere")
    [row] = upkeep.listed("work-orders")
    assert row["dateCompleted"] is None
    assert "timeLogs" not in row


def test_an_update_may_be_told_of_a_record_that_is_gone() -> None:
    upkeep = hooked(["WORK_ORDER_UPDATED"], webhook="after_deletion")
    order = upkeep.create("work-orders", title="x")
    assert upkeep.ask("DELETE", f"work-orders/{order['id']}")[0] == 200
    [delivery] = upkeep.rules.hooks.take()
    assert json.loads(delivery.body)["id"] == order["id"]


@pytest.mark.parametrize(("status", "answered"), [(200, 200), (401, 401), (403, 403), (404, 404), (503, 400)])
def test_a_planned_refusal_may_hide_in_a_good_answer(status: int, answered: int) -> None:
    answer = UpKeep().rules.refused(Request("GET", "/api/v2/users"), "no", status)
    assert (answer.status, json.loads(answer.body)) == (answered, {"success": False, "message": "no"})


def test_a_number_beyond_all_reckoning_breaks_nothing() -> None:
    upkeep = UpKeep(labor_cost="present")
    order = upkeep.create("work-orders", title="x", timeLogs=[{"duration": "1e999999999", "hourlyRate": "1e999999999"}])
    assert order["timeLogs"][0]["duration"] == "1e999999999"


def test_a_schedule_is_kept_as_it_is_told() -> None:
    upkeep = UpKeep()
    upkeep.create("preventive-maintenance", name="Oil change", schedules=[{"repeatInterval": 3}])
    assert upkeep.listed("preventive-maintenance")[0]["schedules"] == [{"repeatInterval": 3}]
    assert upkeep.refusal("POST", "preventive-maintenance", {}) == (400, "name cannot be null")


def test_a_further_sign_in_ends_the_earlier_session_where_there_is_one_only() -> None:
    upkeep = UpKeep(sessions="one")
    first = upkeep.token
    second = upkeep.sign_in()
    upkeep.token = second
    assert upkeep.ask("GET", "users")[0] == 200
    upkeep.token = first
    assert upkeep.ask("GET", "users")[0] == 401
    many = UpKeep()
    many.sign_in()
    assert many.ask("GET", "users")[0] == 200


def test_what_is_archived_may_be_left_out_of_the_list_and_is_found_by_its_id() -> None:
    upkeep = UpKeep(archived="hidden")
    made = upkeep.ask("POST", "work-orders", {"title": "Old job", "archived": True})[1]["result"]["id"]
    assert upkeep.ask("GET", "work-orders")[1]["results"] == []
    assert upkeep.ask("GET", f"work-orders/{made}")[0] == 200
