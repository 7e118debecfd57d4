"""A few sends in flight at a time: faster on a live service, and still one document for each work order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.sandbox.wire import Request, Response
from connector.side_by_side import Threads
from tests.stage import ALONE, Stage, write_fault

WIDTH = 4
GENEROUS_SECONDS = 30


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(WIDTH)
    yield threads
    threads.close()


def at_a_time(handle: Callable[[Request], Response], meeting: Callable[[Request], None]) -> Callable[[Request], Response]:
    """The stand-in answers one request at a time, as it does over sockets; before its turn, a request meets the others."""
    turn = threading.Lock()

    def handle_in_turn(request: Request) -> Response:
        meeting(request)
        with turn:
            return handle(request)

    return handle_in_turn


def staged(folder: Path, ledger: str, threads: Threads, orders: int) -> Stage:
    stage = Stage(folder, ledger, sends=threads, config_change=ALONE)
    for number in range(1, orders + 1):
        stage.work_order(str(number))
    return stage


def test_so_many_sends_are_in_flight_at_once(tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = staged(tmp_path, "quickbooks", threads, 2 * WIDTH)
    together = threading.Barrier(WIDTH)

    def meet(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/journalentry"):
            together.wait(GENEROUS_SECONDS)  # One at a time would wait here for ever.

    monkeypatch.setattr(stage.shell, "handle", at_a_time(stage.shell.handle, meet))
    assert stage.sync().posted == 2 * WIDTH
    assert set(stage.numbers().values()) == {1}


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit", "429", "garbled"])
def test_one_lost_answer_among_several_costs_no_other(
    ledger: str, kind: str, tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = staged(tmp_path, ledger, threads, 3 * WIDTH)
    monkeypatch.setattr(stage.shell, "handle", at_a_time(stage.shell.handle, lambda request: None))
    stage.plan(write_fault(stage, kind, skip=2))
    for _ in range(3):
        stage.sync()
    assert len(stage.numbers()) == 3 * WIDTH
    assert set(stage.numbers().values()) == {1}


def test_a_service_that_refuses_is_not_asked_for_all_the_others(tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = staged(tmp_path, "quickbooks", threads, 10 * WIDTH)
    monkeypatch.setattr(stage.shell, "handle", at_a_time(stage.shell.handle, lambda request: None))
    stage.plan(write_fault(stage, "refuse", times=1_000))
    assert stage.sync().posted == 0
    refused = sum(1 for entry in stage.shell.log if entry["fault"] == "refuse")
    assert 0 < refused <= 2 * WIDTH


def test_when_one_fails_the_others_are_waited_for(threads: Threads) -> None:
    ended = []

    def work(number: int) -> None:
        if number == 0:
            raise ValueError("the disk is full")
        ended.append(number)

    with pytest.raises(ValueError, match="disk is full"):
        threads.run(work, range(WIDTH))
    assert sorted(ended) == [1, 2, 3]
