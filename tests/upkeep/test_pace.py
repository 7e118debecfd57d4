"""UpKeep publishes no limit: its refusals teach one, which every process keeps to for a while and then forgets."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connector.upkeep.http import UpKeepHttp
from connector.upkeep.pace import LEARNED_SECONDS, PER_MINUTE_MIN, Learned, Pace
from connector.upkeep.source import SourceUnreachableError
from tests.ledgers.rig import TestClock
from tests.shelf import MemoryShelf
from tests.upkeep.rig import Answers, StandIn, Ticking
from tests.upkeep.test_http import FINE, failure


def paced(clock: Any, shelf: MemoryShelf, handler: Any) -> UpKeepHttp:
    transport = handler if isinstance(handler, httpx.BaseTransport) else httpx.MockTransport(handler)
    return UpKeepHttp(
        base_url="https://upkeep.example", email="", password="", token="Sandbox-Organization-Token-1", clock=clock, transport=transport,
        pace=Pace(name="a login", clock=clock, shelf=shelf),
    )  # fmt: skip


def limited(per_minute: int) -> tuple[StandIn, MemoryShelf, UpKeepHttp]:
    stand_in = StandIn(requests_per_minute=per_minute)
    stand_in.vendor.enforce_limits = True
    clock = Ticking(stand_in.clock)
    shelf = MemoryShelf(clock)
    return stand_in, shelf, paced(clock, shelf, stand_in.source._http._client._transport)


def test_after_the_first_refusals_the_calls_keep_within_the_limit() -> None:
    stand_in, shelf, client = limited(60)
    for _ in range(300):
        client.get("/users")
    # It rises by a tenth a minute and meets the limit again: a refusal now and then, not one every call.
    assert stand_in.vendor.over_limit()["requests_per_minute"] <= 12
    assert Learned.read(shelf.kept["pace of a login"]).per_minute < 80


def test_another_process_keeps_to_what_the_first_learned() -> None:
    stand_in, shelf, client = limited(60)
    for _ in range(65):
        client.get("/users")
    refused = stand_in.vendor.over_limit()["requests_per_minute"]
    clock = Ticking(stand_in.clock)
    other = paced(clock, shelf, stand_in.source._http._client._transport)
    for _ in range(10):
        other.get("/users")
    assert stand_in.vendor.over_limit()["requests_per_minute"] == refused
    assert len(clock.slept) >= 9


def test_a_pace_is_forgotten_after_its_hour() -> None:
    learned = Learned()
    learned.refuse(1, 100, now=1000.0)
    assert learned.per_minute == 80
    learned.take(1000.0 + LEARNED_SECONDS)
    assert (learned.per_minute, learned.written()) == (0, "")


def test_a_refusal_in_a_quiet_minute_teaches_a_pause_and_no_pace() -> None:
    clock = TestClock()
    client = paced(clock, MemoryShelf(clock), Answers({"/users": [FINE, failure(429, **{"retry-after": "20"}), FINE]}))
    for _ in range(4):
        client.get("/users")
    assert clock.slept == [20.0]


def test_a_pause_holds_for_every_process_and_a_long_one_ends_the_run_with_a_clear_error() -> None:
    clock = TestClock()
    shelf, answers = MemoryShelf(clock), Answers({"/users": [failure(429, **{"retry-after": "600"}), FINE]})
    with pytest.raises(SourceUnreachableError, match="asks to wait 600 seconds"):
        paced(clock, shelf, answers).get("/users")
    with pytest.raises(SourceUnreachableError, match="asked for a pause of which 600 seconds are left; the next run goes on"):
        paced(clock, shelf, answers).get("/users")
    assert answers.asked == ["/users"]
    clock.moment += timedelta(seconds=600)
    assert paced(clock, shelf, answers).get("/users") == FINE


def test_what_was_written_before_a_clock_was_set_back_holds_nobody() -> None:
    learned = Learned(per_minute=10, until=10**9, next_at=10**9, paused_until=10**9)
    assert learned.take(1000.0) == 0
    assert Learned.read("not json") == Learned.read('{"speed": 1}') == Learned.read("[1]") == Learned()


def test_a_pace_never_falls_to_a_standstill() -> None:
    learned = Learned()
    for minute in range(40):
        learned.refuse(1, 30, now=1000.0 + 60 * minute)
    assert learned.per_minute == PER_MINUTE_MIN


def test_where_nothing_was_refused_the_shelf_is_not_written() -> None:
    clock = TestClock()
    shelf = MemoryShelf(clock)
    client = paced(clock, shelf, Answers({"/users": FINE}))
    for _ in range(50):
        client.get("/users")
    client.close()
    assert (shelf.writes, shelf.is_closed, clock.slept) == (0, True, [])


@dataclass
class Foreseen:
    told: float

    def random(self) -> float:
        return self.told


@pytest.mark.parametrize(("told", "waits"), [(0.0, [0.25, 0.5, 1.0]), (0.5, [0.5, 1.0, 2.0]), (0.99, [0.745, 1.49, 2.98])])
def test_many_connectors_that_were_refused_together_do_not_come_back_together(told: float, waits: list[float]) -> None:
    clock = TestClock()
    client = UpKeepHttp(
        base_url="https://upkeep.example", email="", password="", token="t", clock=clock, chance=Foreseen(told),
        transport=httpx.MockTransport(Answers({"/users": [failure(503), failure(503), failure(503), FINE]})),
    )  # fmt: skip
    assert client.get("/users") == FINE
    assert clock.slept == pytest.approx(waits)


def test_every_call_leaves_a_line_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers({"/users": [httpx.ConnectError("refused"), failure(503), FINE]})
    client = UpKeepHttp(
        base_url="https://upkeep.example", email="ada@example.com", password="Secret-Pass-1", token="", site_user="", clock=TestClock(),
        transport=httpx.MockTransport(answers),
    )  # fmt: skip
    with caplog.at_level(logging.DEBUG, "connector.upkeep.calls"):
        client.get("/users", {"email": "ada@example.com"})
    lines = [record.getMessage() for record in caplog.records if record.name == "connector.upkeep.calls"]
    assert [line.split(" ms=")[0] for line in lines] == [
        "action=called method=POST path=/auth status=200",
        "action=called method=GET path=/users status=ConnectError",
        "action=called method=GET path=/users status=503",
        "action=called method=GET path=/users status=200",
    ]
    assert lines[-1].endswith(f"bytes={len(json.dumps(FINE))}")
    assert not any(secret in line for line in lines for secret in ("ada@", "Secret", "r:1"))
