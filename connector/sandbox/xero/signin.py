"""Tokens, scopes and connections: short access tokens, refresh tokens that change at each use, one tenant."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import answer, problem, to_json
from connector.sandbox.xero.books import Books

SCOPES = "offline_access accounting.invoices accounting.manualjournals accounting.contacts accounting.settings.read accounting.attachments"
ACCESS_SECONDS = 1800
REFRESH_DAYS = 60
CODE_SECONDS = 300
# What the developer of the app wrote under its redirect URIs.
REGISTERED = ("https://books.example/callback", "http://localhost:8765/callback")
_KNOWN = frozenset(
    part + suffix
    for part in ("invoices", "manualjournals", "payments", "contacts", "settings", "attachments", "banktransactions")
    for suffix in ("", ".read")
)
_NEEDS: dict[str, tuple[str, ...]] = {
    "invoices": ("invoices",),
    "creditnotes": ("invoices",),
    "manualjournals": ("manualjournals",),
    "contacts": ("contacts",),
    "items": ("invoices", "settings"),
    "attachments": ("attachments",),
}


@dataclass(slots=True)
class Access:
    """What one access token may do, until when; a custom connection needs no tenant header."""

    scopes: frozenset[str]
    expires: datetime
    custom: bool
    covers: bool = True  # whether this organisation is among those that the person consented to


@dataclass(slots=True)
class Refresh:
    """One refresh token: when it was issued and first used."""

    scope: str
    issued: datetime
    covers: bool = True
    used: datetime | None = None


@dataclass(slots=True)
class Code:
    """One authorisation code, good once and for five minutes."""

    scope: str
    redirect_uri: str
    challenge: str
    issued: datetime
    covers: bool


def _error(name: str, status: int = 400) -> Response:
    return answer(status, {"error": name})


def _may_return_to(address: str) -> bool:
    """Whether an app may register that address: https, or http on localhost by its name; 127.0.0.1 is refused."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost"))


@dataclass(frozen=True, slots=True)
class Organisation:
    """One more organisation that the person's consent covers."""

    name: str
    tenant_id: str
    connection_id: str


