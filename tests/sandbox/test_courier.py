"""The stand-ins deliver as the vendors do: signed, again where it was not taken, and no longer where it never is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.serve import Served
from connector.sandbox.wire import ConnectionDropped, Request, Response
from connector.sandbox.world import Sandbox
from tests.stage import START

URL = "https://books.example.com/hook"


class Address:
    """Somebody's program at the registered address: it answers as it is told, and remembers what came."""

    def __init__(self, ledger: str, answer: Any = 200, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.vendor: Any = getattr(Sandbox.create(Company(switches=switches), self.clock).vendors, ledger)
        self.courier = self.vendor.courier
        self.answer = answer
        self.got: list[Request] = []
        self.vendor.register_webhook(URL)
        if ledger == "xero":
            self.courier.state = "active"

    def post(self, url: str, request: Request) -> Response:
        assert url == URL
        self.got.append(request)
        if isinstance(self.answer, type):
            raise self.answer
        return self.answer if isinstance(self.answer, Response) else Response(self.answer)

    def happens(self, number: int = 1) -> None:
        for one in range(number):
            ledger = self.vendor.name
            self.courier.tell("c1", *(("Invoice", str(one), "updated") if ledger == "quickbooks" else ("INVOICE", str(one), "UPDATE")))

    def deliver(self, after_seconds: float = 0) -> int:
        self.clock.advance(after_seconds)
        return int(self.courier.deliver(self.post))


both = pytest.mark.parametrize("ledger", ["quickbooks", "xero"])


@both
def test_a_delivery_is_signed_over_its_bytes(ledger: str) -> None:
    address = Address(ledger)
    address.happens()
    address.deliver()
    (request,) = address.got
    header = {"quickbooks": "intuit-signature", "xero": "x-xero-signature"}[ledger]
    expected = hmac.new(address.courier.key.encode(), request.body, hashlib.sha256).digest()
    assert request.headers[header] == base64.b64encode(expected).decode()
    assert address.deliver() == 0


def test_intuit_tries_three_times_more_and_then_gives_the_address_up() -> None:
    address = Address("quickbooks", 503)
    address.happens()
    tries = [address.deliver(minutes * 60) for minutes in (0, 19, 1, 29, 1, 49, 1, 500)]
    assert (tries, address.courier.state) == ([1, 0, 1, 0, 1, 0, 1, 0], "given up")
    address.happens()
    assert (address.deliver(), address.courier.waits()) == (0, False)
    address.vendor.register_webhook(URL)
    address.happens()
    assert address.deliver() == 1


@pytest.mark.parametrize("answer", [500, 502, 503, 504, 408, ConnectionDropped, TimeoutError])
def test_intuit_tries_again_after_these(answer: Any) -> None:
    address = Address("quickbooks", answer)
    address.happens()
    address.deliver()
    address.answer = 200
    assert (address.deliver(1200), address.courier.waits()) == (1, False)


@pytest.mark.parametrize("answer", [400, 401, 404, 413])
def test_intuit_does_not_try_again_after_these(answer: int) -> None:
    address = Address("quickbooks", answer)
    address.happens()
    address.deliver()
    assert (address.deliver(7200), address.courier.state) == (0, "active")


@pytest.mark.parametrize("answer", [401, 500, ConnectionDropped, Response(200, b"OK"), Response(200, b"", {"Set-Cookie": "a=b"})])
def test_xero_takes_anything_but_a_bare_success_for_a_failure_and_tries_for_a_day(answer: Any) -> None:
    address = Address("xero", answer)
    address.happens()
    tries = sum(address.deliver(900) for _ in range(100))
    assert (tries, address.courier.state) == (9, "given up")
    assert bool(address.courier.violations) == isinstance(answer, Response)


def intent(pattern: tuple[bool, ...], answer: Callable[[Address, Request], int]) -> Address:
    address = Address("xero", webhook_intent=pattern)
    address.vendor.register_webhook(URL)
    address.happens()
    address.courier.deliver(lambda url, request: address.got.append(request) or Response(answer(address, request)))  # type: ignore[func-returns-value]
    return address


def honest(address: Address, request: Request) -> int:
    return 200 if request.headers["x-xero-signature"] == address.courier.signature(request.body) else 401


def test_xero_asks_first_whether_the_app_means_to_listen() -> None:
    address = intent((True, False, False, True), honest)
    assert (address.courier.state, address.courier.answers) == ("active", [200, 401, 401, 200])
    told = [json.loads(request.body) for request in address.got]
    assert [(one["events"], one["firstEventSequence"], one["lastEventSequence"]) for one in told] == [([], 0, 0)] * 4
    assert len({one["entropy"] for one in told}) == 4
    address.happens()
    assert address.deliver() == 1


@pytest.mark.parametrize("pattern", [(True, False, False, True), (False, True)])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_app_that_answers_everything_alike_is_not_listened_to(pattern: tuple[bool, ...], status: int) -> None:
    address = intent(pattern, lambda *_: status)
    assert address.courier.state == "refused"
    address.happens()
    assert address.deliver() == 0


def test_what_happened_before_the_address_was_known_is_told_to_nobody() -> None:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    for vendor in (sandbox.vendors.quickbooks, sandbox.vendors.xero):
        assert not vendor.courier.waits()


@both
def test_the_switches_double_turn_around_and_delay(ledger: str) -> None:
    address = Address(ledger, webhook_copies=2, webhook_order="reversed", webhook_events_each=1, webhook_delay_seconds=60)
    address.happens(2)
    assert (address.deliver(59), address.deliver(1)) == (0, 4)
    bodies = [request.body for request in address.got]
    assert (bodies[0] == bodies[1], bodies[2] == bodies[3], bodies[0] == bodies[3]) == (True, True, False)
    assert b'"1"' in bodies[0]


def test_xero_numbers_its_events() -> None:
    address = Address("xero")
    for _ in range(2):
        address.happens(3)
        address.deliver()
    told = [json.loads(request.body) for request in address.got]
    assert [(one["firstEventSequence"], one["lastEventSequence"]) for one in told] == [(1, 3), (4, 6)]


@pytest.mark.parametrize("shape", ["cloudevents", "older"])
def test_intuit_tells_of_several_realms_at_once(shape: str) -> None:
    address = Address("quickbooks", webhook_other_companies=("c2",), webhook_shape=shape)
    address.happens(2)
    address.deliver()
    told = json.loads(address.got[0].body)
    realms = [one["realmId"] for one in told["eventNotifications"]] if shape == "older" else [one["intuitaccountid"] for one in told]
    assert realms == (["c1", "c2"] if shape == "older" else ["c1", "c2"] * 2)


def test_what_a_person_does_in_quickbooks_is_told_by_its_own_word() -> None:
    address = Address("quickbooks", webhook_events_each=1)
    books = address.vendor.books
    customer = books.add_customer("New")
    address.vendor.rename_account("HVAC repairs", "Cooling repairs")
    books.touch(customer)
    address.deliver()
    told = [json.loads(request.body)[0]["type"] for request in address.got]
    assert told == ["qbo.customer.created.v1", "qbo.account.updated.v1", "qbo.customer.updated.v1"]


@pytest.mark.sockets
def test_served_stand_ins_deliver_to_loopback_and_nowhere_else() -> None:
    sandbox = Sandbox.create()
    with Served(sandbox) as served, httpx.Client() as client:
        courier = sandbox.vendors.quickbooks.courier
        for url in ("https://books.example.com/hook", f"{served.addresses['upkeep']}/hook", "http://127.0.0.1:1/hook"):
            told = {"action": "register_webhook", "url": url}
            assert client.post(f"{served.addresses['quickbooks']}/_sandbox/person", json=told).status_code == 200
            tries = len(courier.answers)
            courier.tell("c1", "Invoice", "7", "updated")
            ends = time.monotonic() + 30
            while len(courier.answers) == tries:
                assert time.monotonic() < ends
                time.sleep(0.005)
    assert [answer >= 400 for answer in courier.answers] == [False, True, False]
    assert courier.answers[0] == courier.answers[2] == 0
