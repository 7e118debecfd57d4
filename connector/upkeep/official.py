"""UpKeep's official REST API v2 as a Source: a keyset walk by updatedAt, and the detail of what changed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx

from connector.core.clock import Clock
from connector.core.problem import Problem
from connector.upkeep.http import UpKeepHttp
from connector.upkeep.parse import parse_head, parse_work_order
from connector.upkeep.source import AnswerUnreadableError, SourceUnreachableError, WorkOrderHead, WorkOrderRead

log = logging.getLogger("connector.upkeep")

PAGE_SIZE = 100
# Records of users, parts, assets and locations kept for a run; the oldest goes first.
CACHE_SIZE_MAX = 5_000
# One record that UpKeep cannot show is held and costs no other; so many one after the other are an outage.
UNREADABLE_IN_A_ROW_MAX = 3


class UpKeepSource:
    """One UpKeep company (and site), read with one login (upkeep/source.py)."""

    def __init__(
        self,
        *,
        base_url: str,
        email: str,
        password: str,
        token: str,
        company: str,
        site: str,
        clock: Clock,
        time_unit: str = "minutes",
        page_size: int = PAGE_SIZE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.company, self.site = company, site
        self._http = UpKeepHttp(base_url=base_url, email=email, password=password, token=token, clock=clock, transport=transport)
        self._time_unit = time_unit
        self._page_size = page_size
        self._cache: OrderedDict[tuple[str, str], Mapping[str, Any]] = OrderedDict()
        self._email = email
        self._unreadable_in_a_row = 0

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return {"upkeep": self._http.requests}

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads in ascending order of updated_at, each once, walked by keyset so that rows that move while we page are not skipped."""
        bound, offset, seen_at_bound = since, 0, set[str]()
        while rows := self._page(bound, offset):
            heads = self._in_order(rows, bound)
            fresh = [head for head in heads if head.id not in seen_at_bound]
            yield from fresh
            last = heads[-1].updated_at if heads else bound
            if last is None or last == bound:
                # A whole page of one moment: only here the offset moves, within rows that no longer do.
                offset += len(rows)
                seen_at_bound |= {head.id for head in heads}
            else:
                bound, offset = last, 0
                seen_at_bound = {head.id for head in heads if head.updated_at == last}
                offset = len(seen_at_bound) if len(seen_at_bound) == len(rows) else 0
            if len(rows) < self._page_size and not fresh:
                return

    def _page(self, bound: datetime | None, offset: int) -> list[Any]:
        params: dict[str, str | int] = {"orderBy": "updatedAt ASC", "limit": self._page_size, "offset": offset}
        if bound is not None:
            params["updatedAtGreaterThanOrEqualTo"] = int(bound.timestamp() * 1000)
        told = self._http.get("/work-orders", params)
        rows = told.get("results", []) if told is not None else []  # UpKeep answers 404 for an empty list at times.
        if not isinstance(rows, list):
            raise SourceUnreachableError("UpKeep answered a list of work orders without results")
        return rows

    def _in_order(self, rows: list[Any], bound: datetime | None) -> list[WorkOrderHead]:
        """The rows as heads; a server that ignores the filter or the order would make us skip rows, so that is not accepted."""
        heads = [head for head in map(parse_head, rows) if head is not None]
        if len(heads) < len(rows):
            log.warning("action=rows_without_id_or_updated_at count=%d", len(rows) - len(heads))
        moments = [head.updated_at for head in heads]
        # UpKeep's filter has milliseconds, a stored moment may have more.
        low = bound.replace(microsecond=bound.microsecond // 1000 * 1000) if bound else None
        if moments != sorted(moments) or (low is not None and moments and moments[0] < low):
            raise SourceUnreachableError("UpKeep ignores the filter or the order of updatedAt; the list cannot be walked safely")
        return heads

    # --- one work order ---------------------------------------------------------------------------------------------------------

    def read(self, head: WorkOrderHead) -> WorkOrderRead:
        """The whole work order, with the names of what it points at."""
        try:
            read = self._whole(head)
        except AnswerUnreadableError as error:
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row > UNREADABLE_IN_A_ROW_MAX:
                raise
            return WorkOrderRead(head, None, (_unreadable(head, str(error)),))
        self._unreadable_in_a_row = 0
        return read

    def _whole(self, head: WorkOrderHead) -> WorkOrderRead:
        told = self._http.get(f"/work-orders/{head.id}")
        if told is None:
            return WorkOrderRead(head, None)
        work_order, problems = parse_work_order(told.get("result"), head, self, self._time_unit)
        return WorkOrderRead(head, work_order, tuple(problems))

    def find(self, number: str) -> WorkOrderRead | None:
        """The work order with that number, by walking the list: no filter by number is documented."""
        head = next((head for head in self.changed_since(None) if head.number == number), None)
        return self.read(head) if head else None

    # --- what it points at ------------------------------------------------------------------------------------------------------

    def user(self, identifier: str) -> Mapping[str, Any]:
        """A user's record; {} when it is gone."""
        return self._record("users", identifier)

    def part(self, identifier: str) -> Mapping[str, Any]:
        """A part's record; {} when it is gone."""
        return self._record("parts", identifier)

    def named(self, kind: str, identifier: str) -> str:
        """The name of an asset, location or team; "" when it is gone."""
        return str(self._record(kind, identifier).get("name") or "")

    def _record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        key = (kind, identifier)
        if key not in self._cache:
            told = self._http.get(f"/{kind}/{identifier}")
            result = told.get("result") if told is not None else None
            self._cache[key] = result if isinstance(result, dict) else {}
            if len(self._cache) > CACHE_SIZE_MAX:
                self._cache.popitem(last=False)
        return self._cache[key]

    # --- what this login sees ---------------------------------------------------------------------------------------------------

    def visibility(self) -> list[Problem]:
        """Sign in; a login that is no administrator sees only its own work orders."""
        self._http.sign_in()
        if not self._email:
            return []
        told = self._http.get("/users", {"email": self._email, "limit": 100})
        rows = told.get("results", []) if told is not None else []
        own = [row for row in rows if isinstance(row, dict) and str(row.get("email", "")).casefold() == self._email.casefold()]
        if own and str(own[0].get("accountType", "")).upper() != "ADMIN":
            message = f"{self._email} is {own[0].get('accountType')}; it may see its own work orders only."
            return [Problem("UPKEEP_NOT_ADMIN", "source", message, "Use an administrator's login for the connector.")]
        return []


def _unreadable(head: WorkOrderHead, reason: str) -> Problem:
    place = f"work order {head.number}"
    return Problem("UNREADABLE_WORK_ORDER", place, reason + ".", "Open it in UpKeep; it is read again at the next sync.")
