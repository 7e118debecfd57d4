"""UpKeep's official REST API v2 as a Source: the list of what changed, and the detail of each."""

from __future__ import annotations

import logging
import ssl
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from connector.core.clock import Clock
from connector.core.problem import Problem
from connector.upkeep.attachments import files_of, whole_file
from connector.upkeep.http import UpKeepHttp
from connector.upkeep.parse import WITHOUT_ID, parse_head, parse_work_order
from connector.upkeep.reading import text_of
from connector.upkeep.source import (
    FileGoneError,
    SourceFile,
    SourceUnreachableError,
    UnreadableAnswerError,
    WorkOrderHead,
    WorkOrderRead,
)
from connector.upkeep.walking import NotHonouredError, Walk

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
        site_user: str = "",
        clock: Clock,
        time_unit: str = "minutes",
        page_size: int = PAGE_SIZE,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.company, self.site = company, site
        login = {"email": email, "password": password, "token": token, "site_user": site_user}
        self._http = UpKeepHttp(base_url=base_url, **login, clock=clock, transport=transport, verify=verify)
        self._time_unit = time_unit
        self._page_size = page_size
        self._cache: OrderedDict[tuple[str, str], Mapping[str, Any]] = OrderedDict()
        self._email = email
        self._clock = clock
        self._filter_is_honoured = True
        self._unreadable_in_a_row = 0

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return {"upkeep": self._http.requests}

    @property
    def http(self) -> UpKeepHttp:
        """The session, for what writes (upkeep/writing.py)."""
        return self._http

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads in ascending order of updated_at, none skipped although rows move while we page (upkeep/walking.py)."""
        walk, started = Walk(self._rows, self._page_size), self._clock.now()
        if self._filter_is_honoured:
            try:
                yield from walk.by_change(since)
            except NotHonouredError:
                log.warning("action=filter_or_order_not_honoured next=read_the_whole_list")
                self._filter_is_honoured = False
        if not self._filter_is_honoured:
            yield from walk.everything(since, started)

    def _rows(self, params: Mapping[str, str | int]) -> list[Any]:
        told = self._http.get("/work-orders", params)
        if told is None:
            # UpKeep answers 404 for an empty list at times. A token that was never signed in with must prove that the address is right.
            if self._http.has_static_token and self._http.get("/users", {"limit": 1}) is None:
                raise SourceUnreachableError("UpKeep answered 404 to every list; check source: base_url")
            return []
        rows = told.get("results")
        if not isinstance(rows, list):
            raise SourceUnreachableError("UpKeep answered a list of work orders without results")
        return rows

    # --- one work order ---------------------------------------------------------------------------------------------------------

    def read(self, head: WorkOrderHead) -> WorkOrderRead:
        """The whole work order, with the names of what it points at."""
        if head.id.startswith(WITHOUT_ID):
            return WorkOrderRead(head, None, (_unreadable(head, "UpKeep lists it without an id that can be read"),))
        try:
            read = self._whole(head)
        except UnreadableAnswerError as error:
            # One record that cannot be read, its own or one that it points at, must not keep the others from the books.
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row > UNREADABLE_IN_A_ROW_MAX:
                raise
            return WorkOrderRead(head, None, (_unreadable(head, str(error)),))
        self._unreadable_in_a_row = 0
        return read

    def _whole(self, head: WorkOrderHead) -> WorkOrderRead:
        told = self._http.get(f"/work-orders/{quote(head.id, safe='')}")
        if told is None:
            return WorkOrderRead(head, None)
        work_order, problems = parse_work_order(told.get("result"), head, self, self._time_unit)
        return WorkOrderRead(head, work_order, tuple(problems))

    def look(self, work_order_id: str) -> WorkOrderRead | None:
        """One work order by its id, as it is now; None when there is none. Raises UnreadableAnswerError."""
        told = self._http.get(f"/work-orders/{quote(work_order_id, safe='')}")
        if told is None:
            return None
        head = parse_head(told.get("result"), self._clock.now())
        if head.id != work_order_id:
            raise UnreadableAnswerError(f"UpKeep answered with another work order than {work_order_id}", 200)
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
        return text_of(self._record(kind, identifier).get("name"))

    def _record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        key = (kind, identifier)
        if key not in self._cache:
            path = f"/{kind}/{quote(identifier, safe='')}"
            told = self._http.get(path)
            result = told.get("result") if told is not None else {}
            if not isinstance(result, dict):
                raise UnreadableAnswerError(f"UpKeep answered {path} without a record", 200)
            self._cache[key] = result
            if len(self._cache) > CACHE_SIZE_MAX:
                self._cache.popitem(last=False)
        return self._cache[key]

    # --- its files --------------------------------------------------------------------------------------------------------------

    def files(self, work_order_id: str) -> list[SourceFile]:
        """The files that lie on a work order now."""
        told = self._http.get(f"/work-orders/{quote(work_order_id, safe='')}")
        return files_of(told.get("result"), self._http.get) if told is not None else []

    def file(self, work_order_id: str, file_id: str, bytes_max: int) -> bytes | None:
        """A whole file; its address is asked for anew, because it is good for a while only."""
        found = next((one for one in self.files(work_order_id) if one.id == file_id), None)
        if found is None:
            raise FileGoneError
        return whole_file(found, self._http, bytes_max)

    # --- what this login sees ---------------------------------------------------------------------------------------------------

    def visibility(self) -> list[Problem]:
        """Sign in; a login that is no administrator sees only its own work orders."""
        self._http.sign_in()
        if not self._email:
            return []
        told = self._http.get("/users", {"email": self._email, "limit": 100})
        listed = told.get("results") if told is not None else None
        rows = listed if isinstance(listed, list) else []
        own = [row for row in rows if isinstance(row, dict) and str(row.get("email", "")).casefold() == self._email.casefold()]
        if own and str(own[0].get("accountType", "")).upper() != "ADMIN":
            message = f"{self._email} is {own[0].get('accountType')}; it may see its own work orders only."
            return [Problem("UPKEEP_NOT_ADMIN", "source", message, "Use an administrator's login for the connector.")]
        return []


def _unreadable(head: WorkOrderHead, reason: str) -> Problem:
    place = f"work order {head.number}"
    return Problem("UNREADABLE_WORK_ORDER", place, reason + ".", "Open it in UpKeep; it is read again at the next sync.")
