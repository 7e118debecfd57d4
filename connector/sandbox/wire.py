"""One HTTP exchange as values, so that a whole vendor fits behind handler(request) -> response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent: method, path without query, raw query string, lower-case header names, body bytes."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def params(self) -> dict[str, str]:
        """Query parameters by name; the last one wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """Form fields of the body by name; the last one wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """What the stand-in answers: status, headers and body bytes."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response]


class ConnectionDropped(Exception):
    """The planned fault closes the connection: no answer, or none that is whole, leaves the server."""


class ConnectionRefused(Exception):
    """The planned fault refuses the connection: not one byte of the request was read."""


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON body; Decimal must have been turned into numbers by the caller."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"content-type": "application/json;charset=UTF-8", **(headers or {})})
