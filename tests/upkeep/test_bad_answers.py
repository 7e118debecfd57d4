"""Every bad answer of UpKeep at every place of a sync: nothing is lost, nothing is posted from half a work order, and the cause is told."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.flows.unreachable import UNREACHABLE_ERRORS
from connector.sandbox.wire import Request, Response
from tests.everyday import a_few
from tests.stage import Stage

JSON = {"content-type": "application/json"}
Bad = Callable[[Response], Response]


def _failure(status: int, message: str, **headers: str) -> Bad:
    return lambda answer: Response(status, json.dumps({"success": False, "message": message}).encode(), JSON | headers)


BAD: dict[str, tuple[Bad, str]] = {
    "success: false with 200": (_failure(200, "try later"), "try later"),
    "401": (_failure(401, "invalid session token"), "check source: email and password"),
    "403, the plan": (_failure(403, "your plan has no API access"), "your plan has no API access"),
    "429 without a wait": (_failure(429, "too many requests"), "it answered 429"),
    "429 with a wait": (_failure(429, "too many requests", **{"retry-after": "900"}), "asks to wait 900 seconds"),
    "500": (_failure(500, "internal server error"), "it answered 500"),
    "HTML with 200": (lambda answer: Response(200, b"<html>Maintenance</html>", {"content-type": "text/html"}), "not a JSON object"),
    "truncated JSON": (lambda answer: Response(200, answer.body[: len(answer.body) // 2], JSON), "not a JSON object"),
    "an empty object": (lambda answer: Response(200, b'{"success": true}', JSON), "without"),
    "a list": (lambda answer: Response(200, b"[]", JSON), "not a JSON object"),
}
PLACES = ["/api/v2/work-orders", "/api/v2/work-orders/*", "/api/v2/users*", "/api/v2/parts*", "/api/v2/assets*"]
# What stops the whole run, because no other answer would be better.
OF_THE_LOGIN = ("401", "429 without a wait", "429 with a wait")
# Of the users, answers by which it is known that the login's role is not told; any other leaves open whether it sees every work order.
NO_ROLE = ("403, the plan", "an empty object")


def spoil(stage: Stage, pattern: str, bad: Bad) -> Callable[[], None]:
    """Spoil every answer to such a path; gives the end of it."""
    handle = stage.sandbox.upkeep.handle

    def seen(request: Request) -> Response:
        answer: Response = handle(request)
        return bad(answer) if request.method == "GET" and fnmatch.fnmatchcase(request.path, pattern) else answer

    def end() -> None:
        stage.sandbox.upkeep.handle = handle

    stage.sandbox.upkeep.handle = seen
    return end


def filled(folder: Path) -> Stage:
    """Two work orders of 137.00 each: an hour at 25.00, a part of 12.00, a crane of 100.00."""
    stage = Stage(folder)
    stage.upkeep.headers["Session-Token"] = stage.sandbox.vendors.upkeep.organization_token
    records = stage.sandbox.vendors.upkeep.records
    kim = records.create("users", {"email": "kim@example.com", "hourlyRate": "25.00"})["id"]
    seal, pump = records.create("parts", {"name": "Seal", "cost": "12.00"})["id"], records.create("assets", {"name": "Pump"})["id"]
    for number in ("1", "2"):
        stage.work_order(number, asset=pump, timeLogs=[{"user": kim, "duration": 60}], parts=[{"id": seal, "quantity": 1}])
    return stage


def cases() -> list[tuple[str, str]]:
    return [(place, kind) for kind in BAD for place in PLACES]


def everyday() -> list[tuple[str, str]]:
    """One of each answer and of each place first."""
    first = [(PLACES[index % len(PLACES)], kind) for index, kind in enumerate(BAD)]
    return [*first, *(case for case in cases() if case not in first)]


@pytest.mark.parametrize(("place", "kind"), a_few(everyday(), len(BAD)))
def test_a_bad_answer_costs_nothing_but_time(place: str, kind: str, tmp_path: Path) -> None:
    stage, (bad, words) = filled(tmp_path), BAD[kind]
    end = spoil(stage, place, bad)
    if place == PLACES[0] or kind in OF_THE_LOGIN or (place == PLACES[2] and kind not in NO_ROLE):
        with pytest.raises(UNREACHABLE_ERRORS, match=words):
            stage.sync()
    else:
        assert stage.sync().held == 2
        with stage.world() as world:
            row = world.store.find("1")
        assert row is not None
        assert [problem.code for problem in row.problems] == ["UNREADABLE_WORK_ORDER"]
        assert words in row.problems[0].message or "not a work order" in row.problems[0].message
        assert row.problems[0].next_step
    assert stage.documents() == []
    end()
    stage.clock.advance(1000)
    stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert stage.total() == Decimal("274.00")


def test_a_work_order_deleted_between_list_and_detail_is_not_posted_and_costs_no_other(tmp_path: Path) -> None:
    stage = filled(tmp_path)
    gone = stage.work_order("3")

    records = stage.sandbox.vendors.upkeep.records
    original = stage.sandbox.upkeep.handle

    def once(request: Request) -> Response:
        if request.path == f"/api/v2/work-orders/{gone}" and gone in records.by_kind["work-orders"]:
            records.delete("work-orders", records.by_kind["work-orders"][gone])
        answer: Response = original(request)
        return answer

    stage.sandbox.upkeep.handle = once
    report = stage.sync()
    assert (report.posted, report.held, report.findings) == (2, 0, 0)
    assert stage.total() == Decimal("274.00")
