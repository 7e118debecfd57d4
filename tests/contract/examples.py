"""Xero's official examples of requests and answers, by operation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from tests.contract.reference import RECORDINGS

FOLDER = RECORDINGS / "xero-openapi-examples"


@dataclass(frozen=True)
class Example:
    """One example body: its file, the operation, and the status of an answer (0 for a request)."""

    name: str
    method: str
    path: str
    status: int

    @property
    def body(self) -> bytes:
        return (FOLDER / self.name).read_bytes()

    @property
    def told(self) -> Any:
        return json.loads(self.body, parse_float=Decimal, parse_int=Decimal)


@cache
def examples() -> tuple[Example, ...]:
    """All of them, in the order of Xero's file."""
    rows = json.loads((FOLDER / "INDEX.json").read_text("utf-8"))
    return tuple(Example(name, method, path, int(name.partition(".response")[2][:3] or 0)) for name, method, path in rows)
