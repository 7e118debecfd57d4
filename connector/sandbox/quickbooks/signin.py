"""Intuit's sign-in: refresh tokens that rotate, access tokens that end."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.faults import JSON, encode
from connector.sandbox.wire import Request, Response

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
ROTATION = timedelta(hours=24)


@dataclass(slots=True)
class SignIn:
    """The tokens of one app in one company."""

    clock: SandboxClock
    client_id: str
    client_secret: str
    refresh_token: str
    rotate: str = "daily"  # the value changes about once a day; "each" changes it with every refresh
    access: dict[str, datetime] = field(default_factory=dict)
    count: int = 0
    issued_at: datetime | None = None

    def handle(self, request: Request) -> Response | None:
        """Answer what belongs to the sign-in; None for everything else."""
        if request.path == "/oauth2/v1/tokens/bearer":
            return self.token(request)
        if request.path == "/v2/oauth2/tokens/revoke":
            return self.revoke()
        return _discovery(request) if request.path.startswith("/.well-known/openid") else None

    def token(self, request: Request) -> Response:
        """POST /oauth2/v1/tokens/bearer."""
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return Response(401, encode({"error": "invalid_client"}), JSON)
        form = request.form()
        given = form.get("refresh_token") if form.get("grant_type") == "refresh_token" else form.get("code")
        if given != self.refresh_token:
            return Response(400, encode({"error": "invalid_grant"}), JSON)
        self.count += 1
        now = self.clock.now()
        self.issued_at = self.issued_at or now
        if self.rotate == "each" or now - self.issued_at >= ROTATION:
            # The previous refresh token is dead from now on.
            self.refresh_token, self.issued_at = f"RT1-sandbox-{self.count:04d}", now
        access = f"sandbox-access-{self.count:04d}"
        self.access[access] = self.clock.now() + timedelta(seconds=ACCESS_SECONDS)
        told = {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.refresh_token,
            "x_refresh_token_expires_in": REFRESH_SECONDS,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            told["x_refresh_token_hard_expires_in"] = 157_680_000
        return Response(200, encode(told), JSON)

    def knows(self, request: Request) -> bool:
        """Whether the request carries an access token that has not ended."""
        ends = self.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return ends is not None and ends > self.clock.now()

    def revoke(self) -> Response:
        """POST /v2/oauth2/tokens/revoke: every token is dead."""
        self.access.clear()
        self.refresh_token = "(revoked)"  # noqa: S105 a word that no request can carry
        return Response(200)


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
