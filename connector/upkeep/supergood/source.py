"""The normalised API as a Source: the list read until it is steady, and the detail of each work order whose cost lines are not in it."""

from __future__ import annotations

import logging
import pickle
import ssl
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from connector.core.clock import Clock
from connector.core.contract import Contract
from connector.core.problem import Problem
from connector.core.source_session import SessionVault
from connector.upkeep.attachments import whole_file
from connector.upkeep.criteria import criteria_of
from connector.upkeep.parse import WITHOUT_ID
from connector.upkeep.source import (
    FileGoneError,
    SourceFile,
    SourceUnreachableError,
    UnreadableAnswerError,
    WorkOrderHead,
    WorkOrderRead,
)
from connector.upkeep.supergood.attachments import attachments_of
from connector.upkeep.supergood.http import Answer, SupergoodHttp
from connector.upkeep.supergood.parse import Parser, no_lines
from connector.upkeep.supergood.pointing import NOTHING, first
from connector.upkeep.supergood.session import Session, said
from connector.upkeep.supergood.walking import Params, Walk

log = logging.getLogger("connector.upkeep")

# Rows with their cost lines, kept packed until they are read; the oldest goes first, and is asked for again.
ROWS_MAX = 200_000
# One record that cannot be shown is held and costs no other; so many one after the other are an outage.
UNREADABLE_IN_A_ROW_MAX = 3
NO_SUCH_PATH = (404, 405, 501)


