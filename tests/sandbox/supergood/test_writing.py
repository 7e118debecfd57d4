"""The normalised API's stand-in takes what is published, remembers keys, and refuses the rest."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from tests.upkeep.rig import START


class Adapter:
    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.sandbox = Sandbox.create(clock=self.clock, supergood={"mfa": "none", **switches})
        self.vendor = self.sandbox.vendors.supergood
        self.client = httpx.Client(transport=SandboxTransport(self.sandbox.supergood.handle), base_url="http://127.0.0.1:4")
        told = self.client.post("/sessions", json={"username": self.vendor.username, "password": self.vendor.password}).json()
        self.client.headers["Authorization"] = f"Bearer {told['token']}"
        self.asset = self.vendor.records.create("assets", {"name": "Pump"})["id"]
        self.part = self.vendor.records.create("parts", {"name": "Belt", "cost": "1", "quantity": 3})
        self.job = self.vendor.records.create("work-orders", {"title": "Job"})

    def post(self, path: str, told: Any, key: str = "") -> tuple[int, Any]:
        answer = self.client.post(path, json=told, headers={"Idempotency-Key": key} if key else {})
        return answer.status_code, answer.json()


def test_a_key_is_answered_the_same_again_and_stock_moves_once() -> None:
    one = Adapter()
    path, told = f"/work-orders/{one.job['id']}/parts-usage", {"part_id": one.part["id"], "quantity": 2}
    first = one.post(path, told, "K")
    assert first[0] == 201
    assert one.post(path, told, "K") == first
    assert one.part["quantity"] == 1
    assert one.post(path, told | {"quantity": 1}, "K")[0] == 409
    one.clock.advance(25 * 3_600)
    one.client.headers["Authorization"] = ""
    assert one.post(path, told, "K")[0] == 401
    assert one.part["quantity"] == 1


def test_a_refusal_is_not_remembered_under_a_key() -> None:
    one = Adapter(stock="never_below_zero")
    path, told = f"/work-orders/{one.job['id']}/parts-usage", {"part_id": one.part["id"], "quantity": 9}
    assert one.post(path, told, "K")[0] == 409
    one.part["quantity"] = 20
    assert one.post(path, told, "K")[0] == 201


@pytest.mark.parametrize(
    ("path", "told", "status"),
    [
        ("/work-orders", {"title": ""}, 422),
        ("/work-orders", {"title": "a", "colour": "red"}, 422),
        ("/work-orders", {"title": "a", "asset_id": "gone"}, 422),
        ("/work-orders", {"title": "a", "due_date": "soon"}, 422),
        ("/work-orders", {"title": "a", "priority": 9}, 422),
        ("/assets", {"name": "a", "meter": {}}, 422),
        ("/assets", {}, 422),
        ("/assets/gone/pm-schedules", {"title": "a", "interval": 1, "unit": "days"}, 404),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 1}, 422),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 1, "unit": "days", "meter_id": "m"}, 422),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 1, "meter_id": "gone"}, 422),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 0.5, "unit": "days"}, 422),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 1, "unit": "moons"}, 422),
        ("/assets/ASSET/pm-schedules", {"title": "a", "interval": 1, "unit": "days", "more": 1}, 422),
        ("/work-orders/gone/parts-usage", {"part_id": "p", "quantity": 1}, 404),
        ("/work-orders/JOB/parts-usage", {"part_id": "gone", "quantity": 1}, 422),
        ("/work-orders/JOB/parts-usage", {"part_id": "PART", "quantity": 0}, 422),
        ("/work-orders/JOB/attachments", {"name": "a"}, 422),
        ("/work-orders/JOB/nothing", {}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(path: str, told: dict[str, Any], status: int) -> None:
    one = Adapter()
    told = {key: one.part["id"] if value == "PART" else value for key, value in told.items()}
    answered = one.post(path.replace("ASSET", one.asset).replace("JOB", one.job["id"]), told)
    assert answered[0] == status
    assert answered[1]["error"]["message"]


def test_a_file_goes_to_its_signed_address_alone_and_as_announced() -> None:
    one, content = Adapter(), b"0123456789"
    path = f"/work-orders/{one.job['id']}/attachments"
    status, told = one.post(path, {"name": "a.txt", "size": 10, "sha256": hashlib.sha256(content).hexdigest()})
    address = told["upload"]["url"]
    assert status == 201
    assert one.client.get(path).json() == {"data": []}
    bare = httpx.Client(transport=SandboxTransport(one.sandbox.supergood.handle))
    assert bare.put(address, content=b"other").status_code == 400
    assert [bare.put(address, content=content).status_code for _ in range(2)] == [200, 200]
    (shown,) = one.client.get(path).json()["data"]
    assert (shown["name"], shown["sha256"]) == ("a.txt", hashlib.sha256(content).hexdigest())
    assert bare.get(shown["url"]).content == content
    assert bare.get(shown["url"].replace("signature=", "signature=x")).status_code == 403
    one.clock.advance(901)
    assert bare.get(shown["url"]).status_code == bare.put(address, content=content).status_code == 403
    assert one.vendor.violations == []
    one.client.put(address, content=content)
    assert one.vendor.violations == ["a session was sent to a signed address"]
