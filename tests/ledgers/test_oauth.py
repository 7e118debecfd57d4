"""The sign-in: one refresh for all processes, stored before it is used, and a dead token told from a dead network."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connector.core.tokens import Token
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from tests.ledgers.rig import START, Drip, MemoryVault, TestClock, oauth, refuse_sign_in, token


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


# --- a refused token, and an answer that was lost ---------------------------------------------------------------------------------------


def test_a_refused_token_is_read_once_more_and_what_another_machine_stored_is_used() -> None:
    """A lock file does not reach over machines; without the second look a person would be asked to connect for nothing."""
    sign_in, vault = SignIn("refresh-2"), MemoryVault(token(seconds=1))
    reads = iter(("refresh-1", "refresh-1", "refresh-2"))

    def another_machine() -> None:
        vault.token = token("access-2", next(reads), seconds=1)

    vault.on_load = another_machine
    assert oauth(sign_in, vault, TestClock(), "").access() == "access of refresh-2"
    assert sign_in.asked == ["refresh-1", "refresh-2"]


def test_a_fresh_token_that_another_machine_stored_needs_no_refresh() -> None:
    sign_in, vault = SignIn("nothing here"), MemoryVault()
    stored = iter((token(seconds=1), token(seconds=1), token("access of the other", "refresh-2")))

    def another_machine() -> None:
        vault.token = next(stored)

    vault.on_load = another_machine
    assert oauth(sign_in, vault, TestClock(), "").access() == "access of the other"
    assert (sign_in.asked, vault.story) == (["refresh-1"], ["lock", "unlock"])


@pytest.mark.parametrize("lost", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError])
def test_a_lost_answer_is_asked_for_once_more_with_the_old_value(lost: type[httpx.HTTPError]) -> None:
    """The vendor may have changed the value already; while the old one still works, nobody has to connect again."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(parse_qs(request.content.decode())["refresh_token"][0])
        if len(asked) == 1:
            raise lost("gone")
        return httpx.Response(200, json={"access_token": "access-2", "refresh_token": "refresh-2"})

    vault = MemoryVault(token(seconds=1))
    assert oauth(handler, vault, TestClock()).access() == "access-2"
    assert (asked, vault.story) == (["refresh-1", "refresh-1"], ["lock", "save refresh-2", "unlock"])


def test_an_answer_that_is_lost_twice_keeps_the_old_token_for_the_next_run() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("gone")

    vault = MemoryVault(token(seconds=1))
    with pytest.raises(ServiceUnreachableError, match="ReadTimeout"):
        oauth(handler, vault, TestClock()).access()
    assert (len(asked), vault.token) == (2, token(seconds=1))


def test_an_answer_that_is_whole_counts_however_late_its_process_read_it() -> None:
    """It stood still meanwhile; the old value may be dead already, so the new one must not be thrown away."""
    clock, vault = TestClock(), MemoryVault(token(seconds=1))

    def handler(request: httpx.Request) -> httpx.Response:
        clock.sleep(2000)
        return httpx.Response(200, json={"access_token": "access-2", "refresh_token": "refresh-2"})

    assert oauth(handler, vault, clock).access() == "access-2"
    assert vault.story == ["lock", "save refresh-2", "unlock"]


def test_an_answer_that_drips_is_given_up_and_the_old_token_kept() -> None:
    clock, vault = TestClock(), MemoryVault(token(seconds=1))

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Drip(clock))

    with pytest.raises(ServiceUnreachableError, match="ReadTimeout"):
        oauth(handler, vault, clock).access()
    assert (sum(clock.slept) <= 300, vault.token) == (True, token(seconds=1))


# --- the two ends of a sign-in --------------------------------------------------------------------------------------------------------


def answering(**told: Any) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"access_token": "access-2", "refresh_token": "refresh-2"} | told)

    seen: list[httpx.Request] = []
    handler.seen = seen  # type: ignore[attr-defined]
    return handler


def test_intuit_is_asked_when_the_five_years_are_over_and_the_answer_is_stored() -> None:
    handler, vault = answering(x_refresh_token_hard_expires_in=86_400), MemoryVault()
    oauth(handler, vault, TestClock()).access()
    assert handler.seen[0].headers["x-include-refresh-token-hard-expires-in"] == "true"
    assert vault.token is not None
    assert vault.token.hard_expires_at == START + timedelta(days=1)


def test_an_answer_that_does_not_repeat_the_hard_end_does_not_forget_it() -> None:
    known = replace(token(seconds=1), hard_expires_at=START + timedelta(days=40))
    vault = MemoryVault(known)
    oauth(answering(), vault, TestClock()).access()
    assert vault.token is not None
    assert vault.token.hard_expires_at == START + timedelta(days=40)


@pytest.mark.parametrize(("service", "days"), [("quickbooks", 100), ("xero", 60)])
def test_an_unused_sign_in_ends_when_the_vendor_documents_it(service: str, days: int) -> None:
    vault = MemoryVault()
    oauth(answering(), vault, TestClock(), service=service).access()
    assert vault.token is not None
    assert vault.token.refresh_expires_at == START + timedelta(days=days)


def test_a_custom_connection_signs_in_for_itself_and_has_no_end() -> None:
    asked: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return httpx.Response(200, json={"access_token": f"access-{len(asked)}", "expires_in": 1800})

    vault, clock = MemoryVault(), TestClock()
    auth = oauth(handler, vault, clock, "", service="xero", own_scope="accounting.contacts")
    assert auth.access() == "access-1"
    clock.sleep(1800)
    assert auth.access() == "access-2"
    assert asked == [b"grant_type=client_credentials&scope=accounting.contacts"] * 2
    assert vault.token == Token("access-2", "", clock.now() + timedelta(seconds=1800))


def test_no_secret_is_in_a_message_or_a_representation() -> None:
    assert "access-1" not in repr(token())
    with pytest.raises(ReconnectRequiredError) as caught:
        oauth(SignIn("other"), MemoryVault(token(seconds=1)), TestClock(), "s3cret").access()
    assert "refresh-1" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_secrets_travel_over_https_only() -> None:
    with pytest.raises(ValueError, match="https"):
        oauth(refuse_sign_in, MemoryVault(), TestClock(), token_url="http://sign-in.example")
