"""What a process may never do on its way to a service, seen at its calls: no consequence has to be waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.simulation.life import Life

SIGN_IN_PATHS = ("/oauth2/v1/tokens/bearer", "/connect/token")


@dataclass
class Conduct:
    """One process's calls, watched. A rotated token is in one place only until it is stored."""

    life: Life
    is_in_transaction: Callable[[], bool]
    violations: list[str]
    signed_in_at: int | None = None  # how many steps the process had taken when a sign-in answered with tokens

    def before(self, request: httpx.Request) -> None:
        """The process is about to call."""
        told = f"{request.method} {request.url.path}"
        if self.is_in_transaction():
            self.violations.append(f"inside a transaction: {told} while a database transaction is open")
        if self.signed_in_at is not None and "after commit" not in self.life.trace[self.signed_in_at :]:
            self.violations.append(f"token not stored: {told} before the tokens of the sign-in were stored")
        self.signed_in_at = None

    def took_to_the_end(self, request: httpx.Request, seconds: float) -> None:
        """An answer that took so long was taken whole. A write has one deadline for all of it, or its lease ends while it waits."""
        if "idempotency-key" in request.headers or "requestid" in request.url.params:
            self.violations.append(f"no deadline: {request.method} {request.url.path} was waited for over {seconds:.0f} seconds")

    def after(self, request: httpx.Request, answer: httpx.Response) -> None:
        """The answer is in the process's hands."""
        if request.url.path in SIGN_IN_PATHS and answer.status_code == 200 and _may_hold_tokens(answer):
            self.signed_in_at = len(self.life.trace)


def _may_hold_tokens(answer: httpx.Response) -> bool:
    """A garbled answer holds none, so there is nothing to store; one that still drips may."""
    try:
        return b"access_token" in answer.content
    except httpx.ResponseNotRead:
        return True
