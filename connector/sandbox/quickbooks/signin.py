"""Intuit's sign-in: a code for a first refresh token, refresh tokens that rotate, access tokens that end."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.consent import ConsentPage
from connector.sandbox.quickbooks.faults import JSON, decode, encode
from connector.sandbox.wire import Request, Response

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
ROTATION = timedelta(hours=24)
HARD_SECONDS = 157_680_000  # five years from the consent, whatever is refreshed meanwhile


@dataclass(slots=True)
class SignIn:
    """The tokens of one app in one company."""

    clock: SandboxClock
    client_id: str
    client_secret: str
    refresh_token: str
    consent: ConsentPage
    switches: Mapping[str, Any]
    access: dict[str, datetime] = field(default_factory=dict)
    count: int = 0
    previous: str = ""
    issued_at: datetime | None = None
    granted_at: datetime | None = None
    refreshed_at: datetime | None = None

    def handle(self, request: Request) -> Response | None:
        """Answer what belongs to the sign-in; None for everything else."""
        if request.method == "GET" and request.path == "/connect/oauth2":
            return self.consent.show(request)
        if request.method == "POST" and request.path == "/oauth2/v1/tokens/bearer":
            return self.token(request)
        if request.method == "POST" and request.path == "/v2/oauth2/tokens/revoke":
            return self.revoke(request)
        return _discovery(request) if request.path.startswith("/.well-known/openid") else None

    def _is_app(self, request: Request) -> bool:
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {wanted}"

    def token(self, request: Request) -> Response:
        """POST /oauth2/v1/tokens/bearer."""
        if not self._is_app(request):
            return _error("invalid_client", 401)
        form = request.form()
        grant = form.get("grant_type")
        if grant == "authorization_code":
            if not self.consent.redeem(form.get("code", ""), form.get("redirect_uri", "")):
                return _error("invalid_grant")
            self._begin_grant()
        elif grant != "refresh_token":
            return _error("unsupported_grant_type")
        elif not self._is_alive(form.get("refresh_token", "")):
            return _error("invalid_grant")
        elif form["refresh_token"] == self.refresh_token:
            self._rotate()
        return self._issue(request)

    def _begin_grant(self) -> None:
        """A person consented: what was granted before is dead, and the five years begin."""
        self.count += 1
        self.refresh_token, self.previous = f"RT1-sandbox-{self.count:04d}", ""
        self.issued_at = self.granted_at = self.refreshed_at = self.clock.now()

    def _is_alive(self, given: str) -> bool:
        now = self.clock.now()
        self.granted_at = self.granted_at or now
        self.refreshed_at = self.refreshed_at or now
        self.issued_at = self.issued_at or now
        if now - self.refreshed_at > timedelta(seconds=REFRESH_SECONDS) or self._seconds_left(now) <= 0:
            return False
        grace = timedelta(seconds=float(self.switches["previous_refresh_seconds"]))
        return bool(given) and (given == self.refresh_token or (given == self.previous and now - self.issued_at < grace))

    def _seconds_left(self, now: datetime) -> int:
        """Until the hard cap, which no refresh moves."""
        return HARD_SECONDS - int((now - (self.granted_at or now)).total_seconds())

    def _rotate(self) -> None:
        """Change the refresh token when its day is over; the previous one is dead from then on, unless the switch lets it live longer."""
        now = self.clock.now()
        self.refreshed_at = now
        if self.switches["rotate"] == "each" or now - (self.issued_at or now) >= ROTATION:
            self.count += 1
            self.refresh_token, self.previous, self.issued_at = f"RT1-sandbox-{self.count:04d}", self.refresh_token, now

    def _issue(self, request: Request) -> Response:
        self.count += 1
        access, now = f"sandbox-access-{self.count:04d}", self.clock.now()
        self.access[access] = now + timedelta(seconds=ACCESS_SECONDS)
        told = {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.refresh_token,
            "x_refresh_token_expires_in": REFRESH_SECONDS,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            told["x_refresh_token_hard_expires_in"] = self._seconds_left(now)
        return Response(200, encode(told), JSON)

    def knows(self, request: Request) -> bool:
        """Whether the request carries an access token that has not ended."""
        ends = self.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return ends is not None and ends > self.clock.now()

    def revoke(self, request: Request) -> Response:
        """POST /v2/oauth2/tokens/revoke with {"token": …}: every token of the grant is dead."""
        if not self._is_app(request):
            return _error("invalid_client", 401)
        try:
            token = str(decode(request.body)["token"])
        except (ValueError, KeyError, TypeError):
            return _error("invalid_request")
        if token != self.refresh_token and token not in self.access:
            return _error("invalid_request")
        self.access.clear()
        self.refresh_token = self.previous = ""
        return Response(200)


def _error(name: str, status: int = 400) -> Response:
    return Response(status, encode({"error": name}), JSON)


def _discovery(request: Request) -> Response:
    """The OpenID document in which clients find the sign-in addresses; here they are the stand-in's own."""
    root = f"http://{request.headers.get('host', '127.0.0.1')}"
    told = {
        "issuer": "https://oauth.platform.intuit.com/op/v1",
        "authorization_endpoint": f"{root}/connect/oauth2",
        "token_endpoint": f"{root}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{root}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{root}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{root}/op/v1/jwks",
    }
    return Response(200, encode(told), JSON)
