"""What the stand-in refuses of a file, and its switches for what Xero's pages leave open."""

from __future__ import annotations

import json

import pytest

from connector.sandbox.wire import Response
from connector.sandbox.xero.attachments import told
from tests.sandbox.xero.caller import Caller


def put(
    caller: Caller, document: str, name: str = "a.pdf", content: bytes = b"%PDF", method: str = "PUT", media: str = "application/pdf"
) -> Response:
    return caller.call(method, f"Invoices/{document}/Attachments/{name}", content, content_type=media)


def names(caller: Caller, document: str) -> list[str]:
    return [row["FileName"] for row in caller.get(f"Invoices/{document}/Attachments")["Attachments"]]


@pytest.mark.parametrize(
    ("name", "content", "media", "words"),
    [
        ("a%20b.pdf", b"%PDF", "application/pdf", "not allowed"),
        ("a%2Bb.pdf", b"%PDF", "application/pdf", "not allowed"),
        ("a.pdf", b"", "application/pdf", "a body"),
        ("a.pdf", b"%PDF", "", "a Content-Type"),
        ("a.pdf", b"x" * 3_000_001, "application/pdf", "larger than 3000000"),
    ],
)
def test_a_file_is_refused_for_its_name_its_size_or_its_want_of_a_type(name: str, content: bytes, media: str, words: str) -> None:
    caller = Caller()
    document = caller.made()["InvoiceID"]
    answer = put(caller, document, name, content, media=media)
    assert answer.status == 400
    assert words in json.loads(answer.body)["Message"]
    assert told(caller.vendor.books) == []


def test_ten_files_are_taken_and_no_eleventh() -> None:
    caller = Caller()
    document = caller.made()["InvoiceID"]
    assert [put(caller, document, f"{n}.pdf").status for n in range(11)] == [200] * 10 + [400]
    assert put(caller, document, "3.pdf", method="POST").status == 200  # replaces
    assert len(names(caller, document)) == 10


@pytest.mark.parametrize(("handling", "count", "status"), [("adds", 2, 200), ("replaces", 1, 200), ("refuses", 1, 400)])
def test_a_put_under_a_name_that_is_there(handling: str, count: int, status: int) -> None:
    caller = Caller(put_same_file_name=handling)
    document = caller.made()["InvoiceID"]
    put(caller, document)
    assert put(caller, document, content=b"%PDF again").status == status
    assert len(names(caller, document)) == count


def test_a_file_may_be_listed_late_and_may_change_its_document() -> None:
    caller = Caller(attachment_lag_seconds=10, attaching_changes_document=True)
    document = caller.made()["InvoiceID"]
    before = caller.rows(f"Invoices/{document}")[0]["UpdatedDateUTC"]
    caller.clock.advance(60)
    put(caller, document)
    caller.call("PUT", f"Invoices/{document}/History", {"HistoryRecords": [{"Details": "seen"}]})
    assert names(caller, document) == caller.get(f"Invoices/{document}/History")["HistoryRecords"] == []
    caller.clock.advance(10)
    assert names(caller, document) == ["a.pdf"]
    assert len(caller.get(f"Invoices/{document}/History")["HistoryRecords"]) == 1
    assert caller.rows(f"Invoices/{document}")[0]["UpdatedDateUTC"] != before


def test_what_is_not_there_and_what_no_scope_covers_is_refused() -> None:
    caller = Caller()
    document = caller.made()["InvoiceID"]
    assert put(caller, "00000000-0000-0000-0000-000000000001").status == 404
    assert caller.call("GET", f"Invoices/{document}/Attachments/none.pdf").status == 404
    put(caller, document)
    assert caller.call("GET", f"Invoices/{document}/Attachments/A.PDF").body == b"%PDF"
    assert caller.call("DELETE", f"Invoices/{document}/Attachments/a.pdf").status == 501
    assert caller.call("PUT", f"Invoices/{document}/Attachments").status == 501
    for access in caller.vendor.signin._access.values():
        access.scopes = access.scopes - {"accounting.attachments"}
    assert put(caller, document).status == 401
    assert caller.rows(f"Invoices/{document}") != []
