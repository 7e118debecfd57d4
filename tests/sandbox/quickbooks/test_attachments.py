"""What the stand-in refuses of an upload, and its switches for what Intuit has not published."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.sandbox.wire import Response
from tests.sandbox.quickbooks.test_rules import Caller

PDF = "application/pdf"


def posted(caller: Caller) -> str:
    return str(json.loads(caller.post(caller.journal()).body)["JournalEntry"]["Id"])


def form(document: str, content: bytes | None = b"%PDF", **told: Any) -> bytes:
    link = [{"EntityRef": {"type": told.pop("type", "JournalEntry"), "value": document}}]
    metadata = json.dumps({"AttachableRef": link, "FileName": "a.pdf", "ContentType": PDF} | told).encode()
    parts = [("metadata", metadata)] + ([("content", content)] if content is not None else [])
    return (
        b"".join(b'--b\r\nContent-Disposition: form-data; name="file_%s_01"\r\n\r\n%s\r\n' % (n.encode(), c) for n, c in parts) + b"--b--"
    )


def upload(caller: Caller, body: bytes, key: str = "u1", **headers: str) -> Response:
    request = caller.request("POST", "upload", body, f"requestid={key}" if key else "")
    told = {"content_type": "multipart/form-data; boundary=b", "content_length": str(len(body)), **headers}
    sent = {name.replace("_", "-"): value for name, value in {**request.headers, **told}.items() if value}
    return caller.vendor.handle(type(request)(request.method, request.path, request.query, sent, request.body))


def code(answer: Response) -> str:
    told = json.loads(answer.body)
    (row,) = told.get("AttachableResponse", [told])
    return str(row["Fault"]["Error"][0]["code"]) if "Fault" in row else ""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ""),
        ({"FileName": "run.exe"}, "6041"),
        ({"FileName": ""}, "6041"),
        ({"content": b""}, "6041"),
        ({"content": None}, "6041"),
        ({"FileName": "a" * 1000 + ".pdf"}, "2050"),
        ({"Colour": "red"}, "2010"),
        ({"type": "Employee"}, "6050"),
        ({"type": "Invoice"}, "6000"),
        ({"document": "99999"}, "6000"),
    ],
)
def test_an_upload_is_refused_with_intuits_own_codes(told: dict[str, Any], expected: str) -> None:
    caller = Caller()
    document = posted(caller)
    assert code(upload(caller, form(told.pop("document", document), **told))) == expected
    assert len(caller.vendor.files.told()) == (0 if expected else 1)


def test_a_call_that_is_no_form_is_refused_as_a_whole() -> None:
    caller = Caller()
    document = posted(caller)
    assert code(upload(caller, form(document), content_type="application/pdf")) == "1050"
    assert code(upload(caller, form(document), content_length="")) == "6020"
    assert code(upload(caller, b"nothing")) == "6041"
    assert code(upload(caller, form(document).replace(b"{", b"", 1))) == "6040"
    assert code(caller.call("GET", "attachable/5")) == "610"
    assert code(caller.call("POST", "attachable", {"FileName": "x"})) == "2020"
    assert code(caller.call("GET", "upload")) == "500"


def test_a_deleted_document_takes_no_file_and_a_file_is_read_deleted_and_gone() -> None:
    caller = Caller()
    document = posted(caller)
    made = json.loads(upload(caller, form(document)).body)["AttachableResponse"][0]["Attachable"]
    assert caller.call("GET", f"download/{made['Id']}").body.decode() == made["TempDownloadUri"]
    assert code(caller.call("POST", "attachable", {"Id": made["Id"], "SyncToken": "9"}, "operation=delete")) == "5010"
    assert caller.call("POST", "attachable", {"Id": made["Id"]}, "operation=delete").status == 200
    assert code(caller.call("GET", f"attachable/{made['Id']}")) == "610"
    caller.vendor.delete("JournalEntry", document)
    assert code(upload(caller, form(document), key="u2")) == "6000"


@pytest.mark.parametrize(("keys", "count"), [("replay", 1), ("ignored", 2)])
def test_an_upload_sent_again_under_its_requestid(keys: str, count: int) -> None:
    caller = Caller(upload_keys=keys)
    document = posted(caller)
    answers = {upload(caller, form(document)).body for _ in range(2)}
    assert (len(answers), len(caller.vendor.files.told())) == (count, count)
    upload(caller, form(document), key="")
    assert caller.vendor.violations == [f"POST /v3/company/{caller.vendor.realm_id}/upload without a requestid"]


def test_a_second_file_of_the_same_name_is_added_or_refused() -> None:
    for handling, expected in (("adds", ""), ("refuses", "6000")):
        caller = Caller(duplicate_file_name=handling)
        document = posted(caller)
        upload(caller, form(document))
        assert code(upload(caller, form(document), key="u2")) == expected


def test_rows_may_be_sparse_late_and_counted() -> None:
    caller = Caller(attachable_rows="sparse", lookup_lag_seconds=10, attaching_changes_document=True)
    document = posted(caller)
    upload(caller, form(document))
    asked = f"select * from Attachable where AttachableRef.EntityRef.value = '{document}' and FileName in ('A.PDF')"

    def rows(statement: str = asked) -> Any:
        return json.loads(caller.call("POST", "query", statement.encode()).body)["QueryResponse"]

    assert rows() == {}
    caller.clock.advance(10)
    (row,) = rows()["Attachable"]
    assert (row["FileName"], row["sparse"], "AttachableRef" in row) == ("a.pdf", True, False)
    assert rows("select count(*) from Attachable where FileName = 'a.pdf'") == {"totalCount": 1}
    entry = json.loads(caller.call("GET", f"journalentry/{document}").body)["JournalEntry"]
    assert entry["SyncToken"] == "1"
