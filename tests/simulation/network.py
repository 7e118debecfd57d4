"""What can happen to one call on its way: every fault of the stand-ins, and those of the wire that only a client can see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, get_args

import httpx

from connector.sandbox.faults import Fault, FaultKind
from connector.sandbox.shell import Shell
from connector.sandbox.transport import SandboxTransport, asked_of
from connector.sandbox.xero.sandbox import XeroSandbox
from tests.simulation.conduct import Conduct
from tests.simulation.life import CALL_SECONDS, Life

# Beside the stand-ins' own: time-outs, an answer that drips, and a sign-in that ends on the way.
WIRE_FAULTS = ("connect_timeout", "read_timeout_before_commit", "read_timeout_after_commit", "drip", "signed_out")
# Which of its limits Xero says was reached; for a minute and a day it also says how long to wait.
THROTTLES = ("429_day", "429_concurrent", "429_appminute")
# What only a call with several documents can meet.
BATCH_FAULTS = ("half_commit", "400_after_commit")
LEFT_OUT = ("delay", "html", "refusal", *BATCH_FAULTS)
FAULTS = (*(kind for kind in get_args(FaultKind) if kind not in LEFT_OUT), *WIRE_FAULTS, *THROTTLES)
DRIP_SECONDS = 400.0


class WaitedForEverError(AssertionError):
    """A call had no time-out, and its answer never comes: nobody would ever see this process end."""


class Dripping(httpx.SyncByteStream):
    """An answer that comes so slowly that every deadline passes on the way."""

    def __init__(self, body: bytes, wait: Callable[[float], None], taken: Callable[[], None]) -> None:
        self._body = body
        self._wait = wait
        self._taken = taken

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._body) // 2
        yield self._body[:half]
        self._wait(DRIP_SECONDS)
        yield self._body[half:]
        self._taken()  # Who has given up in the meantime does not ask for the end.


@dataclass
class Network(httpx.BaseTransport):
    """One process's way to one service. `faults` are by the number of the call in this process, from 1."""

    life: Life
    shell: Shell
    after_call: Callable[[], None]
    conduct: Conduct
    faults: dict[int, str] = field(default_factory=dict)
    late_seconds: float = 0.0
    sign_out: Callable[[], None] = lambda: None
    batch_fault: str | None = None  # of the first call with several documents
    calls: int = 0
    steps: list[int] = field(default_factory=list)  # the process's step at which each call began

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange, in which the process may die, freeze, or lose the answer."""
        self.conduct.before(request)
        self.life.step("first byte")
        self.calls += 1
        self.steps.append(self.life.steps)
        self.life.clock.advance(CALL_SECONDS)
        try:
            answer = self._exchange(request, self.faults.get(self.calls) or self._fault_of_batch(request))
        finally:
            self.after_call()
        self.life.step("answer")
        self.conduct.after(request, answer)
        return answer

    def _fault_of_batch(self, request: httpx.Request) -> str | None:
        if self.batch_fault is None or self.shell.vendor.first_half(asked_of(request)) is None:
            return None
        fault, self.batch_fault = self.batch_fault, None
        return fault

    def _exchange(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        vendor = SandboxTransport(self.shell.handle)
        if fault is None:
            return vendor.handle_request(request)
        if fault == "connect_timeout":
            raise httpx.ConnectTimeout("no connection", request=request)
        if fault == "signed_out":
            self.sign_out()
            return vendor.handle_request(request)
        if fault in ("read_timeout_before_commit", "read_timeout_after_commit"):
            if fault == "read_timeout_after_commit":
                vendor.handle_request(request)
            self._wait_in_vain(request)
        if fault == "drip":
            answer = vendor.handle_request(request)
            stream = Dripping(answer.content, self.life.wait, lambda: self.conduct.took_to_the_end(request, DRIP_SECONDS))
            return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)
        if fault in THROTTLES and isinstance(self.shell.vendor, XeroSandbox):
            answer = self.shell.vendor.limits.refuse(fault.removeprefix("429_"))
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)
        more: dict[str, Any] = {"seconds": self.late_seconds} if fault == "commit_late" else {}
        self.shell.plan.plan([Fault(kind="429" if fault in THROTTLES else fault, **more)])  # type: ignore[arg-type]
        return vendor.handle_request(request)

    def _wait_in_vain(self, request: httpx.Request) -> NoReturn:
        if request.extensions["timeout"]["read"] is None:
            raise WaitedForEverError(f"{request.method} {request.url.path} has no time-out")
        self.life.wait(60)
        raise httpx.ReadTimeout("no answer", request=request)


def faults_of(ledger: str, *, batches: bool = False) -> tuple[str, ...]:
    """Those that differ at a ledger: only Xero names the limit that was reached; QuickBooks' two forms of a 429 are a switch."""
    faults = FAULTS if ledger == "xero" else tuple(fault for fault in FAULTS if fault not in THROTTLES)
    return (*faults, *BATCH_FAULTS) if batches else faults