class SupergoodSource:
    """One customer's adapter, read with one login (upkeep/source.py)."""

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: str,
        totp_secret: str,
        company: str,
        site: str,
        clock: Clock,
        sessions: SessionVault,
        contract: Contract | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.company, self.site = company, site
        self._clock, self._contract = clock, contract or Contract()
        self._http = SupergoodHttp(base_url=base_url, clock=clock, transport=transport, verify=verify)
        login = {"username": username, "password": password, "totp_secret": totp_secret}
        self.session = Session(http=self._http, vault=sessions, clock=clock, contract=self._contract, **login)
        self._parser = Parser(self._contract)
        self._rows: OrderedDict[str, bytes] = OrderedDict()
        self._walk = Walk(self._contract, self._page, self._rows_of, self._parser.head, self._keep)
        self._filter_is_taken = True
        self._unreadable_in_a_row = 0

    @property
    def http(self) -> SupergoodHttp:
        """The adapter's address, for what writes (supergood/writing.py)."""
        return self._http

    @property
    def contract(self) -> Contract:
        """What this customer's contract calls things."""
        return self._contract

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return {"upkeep": self._http.requests}

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads in ascending order of updated_at (upkeep/supergood/walking.py)."""
        yield from self._walk.changed_since(since, self._clock.now())

    def _get(self, path: str, params: Params) -> Answer:
        """One read, with one sign-in anew when the session was refused; a second refusal ends the run."""
        answer = self._http.read(path, params, self.session.headers())
        if answer.status == 401:
            self.session.mark_refused()
            answer = self._http.read(path, params, self.session.headers())
        if answer.status == 401:
            raise SourceUnreachableError(f"{path} refuses a session that was just given: {said(answer, self._contract)}")
        return answer

    def _page(self, params: Params) -> Any:
        """The JSON of one page, None where there are no rows."""
        filtered = self._contract.names["updated_after"] in params
        if filtered and not self._filter_is_taken:
            params = {name: value for name, value in params.items() if name != self._contract.names["updated_after"]}
        answer = self._get(self._contract.paths["work_orders"], params)
        if answer.status in (400, 422) and filtered and self._filter_is_taken:
            log.warning("action=filter_refused next=read_the_whole_list")
            self._filter_is_taken = False
            return self._page(params)
        if answer.status == 404:
            self._require_list(params)
            return None
        if not answer.is_good:
            raise self._refusal(self._contract.paths["work_orders"], answer)
        return answer.told

    def _require_list(self, params: Params) -> None:
        """An empty list may be answered with 404, and so is a path that leads nowhere: then even the first row is not to be had."""
        if set(params) & {self._contract.names[name] for name in ("cursor", "offset", "page", "updated_after")}:
            answer = self._get(self._contract.paths["work_orders"], {self._contract.names["limit"]: "1"})
            if answer.is_good:
                return
        path = self._contract.paths["work_orders"]
        raise SourceUnreachableError(f"There is no list of work orders at {path} (404), or not one work order; check source: paths")

    def _refusal(self, path: str, answer: Answer) -> SourceUnreachableError:
        what = f"{path} answered {said(answer, self._contract)}"
        if answer.status == 403:
            return UnreadableAnswerError(f"{what}; the login or the contract does not cover it: ask who made the contract", 403)
        return UnreadableAnswerError(what, answer.status)

    def _rows_of(self, told: Any) -> list[Any]:
        rows = first(told, self._contract.fields["list_rows"])
        if not isinstance(rows, list):
            raise SourceUnreachableError("The list of work orders was answered without rows; check source: fields: list_rows")
        return rows

    def _keep(self, head: WorkOrderHead, row: Any) -> None:
        self._rows.pop(head.id, None)
        if self._parser.is_whole(row):
            self._rows[head.id] = zlib.compress(pickle.dumps(row), 1)
            if len(self._rows) > ROWS_MAX:
                self._rows.popitem(last=False)

    # --- one work order ---------------------------------------------------------------------------------------------------------

    def read(self, head: WorkOrderHead) -> WorkOrderRead:
        """The whole work order; never one whose cost lines are not there."""
        if head.id.startswith(WITHOUT_ID):
            return WorkOrderRead(head, None, (_unreadable(head, "It is listed without an id that can be read"),))
        try:
            read = self._whole(head)
        except UnreadableAnswerError as error:
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row > UNREADABLE_IN_A_ROW_MAX:
                raise
            return WorkOrderRead(head, None, (_unreadable(head, str(error)),))
        self._unreadable_in_a_row = 0
        return read

    def _whole(self, head: WorkOrderHead) -> WorkOrderRead:
        packed = self._rows.pop(head.id, None)
        if packed is not None:
            row = pickle.loads(zlib.decompress(packed))  # noqa: S301 our own bytes, which never left this process
        else:
            answer = self._get(self._path(head.id), {})
            if answer.status in NO_SUCH_PATH:
                return self._from_list(head, answer.status)
            if not answer.is_good:
                raise self._refusal(self._path(head.id), answer)
            row = self._record(answer.told, head)
        return self._parsed(row, head, "")

    def _record(self, told: Any, head: WorkOrderHead) -> Any:
        """The record of an answer, which must be that of the work order that was asked for."""
        record = first(told, self._contract.fields["record"])
        if not isinstance(record, dict) or self._parser.head(record, 0, head.updated_at).id != head.id:
            raise UnreadableAnswerError(f"{self._path(head.id)} answered with something that is not this work order", 200)
        return record

    def _from_list(self, head: WorkOrderHead, status: int) -> WorkOrderRead:
        """There is no detail: the row says whether the work order still exists, and perhaps its costs."""
        found: dict[str, Any] = {}

        def keep(other: WorkOrderHead, row: Any) -> None:
            if other.id == head.id:
                found[head.id] = row

        walk = Walk(self._contract, self._page, self._rows_of, self._parser.head, keep, self._walk.tells_cursor, self._walk.first_page)
        walk.changed_since(head.updated_at, datetime.max.replace(tzinfo=head.updated_at.tzinfo))
        if head.id not in found:
            return WorkOrderRead(head, None)
        return self._parsed(found[head.id], head, f"; {self._path(head.id)} answered {status}")

    def _parsed(self, row: Any, head: WorkOrderHead, why: str) -> WorkOrderRead:
        work_order, problems = self._parser.work_order(row, head)
        if work_order is not None:
            told = {name: first(row, self._contract.fields[name]) for name in ("checklist", "signature", "approved")}
            criteria = criteria_of({name: value for name, value in told.items() if value is not NOTHING})
            work_order = replace(work_order, criteria=criteria)
        missing = self._parser.missing_lines(row)
        if missing and (work_order is None or work_order.completed_at is not None):
            problems = [*problems, no_lines(head, missing, why)]
        return WorkOrderRead(head, work_order, tuple(problems))

    def _path(self, identifier: str) -> str:
        return self._contract.paths["work_order"].replace("{id}", quote(identifier, safe=""))

    def find(self, number: str) -> WorkOrderRead | None:
        """The work order with that number, by reading the list: no filter by number is published."""
        head = next((head for head in self.changed_since(None) if head.number == number), None)
        return self.read(head) if head else None

    # --- its files --------------------------------------------------------------------------------------------------------------

    def files(self, work_order_id: str) -> list[SourceFile]:
        """The files that lie on a work order now; none where the contract has no such path: downloads are published, their path is not."""
        told = self.listed_files(work_order_id)
        return attachments_of(told, self._contract) if told is not None else []

    def listed_files(self, work_order_id: str) -> Any:
        """The answer that lists the files of a work order; None where there is no such path."""
        path = self._contract.paths["attachments"].replace("{id}", quote(work_order_id, safe=""))
        answer = self._get(path, {})
        if answer.status in NO_SUCH_PATH:
            return None
        if not answer.is_good:
            raise self._refusal(path, answer)
        return answer.told

    def file(self, work_order_id: str, file_id: str, bytes_max: int) -> bytes | None:
        """A whole file with the checksum that is told; its address is asked for anew, because it is good for a while only."""
        found = next((one for one in self.files(work_order_id) if one.id == file_id), None)
        if found is None:
            raise FileGoneError
        return whole_file(found, self._http, bytes_max)

    # --- what this login sees ---------------------------------------------------------------------------------------------------

    def renew(self) -> datetime | None:
        """Have the session's successor now."""
        return self.session.renew()

    def visibility(self) -> list[Problem]:
        """Sign in, read one row, and tell which names of the contract lead nowhere in it."""
        limit = {self._contract.names["limit"]: "1"}
        told = self._page(limit | ({self._contract.names["page"]: "1"} if self._contract.paging == "page" else {}))
        rows = self._rows_of(told) if told is not None else []
        if not rows:
            return []
        missing = [name for name in ("id", "number", "status", "updated_at") if self._is_nothing(rows[0], name)]
        return [_field_missing(name, self._contract.fields[name]) for name in missing]

    def _is_nothing(self, row: Any, name: str) -> bool:
        found = first(row, self._contract.fields[name])
        return found is NOTHING or found is None


def _field_missing(name: str, pointers: tuple[str, ...]) -> Problem:
    message = f"A work order of the list has nothing at {' or '.join(pointers)}: its {name.replace('_', ' ')}."
    return Problem("SOURCE_FIELD_MISSING", "source", message, f"Say under source: fields: {name} where it stands in your contract.")


def _unreadable(head: WorkOrderHead, reason: str) -> Problem:
    return Problem("UNREADABLE_WORK_ORDER", f"work order {head.number}", reason + ".", "It is read again at the next sync.")
