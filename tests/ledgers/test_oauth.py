"""The sign-in: one refresh for all processes, stored before it is used, and a dead token told from a dead network."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from tests.ledgers.rig import START, MemoryVault, TestClock, oauth, refuse_sign_in, token


class SignIn:
    """A token endpoint that knows one refresh token and rotates it."""

    def __init__(self, alive: str) -> None:
        self.alive = alive
        self.asked: list[str] = []
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        given = parse_qs(request.content.decode())["refresh_token"][0]
        self.asked.append(given)
        if given != self.alive:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.alive = f"{given}+"
        told = {
            "access_token": f"access of {given}",
            "refresh_token": self.alive,
            "expires_in": 3600,
            "x_refresh_token_expires_in": 8726400,
        }
        return httpx.Response(200, json=told)


def test_a_fresh_token_needs_no_sign_in() -> None:
    assert oauth(refuse_sign_in, MemoryVault(token()), TestClock()).access() == "access-1"


def test_the_first_sign_in_uses_the_configured_token_and_basic_authentication() -> None:
    sign_in, vault = SignIn("first"), MemoryVault()
    assert oauth(sign_in, vault, TestClock()).access() == "access of first"
    assert vault.story == ["lock", "save first+", "unlock"]
    assert sign_in.seen[0].headers["authorization"] == "Basic " + base64.b64encode(b"id:secret").decode()
    assert vault.token is not None
    assert vault.token.refresh_expires_at is not None
    assert (vault.token.refresh_expires_at - START).days == 101


@pytest.mark.parametrize("seconds", [-1, 0, 59, 60])
def test_a_token_that_ends_within_a_minute_is_refreshed_first(seconds: int) -> None:
    sign_in = SignIn("refresh-1")
    assert oauth(sign_in, MemoryVault(token(seconds=seconds)), TestClock()).access() == "access of refresh-1"
    assert sign_in.asked == ["refresh-1"]  # The stored one wins over the configured one.


def test_a_token_that_another_process_refreshed_meanwhile_is_taken() -> None:
    vault = MemoryVault(token(seconds=1))

    def other_process() -> None:
        vault.token = token("access of the other", "refresh-2")

    vault.on_lock = other_process
    assert oauth(refuse_sign_in, vault, TestClock()).access() == "access of the other"


def test_a_token_that_cannot_be_stored_is_not_used() -> None:
    class FullDisk(MemoryVault):
        def save(self, token: Any) -> None:
            raise OSError("no space left")

    auth = oauth(SignIn("first"), FullDisk(), TestClock())
    with pytest.raises(OSError, match="no space"):
        auth.access()
    with pytest.raises(ReconnectRequiredError):
        auth.access()


def test_a_refused_access_token_is_refreshed_although_it_has_not_ended() -> None:
    sign_in = SignIn("refresh-1")
    auth = oauth(sign_in, MemoryVault(token()), TestClock())
    auth.access()
    auth.mark_stale()
    assert (auth.access(), auth.access(), sign_in.asked) == ("access of refresh-1", "access of refresh-1", ["refresh-1"])


def test_a_person_who_connects_again_replaces_a_dead_token_by_the_configured_one() -> None:
    sign_in, vault = SignIn("new from a person"), MemoryVault(token(seconds=1))
    assert oauth(sign_in, vault, TestClock(), "new from a person").access() == "access of new from a person"
    assert sign_in.asked == ["refresh-1", "new from a person"]
    assert vault.token is not None
    assert vault.token.refresh == "new from a person+"


@pytest.mark.parametrize(("first", "asked"), [("first", ["refresh-1", "first"]), ("refresh-1", ["refresh-1"]), ("", ["refresh-1"])])
def test_when_every_token_is_dead_a_person_must_connect(first: str, asked: list[str]) -> None:
    sign_in, vault = SignIn("something else"), MemoryVault(token(seconds=1))
    with pytest.raises(ReconnectRequiredError, match="invalid_grant"):
        oauth(sign_in, vault, TestClock(), first).access()
    assert sign_in.asked == asked
    assert vault.token == token(seconds=1)


def test_without_any_token_a_person_must_connect() -> None:
    with pytest.raises(ReconnectRequiredError, match="no refresh token"):
        oauth(refuse_sign_in, MemoryVault(), TestClock(), "").access()


def test_wrong_client_credentials_try_no_other_token() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, json={"error": "invalid_client"})

    with pytest.raises(ReconnectRequiredError, match="invalid_client"):
        oauth(handler, MemoryVault(token(seconds=1)), TestClock()).access()
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503, text="<html>"),
        httpx.Response(400, text="<html>a proxy</html>"),
        httpx.Response(401, json=[]),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"access_token": ""}),
        httpx.Response(200, json={"access_token": None}),
        httpx.Response(200, json={"access_token": "two\nlines"}),
        httpx.Response(200, json={"access_token": "a", "refresh_token": 7}),
        httpx.Response(200, text='{"access_token": "a", "expires_in": Infinity}'),
        httpx.Response(200, json={"access_token": "a", "expires_in": "soon"}),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
    ],
)
def test_trouble_at_the_sign_in_keeps_the_old_token(answer: httpx.Response) -> None:
    vault = MemoryVault(token(seconds=1))
    with pytest.raises(ServiceUnreachableError) as caught:
        oauth(lambda request: answer, vault, TestClock()).access()
    assert not isinstance(caught.value, ReconnectRequiredError)
    assert vault.story == ["lock"]
    assert vault.token == token(seconds=1)


def test_a_sign_in_that_cannot_be_reached_keeps_the_old_token() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    with pytest.raises(ServiceUnreachableError, match="ConnectError"):
        oauth(handler, MemoryVault(token(seconds=1)), TestClock()).access()


def test_no_secret_is_in_a_message_or_a_representation() -> None:
    assert "access-1" not in repr(token())
    with pytest.raises(ReconnectRequiredError) as caught:
        oauth(SignIn("other"), MemoryVault(token(seconds=1)), TestClock(), "s3cret").access()
    assert "refresh-1" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_secrets_travel_over_https_only() -> None:
    with pytest.raises(ValueError, match="https"):
        oauth(refuse_sign_in, MemoryVault(), TestClock(), token_url="http://sign-in.example")
