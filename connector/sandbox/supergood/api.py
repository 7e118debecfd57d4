"""The normalised API's HTTP: sessions, then whatever a module answers. Another module is one more callable in `modules`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.supergood.answers import RefusedError, answer, failure, json_of, retry_after
from connector.sandbox.supergood.catalogue import DEFAULTS, HEADERS, PATHS, SESSION_FIELDS
from connector.sandbox.supergood.listing import Reading
from connector.sandbox.supergood.signin import TOTP_SECRET, Session, SignIn
from connector.sandbox.supergood.writing import Writing
from connector.sandbox.upkeep.api import UpKeepSandbox
from connector.sandbox.wire import Request, Response

MINUTE = timedelta(minutes=1)
# Asked with the path in our own words, whatever the contract calls it; None means that it is another module's.
Module = Callable[[Request, Session], Response | None]


class SupergoodSandbox:
    """One customer's adapter over the company that UpKeep's stand-in keeps: the same records in other words."""

    name = "supergood"
    username = "service@sandbox.example"
    password = "Sandbox-Pass-2"  # noqa: S105 it opens nothing but the sandbox
    totp_secret = TOTP_SECRET

    def __init__(
        self,
        company: Company,
        clock: SandboxClock,
        upkeep: UpKeepSandbox,
        *,
        switches: dict[str, Any] | None = None,
        enforce_limits: bool = False,
    ) -> None:
        unknown = set(switches or {}) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"the normalised API's stand-in has no switch {', '.join(sorted(unknown))}")
        self.company, self.enforce_limits = company, enforce_limits
        self.switches = DEFAULTS | (switches or {})
        self.records = upkeep.records
        self.sign_in = SignIn(clock, self.switches, self.username, self.password)
        self.reading = Reading(self.records, self.switches)
        self.writing = Writing(self.records, self.reading, upkeep.files, clock, self.switches)
        self.modules: list[Module] = [self.reading, self.writing]
        self.violations: list[str] = []
        self._clock = clock
        self._recent: deque[datetime] = deque()
        self._over_limit = 0
        self._requests = 0

    # --- what the shell asks of a vendor ----------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        self._requests += 1
        if self._is_over_limit() and self.enforce_limits:
            return self.throttled(request)
        signed = self.writing.at_signed_address(request)
        if signed is not None:
            if {"authorization", "x-session"} & set(request.headers):
                self.violations.append("a session was sent to a signed address")
            return signed
        try:
            return self._routed(replace(request, path=self._path(request.path.rstrip("/"))))
        except RefusedError as error:
            return failure(self.switches, error.status, error.code, str(error), self._requests)

    def throttled(self, request: Request) -> Response:
        """Limits are "tuned", and no header is published."""
        told = failure(self.switches, 429, "rate_limited", "too many requests", self._requests)
        return replace(told, headers={**told.headers, **retry_after(self.switches, self._clock.now())})

    def denied(self, request: Request) -> Response:
        """A call that it does not take."""
        return failure(self.switches, 400, "invalid_request", "bad request", self._requests)

    def first_half(self, request: Request) -> Request | None:
        """It takes one record a call."""
        return None

    def outage(self, request: Request, status: int) -> Response:
        """A server error: the adapter, or UpKeep's own pages behind it."""
        return failure(self.switches, status, "upstream_error", "UpKeep did not answer", self._requests)

    def refused(self, request: Request, code: str, status: int) -> Response:
        """A refusal by its code."""
        return failure(self.switches, status if status >= 400 else 400, code, code.replace("_", " "), self._requests)

    def documents(self) -> list[dict[str, Any]]:
        """It keeps no books."""
        return []

    def trial_balance(self) -> dict[str, Any]:
        """It keeps no books."""
        return {"currency": self.company.currency, "accounts": [], "debit": "0.00", "credit": "0.00"}

    def over_limit(self) -> dict[str, int]:
        """Calls beyond the limit of the switch."""
        return {"requests_per_minute": self._over_limit} if self.switches["requests_per_minute"] else {}

    def _is_over_limit(self) -> bool:
        limit = int(self.switches["requests_per_minute"])
        if not limit:
            return False
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - MINUTE:
            self._recent.popleft()
        if len(self._recent) >= limit:
            self._over_limit += 1
            return True
        self._recent.append(now)
        return False

    # --- routes -----------------------------------------------------------------------------------------------------------------

    def _path(self, path: str) -> str:
        """The path in our own words; in another customer's contract ours leads nowhere."""
        names = PATHS[self.switches["contract"]]
        for theirs, ours in names.items():
            if path == theirs or path.startswith(f"{theirs}/"):
                return ours + path.removeprefix(theirs)
        return f"/nowhere{path}" if names else path

    def _routed(self, request: Request) -> Response:
        if (request.method, request.path) == ("POST", "/sessions"):
            return self._session(*self.sign_in.sign_in(self._body(request)))
        token = self._token(request)
        if (request.method, request.path) == ("POST", "/sessions/refresh"):
            return self._session(*self.sign_in.refresh(token))
        session = self.sign_in.session(token)
        if session is None:
            raise RefusedError(401, "session_expired", "the session has ended")
        if self.switches["forbidden"]:
            raise RefusedError(403, "forbidden", "the contract does not cover this")
        for module in self.modules:
            told = module(request, session)
            if told is not None:
                return told
        raise RefusedError(404, "not_found", "not found")

    def _token(self, request: Request) -> str:
        header, scheme = HEADERS[self.switches["contract"]]
        told = request.headers.get(header, "")
        return told.removeprefix(scheme) if told.startswith(scheme) else ""

    def _body(self, request: Request) -> dict[str, Any]:
        content = json_of(request)
        theirs = {name: ours for ours, name in SESSION_FIELDS[self.switches["contract"]].items()}
        return {theirs.get(name, name): value for name, value in content.items()} if theirs else content

    def _session(self, status: int, content: dict[str, Any]) -> Response:
        names = SESSION_FIELDS[self.switches["contract"]]
        return answer(status, {names.get(name, name): value for name, value in content.items()})
