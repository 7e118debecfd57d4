"""Around each stand-in: the request log, the planned faults, and the oracle outside the vendor's own paths."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import GARBLED, Fault, FaultPlan
from connector.sandbox.vendor import Vendor
from connector.sandbox.wire import ConnectionDropped, ConnectionRefused, Request, Response, json_response

LOG_LENGTH_MAX = 10_000
# What a test may do to a ledger, or to its developer pages, as a person would.
PERSON_ACTIONS = frozenset(
    {
        "void",
        "delete",
        "delete_draft",
        "pay",
        "edit_amount",
        "edit_line_amount",
        "rename_account",
        "change_customer",
        "deactivate_account",
        "archive_account",
        "set_lock",
        "end_subscription",
        "renew_subscription",
        "bar",
        "allow",
        "register_redirect",
        "register_webhook",
    }
)
VERSIONS = frozenset({"v1", "v2", "v3", "2.0"})
HTML = b"<html><body><h1>Service Unavailable</h1></body></html>"


class Shell:
    """One stand-in as it is reached: faults first, then its rules, then the log."""

    def __init__(self, vendor: Vendor, plan: FaultPlan, clock: SandboxClock, sleep: Callable[[float], None] = time.sleep) -> None:
        self.vendor = vendor
        self.plan = plan
        self.clock = clock
        self._sleep = sleep
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH_MAX)
        self.counts: Counter[str] = Counter()
        self._late: list[tuple[datetime, Request]] = []

    def handle(self, request: Request) -> Response:
        """Answer one request; raises ConnectionDropped or ConnectionRefused where a planned fault says so."""
        self.commit_what_is_late()
        if request.path.startswith("/_sandbox/"):
            return self._oracle(request)
        fault = self.plan.take(request)
        entry = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "fault": fault.kind if fault else None,
            "status": 0,
        }
        self.log.append(entry)
        self.counts[f"{request.method} {_family(request.path)}"] += 1
        response = self._struck(request, fault) if fault else self.vendor.handle(request)
        entry["status"] = response.status
        return replace(response, headers={**response.headers, "date": format_datetime(self.clock.now(), usegmt=True)})

    def _struck(self, request: Request, fault: Fault) -> Response:
        """What a fault makes of a request."""
        if fault.kind == "refuse":
            raise ConnectionRefused
        if fault.kind in ("429", "5xx", "refusal", "html"):
            return self._instead(request, fault)
        if fault.kind == "drop_before_commit":
            raise ConnectionDropped
        if fault.kind == "commit_late":
            self._late.append((self.clock.now() + timedelta(seconds=fault.seconds), request))
            raise ConnectionDropped
        if fault.kind == "delay":
            self._sleep(fault.seconds)
            return self.vendor.handle(request)
        return self._after_commit(request, fault)

    def _instead(self, request: Request, fault: Fault) -> Response:
        """An answer without any commit."""
        if fault.kind == "429":
            return self.vendor.throttled(request)
        if fault.kind == "5xx":
            return self.vendor.outage(request, fault.status)
        if fault.kind == "refusal":
            return self.vendor.refused(request, fault.code, fault.status)
        return Response(fault.status, HTML, {"content-type": "text/html"})

    def _struck_in_part(self, request: Request, fault: Fault) -> Response:
        """What only a call with several documents can meet."""
        half = self.vendor.first_half(request)
        if fault.kind == "400_after_commit":
            answer = self.vendor.handle(request)
            return answer if half is None else self.vendor.denied(request)
        if half is not None:
            self.vendor.handle(half)
        return self.vendor.outage(request, fault.status)

    def _after_commit(self, request: Request, fault: Fault) -> Response:
        if fault.kind in ("half_commit", "400_after_commit"):
            return self._struck_in_part(request, fault)
        self.vendor.handle(request)
        if fault.kind == "drop_after_commit":
            raise ConnectionDropped
        return GARBLED if fault.kind == "garbled" else self.vendor.outage(request, fault.status)

    def next_late(self) -> datetime | None:
        """When the next request that hangs is committed; None when none hangs."""
        return min((moment for moment, _ in self._late), default=None)

    def commit_what_is_late(self) -> None:
        """Commit every hanging request whose moment has come."""
        due = [request for moment, request in self._late if moment <= self.clock.now()]
        self._late = [(moment, request) for moment, request in self._late if moment > self.clock.now()]
        for request in due:
            self.vendor.handle(request)

    # --- the oracle -------------------------------------------------------------------------------------------------------------

    def _oracle(self, request: Request) -> Response:
        routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "documents"): lambda _: json_response(200, {"documents": self.vendor.documents()}),
            ("GET", "trial-balance"): lambda _: json_response(200, self.vendor.trial_balance()),
            ("GET", "requests"): lambda _: json_response(200, self._requests()),
            ("DELETE", "requests"): self._forget,
            ("POST", "faults"): self._plan,
            ("DELETE", "faults"): self._clear,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._clock,
            ("POST", "person"): self._person,
        }
        route = routes.get((request.method, request.path.removeprefix("/_sandbox/")))
        try:
            return route(request) if route else json_response(404, {"error": "no such oracle"})
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            return json_response(400, {"error": str(error)})

    def _requests(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "over_limit": self.vendor.over_limit(),
            "violations": list(getattr(self.vendor, "violations", [])),
            "requests": list(self.log),
        }

    def _forget(self, _request: Request) -> Response:
        self.log.clear()
        self.counts.clear()
        return json_response(200, {})

    def _plan(self, request: Request) -> Response:
        self.plan.plan([Fault(**fault) for fault in json.loads(request.body)["faults"]])
        return json_response(200, {"planned": len(self.plan.faults)})

    def _clear(self, _request: Request) -> Response:
        self.plan.clear()
        return json_response(200, {})

    def _clock(self, request: Request) -> Response:
        told = json.loads(request.body) if request.body else {}
        seconds = float(told.get("advance_seconds", 0))
        if "now" in told:
            self.clock.set(datetime.fromisoformat(told["now"]))
        self.clock.advance(seconds)
        return json_response(200, {"now": self.clock.now().isoformat()})

    def _person(self, request: Request) -> Response:
        told = dict(json.loads(request.body))
        action = told.pop("action")
        act = getattr(self.vendor, action, None) if action in PERSON_ACTIONS else None
        if act is None:
            raise ValueError(f"a person cannot {action} at {self.vendor.name}")
        act(**told)
        return json_response(200, {})


def _family(path: str) -> str:
    """A path with its ids left out, so that calls can be counted by what they do."""
    # UpKeep's ids need not have a digit, but its resources are written in small letters.
    is_upkeep = path.startswith("/api/v2/")
    return "/".join("{id}" if part not in VERSIONS and any(_marks_id(c, is_upkeep) for c in part) else part for part in path.split("/"))


def _marks_id(character: str, is_upkeep: bool) -> bool:
    return character.isdigit() or (is_upkeep and character.isupper())
