"""UpKeep's official REST API v2 as a Source: the list of what changed, and the detail of each."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from connector.core.clock import Clock
from connector.core.field_watch import FieldSeen
from connector.core.keys import Need
from connector.core.problem import Problem
from connector.upkeep.attachments import files_of, whole_file
from connector.upkeep.criteria import beside, criteria_of
from connector.upkeep.http import Chance, UpKeepHttp
from connector.upkeep.pace import Pace
from connector.upkeep.parse import WITHOUT_ID, parse_head, parse_work_order
from connector.upkeep.reading import text_of
from connector.upkeep.records import Records
from connector.upkeep.roles import Role, Sight, read_role, role_problem
from connector.upkeep.session import SessionVault
from connector.upkeep.source import (
    FileGoneError,
    LimitedLoginError,
    SourceFile,
    SourceUnreachableError,
    UnreadableAnswerError,
    WorkOrderHead,
    WorkOrderRead,
)
from connector.upkeep.walking import NotHonouredError, Walk
from connector.upkeep.watching import ROW, Watch

log = logging.getLogger("connector.upkeep")

PAGE_SIZE = 100
# So many rows of a page are looked at for new fields: the others have the same.
ROWS_WATCHED = 10
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
        needs: frozenset[Need] = frozenset(),
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
        sessions: SessionVault | None = None,
        pace: Pace | None = None,
        chance: Chance | None = None,
    ) -> None:
        self.company, self.site = company, site
        self._http = UpKeepHttp(
            base_url=base_url, email=email, password=password, token=token, site_user=site_user, clock=clock, transport=transport,
            verify=verify, sessions=sessions, pace=pace, chance=chance,
        )  # fmt: skip
        self._time_unit = time_unit
        self._page_size = page_size
        self.needs = needs
        self._email = email
        self._clock = clock
        self._filter_is_honoured = True
        self._unreadable_in_a_row = 0
        self._watch = Watch()
        self._records = Records(self._http.get, self._watch.see)
        self._role: tuple[int, Role] | None = None  # as of which sign-in

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return {"upkeep": self._http.requests}

    @property
    def http(self) -> UpKeepHttp:
        """The session, for what writes (upkeep/changing.py, upkeep/writing.py)."""
        return self._http

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    def watched(self) -> list[FieldSeen]:
        """What fields the answers had since this was last asked (upkeep/watching.py)."""
        return self._watch.taken()

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads in ascending order of updated_at, none skipped although rows move while we page (upkeep/walking.py)."""
        walk = Walk(self._rows, self._page_size)
        if self._filter_is_honoured:
            try:
                yield from walk.by_change(since)
            except NotHonouredError:
                log.warning("action=filter_or_order_not_honoured next=read_the_whole_list")
                self._filter_is_honoured = False
        if not self._filter_is_honoured:
            yield from walk.everything(since, self._now_there)

    def completed_since(self, moment: datetime) -> Iterator[WorkOrderHead]:
        """Heads of what was completed since that moment, whatever changed or did not change since (upkeep/walking.py)."""
        walk = Walk(self._rows, self._page_size)
        try:
            yield from walk.by_completion(moment)
        except NotHonouredError:
            log.warning("action=order_not_honoured order=dateCompleted next=read_the_whole_list")
            yield from walk.whole_by_completion(moment)

    def _now_there(self) -> datetime:
        """The moment by UpKeep's own clock, whatever ours says; by ours where its answers do not tell."""
        return self._http.told_at or self._clock.now()

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
        self._require_whole_view()
        for row in rows[:ROWS_WATCHED]:
            self._watch.see(ROW, row)
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
        return self._parsed(told.get("result"), head)

    def _parsed(self, raw: Any, head: WorkOrderHead) -> WorkOrderRead:
        self._watch.see_work_order(raw)
        work_order, problems = parse_work_order(raw, head, self, self._time_unit)
        if work_order is not None:
            work_order = replace(work_order, site=self.site, criteria=criteria_of(raw) | beside(raw, self.needs, self._http.get))
        return WorkOrderRead(head, work_order, tuple(problems))

    def look(self, work_order_id: str) -> WorkOrderRead | None:
        """One work order by its id, as it is now; None when there is none. Raises UnreadableAnswerError."""
        told = self._http.get(f"/work-orders/{quote(work_order_id, safe='')}")
        if told is None:
            return None
        head = parse_head(told.get("result"), self._clock.now())
        if head.id != work_order_id:
            raise UnreadableAnswerError(f"UpKeep answered with another work order than {work_order_id}", 200)
        return self._parsed(told.get("result"), head)

    def find(self, number: str) -> WorkOrderRead | None:
        """The work order with that number, by walking the list: no filter by number is documented."""
        head = next((head for head in self.changed_since(None) if head.number == number), None)
        return self.read(head) if head else None

    # --- what it points at ------------------------------------------------------------------------------------------------------

    def user(self, identifier: str) -> Mapping[str, Any]:
        """A user's record; {} when it is gone."""
        return self.record("users", identifier)

    def part(self, identifier: str) -> Mapping[str, Any]:
        """A part's record; {} when it is gone."""
        return self.record("parts", identifier)

    def named(self, kind: str, identifier: str) -> str:
        """The name of an asset, location or team; "" when it is gone."""
        return text_of(self.record(kind, identifier).get("name"))

    def record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        """A record of that kind; {} when it is gone."""
        return self._records.record(kind, identifier)

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
        role = self._own_role()
        problem = role_problem(role) if role is not None else None
        return [problem] if problem is not None else []

    def renew(self) -> datetime | None:
        """Sign in anew: UpKeep's own API has no refresh."""
        self._http.sign_in()
        return self._http.renew_at

    def role(self) -> Mapping[str, str]:
        """What the login is and sees."""
        role = self._own_role()
        return role.told() if role is not None else {}

    def _own_role(self) -> Role | None:
        """Read once for each sign-in; an organisation's token is no person's."""
        if not self._email or self._http.has_static_token:
            return None
        if self._role is None or self._role[0] != self._http.sign_ins:
            role = read_role(self._email, self._http.get)
            self._role = (self._http.sign_ins, role)
        return self._role[1]

    def _require_whole_view(self) -> None:
        """What a limited login does not see would look as if it were not there: found out once a sign-in."""
        if self._http.session.sight == Sight.ALL.name:
            return
        role = self._own_role()
        if role is not None:
            self._http.session.found_out(role.sight.name)
        if role is not None and role.sight is Sight.OWN:
            raise LimitedLoginError(f"{role.email} is {role.account_type}: it sees its own work orders only")


def _unreadable(head: WorkOrderHead, reason: str) -> Problem:
    place = f"work order {head.number}"
    return Problem("UNREADABLE_WORK_ORDER", place, reason + ".", "Open it in UpKeep; it is read again at the next sync.")
