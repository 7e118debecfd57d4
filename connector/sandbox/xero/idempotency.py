"""Idempotency keys: six minutes of memory from the first call, whatever the answer was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import refusal
from connector.sandbox.xero.books import Books

LONGEST_KEY = 128


@dataclass(slots=True)
class Remembered:
    """One key: the request that used it first, when, and what was answered."""

    fingerprint: str
    first_call: datetime
    request: Request
    response: Response


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address with query, and body; the tenant is no part of it."""
    head = f"{request.method} {request.path}?{request.query}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def key_of(request: Request) -> str:
    """The key that counts for that request; reads have none."""
    return request.headers.get("idempotency-key", "") if request.method in ("PUT", "POST", "PATCH") else ""


class Idempotency:
    """The keys of one app."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[str, Remembered] = {}

    def _live(self, key: str) -> Remembered | None:
        known = self._known.get(key)
        if known is None:
            return None
        age = (self._books.clock.now() - known.first_call).total_seconds()
        if age >= float(self._books.number_switch("key_life_seconds")):
            del self._known[key]
            return None
        return known

    def look_up(self, request: Request) -> Response | None:
        """The stored answer or a refusal; None when the request has to be processed."""
        key = key_of(request)
        if not key:
            return None
        if len(key) > LONGEST_KEY:
            self._books.violate("Idempotency-Key longer than 128 characters")
            return refusal(10, "ValidationException", f"Idempotency Key: {key} is {len(key)} characters long; the longest allowed is 128.")
        known = self._live(key)
        if known is None:
            return None
        if known.fingerprint != fingerprint(request):
            self._books.violate(f"Idempotency-Key used with a different request: {request.method} {request.path}")
            return refusal(10, "ValidationException", f"Idempotency Key: {key} is used with a different request.")
        return known.response

    def store(self, request: Request, response: Response) -> None:
        """Remember the answer under the request's key; one that is still remembered for another call stays."""
        key = key_of(request)
        if not key or len(key) > LONGEST_KEY:
            return
        known = self._live(key)
        if known is None:
            self._known[key] = Remembered(fingerprint(request), self._books.clock.now(), request, response)
        elif known.request is request:
            known.response = response
