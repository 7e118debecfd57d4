"""UpKeep's HTTP: sign-in, lists and records, with a switch for everything its documentation leaves open."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.upkeep.records import KINDS, Record, Records, iso, milliseconds
from connector.sandbox.wire import Request, Response

PAGE_SIZE = 25
# Known only by the detail of a work order.
DETAIL_KEYS = frozenset({"timeLogs", "additionalCosts", "customFields", "parts", "respectivePartQuantityUsed"})
DEFAULTS: dict[str, Any] = {
    "empty_list": "200",  # or "404"
    "time_unit": "minutes",  # or hours, seconds
    "numbers": "as_given",  # or "string"
    "parts_shape": "objects_with_cost",  # or objects, ids
    "time_log": "array",  # or absent
    "labor_cost": "absent",  # or present, zero
    "references": "id",  # or object
    "location_key": "location",  # or objectLocationForWorkOrder
    "limit_cap": 200,
    "token_ttl_seconds": 43_200,
    "unknown_filters": "honoured",  # or ignored
    "status_case": "complete",  # or Complete
    "user_rates": True,
}


class UpKeepSandbox:
    """One UpKeep company with one administrator's login."""

    name = "upkeep"
    email = "admin@sandbox.example"
    password = "Sandbox-Pass-1"  # noqa: S105 it opens nothing but the sandbox

    def __init__(
        self, company: Company, clock: SandboxClock, *, switches: dict[str, Any] | None = None, enforce_limits: bool = False
    ) -> None:
        self.company = company
        self.enforce_limits = enforce_limits
        self.switches = DEFAULTS | (switches or {})
        self._clock = clock
        self.records = Records(clock)
        self._sessions: dict[str, Any] = {}
        self.records.create("users", {"email": self.email, "accountType": "ADMIN", "firstName": "Ada", "lastName": "Admin"})

    # --- what the shell asks of a vendor ----------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.rstrip("/")
        if path == "/api/v2/auth":
            return self._auth(request)
        if not path.startswith("/api/v2/"):
            return _failure(404, "not found")
        if self._session_of(request) is None:
            return _failure(401, "invalid session token")
        kind, _, identifier = path.removeprefix("/api/v2/").partition("/")
        if kind not in KINDS:
            return _failure(404, "not found")
        return self._record(request, kind, identifier) if identifier else self._collection(request, kind)

    def throttled(self, request: Request) -> Response:
        """UpKeep publishes no limits and no headers."""
        return _failure(429, "too many requests")

    def outage(self, request: Request, status: int) -> Response:
        """A server error."""
        return _failure(status, "internal server error")

    def documents(self) -> list[dict[str, Any]]:
        """UpKeep keeps no books."""
        return []

    def trial_balance(self) -> dict[str, Any]:
        """UpKeep keeps no books."""
        return {"currency": self.company.currency, "accounts": [], "debit": "0.00", "credit": "0.00"}

    def over_limit(self) -> dict[str, int]:
        """UpKeep publishes no limits."""
        return {}

    # --- sign-in ----------------------------------------------------------------------------------------------------------------

    def _auth(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sessions.pop(request.headers.get("session-token", ""), None)
            return _answer({"success": True, "message": "session deleted"})
        told = _body(request)
        if request.method != "POST" or told.get("email") != self.email or told.get("password") != self.password:
            return _failure(401, "wrong email or password")
        token = "r:" + hashlib.sha256(f"session {len(self._sessions)}".encode()).hexdigest()[:32]
        ends = self._clock.now() + timedelta(seconds=self.switches["token_ttl_seconds"])
        self._sessions[token] = ends
        return _answer({"success": True, "result": {"sessionToken": token, "expiresAt": iso(ends)}})

    def _session_of(self, request: Request) -> Any:
        ends = self._sessions.get(request.headers.get("session-token", ""))
        return ends if ends is not None and ends > self._clock.now() else None

    # --- records ----------------------------------------------------------------------------------------------------------------

    def _record(self, request: Request, kind: str, identifier: str) -> Response:
        record = self.records.by_kind[kind].get(identifier)
        if record is None:
            return _failure(404, "not found")
        if request.method == "PATCH":
            record = self.records.change(kind, record, _body(request))
        elif request.method == "DELETE":
            self.records.delete(kind, record)
            return _answer({"success": True, "message": "deleted"})
        elif request.method != "GET":
            return _failure(404, "not found")
        return _answer({"success": True, "result": self._shown(kind, record, is_detail=True)})

    def _collection(self, request: Request, kind: str) -> Response:
        if request.method == "POST":
            told = _body(request)
            if kind == "work-orders" and not told.get("title"):
                return _failure(400, "title cannot be null")
            return _answer({"success": True, "result": self._shown(kind, self.records.create(kind, told), is_detail=True)})
        if request.method != "GET":
            return _failure(404, "not found")
        params = request.params()
        rows = self._rows(kind, params)
        limit = min(int(params.get("limit", PAGE_SIZE)), int(self.switches["limit_cap"]))
        offset = int(params.get("offset", 0))
        page = rows[offset : offset + limit]
        if not page and self.switches["empty_list"] == "404":
            return _failure(404, "not found")
        shown = [self._shown(kind, self.records.by_kind[kind][identifier], is_detail=False) for identifier in page]
        return _answer({"success": True, "results": shown})

    def _rows(self, kind: str, params: dict[str, str]) -> list[str]:
        honoured = self.switches["unknown_filters"] == "honoured"
        field, _, direction = params.get("orderBy", "createdAt DESC").partition(" ")
        if kind == "work-orders" and field == "updatedAt":
            first = params.get("updatedAtGreaterThanOrEqualTo") if honoured else None
            last = params.get("updatedAtLessThanOrEqualTo") if honoured else None
            rows = self.records.changed(int(first) if first else None, int(last) if last else None, descending=direction == "DESC")
        else:
            of_kind = self.records.by_kind[kind]
            rows = sorted(
                of_kind, key=lambda i: (milliseconds(str(of_kind[i].get(field) or of_kind[i]["createdAt"])), i), reverse=direction == "DESC"
            )
        wanted = {k: v for k, v in params.items() if k in ("status", "asset", "location", "category", "email", "name", "accountType")}
        if not wanted:
            return rows
        return [i for i in rows if all(str(self.records.by_kind[kind][i].get(k, "")) == v for k, v in wanted.items())]

    # --- how a record is shown --------------------------------------------------------------------------------------------------

    def _shown(self, kind: str, record: Record, *, is_detail: bool) -> Record:
        shown = {key: value for key, value in record.items() if value is not None}
        if kind == "users" and not self.switches["user_rates"]:
            shown.pop("hourlyRate", None)
        if kind != "work-orders":
            return dict(self._numbers(shown))
        if not is_detail:
            shown = {key: value for key, value in shown.items() if key not in DETAIL_KEYS}
        else:
            self._shape_costs(record, shown)
        self._shape_references(shown)
        return dict(self._numbers(shown))

    def _shape_costs(self, record: Record, shown: Record) -> None:
        if self.switches["time_log"] == "absent":
            shown.pop("timeLogs", None)
        if self.switches["labor_cost"] == "zero":
            shown["laborCost"] = 0
        parts = [part for part in record.get("parts", []) if isinstance(part, dict)]
        if parts and self.switches["parts_shape"] == "objects":
            shown["parts"] = [{key: value for key, value in part.items() if key != "cost"} for part in parts]
        elif parts and self.switches["parts_shape"] == "ids":
            shown["parts"] = [part["id"] for part in parts]
            shown["respectivePartQuantityUsed"] = [part.get("quantity") for part in parts]

    def _shape_references(self, shown: Record) -> None:
        if shown.get("status") == "complete":
            shown["status"] = self.switches["status_case"]
        if self.switches["references"] == "object":
            for key, kind in (("asset", "assets"), ("location", "locations"), ("completedByUser", "users"), ("assignedToUser", "users")):
                if shown.get(key) in self.records.by_kind[kind]:
                    shown[key] = self.records.by_kind[kind][shown[key]]
        if "location" in shown and self.switches["location_key"] == "objectLocationForWorkOrder":
            shown["objectLocationForWorkOrder"] = shown.pop("location")

    def _numbers(self, shown: Any) -> Any:  # any JSON in, the same JSON out
        """Numbers as they were given, or all as strings."""
        if self.switches["numbers"] != "string":
            return shown
        if isinstance(shown, dict):
            return {key: self._numbers(value) for key, value in shown.items()}
        if isinstance(shown, list):
            return [self._numbers(value) for value in shown]
        return str(shown) if isinstance(shown, int | Decimal) and not isinstance(shown, bool) else shown


def _body(request: Request) -> Record:
    """A JSON or a form body."""
    if "form" in request.headers.get("content-type", ""):
        return dict(request.form())
    try:
        told = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _answer(content: Record, status: int = 200) -> Response:
    return Response(status, _json(content), {"content-type": "application/json; charset=utf-8"})


def _failure(status: int, message: str) -> Response:
    return _answer({"success": False, "message": message}, status)


def _json(content: Any) -> bytes:
    """JSON with Decimals as the numbers they are."""
    text = json.dumps(content, ensure_ascii=False, default=lambda value: f"\x02{value}" if isinstance(value, Decimal) else str(value))
    pieces = text.split('"\\u0002')
    return (pieces[0] + "".join(number + rest for number, _, rest in (piece.partition('"') for piece in pieces[1:]))).encode()
