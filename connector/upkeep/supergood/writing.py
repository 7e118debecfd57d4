"""Writing through the normalised API: its four published writes, and files to signed addresses.

Idempotency keys are published, their header is not. Only where the contract names it (`idempotency_header`) is a write repeated under
its key; elsewhere a lost answer is looked at as far as the API shows anything, and left to a person where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_never
from urllib.parse import quote

import httpx

from connector.core.address import is_loopback
from connector.core.contract import KEY_HEADER
from connector.core.upkeep_write import Change, Kept, NewAsset, NewFile, NewSchedule, NewWorkOrder, PartsUsed, Seen
from connector.upkeep.changing import Done, Look, Lost, NotOffered, NotSent, Outcome, Refused, asked_once, frozen_json
from connector.upkeep.http import NOT_JSON as NO_JSON
from connector.upkeep.http import Answer as Told
from connector.upkeep.reading import identifier_text, label_of
from connector.upkeep.source import UnreadableAnswerError, WorkOrderHead
from connector.upkeep.supergood.http import NOT_JSON, Answer
from connector.upkeep.supergood.pointing import NOTHING, first
from connector.upkeep.supergood.source import SupergoodSource

CLOCKS_DIFFER = timedelta(minutes=10)
# So many changed work orders are looked at one by one; among more a person looks.
LOOKED_AT_MAX = 200
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SupergoodWriter:
    """Writes through one customer's adapter with one login (upkeep/changing.py)."""

    def __init__(self, source: SupergoodSource) -> None:
        self._source, self._http, self._session, self._contract = source, source.http, source.session, source.contract

    @property
    def takes_key(self) -> bool:
        """Whether the contract names the header of its keys."""
        return bool(self._contract.key_header)

    def prepare(self, change: Change) -> str | Refused | NotOffered:
        """How much of the part is on the work order now, where it can be read."""
        if not isinstance(change, PartsUsed) or self.takes_key:
            return ""
        used = self._used(change)
        return "" if used is None else format(used, "f")

    def send(self, change: Change, kept: Kept, content: bytes) -> Outcome:
        """One attempt; a file takes two calls, of which the second has its bytes."""
        if isinstance(change, NewFile):
            return self._file(change, kept.key, content)
        path, body = self._call(change)
        outcome, _ = self._post(path, body, kept.key)
        return outcome

    def _call(self, change: NewWorkOrder | NewAsset | NewSchedule | PartsUsed) -> tuple[str, dict[str, Any]]:
        """Path and body, in the words of the contract."""
        match change:
            case NewWorkOrder():
                return self._path("work_orders"), self._named(
                    title=change.title,
                    description=change.description,
                    category=change.category,
                    priority=change.priority,
                    due=change.due.isoformat() if change.due else "",
                    asset=change.asset,
                    location=change.location,
                    assignee=change.assignee,
                )
            case NewAsset():
                return self._path("assets"), self._named(
                    name=change.name,
                    description=change.description,
                    category=change.category,
                    model=change.model,
                    serial=change.serial,
                    location=change.location,
                    warranty_until=change.warranty_until.isoformat() if change.warranty_until else "",
                    meter=self._named(meter_unit=change.meter_unit) if change.meter_unit else None,
                )
            case NewSchedule():
                return self._path("schedules", change.asset), self._named(
                    title=change.title,
                    every=change.every,
                    unit=change.unit,
                    starts=change.starts.isoformat() if change.starts else "",
                    meter_id=change.meter,
                    checklist=list(change.checklist) or None,
                    makes_work_orders=change.makes_work_orders,
                )
            case PartsUsed():
                return self._path("parts_usage", change.work_order), self._named(part=change.part, quantity=change.quantity)
            case _:
                assert_never(change)

    def _path(self, name: str, identifier: str = "") -> str:
        return self._contract.paths[name].replace("{id}", quote(identifier, safe=""))

    def _named(self, **told: Any) -> dict[str, Any]:
        return {self._contract.names[name]: value for name, value in told.items() if value not in (None, "")}

    def _post(self, path: str, body: Mapping[str, Any], key: str) -> tuple[Outcome, Any]:
        """The outcome, and what was answered. A session that had ended is renewed, and the call made again: a 401 is not processed."""
        told: Answer | None = None

        def ask() -> Told:
            nonlocal told
            headers = {self._contract.key_header or KEY_HEADER: key}
            told = self._http.write_once(path, frozen_json(body), self._session.headers() | headers)
            if told.status == 401:
                self._session.mark_refused()
                told = self._http.write_once(path, frozen_json(body), self._session.headers() | headers)
            return _as_told(told, self._words(told))

        answer = asked_once(ask)
        if not isinstance(answer, Told):
            return answer, None
        identifier = identifier_text(first(self._record(answer.told), self._contract.fields["id"]))
        if not identifier:
            return Lost(f"{path} answered {answer.status} and names no record"), answer.told
        number = first(self._record(answer.told), self._contract.fields["number"])
        return Done(identifier, label_of(number) if number is not NOTHING else ""), answer.told

    def _record(self, told: Any) -> Any:
        return first(told, self._contract.fields["record"])

    def _words(self, answer: Answer) -> str:
        said = first(answer.told, self._contract.fields["error_message"]) if answer.told is not NOT_JSON else answer.text
        return said if isinstance(said, str) else ""

    # --- files ------------------------------------------------------------------------------------------------------------------

    def _file(self, change: NewFile, key: str, content: bytes) -> Outcome:
        """The address, then the bytes. An address that has expired is asked for anew, once, and only if the file is not there yet."""
        outcome = self._put_under(change, key, content)
        if isinstance(outcome, _Expired):
            look = self._lies_there(change)
            if look.seen is Seen.THERE:
                return Done(look.id, is_new=False)
            outcome = self._put_under(change, f"{key}-2", content) if look.seen is Seen.ABSENT else Lost("the address had expired")
        return Refused("the address that it gives for the file has expired") if isinstance(outcome, _Expired) else outcome

    def _put_under(self, change: NewFile, key: str, content: bytes) -> Outcome | _Expired:
        body = self._named(file_name=change.name, size=change.size, sha256=change.sha256)
        outcome, told = self._post(self._path("attachments", change.work_order), body, key)
        if not isinstance(outcome, Done):
            return outcome
        address = first(told, self._contract.fields["upload_address"])
        if not isinstance(address, str) or not (address.startswith("https://") or self._is_stand_in(address)):
            return Refused("the answer names no https address for the file")
        try:
            status = self._http.put(address, content, change.sha256)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return NotSent(f"the address of the file could not be reached ({type(error).__name__})")
        except (httpx.HTTPError, UnreadableAnswerError) as error:
            return Lost(f"the answer did not come ({type(error).__name__})")
        if status in (403, 410):
            return _Expired()
        if status >= 500 or status in (408, 429):
            return Lost(f"the address of the file answered {status}")
        return outcome if status < 300 else Refused(f"the address of the file answered {status}: size or checksum are not as announced")

    def _is_stand_in(self, address: str) -> bool:
        return is_loopback(self._http.base_url) and is_loopback(address)

    # --- looking ----------------------------------------------------------------------------------------------------------------

    def look(self, change: Change, kept: Kept) -> Look:
        """Whether an earlier attempt was written, as far as the API shows it."""
        try:
            match change:
                case NewWorkOrder():
                    return self._titled(change, kept)
                case PartsUsed():
                    return self._taken(change, kept)
                case NewFile():
                    return self._lies_there(change)
                case NewAsset() | NewSchedule():
                    return Look(Seen.UNCLEAR)  # Neither can be read.
                case _:
                    assert_never(change)
        except UnreadableAnswerError:
            return Look(Seen.UNCLEAR)

    def _titled(self, change: NewWorkOrder, kept: Kept) -> Look:
        """No work order of that title has changed since: it is absent. One of that title may be somebody else's."""
        for count, head in enumerate(self._source.changed_since(kept.begun_at - CLOCKS_DIFFER)):
            work_order = self._source.read(head).work_order if count < LOOKED_AT_MAX else None
            if work_order is None or work_order.title == change.title:
                return Look(Seen.UNCLEAR)
        return Look(Seen.ABSENT)

    def _taken(self, change: PartsUsed, kept: Kept) -> Look:
        now = self._used(change)
        if now is None or not kept.before:
            return Look(Seen.UNCLEAR)
        before = Decimal(kept.before)
        seen = {before: Seen.ABSENT, before + change.quantity: Seen.THERE}
        return Look(seen.get(now, Seen.UNCLEAR), change.work_order)

    def _used(self, change: PartsUsed) -> Decimal | None:
        """How much of the part is on the work order; None where it cannot be read whole."""
        head = WorkOrderHead(change.work_order, change.work_order, "", _LONG_AGO)
        read = self._source.read(head)
        if read.work_order is None or read.problems:
            return None
        return sum((use.quantity for use in read.work_order.parts if use.part.id == change.part), Decimal(0))

    def _lies_there(self, change: NewFile) -> Look:
        told = self._source.listed_files(change.work_order)
        rows = first(told, self._contract.fields["attachment_rows"]) if told is not None else None
        if not isinstance(rows, list):
            return Look(Seen.UNCLEAR)
        for row in rows:
            if isinstance(row, dict) and row.get("sha256") == change.sha256:
                return Look(Seen.THERE, identifier_text(row.get("id")))
        return Look(Seen.ABSENT)

    def how_to_look(self, change: Change, kept: Kept) -> str:
        """How a person sees whether it was written."""
        match change:
            case NewWorkOrder():
                return f"In UpKeep, look for '{change.title}' among the newest work orders."
            case NewAsset():
                return f"In UpKeep, look for '{change.name}' among the newest assets."
            case NewSchedule():
                return f"In UpKeep, look for '{change.title}' at the asset's maintenance schedules."
            case PartsUsed():
                told = f": {kept.before} of it were there before" if kept.before else ""
                return f"In UpKeep, look at the parts of the work order{told}."
            case NewFile():
                return f"In UpKeep, look whether '{change.name}' is on the work order."
            case _:
                assert_never(change)


class _Expired:
    """The signed address is not good any more."""


def _as_told(answer: Answer, words: str) -> Told:
    """An answer in the words of the other API's, so that one rule judges both."""
    if answer.told is NOT_JSON:
        return Told(answer.status, {"message": words} if answer.status >= 400 else NO_JSON)
    return Told(answer.status, {"error": {"message": words}} if answer.status >= 400 else answer.told)
