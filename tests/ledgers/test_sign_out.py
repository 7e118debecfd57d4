"""Ending a sign-in at the vendor: what its answers mean, and which companies a Xero token opens."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from connector.ledgers.sign_in import Company
from connector.ledgers.xero.connections import Connections
from tests.ledgers.rig import Drip, TestClock, endpoint, token

Handler = Callable[[httpx.Request], httpx.Response]


def answering(answer: httpx.Response | Exception) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


@pytest.mark.parametrize(("service", "body"), [("quickbooks", b'{"token":"refresh-1"}'), ("xero", b"token=refresh-1")])
def test_each_vendor_is_told_in_its_own_shape(service: str, body: bytes) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    assert endpoint(handler, TestClock(), service=service).revoke(token()) is True
    assert (asked[0].content, str(asked[0].url), asked[0].headers["authorization"][:6]) == (
        body,
        "https://sign-in.example/revoke",
        "Basic ",
    )


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_token", "invalid_request"])
def test_a_token_that_the_vendor_does_not_know_had_ended(error: str) -> None:
    handler = answering(httpx.Response(400, json={"error": error}))
    assert endpoint(handler, TestClock()).revoke(token()) is False


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(429), httpx.Response(400, text="<html>"), httpx.ConnectError("down")]
)
def test_trouble_is_no_end(answer: httpx.Response | Exception) -> None:
    with pytest.raises(ServiceUnreachableError) as told:
        endpoint(answering(answer), TestClock()).revoke(token())
    assert not isinstance(told.value, ReconnectRequiredError)


def test_an_app_that_the_vendor_does_not_know_cannot_end_anything() -> None:
    with pytest.raises(ReconnectRequiredError, match="invalid_client"):
        endpoint(answering(httpx.Response(401, json={"error": "invalid_client"})), TestClock()).revoke(token())


# --- Xero's connections ---------------------------------------------------------------------------------------------------------------

OWN = {"id": "c-1", "tenantId": "t-1", "tenantType": "ORGANISATION", "tenantName": "Riverside"}


def connections(answer: httpx.Response | Exception) -> Connections:
    return Connections("https://api.example", httpx.Client(transport=httpx.MockTransport(answering(answer))), TestClock())


def test_organisations_are_listed_and_a_practice_is_none() -> None:
    practice = OWN | {"tenantType": "PRACTICE"}
    assert connections(httpx.Response(200, json=[OWN, practice])).all("access") == [Company("t-1", "Riverside", "c-1")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[{}]),
        httpx.Response(200, content=json.dumps(None)),
        httpx.Response(403),
        httpx.Response(503),
        httpx.ReadTimeout("slow"),
    ],
)
def test_a_list_that_cannot_be_read_proves_nothing(answer: httpx.Response | Exception) -> None:
    with pytest.raises(ServiceUnreachableError):
        connections(answer).all("access")


def test_a_list_that_drips_is_given_up() -> None:
    clock = TestClock()
    client = httpx.Client(transport=httpx.MockTransport(answering(httpx.Response(200, stream=Drip(clock)))))
    with pytest.raises(ServiceUnreachableError, match="took too long"):
        Connections("https://api.example", client, clock).all("access")
    assert sum(clock.slept) <= 300


def test_a_refused_token_asks_to_connect_again() -> None:
    with pytest.raises(ReconnectRequiredError):
        connections(httpx.Response(401)).all("access")


@pytest.mark.parametrize("status", [204, 404])
def test_a_connection_that_is_gone_is_left(status: int) -> None:
    connections(httpx.Response(status)).leave("access", Company("t-1", "Riverside", "c-1"))


def test_a_connection_that_xero_keeps_is_not_left() -> None:
    with pytest.raises(ServiceUnreachableError, match="500"):
        connections(httpx.Response(500)).leave("access", Company("t-1", "Riverside", "c-1"))
