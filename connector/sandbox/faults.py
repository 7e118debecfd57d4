"""Planned faults: what goes wrong with which request, before or after the stand-in commits."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from connector.sandbox.wire import Request, Response

FaultKind = Literal[
    "refuse",  # connection refused: nothing was read
    "delay",  # the answer comes `seconds` later
    "429",  # throttled in the vendor's own words, before processing
    "5xx",  # `status` (500, 502, 503, 504) before processing, nothing is committed
    "5xx_after_commit",  # processed, then `status`
    "drop_before_commit",  # connection cut, nothing processed
    "drop_after_commit",  # processed, connection cut before the answer
    "commit_late",  # connection cut now; processed `seconds` later
    "garbled",  # processed, then an answer that is not JSON
    "refusal",  # refused with `code`, in the vendor's own words and shape; `status` 200 hides it in a good answer where the vendor may
    "html",  # processed or not makes no difference here: not processed, HTML comes back with `status`
    "half_commit",  # of a call with several documents the first half is processed; then `status`
    "400_after_commit",  # a call with several documents is processed and answered 400; a call with one, as if nothing were planned
]


@dataclass(slots=True)
class Fault:
    """One planned fault: it fits requests by method and path pattern, skips the first `skip`, then strikes `times` times."""

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    status: int = 503
    contains: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        """A plan with a mistake would leave the test without its fault."""
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"there is no fault {self.kind}")
        if not 400 <= self.status <= 599 and self.kind not in ("html", "refusal"):
            raise ValueError(f"{self.status} is no error status")
        if bool(self.code) != (self.kind == "refusal"):
            raise ValueError("a refusal has a code, and nothing else has")

    def fits(self, request: Request) -> bool:
        """Whether this fault is meant for that request, by method, path pattern (shell style) and body text."""
        return (
            self.method in ("*", request.method) and fnmatch.fnmatchcase(request.path, self.path) and self.contains.encode() in request.body
        )


@dataclass(slots=True)
class FaultPlan:
    """The faults still to come, in the order in which they were planned."""

    faults: list[Fault] = field(default_factory=list)

    def plan(self, faults: Sequence[Fault]) -> None:
        """Add faults behind those already planned."""
        self.faults.extend(faults)

    def clear(self) -> None:
        """Forget every planned fault."""
        self.faults.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that strikes this request, used up by one; None when nothing goes wrong."""
        for fault in self.faults:
            if not fault.fits(request):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
                return fault
        return None


GARBLED = Response(200, b'{"half": "an ans', {"content-type": "application/json"})
