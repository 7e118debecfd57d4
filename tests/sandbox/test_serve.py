"""The three stand-ins on loopback, and the oracle beside each: what a test may see and do outside of the vendors' own paths."""

from __future__ import annotations

import http.server
import json
import queue
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.serve import Served
from connector.sandbox.upkeep import UpKeepSandbox
from connector.sandbox.world import Sandbox
from tests.stage import START

pytestmark = pytest.mark.sockets
NAMES = ("upkeep", "quickbooks", "xero", "supergood")
SIGNED_IN = {"Session-Token": UpKeepSandbox.organization_token}


@pytest.fixture
def served() -> Iterator[tuple[Served, Sandbox]]:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    with Served(sandbox) as running:
        yield running, sandbox


@pytest.fixture
def upkeep(served: tuple[Served, Sandbox]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[0].addresses["upkeep"], headers=SIGNED_IN, timeout=20) as client:
        yield client


@contextmanager
def listening() -> Iterator[tuple[str, queue.Queue[tuple[str, bytes]]]]:
    """Somebody else's program that receives webhooks."""
    got: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()


def test_each_stand_in_has_an_address_of_its_own_on_loopback(served: tuple[Served, Sandbox]) -> None:
    addresses = served[0].addresses
    assert sorted(addresses) == sorted(NAMES)
    assert len(set(addresses.values())) == len(NAMES)
    assert all(address.startswith("http://127.0.0.1:") for address in addresses.values())


def test_two_sandboxes_run_side_by_side_and_a_stopped_one_answers_no_more() -> None:
    with Served(Sandbox.create()) as first:
        with Served(Sandbox.create()) as second:
            assert not set(first.addresses.values()) & set(second.addresses.values())
            assert httpx.get(f"{second.addresses['xero']}/_sandbox/clock").status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{second.addresses['xero']}/_sandbox/clock")
        assert httpx.get(f"{first.addresses['xero']}/_sandbox/clock").status_code == 200


def test_what_goes_over_the_socket_arrives_whole(upkeep: httpx.Client) -> None:
    title = "🔧 \x00\x02" + "x" * 3_000_000
    identifier = upkeep.post("/api/v2/work-orders/", json={"title": title}).json()["result"]["id"]
    answer = upkeep.get(f"/api/v2/work-orders/{identifier}?includes=asset")
    assert answer.json()["result"]["title"] == title
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_many_clients_at_once_are_served_one_after_the_other(served: tuple[Served, Sandbox], upkeep: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: upkeep.post("/api/v2/work-orders", json={"title": str(n)}).json()["result"]["id"], range(40)))
    orders = served[1].vendors.upkeep.records.by_kind["work-orders"]
    assert (len(set(ids)), sorted(int(order["workOrderNo"]) for order in orders.values())) == (40, list(range(1, 41)))


# --- the oracle ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_books_and_the_requests_of_each_stand_in_can_be_seen(name: str, served: tuple[Served, Sandbox]) -> None:
    with httpx.Client(base_url=f"{served[0].addresses[name]}/_sandbox/") as client:
        balance = client.get("trial-balance").json()
        assert balance.keys() >= {"currency", "accounts", "debit", "credit"}
        assert balance["debit"] == balance["credit"]
        assert client.get("documents").json() == {"documents": []}
        told = client.get("requests").json()
        assert (told["counts"], told["requests"], told["violations"]) == ({}, [], [])


def test_requests_are_counted_by_what_they_do(upkeep: httpx.Client) -> None:
    ids = [upkeep.post("/api/v2/work-orders", json={"title": "x"}).json()["result"]["id"] for _ in range(40)]
    assert [identifier for identifier in ids if not any(c.isdigit() for c in identifier)] != []
    for identifier in ids:
        upkeep.get(f"/api/v2/work-orders/{identifier}")
    upkeep.get("/api/v2/users", params={"limit": 1})
    upkeep.get("/api/v2/custom-fields/workorders")
    told = upkeep.get("/_sandbox/requests").json()
    assert told["counts"] == {
        "POST /api/v2/work-orders": 40,
        "GET /api/v2/work-orders/{id}": 40,
        "GET /api/v2/users": 1,
        "GET /api/v2/custom-fields/workorders": 1,
    }
    assert told["requests"][-2] == {"method": "GET", "path": "/api/v2/users", "query": "limit=1", "fault": None, "status": 200}
    upkeep.delete("/_sandbox/requests")
    assert upkeep.get("/_sandbox/requests").json()["counts"] == {}


def test_the_log_holds_no_token_and_no_password(upkeep: httpx.Client) -> None:
    upkeep.post("/api/v2/auth", json={"email": UpKeepSandbox.email, "password": UpKeepSandbox.password})
    text = upkeep.get("/_sandbox/requests").text
    assert UpKeepSandbox.password not in text
    assert UpKeepSandbox.organization_token not in text


