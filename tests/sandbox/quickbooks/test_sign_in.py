"""Intuit's sign-in as its stand-in keeps it: the consent page, the code, the refresh token's two ends, and the way out."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.quickbooks.consent import OTHER_REALM, REGISTERED, SCOPE
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from tests.stage import START

PLAYGROUND, LOCAL = REGISTERED
DAY = 86_400


class App:
    """One app in front of Intuit's sign-in."""

    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.vendor = Sandbox.create(Company(switches=switches), self.clock).vendors.quickbooks

    def consent(self, **changed: str) -> Response:
        asked = {"client_id": self.vendor.client_id, "response_type": "code", "scope": SCOPE, "redirect_uri": PLAYGROUND, "state": "s1"}
        return self.vendor.handle(Request("GET", "/connect/oauth2", urlencode(asked | changed)))

    def code(self, **changed: str) -> str:
        return sent_back(self.consent(**changed))["code"]

    def _basic(self, secret: str) -> dict[str, str]:
        both = f"{self.vendor.client_id}:{secret or self.vendor.client_secret}"
        return {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}

    def token(self, secret: str = "", *, hard: bool = False, **fields: str) -> Response:
        headers = self._basic(secret) | ({"x-include-refresh-token-hard-expires-in": "true"} if hard else {})
        return self.vendor.handle(Request("POST", "/oauth2/v1/tokens/bearer", "", headers, urlencode(fields).encode()))

    def exchange(self, code: str, redirect_uri: str = PLAYGROUND, *, hard: bool = False) -> Response:
        return self.token(hard=hard, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def refresh(self, refresh_token: str, *, hard: bool = False) -> Response:
        return self.token(hard=hard, grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, body: bytes, secret: str = "") -> Response:
        return self.vendor.handle(Request("POST", "/v2/oauth2/tokens/revoke", "", self._basic(secret), body))

    def reads(self, access: str) -> int:
        path = f"/v3/company/{self.vendor.realm_id}/preferences"
        return self.vendor.handle(Request("GET", path, headers={"authorization": f"Bearer {access}"})).status


def sent_back(answer: Response) -> dict[str, str]:
    assert answer.status == 302, answer.body
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def told(answer: Response) -> dict[str, Any]:
    return {"status": answer.status, **json.loads(answer.body)}


def test_a_consent_sends_the_person_back_with_a_code_the_state_and_the_company() -> None:
    app = App()
    back = sent_back(app.consent())
    assert (back["state"], back["realmId"]) == ("s1", app.vendor.realm_id)
    first = told(app.exchange(back["code"]))
    assert app.reads(first["access_token"]) == 200
    assert told(app.refresh(first["refresh_token"]))["status"] == 200


def test_a_code_is_good_once_for_five_minutes_and_only_with_its_own_address() -> None:
    app = App()
    code = app.code()
    assert app.exchange(code).status == 200
    assert told(app.exchange(code)) == {"status": 400, "error": "invalid_grant"}
    assert told(app.exchange(app.code(), LOCAL)) == {"status": 400, "error": "invalid_grant"}
    late = app.code()
    app.clock.advance(301)
    assert app.exchange(late).status == 400
    assert app.exchange(app.vendor.first_refresh_token).status == 400  # A refresh token is no code.
    assert told(app.token(grant_type="password")) == {"status": 400, "error": "unsupported_grant_type"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "somebody"}, "invalid_client"),
        ({"redirect_uri": ""}, "invalid_redirect_uri"),
        ({"redirect_uri": "https://books.example/not-registered"}, "invalid_redirect_uri"),
        ({"redirect_uri": f"{PLAYGROUND}/"}, "invalid_redirect_uri"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"state": ""}, "missing_state"),
    ],
)
def test_a_question_that_intuit_does_not_take_sends_the_person_nowhere(changed: dict[str, str], error: str) -> None:
    answer = App().consent(**changed)
    assert (answer.status, error in answer.body.decode()) == (400, True)


def test_production_keys_never_return_to_localhost() -> None:
    assert App().consent(redirect_uri=LOCAL).status == 302
    production = App(keys="production")
    assert b"invalid_redirect_uri" in production.consent(redirect_uri=LOCAL).body
    with pytest.raises(ValueError, match="production keys"):
        production.vendor.register_redirect("http://localhost:9000/callback")


@pytest.mark.parametrize("address", ["http://books.example/callback", "https://192.0.2.7/callback", "http://127.0.0.1:9000/x", "nowhere"])
def test_an_address_that_is_not_safe_cannot_be_registered(address: str) -> None:
    with pytest.raises(ValueError, match="not a redirect URI"):
        App().vendor.register_redirect(address)


def test_an_address_that_the_developer_registers_is_returned_to() -> None:
    app = App()
    app.vendor.register_redirect("https://books.example/callback")
    answer = app.consent(redirect_uri="https://books.example/callback")
    assert answer.headers["location"].startswith("https://books.example/callback?code=")


def test_a_person_may_say_no_or_choose_another_company() -> None:
    assert sent_back(App(consent="no").consent()) == {"state": "s1", "error": "access_denied"}
    assert sent_back(App(consent="other").consent())["realmId"] == OTHER_REALM


def test_a_refresh_token_that_nobody_used_ends_after_its_idle_window() -> None:
    app = App()
    token = told(app.exchange(app.code()))["refresh_token"]
    app.clock.advance(100 * DAY)
    token = told(app.refresh(token))["refresh_token"]
    app.clock.advance(102 * DAY)
    assert told(app.refresh(token)) == {"status": 400, "error": "invalid_grant"}


def test_five_years_after_the_consent_no_refresh_helps_any_more() -> None:
    app = App()
    answer = told(app.exchange(app.code(), hard=True))
    assert answer["x_refresh_token_hard_expires_in"] == 5 * 365 * DAY
    for _ in range(20):
        app.clock.advance(90 * DAY)
        answer = told(app.refresh(answer["refresh_token"], hard=True))
    assert answer["x_refresh_token_hard_expires_in"] == 25 * DAY
    app.clock.advance(25 * DAY)
    assert app.refresh(answer["refresh_token"]).status == 400


@pytest.mark.parametrize(("seconds", "status"), [(0, 400), (3600, 200)])
def test_whether_the_previous_refresh_token_still_works_is_a_switch(seconds: int, status: int) -> None:
    app = App(previous_refresh_seconds=seconds)
    first = told(app.exchange(app.code()))["refresh_token"]
    assert told(app.refresh(first))["refresh_token"] == first  # Within its day it stays.
    app.clock.advance(DAY)
    newer = told(app.refresh(first))["refresh_token"]
    assert newer != first
    app.clock.advance(60)
    assert app.refresh(first).status == status
    app.clock.advance(3600)
    assert (app.refresh(first).status, app.refresh(newer).status) == (400, 200)


def test_who_disconnects_is_out_until_the_next_consent() -> None:
    app = App()
    first = told(app.exchange(app.code()))
    assert app.revoke(b'{"token": "x"}').status == 400
    assert app.revoke(b"token=x").status == 400
    assert app.revoke(json.dumps({"token": first["refresh_token"]}).encode(), "wrong").status == 401
    answer = app.revoke(json.dumps({"token": first["refresh_token"]}).encode())
    assert (answer.status, answer.body) == (200, b"")
    assert (app.reads(first["access_token"]), app.refresh(first["refresh_token"]).status, app.refresh("").status) == (401, 400, 400)
    assert app.exchange(app.code()).status == 200
