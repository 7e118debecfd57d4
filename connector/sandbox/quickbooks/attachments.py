"""Files on documents: upload, the attachable records, their queries and downloads, with a switch for what nobody has published."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.books import Books, Entity
from connector.sandbox.quickbooks.faults import JSON, Refusal, decode, encode
from connector.sandbox.quickbooks.query import Query, fits
from connector.sandbox.wire import Request, Response

ENDPOINTS = frozenset({"upload", "attachable", "download"})
SWITCHES: dict[str, Any] = {
    "upload_keys": "replay",  # an upload sent again under its requestid: replay, or ignored
    "duplicate_file_name": "adds",  # a second file of that name on a document: adds, or refuses
    "attachable_rows": "whole",  # a query's rows say what a file is linked to: whole, or sparse
    "attaching_changes_document": False,  # a document counts as changed when something is linked to it
}
UPLOAD_BYTES_MAX = 100 * 1024 * 1024
TYPES = frozenset(["ai", "csv", "doc", "docx", "eps", "gif", "jpeg", "jpg", "ods", "pdf", "png", "rtf", "tif", "txt", "xls", "xlsx", "xml"])
LINKABLE = frozenset({"Invoice", "JournalEntry", "CreditMemo", "Estimate", "Bill", "Purchase", "Item", "Customer", "Vendor"})
PROPERTIES = frozenset(
    {
        "AttachableRef",
        "FileName",
        "ContentType",
        "Note",
        "Category",
        "Tag",
        "Lat",
        "Long",
        "PlaceName",
        "Id",
        "SyncToken",
        "sparse",
        "domain",
    }
    | {"FileAccessUri", "TempDownloadUri", "Size", "ThumbnailFileAccessUri", "ThumbnailTempDownloadUri", "MetaData", "CustomField"}
)
LENGTHS = {"FileName": 1000, "Note": 2000, "Category": 100, "Tag": 2000, "ContentType": 100}
_NAME = re.compile(rb'name="(file_(metadata|content)_(\d+))"')


@dataclass(slots=True)
class Stored:
    """An attachable: its record, its bytes (None for a note), and when it was made."""

    entity: Entity
    content: bytes | None
    made_at: datetime


class Files:
    """Every attachable of the company."""

    def __init__(self, books: Books, clock: SandboxClock, realm_id: str, switches: dict[str, Any], violations: list[str]) -> None:
        self._books = books
        self._clock = clock
        self._realm = realm_id
        self._switches = switches
        self._violations = violations
        self._stored: dict[str, Stored] = {}
        self._remembered: dict[str, tuple[datetime, bytes, Response]] = {}

    # --- the wire ---------------------------------------------------------------------------------------------------------------

    def handle(self, request: Request, endpoint: str, identifier: str) -> Response:
        """Answer one request to the three endpoints."""
        if endpoint == "upload" and request.method == "POST":
            return self._upload_once(request)
        if request.method == "GET" and identifier:
            stored = self._existing(identifier)
            if endpoint == "attachable":
                return self._answer({"Attachable": stored.entity})
            if stored.content is not None:
                return Response(200, str(stored.entity["TempDownloadUri"]).encode(), {"content-type": "text/plain"})
        if endpoint == "attachable" and request.method == "POST":
            return self._attachable(request)
        raise Refusal("500", "Operation is not supported.")

    def _answer(self, content: Entity) -> Response:
        return Response(200, encode({**content, "time": self._books.time()}), JSON)

    def _existing(self, identifier: str) -> Stored:
        if identifier not in self._stored:
            raise Refusal("610", "Object Not Found : Something you're trying to use has been made inactive.")
        return self._stored[identifier]

    def _attachable(self, request: Request) -> Response:
        """A note without a file, or the deletion of what is there."""
        told = _object(request.body)
        if request.params().get("operation") == "delete":
            stored = self._existing(str(told.get("Id")))
            # The documentation asks for all of it; a deletion with the id alone was recorded to work.
            if str(told.get("SyncToken", "0")) != stored.entity["SyncToken"]:
                raise Refusal("5010", "Stale Object Error")
            del self._stored[stored.entity["Id"]]
            return self._answer({"Attachable": {"status": "Deleted", "domain": "QBO", "Id": stored.entity["Id"]}})
        if told.get("Id") or not told.get("Note"):
            raise Refusal("2020", "Required parameter Note is missing in the request", "Note")
        return self._answer({"Attachable": self._keep(told, None)})

    def _upload_once(self, request: Request) -> Response:
        key = request.params().get("requestid", "")
        if not key:
            self._violations.append(f"POST {request.path} without a requestid")
        known = self._remembered.get(key)
        life = timedelta(seconds=float(self._switches["key_life_seconds"]))
        if known is not None and self._switches["upload_keys"] == "replay" and self._clock.now() - known[0] < life:
            if known[1] != request.body:
                self._violations.append(f"requestid {key} was used again with another body")
            return known[2]
        response = self._answer({"AttachableResponse": [self._one(*pair) for pair in _pairs(request)]})
        if key:
            self._remembered[key] = (self._clock.now(), request.body, response)
        return response

    def _one(self, metadata: bytes, content: bytes) -> Entity:
        """One file of an upload; what is wrong with it is told in its place, in an answer of 200."""
        try:
            told = _object(metadata, "6040")
            if not told.get("FileName") or str(told["FileName"]).rpartition(".")[2].lower() not in TYPES or not content:
                raise Refusal("6041", "Invalid Uploaded File")
            return {"Attachable": self._keep(told, content)}
        except Refusal as refusal:
            return {"Fault": decode(refusal.response(self._books.time()).body)["Fault"]}

    def _keep(self, told: Entity, content: bytes | None) -> Entity:
        self._check(told)
        identifier, now = str(5_000_000_000_000_000_000 + len(self._stored) + 1), self._books.time()
        while identifier in self._stored:
            identifier = str(int(identifier) + 1)
        kept = {**told, "domain": "QBO", "sparse": False, "Id": identifier, "SyncToken": "0"}
        kept["MetaData"] = {"CreateTime": now, "LastUpdatedTime": now}
        kept["AttachableRef"] = [{"IncludeOnSend": False, **link} for link in told.get("AttachableRef") or []]
        if content is not None:
            kept |= {
                "FileAccessUri": f"/v3/company/{self._realm}/download/{identifier}",
                "TempDownloadUri": f"https://files.sandbox.example/{self._realm}/attachments/{identifier}?X-Amz-Expires=900",
                "Size": Decimal(len(content)),
            }
        self._stored[identifier] = Stored(kept, content, self._clock.now())
        if self._switches["attaching_changes_document"]:
            for link in kept["AttachableRef"]:
                document = self._books.documents.get(str(link["EntityRef"]["value"]))
                if document is not None:
                    self._books.touch(document.entity)
        return kept

    def _check(self, told: Entity) -> None:
        for name, value in told.items():
            if name not in PROPERTIES:
                raise Refusal("2010", f"Property Name:{name} specified is unsupported or invalid", name)
            if isinstance(value, str) and len(value) > LENGTHS.get(name, 100_000):
                raise Refusal("2050", f"Field {name} is longer than {LENGTHS[name]}", name)
        for link in told.get("AttachableRef") or []:
            self._check_link(link.get("EntityRef") or {}, str(told.get("FileName") or ""))

    def _check_link(self, entity: Entity, name: str) -> None:
        kind, identifier = str(entity.get("type") or ""), str(entity.get("value") or "")
        if kind not in LINKABLE:
            raise Refusal("6050", f"Entity reference type {kind} unsupported for Attachable")
        document = self._books.documents.get(identifier)
        is_there = document is not None and document.kind == kind and document.status != "deleted"
        if not is_there and identifier not in self._books.lists.get(kind, {}):
            words = f"The entity {kind} {identifier} that you are trying to link does not exist. {kind} {identifier}"
            raise Refusal("6000", f"Business Validation Error: {words}")
        taken = [file["name"].casefold() for file in self.told() if (file["kind"], file["document"]) == (kind, identifier)]
        if name and name.casefold() in taken and self._switches["duplicate_file_name"] == "refuses":
            raise Refusal("6000", f"Business Validation Error: a file {name} is attached already")

    # --- queries and the oracle -------------------------------------------------------------------------------------------------

    def queried(self, asked: Query) -> Entity:
        """The rows of a query, each link of a file tried."""
        visible = self._clock.now() - timedelta(seconds=float(self._switches["lookup_lag_seconds"]))
        rows = [
            stored.entity
            for stored in self._stored.values()
            if stored.made_at <= visible and any(all(fits(view, c) for c in asked.conditions) for view in _views(stored.entity))
        ]
        if asked.is_count:
            return {"totalCount": Decimal(len(rows))}
        page = rows[asked.start - 1 : asked.start - 1 + asked.limit]
        if self._switches["attachable_rows"] == "sparse":
            page = [{name: value for name, value in row.items() if name != "AttachableRef"} | {"sparse": True} for row in page]
        return {"Attachable": page, "startPosition": Decimal(asked.start), "maxResults": Decimal(len(page))} if page else {}

    def told(self) -> list[dict[str, str]]:
        """Every file on a document: for tests, past the API."""
        return [
            {
                "kind": str(link["EntityRef"]["type"]),
                "document": str(link["EntityRef"]["value"]),
                "name": str(stored.entity.get("FileName", "")),
                "id": str(stored.entity["Id"]),
                "sha256": hashlib.sha256(stored.content or b"").hexdigest(),
            }
            for stored in self._stored.values()
            for link in stored.entity["AttachableRef"]
        ]

    def content(self, identifier: str) -> bytes:
        """The bytes of a file, for tests."""
        return self._stored[identifier].content or b""


def _views(entity: Entity) -> list[Entity]:
    """The record once for each of its links, as a query's conditions see it."""
    return [{**entity, "AttachableRef": link} for link in entity["AttachableRef"]] or [entity]


