"""Uploads to QuickBooks: their bytes, what an answer means, and the look-up by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connector.core.evidence import Attached, EvidenceState, Found, Piece
from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.ledgers.gateway import UnstoredWriteError
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks.attachments import classify_upload, look_up, upload_request
from connector.ledgers.quickbooks.client import QuickBooksLedger
from tests.core.test_evidence import piece
from tests.ledgers.rig import TestClock, http, soon

PDF = Piece(b"%PDF\r\n--not a boundary\r\n", "application/pdf")
SENDING = piece(name="work-order-M.pdf", state=EvidenceState.SENDING, token=1, key="k" * 32, checksum=PDF.checksum, attempts=1)
ROW = {"Id": "5000", "FileName": "work-order-M.pdf", "Size": 25}
LINK = {"AttachableRef": [{"EntityRef": {"type": "JournalEntry", "value": "146"}, "IncludeOnSend": False}]}
FAULT = {"Fault": {"Error": [{"Message": "No", "Detail": "It does not exist", "code": "6000", "element": ""}], "type": "ValidationFault"}}


def judged(told: Any, status: int = 200, headers: dict[str, str] | None = None) -> object:
    return classify_upload(SENDING, status, headers or {}, told if isinstance(told, bytes) else json.dumps(told).encode())


def test_an_upload_is_the_link_and_the_file_and_always_the_same_bytes() -> None:
    request = upload_request("9", replace(SENDING, document=DocumentKind.INVOICE), PDF)
    assert request == upload_request("9", replace(SENDING, document=DocumentKind.INVOICE), PDF)
    assert (request.method, request.url) == ("POST", "/v3/company/9/upload")
    boundary = dict(request.headers)["content-type"].partition("boundary=")[2].encode()
    _, metadata, content, end = request.body.split(b"--" + boundary)
    told = {"AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "146"}, "IncludeOnSend": False}]}
    assert json.loads(metadata.partition(b"\r\n\r\n")[2]) == told | {"FileName": "work-order-M.pdf", "ContentType": "application/pdf"}
    assert content.partition(b"\r\n\r\n")[2] == PDF.content + b"\r\n"
    assert end == b"--\r\n"


@pytest.mark.parametrize(
    ("told", "status", "expected"),
    [
        ({"AttachableResponse": [{"Attachable": ROW | LINK}]}, 200, Attached(Found("5000", "work-order-M.pdf", 25))),
        ({"AttachableResponse": [{"Attachable": ROW | LINK | {"Size": None}}]}, 200, Attached(Found("5000", "work-order-M.pdf"))),
        ({"AttachableResponse": [{"Attachable": ROW}]}, 200, Uncertain),
        ({"AttachableResponse": [{"Attachable": ROW | {"AttachableRef": [None, {"EntityRef": None}]}}]}, 200, Uncertain),
        ({"AttachableResponse": [{"Attachable": LINK}]}, 200, Uncertain),
        ({"AttachableResponse": [{"Attachable": ROW | LINK}]}, 201, Uncertain),
        ({"AttachableResponse": []}, 200, Uncertain),
        ({"AttachableResponse": [FAULT]}, 200, Rejected),
        (FAULT, 400, Rejected),
        (b"<html>", 200, Uncertain),
        (b"<html>", 503, Uncertain),
        ([], 200, Uncertain),
        ({}, 429, Throttled),
        ({}, 401, NotSent),
    ],
)
def test_what_an_answer_means(told: Any, status: int, expected: Any) -> None:
    outcome = judged(told, status)
    assert outcome == expected if isinstance(expected, Attached) else isinstance(outcome, expected)


@pytest.mark.parametrize(
    ("made", "answered", "age"),
    [
        ({"CreateTime": "2026-03-02T06:59:00-08:00"}, "Mon, 02 Mar 2026 15:00:00 GMT", 60.0),
        ({"CreateTime": "2026-03-02"}, "Mon, 02 Mar 2026 15:00:00 GMT", None),
        ({}, "Mon, 02 Mar 2026 15:00:00 GMT", None),
        (None, "Mon, 02 Mar 2026 15:00:00 GMT", None),
        ({"CreateTime": "2026-03-02T06:59:00-08:00"}, "", None),
    ],
)
def test_how_old_the_file_of_an_answer_is(made: Any, answered: str, age: float | None) -> None:
    outcome = judged({"AttachableResponse": [{"Attachable": ROW | LINK | {"MetaData": made}}]}, headers={"date": answered})
    assert isinstance(outcome, Attached)
    assert outcome.age_seconds == age


def test_files_are_looked_for_by_name_forty_at_a_time_and_counted_where_they_are_linked() -> None:
    wanted = [replace(SENDING, id=number, name=f"f{number}.pdf", document_id=str(number)) for number in range(1, 42)]
    asked: list[str] = []
    rows = {
        "f1.pdf": [{"Id": "a", "FileName": "F1.pdf", "Size": 3, "AttachableRef": [{"EntityRef": {"type": "journalentry", "value": "1"}}]}],
        "f2.pdf": [{"Id": "b", "FileName": "f2.pdf", "AttachableRef": [{"EntityRef": {"type": "JournalEntry", "value": "999"}}]}],
        "f41.pdf": [{"Id": "c", "FileName": "f41.pdf", "sparse": True}],
    }

    def query(entity: str, rest: str) -> list[dict[str, Any]]:
        asked.append(rest)
        return [row for name, found in rows.items() for row in found if f"'{name}'" in rest]

    def read(identifier: str) -> dict[str, Any]:
        assert identifier == "c"
        return {"Id": "c", "FileName": "f41.pdf", "AttachableRef": [{"EntityRef": {"type": "JournalEntry", "value": "41"}}]}

    found = look_up(wanted, query, read)
    assert len(asked) == 2
    assert set(found) == set(range(1, 42))
    assert {number: told for number, told in found.items() if told} == {1: (Found("a", "F1.pdf", 3),), 41: (Found("c", "f41.pdf"),)}


@pytest.mark.parametrize("row", [{"Id": "1", "FileName": "other.pdf"}, {"FileName": "work-order-M.pdf"}])
def test_an_answer_about_other_files_proves_nothing(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceUnreachableError, match="others than asked for"):
        look_up([SENDING], lambda entity, rest: [row], lambda identifier: {})


def ledger(handler: Any) -> QuickBooksLedger:
    return QuickBooksLedger(http=http(handler), realm_id="9", currency="USD", clock=TestClock())


def test_an_upload_leaves_once_with_its_requestid() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"AttachableResponse": [{"Attachable": ROW | LINK}]})

    assert isinstance(ledger(answer).send_evidence(SENDING, PDF, soon()), Attached)
    (request,) = seen
    assert dict(request.url.params) == {"minorversion": "75", "requestid": "k" * 32}


@pytest.mark.parametrize("changed", [{"state": EvidenceState.DUE}, {"token": 0}, {"key": ""}, {"checksum": "0" * 64}])
def test_nothing_leaves_whose_intent_and_checksum_are_not_stored(changed: dict[str, Any]) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("a byte has left")

    with pytest.raises(UnstoredWriteError):
        ledger(never).send_evidence(replace(SENDING, **changed), PDF, soon())


def test_a_lost_answer_and_one_that_breaks_the_reader_are_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut")

    assert isinstance(ledger(cut).send_evidence(SENDING, PDF, soon()), Uncertain)
    deep = ledger(
        lambda request: httpx.Response(200, json={"AttachableResponse": [{"Attachable": {**ROW, "AttachableRef": [{"EntityRef": [1]}]}}]})
    )
    assert deep.send_evidence(SENDING, PDF, soon()) == Uncertain("the answer could not be read (AttributeError)")


def test_a_sparse_row_whose_file_cannot_be_read_proves_nothing() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/query"):
            return httpx.Response(200, json={"QueryResponse": {"Attachable": [{"Id": "5", "FileName": SENDING.name}], "maxResults": 1}})
        return httpx.Response(200, json={})

    with pytest.raises(ServiceUnreachableError, match="could not be read by its id"):
        ledger(answer).evidence_on([SENDING])
