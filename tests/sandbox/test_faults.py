"""Every planned fault, over a real socket: what the client sees, and what the stand-in has committed by then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault, FaultPlan
from connector.sandbox.serve import Served
from connector.sandbox.shell import Shell
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.upkeep import UpKeepSandbox
from connector.sandbox.wire import Request
from connector.sandbox.world import Sandbox
from tests.stage import START

sockets = pytest.mark.sockets


class Socket:
    """UpKeep's stand-in behind a socket, and a client that makes one connection a call."""

    def __init__(self, served: Served, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = httpx.Client(
            base_url=served.addresses["upkeep"], timeout=20, headers={"Session-Token": UpKeepSandbox.organization_token}
        )

    def plan(self, **fault: Any) -> None:
        answer = self.client.post("/_sandbox/faults", json={"faults": [{"method": "POST", "path": "*/work-orders"} | fault]})
        assert answer.status_code == 200, answer.text

    def create(self, title: str = "x") -> httpx.Response:
        return self.client.post("/api/v2/work-orders", json={"title": title})

    def stored(self) -> int:
        return len(self.sandbox.vendors.upkeep.records.by_kind["work-orders"])

    def works(self) -> bool:
        """The same server answers the next call as if nothing had been."""
        before = self.stored()
        return self.create().status_code == 200 and self.stored() == before + 1


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Served, Sandbox]]:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    with Served(sandbox) as running:
        yield running, sandbox


@pytest.fixture
def socket(served: tuple[Served, Sandbox]) -> Iterator[Socket]:
    found = Socket(*served)
    yield found
    found.client.delete("/_sandbox/faults")
    found.client.close()


@sockets
@pytest.mark.parametrize(("kind", "committed"), [("refuse", 0), ("drop_before_commit", 0), ("drop_after_commit", 1)])
def test_a_cut_connection_gives_no_answer(kind: str, committed: int, socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind=kind)
    with pytest.raises(httpx.TransportError):
        socket.create()
    assert socket.stored() - before == committed
    assert socket.works()


@sockets
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("kind", "committed"), [("5xx", 0), ("5xx_after_commit", 1)])
def test_an_outage_comes_before_or_after_the_commit(kind: str, committed: int, status: int, socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind=kind, status=status)
    answer = socket.create()
    assert (answer.status_code, answer.json()["success"], socket.stored() - before) == (status, False, committed)
    assert socket.works()


@sockets
def test_throttling_is_in_the_vendors_words_and_commits_nothing(socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="429")
    answer = socket.create()
    assert (answer.status_code, answer.json(), socket.stored()) == (429, {"success": False, "message": "too many requests"}, before)
    assert socket.works()


@sockets
def test_a_garbled_answer_is_half_an_answer_to_something_that_was_committed(socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="garbled")
    answer = socket.create()
    assert (answer.status_code, answer.headers["content-type"], socket.stored() - before) == (200, "application/json", 1)
    with pytest.raises(ValueError, match="Unterminated string"):
        answer.json()
    assert socket.works()


@sockets
@pytest.mark.parametrize("status", [200, 502, 503])
def test_a_page_stands_where_json_should_be(status: int, socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="html", status=status)
    answer = socket.create()
    assert (answer.status_code, answer.headers["content-type"], socket.stored()) == (status, "text/html", before)
    assert answer.text.startswith("<html>")
    assert socket.works()


@sockets
def test_a_late_answer_is_a_whole_answer(socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="delay", seconds=0.05)
    assert socket.create().json()["success"] is True
    assert socket.stored() - before == 1


@sockets
def test_a_client_that_does_not_wait_has_no_answer_to_something_that_is_committed(socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="delay", seconds=1.5)
    with pytest.raises(httpx.ReadTimeout):
        socket.client.post("/api/v2/work-orders", json={"title": "x"}, timeout=0.2)
    assert socket.client.get("/_sandbox/requests").status_code == 200  # One request at a time: this one waits for the late one.
    assert socket.stored() - before == 1


