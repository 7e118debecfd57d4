"""The normalised API's stand-in keeps to what is published, and is strict in the rest: what is not of the contract is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.supergood.signin import TOTP_SECRET, totp
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.wire import Request, json_response
from connector.sandbox.world import Sandbox
from tests.stage import START


class Caller:
    """A program of somebody else's, signed in."""

    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.sandbox = Sandbox.create(clock=self.clock, supergood=switches)
        self.vendor = self.sandbox.vendors.supergood
        self.http = httpx.Client(transport=SandboxTransport(self.sandbox.supergood.handle), base_url="http://127.0.0.1:4")

    def sign_in(self, **more: Any) -> httpx.Response:
        told = {"username": self.vendor.username, "password": self.vendor.password} | more
        answer = self.http.post("/sessions", json=told)
        if answer.status_code == 201:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return answer

    @property
    def code(self) -> str:
        return totp(TOTP_SECRET, self.clock.now())


def test_the_codes_are_those_of_the_rfc() -> None:
    """RFC 6238, appendix B, SHA-1, the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moments = {59: "287082", 1111111109: "081804", 1111111111: "050471", 2000000000: "279037"}
    assert {s: totp(secret, datetime.fromtimestamp(s, UTC)) for s in moments} == moments


def test_the_published_paths_are_there_and_a_session_is_needed() -> None:
    caller = Caller()
    assert caller.http.get("/work-orders").status_code == 401
    assert caller.sign_in(totp=caller.code).status_code == 201
    assert caller.http.get("/work-orders").json() == {"data": [], "next_cursor": None}
    caller.clock.advance(1)
    answer = caller.http.post("/sessions/refresh")
    assert answer.status_code == 201
    assert caller.http.get("/work-orders").status_code == 401, "the old token is dead"


def test_a_code_is_good_once_and_refused_ones_lock_the_account() -> None:
    caller = Caller(lock_after=2)
    code = caller.code
    assert caller.sign_in(totp=code).status_code == 201
    assert caller.sign_in(totp=code).json()["error"]["code"] == "mfa_invalid"
    assert caller.sign_in(password="wrong").json()["error"]["code"] == "invalid_credentials"
    caller.clock.advance(30)
    assert caller.sign_in(totp=caller.code).status_code == 423
    caller.vendor.sign_in.unlock()
    assert caller.sign_in(totp=caller.code).status_code == 201


@pytest.mark.parametrize("status", [202, 401])
def test_a_second_factor_is_asked_for_with_its_methods(status: int) -> None:
    caller = Caller(mfa=["sms", "email"], mfa_answer=status)
    answer = caller.sign_in()
    assert (answer.status_code, answer.json()["error"]["methods"]) == (status, ["sms", "email"])
    pending = answer.json()["session_id"]
    done = caller.http.post("/sessions", json={"session_id": pending, "mfa_code": caller.vendor.sign_in.sent[-1]})
    assert (done.status_code, done.json()["token"][:3]) == (201, "sg_")
    assert caller.http.post("/sessions", json={"session_id": pending, "mfa_code": "1"}).status_code == 401


@pytest.mark.parametrize(("query", "switches"), [
    ({"offset": "0"}, {}), ({"page": "1"}, {}), ({"cursor": "x"}, {}), ({"cursor": "x"}, {"paging": "page"}), ({"limit": "0"}, {}),
    ({"page": "0"}, {"paging": "page"}), ({"limit": "many"}, {}), ({"updated_after": "2026-02-20"}, {}), ({"sort": "asc"}, {}),
    ({"limit": "5"}, {"contract": "customer"}), ({"updated_after": "2026-02-20T00:00:00Z"}, {"updated_filter": "400"}),
])  # fmt: skip
def test_what_the_contract_does_not_have_is_refused(query: dict[str, str], switches: dict[str, Any]) -> None:
    caller = Caller(mfa="none", **switches)
    if switches.get("contract"):
        told = {"login": caller.vendor.username, "secret": caller.vendor.password}
        caller.http.headers["X-Session"] = caller.http.post("/v1/login", json=told).json()["sessionKey"]
        assert caller.http.get("/work-orders").status_code == 404
        assert caller.http.get("/v1/jobs").status_code == 200
    caller.sign_in()
    path = "/v1/jobs" if switches.get("contract") else "/work-orders"
    answer = caller.http.get(path, params=query)
    assert (answer.status_code, answer.json()["error"]["code"] in ("invalid_request", "invalid_cursor")) == (400, True)


def test_another_module_of_calls_is_one_more_callable() -> None:
    caller = Caller(mfa="none")
    caller.sign_in()
    assert caller.http.post("/rounds", json={}).status_code == 404

    def writing(request: Request, session: Any) -> Any:
        return json_response(201, {"id": "a1"}) if (request.method, request.path) == ("POST", "/rounds") else None

    caller.vendor.modules.append(writing)
    assert caller.http.post("/rounds", json={}).json() == {"id": "a1"}


def test_a_switch_that_is_none_is_no_switch() -> None:
    with pytest.raises(ValueError, match="no switch pagging"):
        Caller(pagging="page")


def test_a_limit_of_calls_is_counted_and_refused_where_it_is_enforced() -> None:
    caller = Caller(mfa="none", requests_per_minute=2, retry_after="seconds")
    caller.vendor.enforce_limits = True
    caller.sign_in()
    assert caller.http.get("/work-orders").status_code == 200
    refused = caller.http.get("/work-orders")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert caller.vendor.over_limit() == {"requests_per_minute": 1}
