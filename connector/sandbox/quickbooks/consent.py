"""Intuit's consent page: who may send a person there, where they are sent back to, and the code that comes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from connector.sandbox.clock import SandboxClock
from connector.sandbox.wire import Request, Response

SCOPE = "com.intuit.quickbooks.accounting"
CODE_SECONDS = 300
OTHER_REALM = "9130357849099999"
# What the developer of the app wrote under "Redirect URIs"; the first is Intuit's own playground.
REGISTERED = ("https://developer.intuit.com/v2/OAuth2Playground/RedirectUrl", "http://localhost:8765/callback")


@dataclass(frozen=True, slots=True)
class Code:
    """One authorisation code: good once, for a while, and only with the address that it was sent to."""

    redirect_uri: str
    issued: datetime


@dataclass(slots=True)
class ConsentPage:
    """The page of one app; the person in front of it decides as the switch `consent` says, without a click."""

    clock: SandboxClock
    client_id: str
    realm_id: str
    switches: Mapping[str, Any]
    redirect_uris: list[str] = field(default_factory=lambda: list(REGISTERED))
    codes: dict[str, Code] = field(default_factory=dict)
    count: int = 0

    def register(self, redirect_uri: str) -> None:
        """The developer adds a redirect URI; Intuit takes https, and for development keys also localhost, never an IP address."""
        if not self._may_return_to(redirect_uri):
            raise ValueError(f"not a redirect URI for {self.switches['keys']} keys: {redirect_uri}")
        self.redirect_uris.append(redirect_uri)

    def _may_return_to(self, address: str) -> bool:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if host == "localhost":
            return self.switches["keys"] == "development" and parts.scheme in ("http", "https")
        return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit()

    def show(self, request: Request) -> Response:
        """GET /connect/oauth2: send the person back with a code, or with their refusal; a wrong question is answered here."""
        asked = request.params()
        refused = self._refusal(asked)
        if refused:
            return _page(refused)
        answer = {"state": asked["state"]}
        if self.switches["consent"] == "no":
            return _back(asked["redirect_uri"], {**answer, "error": "access_denied"})
        self.count += 1
        code = f"AB1-sandbox-code-{self.count:04d}"
        self.codes[code] = Code(asked["redirect_uri"], self.clock.now())
        realm = OTHER_REALM if self.switches["consent"] == "other" else self.realm_id
        return _back(asked["redirect_uri"], {"code": code, **answer, "realmId": realm})

    def _refusal(self, asked: Mapping[str, str]) -> str:
        """The first thing that is wrong with the question, in the order in which a page can trust what it was told."""
        if asked.get("client_id") != self.client_id:
            return "invalid_client"
        address = asked.get("redirect_uri", "")
        if address not in self.redirect_uris or not self._may_return_to(address):
            return "invalid_redirect_uri"
        if asked.get("response_type") != "code":
            return "unsupported_response_type"
        if SCOPE not in asked.get("scope", "").split():
            return "invalid_scope"
        return "" if asked.get("state") else "missing_state"

    def redeem(self, code: str, redirect_uri: str) -> bool:
        """Whether the code is good; it is used up by the question."""
        known = self.codes.pop(code, None)
        return (
            known is not None and known.redirect_uri == redirect_uri and self.clock.now() - known.issued <= timedelta(seconds=CODE_SECONDS)
        )


def _page(error: str) -> Response:
    """Nobody is sent anywhere: the address that was named is not trusted, or there is nothing to decide."""
    return Response(400, f"<html><body><h1>Sorry</h1><p>{error}</p></body></html>".encode(), {"content-type": "text/html"})


def _back(redirect_uri: str, told: Mapping[str, str]) -> Response:
    return Response(302, b"", {"location": f"{redirect_uri}?{urlencode(told)}"})