def test_faults_are_planned_counted_and_cleared(upkeep: httpx.Client) -> None:
    plan = {"faults": [{"kind": "5xx", "path": "*/users", "times": 2}, {"kind": "429"}]}
    assert upkeep.post("/_sandbox/faults", json=plan).json() == {"planned": 2}
    assert upkeep.get("/api/v2/users").status_code == 503
    assert upkeep.get("/_sandbox/requests").json()["requests"][-1]["fault"] == "5xx"
    upkeep.delete("/_sandbox/faults")
    assert upkeep.get("/api/v2/users").status_code == 200


def test_a_fault_never_strikes_the_oracle(upkeep: httpx.Client) -> None:
    upkeep.post("/_sandbox/faults", json={"faults": [{"kind": "refuse"}]})
    assert upkeep.get("/_sandbox/clock").status_code == 200


def test_the_three_share_one_clock_that_a_test_may_move(served: tuple[Served, Sandbox], upkeep: httpx.Client) -> None:
    assert upkeep.get("/_sandbox/clock").json() == {"now": START.isoformat()}
    upkeep.post("/_sandbox/clock", json={"advance_seconds": 90})
    assert httpx.get(f"{served[0].addresses['xero']}/_sandbox/clock").json() == {"now": (START + timedelta(seconds=90)).isoformat()}
    assert upkeep.post("/_sandbox/clock", json={"now": "2026-04-01T00:00:00+00:00"}).json() == {"now": "2026-04-01T00:00:00+00:00"}
    assert upkeep.post("/api/v2/work-orders", json={"title": "x"}).json()["result"]["createdAt"] == "2026-04-01T00:00:00.000Z"


def test_a_person_may_close_the_books(served: tuple[Served, Sandbox]) -> None:
    for name in ("quickbooks", "xero"):
        answer = httpx.post(f"{served[0].addresses[name]}/_sandbox/person", json={"action": "set_lock", "day": "2026-01-31"})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("POST", "faults", b"{"),
        ("POST", "faults", b"[]"),
        ("POST", "faults", b'{"faults": [1]}'),
        ("POST", "faults", b'{"faults": [{"kind": "5xy"}]}'),
        ("POST", "faults", b'{"faults": [{"kind": "5xx", "often": 2}]}'),
        ("POST", "clock", b'{"now": "soon"}'),
        ("POST", "clock", b'{"now": "2026-04-01T00:00:00"}'),
        ("POST", "clock", b'{"advance_seconds": "x", "now": "2027-01-01T00:00:00+00:00"}'),
        ("POST", "clock", b'{"advance_seconds": 1e400}'),
        ("POST", "person", b"{}"),
        ("POST", "person", b'{"action": "handle"}'),
        ("POST", "person", b'{"action": "void"}'),
    ],
)
def test_a_mistake_at_the_oracle_is_said_and_changes_nothing(method: str, route: str, body: bytes, upkeep: httpx.Client) -> None:
    answer = upkeep.request(method, f"/_sandbox/{route}", content=body)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})
    assert upkeep.get("/_sandbox/clock").json() == {"now": START.isoformat()}
    assert upkeep.get("/api/v2/users").status_code == 200


@pytest.mark.parametrize(("method", "route"), [("GET", "nothing"), ("PUT", "faults"), ("POST", "documents"), ("GET", "")])
def test_there_is_no_other_oracle(method: str, route: str, upkeep: httpx.Client) -> None:
    assert upkeep.request(method, f"/_sandbox/{route}").status_code == 404


# --- webhooks -----------------------------------------------------------------------------------------------------------------------


def test_webhooks_are_posted_to_whoever_listens(upkeep: httpx.Client) -> None:
    with listening() as (address, got):
        for endpoint in ("http://127.0.0.1:1/nobody", "ftp://x", "https://elsewhere.example/hook", f"{address}/hook/secret"):
            hook = {"title": "x", "endpoint": endpoint, "events": ["WORK_ORDER_STATUS_UPDATED"]}
            assert upkeep.post("/api/v2/webhooks", json=hook).json()["success"] is True
        identifier = upkeep.post("/api/v2/work-orders", json={"title": "x"}).json()["result"]["id"]
        upkeep.patch(f"/api/v2/work-orders/{identifier}", json={"status": "complete"})
        path, body = got.get(timeout=20)
        assert (path, json.loads(body)["id"], json.loads(body)["status"]) == ("/hook/secret", identifier, "complete")
        assert got.empty()


def test_half_a_request_from_a_sender_that_died_is_not_answered_nor_remembered() -> None:
    """A killed connector may leave headers without their body; no server takes that for a request with an empty one."""
    sandbox = Sandbox.create()
    with Served(sandbox) as served:
        root = urlsplit(served.addresses["quickbooks"])
        with socket.create_connection((str(root.hostname), int(root.port or 0))) as line:
            line.sendall(b"POST /v3/company/1/invoice?requestid=r1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        # A whole request after it: when that is answered, the half one would have been too.
        for _ in range(3):
            httpx.get(f"{served.addresses['quickbooks']}/v3/company/1/companyinfo/1")
            threading.Event().wait(0.05)
    assert [entry["method"] for entry in sandbox.quickbooks.log] == ["GET"] * 3
