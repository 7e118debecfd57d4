"""GET /work-orders and GET /work-orders/{id}: filters, three styles of paging, and lists that misbehave as the switches say."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from connector.sandbox.supergood.answers import RefusedError, answer
from connector.sandbox.supergood.catalogue import PARAMS
from connector.sandbox.supergood.showing import own_id, show
from connector.sandbox.supergood.signin import Session
from connector.sandbox.upkeep.records import Record, Records, milliseconds
from connector.sandbox.wire import Request, Response

KNOWN = frozenset({"status", "updated_after", "cursor", "limit", "offset", "page", "asset_id"})
PAGE_SIZE = 25


class Reading:
    """What a session may read of the work orders."""

    def __init__(self, records: Records, switches: dict[str, Any]) -> None:
        self._records, self._switches = records, switches
        self._moves_left, self._repeats_left = int(switches["moving_sort"]), int(switches["repeats"])
        self._last: list[Record] = []

    def __call__(self, request: Request, session: Session) -> Response | None:
        """The answer to a read of work orders; None for every other request."""
        if request.path == "/work-orders" and request.method == "GET":
            return self._listed(request)
        identifier = request.path.removeprefix("/work-orders/")
        if request.method == "GET" and request.path.startswith("/work-orders/") and "/" not in identifier:
            return self._detail(identifier)
        return None

    def _detail(self, identifier: str) -> Response:
        if self._switches["detail"] == "405":
            raise RefusedError(405, "method_not_allowed", "method not allowed")
        record = self.work_order(identifier) if self._switches["detail"] == "present" else None
        if record is None:
            raise RefusedError(404, "not_found", "not found")
        shown = show(self._records, record, self._switches, is_detail=True)
        return answer(200, {"data": shown} if self._switches["detail_wrapper"] == "data" else shown)

    def work_order(self, identifier: str) -> Record | None:
        """The record with that id, in whichever ids the contract has."""
        of_kind = self._records.by_kind["work-orders"]
        if self._switches["ids"] == "upkeep":
            return of_kind.get(identifier)
        return next((record for key, record in of_kind.items() if own_id(key) == identifier), None)

    def shown_id(self, record: Record) -> str:
        """The id of a record, in whichever ids the contract has."""
        return str(record["id"]) if self._switches["ids"] == "upkeep" else own_id(record["id"])

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def _listed(self, request: Request) -> Response:
        params = self._params(request)
        found = self._rows(params)
        limit = min(_whole(params, "limit", PAGE_SIZE, 1), int(self._switches["limit_cap"]))
        start = self._start(params, limit)
        page = found[start : start + limit]
        if self._repeats_left > 0 and start > 0:
            self._repeats_left -= 1
            page = self._last
        if self._switches["endless"] and not page:
            page = found[-limit:]
        if not page and self._switches["empty_list"] == "404":
            raise RefusedError(404, "not_found", "no work orders")
        self._last = page
        content = self._wrapped(page, start + limit, is_more=start + limit < len(found) or bool(self._switches["endless"]))
        if page and self._moves_left > 0:
            # Somebody saves the first row of the page right after it was read.
            self._moves_left -= 1
            self._records.touch(page[0])
        return answer(200, content)

    def _params(self, request: Request) -> dict[str, str]:
        names = PARAMS[self._switches["contract"]]
        told = request.params()
        if names:
            told = {names.get(name, f"unknown {name}"): value for name, value in told.items()}
        unknown = [name for name in told if name not in KNOWN]
        if unknown:
            raise RefusedError(400, "invalid_request", f"unknown parameter {unknown[0]}")
        for name, switch in (("status", "status_filter"), ("updated_after", "updated_filter")):
            if name in told and self._switches[switch] == "400":
                raise RefusedError(400, "invalid_request", f"{name} is not supported")
            if self._switches[switch] == "ignored":
                told.pop(name, None)
        return told

    def _rows(self, params: dict[str, str]) -> list[Record]:
        of_kind = self._records.by_kind["work-orders"]
        rows = list(of_kind.values())
        if "updated_after" in params:
            first = _moment(params["updated_after"])
            rows = [row for row in rows if milliseconds(row["updatedAt"]) >= first]
        if "status" in params:
            wanted = "complete" if params["status"] in ("completed", "complete") else params["status"]
            rows = [row for row in rows if row.get("status") == wanted]
        order = self._switches["order"]
        key = {"created": "createdAt", "id": "id"}.get(order, "updatedAt")
        return sorted(rows, key=lambda row: (str(row[key]), row["id"]), reverse=order == "updated_desc")

    def _start(self, params: dict[str, str], limit: int) -> int:
        paging = self._switches["paging"]
        for other in {"cursor", "offset", "page"} - {paging}:
            if other in params:
                raise RefusedError(400, "invalid_request", f"{other} is not supported")
        if paging == "cursor":
            return _uncovered(params["cursor"]) if params.get("cursor") else 0
        if paging == "offset":
            return _whole(params, "offset", 0, 0)
        lowest = self._switches["first_page"]
        page = _whole(params, "page", 1, 0 if lowest == "either" else lowest)
        return max(0, page - (1 if lowest == "either" else lowest)) * limit

    def _wrapped(self, page: list[Record], then: int, *, is_more: bool) -> Any:
        shown = [show(self._records, record, self._switches, is_detail=False) for record in page]
        if self._switches["wrapper"] == "bare":
            return shown
        content: Record = {self._switches["wrapper"]: shown}
        if self._switches["paging"] == "cursor":
            content["next_cursor"] = base64.urlsafe_b64encode(f"row {then}".encode()).decode() if is_more else None
        return content


def _uncovered(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("row "))
    except ValueError:
        raise RefusedError(400, "invalid_cursor", "the cursor is not one of ours") from None


def _whole(params: dict[str, str], name: str, otherwise: int, minimum: int) -> int:
    try:
        number = int(params.get(name, otherwise))
    except ValueError:
        number = minimum - 1
    if number < minimum:
        raise RefusedError(400, "invalid_request", f"{name} must be at least {minimum}")
    return number


def _moment(raw: str) -> int:
    try:
        if datetime.fromisoformat(raw.replace("Z", "+00:00")).tzinfo is None:
            raise ValueError
        return milliseconds(raw)
    except ValueError:
        raise RefusedError(400, "invalid_request", "updated_after is not a moment with its zone") from None
