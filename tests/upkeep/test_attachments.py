"""The files of a work order: each spelling that the facts allow, whole or not at all, and no session to another host."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from connector.upkeep.attachments import files_of
from connector.upkeep.official import UpKeepSource
from connector.upkeep.source import FileGoneError, SourceFile, SourceUnreachableError, UnreadableAnswerError
from tests.ledgers.rig import TestClock
from tests.upkeep.rig import START


def source(handler: Any, base_url: str = "https://upkeep.example") -> UpKeepSource:
    transport = handler if isinstance(handler, httpx.BaseTransport) else httpx.MockTransport(handler)
    return UpKeepSource(
        base_url=base_url, email="", password="", token="T", company="upkeep", site="", clock=TestClock(), transport=transport
    )


def detail(*files: Any, **more: Any) -> dict[str, Any]:
    return {"success": True, "result": {"id": "w1", "files": list(files), **more}}


def answering(address_answers: Any, **told: Any) -> UpKeepSource:
    """A work order with one file, whose address gives what is told."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "files.example":
            return address_answers(request) if callable(address_answers) else address_answers
        return httpx.Response(200, json=detail({"id": "f1", "name": "a.pdf", "url": "https://files.example/a?signed=1", **told}))

    made = source(handler)
    made.seen = seen  # type: ignore[attr-defined]
    return made


def test_a_file_is_read_at_its_address_without_our_session() -> None:
    one = answering(httpx.Response(200, content=b"%PDF"))
    assert one.files("w1") == [SourceFile("f1", "a.pdf", "https://files.example/a?signed=1")]
    assert one.file("w1", "f1", 100) == b"%PDF"
    (download,) = [request for request in one.seen if request.url.host == "files.example"]  # type: ignore[attr-defined]
    assert "session-token" not in download.headers
    assert "authorization" not in download.headers


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"objectId": "f2", "fileName": "b.png", "fileUrl": "https://x/b", "size": 7}, SourceFile("f2", "b.png", "https://x/b", 7)),
        ({"id": "f3", "url": "https://x/folder/c.txt?sig=1"}, SourceFile("f3", "c.txt", "https://x/folder/c.txt?sig=1")),
        ("f4", SourceFile("f4", "d.jpg", "https://x/d" + "e" * 3000, 1)),
    ],
)
def test_every_spelling_is_read(shown: Any, expected: SourceFile) -> None:
    def get(path: str) -> Any:
        assert path == "/files/f4"
        return {"success": True, "result": {"name": "d.jpg", "url": expected.address, "size": 1}}

    assert files_of({"images": [shown, shown]}, get) == [expected]
    assert files_of({"image": shown}, get) == [expected]
    assert files_of({"files": [], "images": None, "image": ""}, get) == files_of(None, get) == []


@pytest.mark.parametrize("shown", [{"id": "f1"}, {"url": "https://x/a"}, {"id": "f" * 2000, "url": "https://x/a"}, "f9", 7])
def test_a_file_that_cannot_be_read_is_not_passed_over(shown: Any) -> None:
    with pytest.raises(UnreadableAnswerError):
        files_of({"files": [shown]}, lambda path: None)


def test_a_file_that_is_gone_too_large_or_half_is_told_apart() -> None:
    whole = httpx.Response(200, content=b"%PDF")
    with pytest.raises(FileGoneError):
        answering(whole).file("w1", "f2", 100)
    assert answering(whole).file("w1", "f1", 3) is None
    assert answering(whole, size=5000).file("w1", "f1", 100) is None
    with pytest.raises(UnreadableAnswerError, match="5 bytes, and 4 came"):
        answering(whole, size=5).file("w1", "f1", 100)


@pytest.mark.parametrize(("status", "calls"), [(403, 1), (302, 1), (503, 4), (429, 4)])
def test_an_address_that_gives_nothing_is_asked_again_only_where_that_may_help(status: int, calls: int) -> None:
    one = answering(lambda request: httpx.Response(status, headers={"location": "https://elsewhere.example"}))
    with pytest.raises(SourceUnreachableError, match=f"it answered {status}"):
        one.file("w1", "f1", 100)
    assert len([request for request in one.seen if request.url.host == "files.example"]) == calls  # type: ignore[attr-defined]


def test_a_cut_line_is_tried_again() -> None:
    answers = iter([httpx.ReadError("cut"), httpx.Response(200, content=b"%PDF")])

    def next_one(request: httpx.Request) -> httpx.Response:
        told = next(answers)
        if isinstance(told, Exception):
            raise told
        return told

    assert answering(next_one).file("w1", "f1", 100) == b"%PDF"


@pytest.mark.parametrize("address", ["http://files.example/a", "http://127.0.0.1/a", "ftp://files.example/a"])
def test_no_address_is_followed_that_is_not_https(address: str) -> None:
    with pytest.raises(UnreadableAnswerError, match="not https"):
        answering(httpx.Response(200, content=b"x"), url=address).file("w1", "f1", 100)


def test_a_work_order_that_is_gone_has_no_files() -> None:
    assert source(lambda request: httpx.Response(404, json={})).files("w1") == []


@pytest.mark.parametrize("switches", [{"files": "objects"}, {"files": "ids", "file_size": "absent"}, {"files": "absent"}])
def test_the_stand_ins_files_are_read_under_each_switch(switches: dict[str, Any]) -> None:
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True), switches=switches)
    vendor = sandbox.vendors.upkeep
    identifier = vendor.files.put("photo.jpg", b"jpeg")
    with httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://127.0.0.1:1") as client:
        client.headers["session-token"] = vendor.organization_token
        made = client.post("/api/v2/work-orders", json={"title": "T", "files": [identifier]}).json()["result"]["id"]
    one = UpKeepSource(
        base_url="http://127.0.0.1:1", email="", password="", token=vendor.organization_token, company="upkeep", site="",
        clock=TestClock(), transport=SandboxTransport(sandbox.upkeep.handle),
    )  # fmt: skip
    if switches["files"] == "absent":
        assert one.files(made) == []
        return
    assert [(file.id, file.name) for file in one.files(made)] == [(identifier, "photo.jpg")]
    assert one.file(made, identifier, 100) == b"jpeg"
    sandbox.clock.advance(3600)
    assert one.file(made, identifier, 100) == b"jpeg"  # its address is asked for anew
    stale = sandbox.vendors.upkeep.files.record(identifier, "127.0.0.1:1")
    sandbox.clock.advance(3600)
    with pytest.raises(UnreadableAnswerError, match="403"):
        one._http.download(str(stale and stale["url"]), 100)
    assert vendor.violations == []
