"""The invented month: the same seed gives the same work orders, byte for byte, and the trouble that real accounts have is in it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.generator import TROUBLE_EVERY, fill
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from tests.stage import START


def filled(seed: int, orders: int) -> tuple[list[dict[str, Any]], Sandbox]:
    """Every work order of a generated month, in detail, oldest change first."""
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    with httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox") as client:
        fill(client, seed=seed, orders=orders)
        found: list[dict[str, Any]] = []
        while rows := client.get("/api/v2/work-orders", params={"orderBy": "updatedAt ASC", "limit": 200, "offset": len(found)}).json()[
            "results"
        ]:
            found += [client.get(f"/api/v2/work-orders/{row['id']}").json()["result"] for row in rows]
    return found, sandbox


@pytest.mark.parametrize("orders", [0, 1, 70])
def test_the_same_seed_gives_the_same_month(orders: int) -> None:
    first, second = filled(7, orders)[0], filled(7, orders)[0]
    assert first == second
    assert [order["workOrderNo"] for order in first] == [str(1001 + n) for n in range(orders)]


def test_another_seed_gives_another_month() -> None:
    assert filled(7, 10)[0] != filled(8, 10)[0]


def test_all_of_it_lies_in_january_and_most_of_it_can_be_posted() -> None:
    found = filled(1, 63)[0]
    complete = [order for order in found if order["status"] == "complete"]
    assert all(order["dateCompleted"].startswith("2026-01-") for order in complete)
    assert all(order["updatedAt"].startswith("2026-01-") for order in found)
    good = [order for order in found if int(order["workOrderNo"]) % 1000 % TROUBLE_EVERY]
    assert len(good) == 56
    assert all(entry["user"] and entry["duration"] > 0 for order in good for entry in order["timeLogs"])


def test_every_kind_of_trouble_is_in_it() -> None:
    troubled = [order for order in filled(1, 63)[0] if int(order["workOrderNo"]) % 1000 % TROUBLE_EVERY == 0]
    assert len(troubled) == 7
    texts = [str(order) for order in troubled]
    for sign in ("Core return", "see invoice", "🔧", "inProgress"):
        assert sum(sign in text for text in texts) == 1
    assert [order["workOrderNo"] for order in troubled if not order["timeLogs"] and not order["parts"]] == ["1027"]


def test_it_makes_the_requests_that_a_users_program_would_make() -> None:
    sandbox = filled(1, 5)[1]
    posts = {path: count for path, count in sandbox.upkeep.counts.items() if path.startswith("POST")}
    assert posts == {
        "POST /api/v2/auth": 1,
        "POST /api/v2/users": 4,
        "POST /api/v2/parts": 6,
        "POST /api/v2/locations": 4,
        "POST /api/v2/work-orders": 5,
    }


def test_a_refused_request_stops_the_filling() -> None:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True), switches={"plan": "business"})
    client = httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox")
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        fill(client, seed=1, orders=1)
