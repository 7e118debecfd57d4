"""The published writes of the normalised API: work orders, assets, maintenance schedules, parts used; and files at signed addresses.

Published are the four paths, that stock is adjusted, that there are idempotency keys, and that uploads are signed, checked by checksum
and limited in time. Field names, statuses, the key's header and the paths of files are not: each default has a switch or is ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.supergood.answers import RefusedError, answer, json_of
from connector.sandbox.supergood.listing import Reading
from connector.sandbox.supergood.signin import Session
from connector.sandbox.upkeep import validating
from connector.sandbox.upkeep.files import Files
from connector.sandbox.upkeep.records import Record, Records, iso, number_of
from connector.sandbox.wire import Request, Response

FILES = "/sandbox-uploads/"
UNITS = ("days", "weeks", "months", "years")
Made = tuple[int, Record]

# Keys of a body, and which of them must be there.
_WORK_ORDER = {"title": "title", "description": "description", "category": "category", "priority": "priority", "due_date": "dueDate",
               "asset_id": "asset", "location_id": "location", "assigned_to": "assignedToUser"}  # fmt: skip
_ASSET = {"name": "name", "description": "description", "category": "category", "model": "model", "serial": "serial",
          "location_id": "location", "warranty_until": "warrantyUntil", "meter": "meter"}  # fmt: skip
_SCHEDULE = {"title", "interval", "unit", "start_date", "meter_id", "checklist", "auto_generate"}
_REFERENCES = {"asset": "assets", "location": "locations", "assignedToUser": "users"}


class Writing:
    """What a session may write."""

    def __init__(self, records: Records, reading: Reading, files: Files, clock: SandboxClock, switches: dict[str, Any]) -> None:
        self._records, self._reading, self._files, self._clock, self._switches = records, reading, files, clock, switches
        self._answered: dict[str, tuple[str, datetime, Made]] = {}  # by key: what was asked, when, and the answer
        self._awaited: dict[str, tuple[Record, Record]] = {}  # by attachment: its announcement and its work order
        self._sums: dict[str, str] = {}  # SHA-256 by file

    def __call__(self, request: Request, session: Session) -> Response | None:
        """The answer to a write, or to the list of a work order's files; None for every other request."""
        kind, identifier, below = (*request.path.strip("/").split("/"), "", "", "")[:3]
        if (request.method, kind, below) == ("GET", "work-orders", "attachments") and self._switches["attachments"]:
            return answer(200, {"data": [self._shown(one, request) for one in self._work_order(identifier).get("files", [])]})
        make = self._makers(request).get((kind, bool(identifier), below)) if request.method == "POST" else None
        if make is None:
            return None
        if self._switches["writes"] == "403":
            raise RefusedError(403, "forbidden", "the plan does not cover this")
        status, content = self._once(request, lambda told: make(identifier, told))
        return answer(status, content)

    def _makers(self, request: Request) -> dict[tuple[str, bool, str], Callable[[str, Record], Record]]:
        found: dict[tuple[str, bool, str], Callable[[str, Record], Record]] = {
            ("work-orders", False, ""): self._new_work_order,
            ("assets", False, ""): self._new_asset,
            ("assets", True, "pm-schedules"): self._new_schedule,
            ("work-orders", True, "parts-usage"): self._parts_used,
        }
        if self._switches["attachments"]:
            found["work-orders", True, "attachments"] = lambda identifier, told: self._announced(identifier, told, request)
        return found

    def _once(self, request: Request, make: Callable[[Record], Record]) -> Made:
        """A key that was answered is answered the same again, without anything being written; refusals are not remembered."""
        key = request.headers.get(str(self._switches["key_header"]).lower(), "")
        asked = hashlib.sha256(request.path.encode() + request.body).hexdigest()
        known = self._answered.get(key) if key else None
        if known is not None and known[1] + timedelta(hours=float(self._switches["key_hours"])) > self._clock.now():
            if known[0] != asked:
                raise RefusedError(409, "idempotency_key_reused", "this key was used for another request")
            return known[2]
        try:
            made = int(self._switches["write_answer"]), make(json_of(request))
        except validating.RefusedError as error:
            raise RefusedError(422, "validation_failed", str(error)) from None
        if key:
            self._answered[key] = asked, self._clock.now(), made
        return made

    # --- the four writes ----------------------------------------------------------------------------------------------------------

    def _new_work_order(self, _: str, told: Record) -> Record:
        fields = _translated(told, _WORK_ORDER)
        if "dueDate" in fields:
            noon = datetime.combine(_day(fields["dueDate"], "due_date"), time(12), UTC)
            fields["dueDate"] = int(noon.timestamp()) * 1000
        self._check_references(fields)
        record = self._records.create("work-orders", validating.checked("work-orders", fields))
        return {"id": self._reading.shown_id(record), "number": record["workOrderNo"], "status": record["status"]}

    def _new_asset(self, _: str, told: Record) -> Record:
        fields = _translated(told, _ASSET)
        if "warrantyUntil" in fields:
            fields["warrantyUntil"] = _day(fields["warrantyUntil"], "warranty_until").isoformat()
        meter = fields.pop("meter", None)
        if meter is not None and (not isinstance(meter, dict) or not meter.get("unit")):
            raise _invalid("meter has no unit")
        self._check_references(fields)
        record = self._records.create("assets", validating.checked("assets", fields))
        shown = {"id": record["id"], "name": record["name"]}
        if meter is not None:
            made = self._records.create("meters", {"name": record["name"], "units": meter["unit"], "asset": record["id"]})
            shown["meter_id"] = made["id"]
        return shown

    def _new_schedule(self, identifier: str, told: Record) -> Record:
        if identifier not in self._records.by_kind["assets"]:
            raise RefusedError(404, "not_found", "no such asset")
        unknown = set(told) - _SCHEDULE
        if unknown:
            raise _invalid(f"unknown field {sorted(unknown)[0]}")
        every, is_metered = number_of(told.get("interval")), "meter_id" in told
        if not told.get("title") or every is None or every <= 0 or is_metered == ("unit" in told):
            raise _invalid("title, interval, and either unit or meter_id are needed")
        if is_metered and told["meter_id"] not in self._records.by_kind["meters"]:
            raise _invalid("no such meter")
        if not is_metered and (told["unit"] not in UNITS or every != every.to_integral_value()):
            raise _invalid(f"unit must be one of {', '.join(UNITS)}, interval whole")
        if "start_date" in told:
            _day(told["start_date"], "start_date")
        record = self._records.create("preventive-maintenance", {"name": told["title"], "schedules": [{**told, "asset": identifier}]})
        return {"id": record["id"], "asset_id": identifier}

    def _parts_used(self, identifier: str, told: Record) -> Record:
        record = self._work_order(identifier)
        part, quantity = self._records.by_kind["parts"].get(str(told.get("part_id"))), number_of(told.get("quantity"))
        if set(told) - {"part_id", "quantity"} or part is None or quantity is None or quantity <= 0:
            raise _invalid("part_id and a quantity above zero are needed")
        stock = number_of(part.get("quantity"))
        if self._switches["stock"] == "never_below_zero" and stock is not None and stock < quantity:
            raise RefusedError(409, "out_of_stock", "there are not so many in stock")
        line = {"id": part["id"], "quantity": quantity, **({"cost": part["cost"]} if "cost" in part else {})}
        lines = [*(record.get("parts") or []), line]
        self._records.change("work-orders", record, {"parts": lines})
        return {"id": f"{record['id']}-p{len(lines)}", "part_id": part["id"], "quantity": quantity, "stock": part.get("quantity")}

    def _work_order(self, identifier: str) -> Record:
        record = self._reading.work_order(identifier)
        if record is None:
            raise RefusedError(404, "not_found", "no such work order")
        return record

    def _check_references(self, fields: Record) -> None:
        for key, kind in _REFERENCES.items():
            if key in fields and fields[key] not in self._records.by_kind[kind]:
                raise _invalid(f"no such {key}")

    # --- files --------------------------------------------------------------------------------------------------------------------

    def _announced(self, identifier: str, told: Record, request: Request) -> Record:
        """An address for a file that is on its way; nothing is on the work order yet."""
        record = self._work_order(identifier)
        is_whole = isinstance(told.get("name"), str) and told["name"] and number_of(told.get("size")) is not None
        if not is_whole or len(str(told.get("sha256"))) != 64:
            raise _invalid("name, size and sha256 are needed")
        attachment = f"up{len(self._awaited) + 1:06}"
        self._awaited[attachment] = told, record
        return {"id": attachment, "upload": {"url": self._signed(attachment, request), "method": "PUT"}}

    def _signed(self, what: str, request: Request) -> str:
        ends = self._clock.now() + timedelta(seconds=float(self._switches["upload_address_seconds"]))
        host = request.headers.get("host", "")
        return f"http://{host}{FILES}{what}?expires={iso(ends)}&signature={_signature(what, iso(ends))}"

    def _shown(self, file: str, request: Request) -> Record:
        stored = self._files.record(file, "") or {}
        shown = {"id": file, "name": stored.get("name"), "size": stored.get("size"), "url": self._signed(file, request)}
        told = self._sums.get(file)
        return {**shown, "sha256": told} if told and self._switches["checksums"] else shown

    def at_signed_address(self, request: Request) -> Response | None:
        """What a PUT or a GET at a signed address gets, which asks for no session; None for every other path."""
        if not request.path.startswith(FILES):
            return None
        what, told = request.path.removeprefix(FILES), request.params()
        if told.get("signature") != _signature(what, told.get("expires", "")) or told["expires"] < iso(self._clock.now()):
            return Response(403, b"<Error><Code>AccessDenied</Code></Error>", {"content-type": "application/xml"})
        if request.method == "PUT" and what in self._awaited:
            return self._received(what, request.body)
        content = self._files.content(what)
        return Response(404, b"", {}) if content is None else Response(200, content, {"content-type": "application/octet-stream"})

    def _received(self, attachment: str, content: bytes) -> Response:
        announced, record = self._awaited[attachment]
        digest = hashlib.sha256(content).hexdigest()
        if digest != announced["sha256"] or len(content) != number_of(announced["size"]):
            return Response(400, b"<Error><Code>BadDigest</Code></Error>", {"content-type": "application/xml"})
        if "file" not in announced:  # The same bytes again are the same file.
            announced["file"] = self._files.put(announced["name"], content)
            self._sums[announced["file"]] = digest
            self._records.change("work-orders", record, {"files": [*record.get("files", []), announced["file"]]})
        return Response(200, b"", {})


def _translated(told: Record, names: dict[str, str]) -> Record:
    unknown = set(told) - set(names)
    if unknown:
        raise _invalid(f"unknown field {sorted(unknown)[0]}")
    return {names[key]: value for key, value in told.items()}


def _day(raw: Any, name: str) -> date:
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        raise _invalid(f"{name} is not a day") from None


def _invalid(message: str) -> RefusedError:
    return RefusedError(422, "validation_failed", message)


def _signature(what: str, ends: str) -> str:
    return hashlib.sha256(f"upload {what} {ends}".encode()).hexdigest()[:32]
