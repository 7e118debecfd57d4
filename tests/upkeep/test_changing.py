"""What one attempt to write comes to, and that nothing but the two writers writes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import httpx
import pytest

import connector
from connector.upkeep.changing import Done, Lost, NotSent, Refused, asked_once, frozen_json, written
from connector.upkeep.http import NOT_JSON, Answer
from connector.upkeep.multipart import one_file
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError

GOOD = {"success": True, "result": {"id": "w1", "workOrderNo": "151"}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, GOOD), Done("w1", "151")),
        (Answer(201, {"id": "w1"}), Done("w1")),
        (Answer(200, {"success": True}), Lost("UpKeep answered 200 and names no record")),
        (Answer(200, {"success": False, "message": "no\x1b"}), Refused("UpKeep answered 200: no ")),
        (Answer(200, NOT_JSON), Lost("UpKeep answered 200")),
        (Answer(302, NOT_JSON), Lost("UpKeep answered 302")),
        (Answer(422, {"error": {"message": "x" * 300}}), Refused(f"UpKeep answered 422: {'x' * 200}")),
        (Answer(404, NOT_JSON), Refused("UpKeep answered 404")),
        (Answer(503, {"message": "busy"}), Lost("UpKeep answered 503: busy")),
        (Answer(408, {}), Lost("UpKeep answered 408")),
        (Answer(429, {}), NotSent("UpKeep answered 429")),
        (Answer(401, {}), NotSent("UpKeep answered 401")),
    ],
)
def test_an_answer_is_written_refused_not_sent_or_lost(answer: Answer, expected: object) -> None:
    assert written(asked_once(lambda: answer), "result") == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), NotSent),
        (httpx.ConnectTimeout("x"), NotSent),
        (httpx.ReadTimeout("x"), Lost),
        (httpx.RemoteProtocolError("x"), Lost),
        (UnreadableAnswerError("too large", 200), Lost),
        (SourceUnreachableError("the sign-in failed"), NotSent),
    ],
)
def test_without_an_answer_only_what_surely_never_left_was_not_sent(error: Exception, expected: type) -> None:
    def ask() -> Answer:
        raise error

    assert isinstance(asked_once(ask), expected)


def test_numbers_leave_exactly() -> None:
    assert frozen_json({"a": [1, Decimal("0.10"), None, True], "b": "\u00fc"}) == b'{"a":[1,0.10,null,true],"b":"\\u00fc"}'


def test_a_file_has_the_same_bytes_each_time_and_its_name_breaks_no_header() -> None:
    body, kind = one_file('a"b\r\n.pdf', b"\x00\r\n--")
    assert (body, kind) == one_file('a"b\r\n.pdf', b"\x00\r\n--")
    assert b'filename="a_b__.pdf"' in body
    assert b"application/pdf" in body


def test_nothing_but_the_two_writers_writes_at_upkeep() -> None:
    root = Path(connector.__file__).parent
    found = {path.name for path in root.rglob("*.py") if "sandbox" not in path.parts and ".write_once(" in path.read_text("utf-8")}
    assert found == {"official_writing.py", "writing.py"}
