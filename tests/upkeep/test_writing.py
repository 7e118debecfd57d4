"""The one door by which anything is written to UpKeep: each request once, and what an answer proves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.upkeep.source import UnreadableAnswerError
from connector.upkeep.writing import Done, Gone, Hook, UpKeepDoor, WritesNotAllowedError
from tests.ledgers.rig import TestClock
from tests.upkeep.rig import Answers, StandIn, source_over

SAY = "/work-orders/w1/update-messages"


def door_over(by_path: dict[str, Any], *, is_open: bool = True, token: str = "") -> tuple[UpKeepDoor, Answers, TestClock]:
    clock, answers = TestClock(), Answers(by_path)
    return UpKeepDoor(source_over(answers, clock=clock, token=token).http, clock, is_open=is_open), answers, clock


def said(by_path: Any, **more: Any) -> tuple[Any, int]:
    """What saying something came to, and how often it left."""
    door, answers, clock = door_over({SAY: by_path}, **more)
    door.ready()
    return door.say("w1", "hello", clock.monotonic() + 60), answers.asked.count(SAY)


def test_nothing_is_written_where_the_configuration_forbids_it() -> None:
    door, answers, _ = door_over({}, is_open=False)
    for write in (lambda: door.say("w1", "x", 1.0), lambda: door.register("t", "e", ["E"]), lambda: door.remove("h")):
        with pytest.raises(WritesNotAllowedError):
            write()
    assert answers.asked == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"success": True, "result": {"id": "m1"}}, Done("m1")),
        ({"success": True, "webhookId": "m2"}, Done("m2")),
        ({"success": True, "result": []}, Done()),
        (httpx.Response(201, json={"success": True}), Done()),
        (httpx.Response(404, json={"success": False}), Gone()),
        (httpx.Response(400, json={"success": False, "message": "text cannot be null"}), Rejected("400", "text cannot be null")),
        ({"success": False, "message": "no"}, Rejected("success: false", "no")),
        (httpx.Response(403, text="<html>"), Rejected("403", "no reason was given")),
        (httpx.Response(429), Throttled(60, "UpKeep takes no more calls just now")),
        (httpx.ConnectError("x"), NotSent("UpKeep could not be reached: ConnectError")),
        (httpx.ReadTimeout("x"), Uncertain("UpKeep's answer was lost: ReadTimeout")),
        (httpx.Response(200, text="<html>"), Uncertain("UpKeep answered 200 with something that proves nothing")),
        (httpx.Response(200, json=[]), Uncertain("UpKeep answered 200 with something that proves nothing")),
        (httpx.Response(503, json={"success": False}), Uncertain("UpKeep answered 503 with something that proves nothing")),
        (httpx.Response(408), Uncertain("UpKeep answered 408 with something that proves nothing")),
        (httpx.Response(302), Uncertain("UpKeep answered 302 with something that proves nothing")),
    ],
)
def test_an_answer_is_what_it_proves_and_nothing_leaves_twice(answer: Any, outcome: Any) -> None:
    assert said(answer) == (outcome, 1)


def test_a_session_that_ended_did_nothing_and_is_renewed_once() -> None:
    ended, taken = httpx.Response(401), {"success": True}
    assert said([ended, taken]) == (Done(), 2)
    assert said([ended, ended]) == (Rejected("401", "no reason was given"), 2)
    assert said([ended, taken], token="static") == (Rejected("401", "no reason was given"), 1)


def test_a_deadline_that_is_over_lets_nothing_leave() -> None:
    door, answers, clock = door_over({SAY: {"success": True}})
    door.ready()
    assert isinstance(door.say("w1", "late", clock.monotonic()), NotSent)
    assert SAY not in answers.asked


def test_a_sign_in_that_fails_lets_nothing_leave() -> None:
    door, answers, _ = door_over({"/auth": httpx.Response(401, json={})})
    assert isinstance(door.remove("h1"), NotSent)
    assert "/webhooks/h1" not in answers.asked


@pytest.mark.parametrize(
    ("detail", "listed", "found"),
    [
        ({"updateMessages": [{"text": "a"}, {"message": "b"}, "c", {"odd": 1}, 7]}, None, ["a", "b", "c"]),
        ({"updates": []}, None, []),
        ({}, {"results": [{"text": "a"}]}, ["a"]),
        ({}, {"results": []}, []),
        ({}, {"result": "?"}, None),
        ({}, None, None),
        ({}, httpx.Response(400, json={"success": False}), None),
        ({"updates": "many"}, None, None),
    ],
)
def test_messages_are_read_where_they_are_shown_and_what_is_not_shown_proves_nothing(detail: Any, listed: Any, found: Any) -> None:
    door, _, _ = door_over({"/work-orders/w1": {"success": True, "result": {"id": "w1", **detail}}, SAY: listed})
    texts = door.messages("w1")
    assert (texts, door.proves_absence(texts)) == (found, found is not None)


def test_a_work_order_that_is_gone_an_outage_and_a_cut_list_prove_nothing() -> None:
    door, _, _ = door_over({})
    assert door.messages("w1") is None
    door, _, _ = door_over({"/work-orders/w1": {"result": {}}, SAY: httpx.Response(503)})
    with pytest.raises(UnreadableAnswerError):
        door.messages("w1")
    assert not door.proves_absence(["x"] * 25)


def test_webhooks_are_listed_page_by_page_however_few_a_page_has() -> None:
    stand_in = StandIn(limit_cap=2)
    door = UpKeepDoor(stand_in.source.http, TestClock(), is_open=True)
    assert door.hooks() == []
    for number in range(5):
        assert isinstance(door.register("t", f"https://x.example.com/{number}", ["WORK_ORDER_DELETED"]), Done)
    hooks = door.hooks()
    assert hooks is not None
    assert sorted(hook.endpoint for hook in hooks) == [f"https://x.example.com/{number}" for number in range(5)]
    assert isinstance(door.remove(hooks[0].id), Done)
    assert isinstance(door.remove(hooks[0].id), Gone)


def test_what_is_listed_without_an_id_or_an_address_is_no_webhook_and_no_list_is_none() -> None:
    rows = [{"id": "h1"}, {"endpoint": "e"}, {"webhookId": "h2", "endpoint": "e"}, "?", {"id": "h3", "endpoint": "e", "events": ["E"]}]
    door, _, _ = door_over({"/webhooks": {"results": rows}})
    assert door.hooks() == [Hook("h2", "e"), Hook("h3", "e", ("E",))]
    for answer in (httpx.Response(404, json={}), {"result": 1}):
        assert door_over({"/webhooks": answer})[0].hooks() is None
