"""Everything that crosses the wire between the connector and a ledger's stand-in, kept for whoever judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.faults import FaultPlan
from connector.sandbox.shell import Shell
from connector.sandbox.wire import Request, Response
from tests.stage import Stage


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent, and its answer."""

    asked: Request
    answered: Response


@dataclass
class Watched:
    """A stand-in's shell that remembers each request, answered or not, and each exchange."""

    inner: Shell
    requests: list[Request] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def plan(self) -> FaultPlan:
        return self.inner.plan

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.inner.handle(request)
        self.exchanges.append(Exchange(request, answer))
        return answer


class WatchedStage(Stage):
    """A stage whose wire to the ledger is watched."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wire = Watched(getattr(self.sandbox, self.ledger))

    @property
    def shell(self) -> Any:
        return self.wire
