"""The turnstile: so many calls, then a wait that ends."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyrate_limiter import SQLiteBucket

from connector.ledgers.rate import RATES, Limiter
from tests.ledgers.rig import TestClock, http


@pytest.mark.parametrize("shared", [False, True])
def test_ten_calls_a_second_and_no_more(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "limits.db" if shared else None
    limiters = [Limiter(kind="quickbooks", company_id="9130", clock=TestClock(), path=path) for _ in range(2 if shared else 1)]
    assert [limiters[i % len(limiters)].acquire(0) for i in range(10)] == [True] * 10
    assert not limiters[-1].acquire(0)
    for limiter in limiters:
        limiter.close()


def test_waiting_for_a_turn_ends() -> None:
    clock = TestClock()
    limiter = Limiter(kind="quickbooks", company_id="9130", clock=clock)
    limiter._limiter.try_acquire = lambda *_, **__: False  # type: ignore[method-assign]
    assert not limiter.acquire(2)
    assert 2 <= sum(clock.slept) < 2.3


def test_a_closed_ledger_gives_back_the_file_of_its_limits(tmp_path: Path) -> None:
    limiter = Limiter(kind="quickbooks", company_id="9130", clock=TestClock(), path=tmp_path / "limits.db")
    (bucket,) = limiter._limiter.buckets()
    http(lambda _: httpx.Response(200), limiter=limiter).close()
    assert isinstance(bucket, SQLiteBucket)
    assert bucket.conn is None


def test_a_file_that_another_process_holds_is_waited_for() -> None:
    limiter = Limiter(kind="xero", company_id="t", clock=TestClock())

    def locked(*_: Any, **__: Any) -> bool:
        raise sqlite3.OperationalError("database is locked")

    limiter._limiter.try_acquire = locked  # type: ignore[method-assign]
    assert not limiter.acquire(1)


def test_the_vendors_limits_are_these() -> None:
    assert [(rate.limit, rate.interval) for rate in RATES["quickbooks"]] == [(10, 1000), (500, 60_000)]
    assert [(rate.limit, rate.interval) for rate in RATES["xero"]] == [(60, 60_000)]