class SignIn:
    """The identity service with one app, one user and one organisation."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.client_id = books.guid("client").replace("-", "").upper()
        self.client_secret = f"{books.guid('secret')}{books.guid('secret')}".replace("-", "")
        self.tenant_id = books.tenant_id = books.guid("tenant")
        self.connection_id = books.guid("connection")
        self.connected = True
        self._user = books.user_id = books.guid("user")
        self._event = books.guid("event")
        self._since = books.clock.now()
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Refresh] = {}
        self._codes: dict[str, Code] = {}
        self.redirect_uris = list(REGISTERED)
        self.others = [Organisation(name, books.guid("tenant"), books.guid("connection")) for name in self._other_names()]
        self.first_refresh_token = self._new_refresh(SCOPES)

    def _has_a_secret(self) -> bool:
        return bool(self._books.switch("app_has_a_secret"))

    def _other_names(self) -> list[str]:
        told = self._books.switch("other_organisations")
        return [str(name) for name in told] if isinstance(told, list | tuple) else []

    def register(self, redirect_uri: str) -> None:
        """The developer adds a redirect URI to the app's configuration page."""
        if not _may_return_to(redirect_uri):
            raise ValueError(f"not a redirect URI: {redirect_uri}")
        self.redirect_uris.append(redirect_uri)

    def _new_refresh(self, scope: str, *, covers: bool = True) -> str:
        token = self._books.guid("refresh").replace("-", "") + self._books.guid("refresh")[:11].replace("-", "_")
        self._refresh[token] = Refresh(scope, self._books.clock.now(), covers)
        return token

    def new_access(self, scope: str, *, custom: bool = False, covers: bool = True) -> str:
        """Issue an access token in the shape of a JWT."""
        expires = self._books.clock.now() + timedelta(seconds=ACCESS_SECONDS)
        claims = {
            "xero_userid": self._user,
            "authentication_event_id": self._event,
            "client_id": self.client_id,
            "scope": scope.split(),
            "exp": int(expires.timestamp()),
            "jti": self._books.guid("access"),
        }
        parts = [base64.urlsafe_b64encode(to_json(part)).rstrip(b"=").decode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        token = ".".join([*parts, "c2FuZGJveA"])
        self._access[token] = Access(frozenset(scope.split()), expires, custom, covers)
        return token

    def discovery(self, request: Request) -> Response:
        """The OpenID document in which clients find the sign-in addresses; here they are the stand-in's own."""
        root = f"http://{request.headers.get('host', '127.0.0.1')}"
        return answer(
            200,
            {
                "issuer": "https://identity.xero.com",
                "authorization_endpoint": f"{root}/identity/connect/authorize",
                "token_endpoint": f"{root}/connect/token",
                "revocation_endpoint": f"{root}/connect/revocation",
            },
        )

    def authorize(self, request: Request) -> Response:
        """The consent page, where the person decides as the switch `consent` says, without a click: a redirect with a code, or without."""
        params = request.params()
        refused = self._wrong_question(params)
        if refused:
            return _error(refused)
        answer = {"state": params["state"]}
        decides = self._books.switch("consent")
        if decides == "no":
            answer["error"] = "access_denied"
        else:
            covers = decides == "yes"
            self.connected = self.connected or covers
            answer["code"] = self._new_code(params["scope"], params["redirect_uri"], params.get("code_challenge", ""), covers=covers)
        return Response(302, b"", {"location": f"{params['redirect_uri']}?{urlencode(answer)}"})

    def _wrong_question(self, params: dict[str, str]) -> str:
        """What is wrong with the question: then nobody is sent anywhere."""
        if params.get("client_id") != self.client_id or params.get("redirect_uri") not in self.redirect_uris:
            return "unauthorized_client"
        if params.get("response_type") != "code":
            return "unsupported_response_type"
        if not params.get("scope") or not self._scopes_known(params["scope"]):
            return "invalid_scope"
        challenge = params.get("code_challenge", "")
        has_plain_challenge = bool(challenge) and params.get("code_challenge_method") != "S256"
        has_no_proof = not challenge and not self._has_a_secret()
        return "invalid_request" if not params.get("state") or has_plain_challenge or has_no_proof else ""

    def _new_code(self, scope: str, redirect_uri: str, challenge: str, *, covers: bool) -> str:
        """An authorisation code for what a person consented to."""
        code = self._books.guid("code").replace("-", "")
        self._codes[code] = Code(scope, redirect_uri, challenge, self._books.clock.now(), covers)
        return code

    @staticmethod
    def _scopes_known(scope: str) -> bool:
        """Whether a new app may ask for these; the broad ones are refused."""
        asked = [one.removeprefix("accounting.") for one in scope.split() if one.startswith("accounting.")]
        return all(one in _KNOWN for one in asked)

    def _client_known(self, request: Request, form: dict[str, str]) -> bool:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        header = request.headers.get("authorization", "")
        if header.lower().startswith("basic "):
            try:
                client, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
        # An app of the grant type "Auth Code with PKCE" only says who it is; its codes are worth nothing without the verifier.
        expected = self.client_secret if self._has_a_secret() else ""
        return client == self.client_id and secret == expected and bool(expected or not header)

    def token(self, request: Request) -> Response:
        """The token endpoint with its three grants."""
        form = request.form()
        if not self._client_known(request, form):
            return _error("invalid_client")
        grant = form.get("grant_type", "")
        if grant == "refresh_token":
            return self._by_refresh(form.get("refresh_token", ""))
        if grant == "authorization_code":
            return self._by_code(form)
        if grant != "client_credentials" or not self._has_a_secret():
            return _error("unsupported_grant_type")
        scope = form.get("scope", SCOPES.removeprefix("offline_access "))
        return self._tokens(scope, custom=True) if self._scopes_known(scope) else _error("invalid_scope")

    def _by_refresh(self, token: str) -> Response:
        known, now = self._refresh.get(token), self._books.clock.now()
        if known is None or now - known.issued > timedelta(days=REFRESH_DAYS):
            return _error("invalid_grant")
        grace = timedelta(seconds=self._books.number_switch("refresh_grace_seconds"))
        if known.used is not None and now - known.used > grace:
            return _error("invalid_grant")
        known.used = known.used or now
        return self._tokens(known.scope, covers=known.covers)

    def _by_code(self, form: dict[str, str]) -> Response:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._books.clock.now() - code.issued > timedelta(seconds=CODE_SECONDS):
            return _error("invalid_grant")
        if form.get("redirect_uri") != code.redirect_uri:
            return _error("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if code.challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            return _error("invalid_grant")
        return self._tokens(code.scope, covers=code.covers)

    def _tokens(self, scope: str, *, custom: bool = False, covers: bool = True) -> Response:
        access = self.new_access(scope, custom=custom, covers=covers)
        content = {"access_token": access, "expires_in": ACCESS_SECONDS, "token_type": "Bearer"}
        if not custom and "offline_access" in scope.split():
            content["refresh_token"] = self._new_refresh(scope, covers=covers)
        return answer(200, content | {"scope": scope})

    def revoke(self, request: Request) -> Response:
        """Forget every token and every connection of the user who holds that refresh token."""
        form = request.form()
        if not self._client_known(request, form):
            return _error("invalid_client")
        if form.get("token", "") in self._refresh:
            self.disconnect()
            self.others.clear()
            self._refresh.clear()
            self._access.clear()
        return Response(200)

    def disconnect(self) -> None:
        """End the connection to the organisation; tokens live on but open nothing."""
        self.connected = False

    def bearer(self, request: Request) -> Access | Response:
        """Who calls, or 401."""
        header = request.headers.get("authorization", "")
        known = self._access.get(header[7:].strip()) if header.lower().startswith("bearer ") else None
        if known is None:
            return self._unauthorized("AuthenticationUnsuccessful")
        if self._books.clock.now() >= known.expires:
            return self._unauthorized(f"TokenExpired: token expired at {known.expires:%m/%d/%Y %H:%M:%S}")
        return known

    def _unauthorized(self, detail: str) -> Response:
        return problem(401, "Unauthorized", detail, self._books.guid("instance"))

    def wrong_tenant(self, request: Request, access: Access) -> Response | None:
        """403 unless the call names the connected organisation."""
        named = request.headers.get("xero-tenant-id", "").lower()
        if self.connected and access.covers and (named == self.tenant_id or (access.custom and not named)):
            return None
        return problem(403, "Forbidden", "AuthenticationUnsuccessful", self._books.guid("instance"))

    def missing_scope(self, request: Request, endpoint: str, access: Access) -> Response | None:
        """The refusal of a call that the token's scopes do not cover."""
        names = [f"accounting.{name}" for name in _NEEDS.get(endpoint, ("settings",))]
        if request.method == "GET":
            names += [f"{name}.read" for name in names]
        if access.scopes & set(names):
            return None
        status = int(self._books.number_switch("scope_missing_status"))
        refused = problem(
            status, "Forbidden" if status == 403 else "Unauthorized", "AuthorizationUnsuccessful", self._books.guid("instance")
        )
        return Response(refused.status, refused.body, {**refused.headers, "WWW-Authenticate": 'Bearer error="insufficient_scope"'})

    def connections(self, request: Request, connection_id: str = "") -> Response:
        """List what the consent covers, or end one connection of it."""
        access = self.bearer(request)
        if isinstance(access, Response):
            return access
        if request.method == "DELETE":
            return Response(204) if self._end_connection(access, connection_id.lower()) else Response(404)
        return answer(200, [self._shown(organisation) for organisation in self._connected(access)])

    def _connected(self, access: Access) -> list[Organisation]:
        is_own = self.connected and access.covers
        return ([Organisation(self._books.company.name, self.tenant_id, self.connection_id)] if is_own else []) + self.others

    def _end_connection(self, access: Access, connection_id: str) -> bool:
        known = [one for one in self._connected(access) if one.connection_id == connection_id]
        if connection_id == self.connection_id:
            self.connected = False
        self.others = [one for one in self.others if one.connection_id != connection_id]
        return bool(known)

    def _shown(self, organisation: Organisation) -> dict[str, str]:
        moment = f"{self._since:%Y-%m-%dT%H:%M:%S.%f}0"
        shown = {"id": organisation.connection_id, "authEventId": self._event, "tenantId": organisation.tenant_id}
        shown |= {"tenantType": "ORGANISATION", "tenantName": organisation.name}
        return shown | {"createdDateUtc": moment, "updatedDateUtc": moment}
