"""UpKeep's stand-in: what signs in, what is listed, and each switch for what the documentation leaves open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from tests.stage import START


class Caller:
    """A program that signed in."""

    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.vendor = Sandbox.create(clock=self.clock, switches=switches).vendors.upkeep
        self.token = ""
        answer = self.call("POST", "auth", {"email": self.vendor.email, "password": self.vendor.password})
        self.token = json.loads(answer.body)["result"]["sessionToken"]

    def call(self, method: str, path: str, body: Any = None, query: str = "") -> Response:
        raw = json.dumps(body).encode() if body is not None else b""
        return self.vendor.handle(Request(method, f"/api/v2/{path}", query, {"session-token": self.token}, raw))

    def work_order(self, **fields: Any) -> dict[str, Any]:
        self.clock.advance(1)
        answer = self.call("POST", "work-orders", {"title": "Job", "status": "complete"} | fields)
        return dict(json.loads(answer.body)["result"])

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        return list(json.loads(self.call("GET", "work-orders", query=query).body)["results"])


def test_a_wrong_password_and_an_ended_session_are_refused() -> None:
    caller = Caller(token_ttl_seconds=60)
    assert caller.call("POST", "auth", {"email": caller.vendor.email, "password": "guess"}).status == 401
    assert caller.call("GET", "work-orders").status == 200
    caller.clock.advance(61)
    assert caller.call("GET", "work-orders").status == 401


def test_a_signed_out_session_is_dead() -> None:
    caller = Caller()
    assert caller.call("DELETE", "auth").status == 200
    assert caller.call("GET", "work-orders").status == 401


def test_a_work_order_without_a_title_is_refused() -> None:
    assert Caller().call("POST", "work-orders", {"status": "open"}).status == 400


def test_a_list_is_paged_and_never_longer_than_the_cap() -> None:
    caller = Caller(limit_cap=3)
    made = [caller.work_order()["id"] for _ in range(5)]
    pages = [caller.listed(f"orderBy=updatedAt%20ASC&limit=100&offset={offset}") for offset in (0, 3)]
    assert [row["id"] for page in pages for row in page] == made


@pytest.mark.parametrize(("behaviour", "status"), [("200", 200), ("404", 404)])
def test_an_empty_list_is_a_switch(behaviour: str, status: int) -> None:
    assert Caller(empty_list=behaviour).call("GET", "work-orders").status == status


@pytest.mark.parametrize(("behaviour", "count"), [("honoured", 1), ("ignored", 2)])
def test_a_filter_by_change_is_a_switch(behaviour: str, count: int) -> None:
    caller = Caller(unknown_filters=behaviour)
    caller.work_order()
    caller.clock.advance(3600)
    since = int(caller.clock.now().timestamp() * 1000)
    caller.work_order()
    assert len(caller.listed(f"orderBy=updatedAt%20ASC&updatedAtGreaterThanOrEqualTo={since}")) == count


def test_a_change_moves_updated_at_and_a_reopened_work_order_is_not_complete() -> None:
    caller = Caller()
    made = caller.work_order()
    caller.clock.advance(60)
    changed = json.loads(caller.call("PATCH", f"work-orders/{made['id']}", {"status": "open"}).body)["result"]
    assert changed["updatedAt"] > made["updatedAt"]
    assert "dateCompleted" not in changed


def test_a_deleted_work_order_is_gone_from_list_and_detail() -> None:
    caller = Caller()
    made = caller.work_order()
    assert caller.call("DELETE", f"work-orders/{made['id']}").status == 200
    assert caller.call("GET", f"work-orders/{made['id']}").status == 404
    assert caller.listed() == []


def test_costs_are_told_by_the_detail_only() -> None:
    caller = Caller()
    made = caller.work_order(additionalCosts=[{"description": "Crane", "cost": "1.00"}])
    assert "additionalCosts" not in caller.listed()[0]
    detail = json.loads(caller.call("GET", f"work-orders/{made['id']}").body)["result"]
    assert detail["additionalCosts"][0]["cost"] == "1.00"


@pytest.mark.parametrize("path", ["unicorns", "work-orders/nobody", "../v1/work-orders"])
def test_what_is_not_there_is_404(path: str) -> None:
    assert Caller().call("GET", path).status == 404