@sockets
def test_a_commit_may_come_long_after_the_connection_was_cut(socket: Socket) -> None:
    before = socket.stored()
    socket.plan(kind="commit_late", seconds=60)
    with pytest.raises(httpx.TransportError):
        socket.create("late")
    socket.client.post("/_sandbox/clock", json={"advance_seconds": 59})
    socket.client.get("/_sandbox/clock")
    assert socket.stored() == before
    socket.client.post("/_sandbox/clock", json={"advance_seconds": 1})
    socket.client.get("/_sandbox/clock")
    assert socket.stored() == before + 1
    assert socket.client.get("/api/v2/work-orders", params={"title": "late"}).json()["results"] != []


@sockets
def test_a_connection_that_is_kept_alive_survives_the_faults_of_others(socket: Socket) -> None:
    other = httpx.Client(base_url=socket.client.base_url)
    assert other.get("/_sandbox/clock").status_code == 200
    socket.plan(kind="drop_after_commit")
    with pytest.raises(httpx.TransportError):
        socket.create()
    assert other.get("/_sandbox/clock").status_code == 200
    other.close()


# --- the plan ------------------------------------------------------------------------------------------------------------------------


def shell(*faults: Fault) -> tuple[Shell, list[float]]:
    slept: list[float] = []
    clock = SandboxClock(START, frozen=True)
    sandbox = Sandbox.create(clock=clock)
    found = Shell(sandbox.vendors.upkeep, FaultPlan(), clock, sleep=slept.append)
    found.plan.plan(faults)
    return found, slept


def statuses(found: Shell, calls: int, *, method: str = "GET", path: str = "/api/v2/users", body: bytes = b"") -> list[int]:
    headers = {"session-token": UpKeepSandbox.organization_token}
    return [found.handle(Request(method, path, "", headers, body)).status for _ in range(calls)]


def test_a_fault_waits_for_its_turn_and_strikes_so_often() -> None:
    assert statuses(shell(Fault("5xx", skip=2, times=2))[0], 6) == [200, 200, 503, 503, 200, 200]


def test_faults_strike_in_the_order_of_the_plan() -> None:
    assert statuses(shell(Fault("429"), Fault("5xx", status=500), Fault("html", status=502))[0], 4) == [429, 500, 502, 200]


@pytest.mark.parametrize(
    ("fault", "strikes"),
    [
        (Fault("5xx", method="GET", path="/api/v2/users"), True),
        (Fault("5xx", method="*", path="*/users"), True),
        (Fault("5xx", path="/api/v2/user?"), True),
        (Fault("5xx", method="POST"), False),
        (Fault("5xx", path="/users"), False),
        (Fault("5xx", path="*/USERS"), False),
        (Fault("5xx", contains="WO-7"), False),
    ],
)
def test_a_fault_fits_by_method_path_and_content(fault: Fault, strikes: bool) -> None:
    assert statuses(shell(fault)[0], 1) == [503 if strikes else 200]


def test_a_fault_may_look_for_a_text_in_the_body() -> None:
    found, _ = shell(Fault("5xx", contains="WO-7"))
    assert statuses(found, 1, method="POST", path="/api/v2/work-orders", body=b'{"title": "WO-6"}') == [200]
    assert statuses(found, 1, method="POST", path="/api/v2/work-orders", body=b'{"title": "WO-7"}') == [503]


def test_a_delay_takes_its_seconds_and_nothing_else() -> None:
    found, slept = shell(Fault("delay", seconds=3.5))
    assert (statuses(found, 2), slept) == ([200, 200], [3.5])


def test_a_cleared_plan_strikes_no_more() -> None:
    found, _ = shell(Fault("5xx", times=9))
    assert statuses(found, 1) == [503]
    found.plan.clear()
    assert statuses(found, 1) == [200]


@pytest.mark.parametrize("fault", [{"kind": "5xy"}, {"kind": "5xx", "status": 200}, {"kind": "5xx_after_commit", "status": 99}])
def test_a_fault_that_does_not_exist_is_not_planned(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no fault|no error status"):
        Fault(**fault)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("refuse", httpx.ConnectError), ("drop_before_commit", httpx.RemoteProtocolError), ("drop_after_commit", httpx.RemoteProtocolError)],
)
def test_in_this_process_a_cut_connection_is_httpx_own_error(kind: Any, error: type[Exception]) -> None:
    found, _ = shell(Fault(kind))
    with httpx.Client(transport=SandboxTransport(found.handle), base_url="http://upkeep.sandbox") as client, pytest.raises(error):
        client.get("/api/v2/users")
    assert [entry["fault"] for entry in found.log] == [kind]
