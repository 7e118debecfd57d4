"""Files and notes at Xero: their requests, what an answer means, and the lists that are read before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connector.core.evidence import Attached, EvidenceKind, EvidenceState, Found, Piece, note_opening
from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.xero.attachments import classify_put, request_of
from connector.ledgers.xero.client import XeroLedger
from tests.core.test_evidence import piece
from tests.ledgers.rig import TestClock, http, soon

PDF = Piece(b"%PDF", "application/pdf")
FILE = piece(name="work-order-M.pdf", state=EvidenceState.SENDING, token=1, key="k" * 32, checksum=PDF.checksum, document_id="j-1")
NOTE = replace(FILE, id=2, kind=EvidenceKind.HISTORY_NOTE, name="")
ROW = {"AttachmentID": "a-1", "FileName": "Work-Order-M.pdf", "MimeType": "application/pdf", "ContentLength": 4}
WORDS = {"Details": f"{note_opening(NOTE.marker)} work order 4711", "DateUTCString": "2026-03-02 15:00:00"}


def test_a_file_is_put_under_its_name_and_a_note_into_the_history() -> None:
    file = request_of(replace(FILE, document=DocumentKind.INVOICE), PDF)
    assert (file.method, file.url) == ("PUT", "/api.xro/2.0/Invoices/j-1/Attachments/work-order-M.pdf")
    assert (file.body, dict(file.headers)) == (b"%PDF", {"content-type": "application/pdf"})
    note = request_of(NOTE, Piece(b"[M] Posted", "text/plain"))
    assert (note.method, note.url) == ("PUT", "/api.xro/2.0/ManualJournals/j-1/History")
    assert json.loads(note.body) == {"HistoryRecords": [{"Details": "[M] Posted"}]}


@pytest.mark.parametrize(
    ("told", "status", "expected"),
    [
        ({"Attachments": [ROW]}, 200, Attached(Found("a-1", "Work-Order-M.pdf", 4))),
        ({"Attachments": [{**ROW, "ContentLength": None}]}, 200, Attached(Found("a-1", "Work-Order-M.pdf"))),
        ({"Attachments": [{**ROW, "FileName": "other.pdf"}]}, 200, Uncertain),
        ({"Attachments": "none"}, 200, Uncertain),
        ({}, 200, Uncertain),
        (b"", 404, Rejected("404", "Xero does not know this document")),
        (b"<html>", 404, Uncertain),
        (b"not json", 200, Uncertain),
        (b"", 500, Uncertain),
        (
            {"Elements": [{"ValidationErrors": [{"Message": "Too many"}]}, None], "Message": "A validation"},
            400,
            Rejected("VALIDATION", "Too many"),
        ),
        ({"Elements": None, "Message": "Bad name"}, 400, Rejected("VALIDATION", "Bad name")),
        ({"Message": ""}, 400, Uncertain),
        ({"Message": "Idempotency Key: k is used with a different request."}, 400, Uncertain),
        ({}, 401, NotSent),
        (b"", 429, Throttled),
    ],
)
def test_what_an_answer_means(told: Any, status: int, expected: Any) -> None:
    outcome = classify_put(FILE, status, {}, told if isinstance(told, bytes) else json.dumps(told).encode())
    assert isinstance(outcome, expected) if isinstance(expected, type) else outcome == expected


def test_a_note_is_found_by_its_opening_words_and_not_by_xeros_own_that_name_the_document() -> None:
    own = {"Details": f"Created: UpKeep work order 4711 [{NOTE.marker}]", "DateUTCString": "2026-03-02 14:59:00"}
    body = json.dumps({"HistoryRecords": [own, WORDS]}).encode()
    assert classify_put(NOTE, 200, {}, body) == Attached(Found("note of 2026-03-02 15:00:00", "note"))
    assert isinstance(classify_put(NOTE, 200, {}, json.dumps({"HistoryRecords": [own]}).encode()), Uncertain)


def test_each_list_is_read_once_for_all_that_is_looked_for_on_a_document() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("/")[2])
        name = "HistoryRecords" if asked[-1] == "History" else "Attachments"
        return httpx.Response(200, json={name: [WORDS if name == "HistoryRecords" else ROW]})

    other = replace(FILE, id=3, name="photo.jpg")
    found = ledger(answer).evidence_on([FILE, NOTE, other])
    assert asked == ["Attachments", "History"]
    assert {number: len(told) for number, told in found.items()} == {1: 1, 2: 1, 3: 0}


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (200, b"<html>"), (200, b"{}"), (200, b'{"Attachments":[1]}'), (200, b"[]"), (403, b"{}")]
)
def test_an_answer_without_a_list_proves_nothing(status: int, body: bytes) -> None:
    with pytest.raises(ServiceUnreachableError, match="without a list"):
        ledger(lambda request: httpx.Response(status, content=body)).evidence_on([FILE])


def test_a_piece_leaves_once_with_its_key_and_its_tenant() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"Attachments": [ROW]})

    assert isinstance(ledger(answer).send_evidence(FILE, PDF, soon()), Attached)
    (request,) = seen
    assert (request.headers["idempotency-key"], request.headers["xero-tenant-id"]) == (f"upkeep:tenant-1:{'k' * 32}", "tenant-1")
    assert request.headers["content-type"] == "application/pdf"


def ledger(handler: Any) -> XeroLedger:
    return XeroLedger(http=http(handler, service="xero"), tenant_id="tenant-1", currency="NZD", clock=TestClock())