def _object(body: bytes, code: str = "2010") -> Entity:
    try:
        told = decode(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Refusal(code, "failed to parse json object; a property specified is unsupported or invalid")
    return {name: value for name, value in told.items() if value not in (None, "")}


def _pairs(request: Request) -> list[tuple[bytes, bytes]]:
    """The pairs of metadata and content that the parts of a form make, by their number."""
    declared = re.search(r'boundary="?([^";]+)"?', request.headers.get("content-type", ""))
    if not request.headers.get("content-type", "").startswith("multipart/form-data") or declared is None:
        raise Refusal("1050", "Invalid Content Type")
    if not request.headers.get("content-length"):
        raise Refusal("6020", "Content length missing")
    if len(request.body) > UPLOAD_BYTES_MAX:
        raise Refusal("6030", "Upload request size exceeds allowed limit")
    parts: dict[tuple[str, str], bytes] = {}
    for part in request.body.split(b"--" + declared[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n") if b"\r\n\r\n" in part else part.partition(b"\n\n")
        named = _NAME.search(head)
        if named is not None:
            parts[named[3].decode(), named[2].decode()] = _decoded(head, content)
    numbers = sorted({number for number, _ in parts})
    if not numbers or any((number, kind) not in parts for number in numbers for kind in ("metadata", "content")):
        raise Refusal("6041", "Invalid Uploaded File")
    return [(parts[number, "metadata"], parts[number, "content"]) for number in numbers]


def _decoded(head: bytes, content: bytes) -> bytes:
    """A part's bytes without the line break that belongs to the boundary; the SDK sends base64."""
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    if not re.search(rb"content-transfer-encoding:\s*base64", head, re.IGNORECASE):
        return content
    try:
        return base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        raise Refusal("6041", "Invalid Uploaded File") from None
