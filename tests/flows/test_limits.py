"""A job that is larger than the vendor's limits: it waits, it parks, it goes on, and nobody is called once too often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.config.settings import LedgerConfig, Secret
from connector.core.clock import Deadline
from connector.core.posting import WriteRequest
from connector.flows.status import Status, status
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import LimitReachedError
from connector.ledgers.rate import Refused, Turn
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.store.connection_store import Database
from connector.store.shelf import shelf_of
from connector.wiring import limiter_of
from tests.everyday import a_few
from tests.stage import SharedClock, Stage, batches_from, write_fault
from tests.store.databases import PostgresServer

HOURS = 3600


def limited(
    folder: Path, ledger: str, document: str = "journal_entry", *, reads_per_month: int = 500_000, batch_from: int = 0, **switches: Any
) -> Stage:
    """A stage whose ledger refuses what is beyond its limits, and a connector that keeps to them by a file beside the database."""
    company = Company(switches={**switches, "reads_per_month": reads_per_month})
    stage = Stage(folder, ledger, document, company=company, config_change=batches_from(batch_from))
    stage.vendor.enforce_limits = True
    company = stage.vendor.realm_id if ledger == "quickbooks" else stage.vendor.tenant_id
    address, nothing = "https://ledger.test", Secret("")
    stage.limits = LedgerConfig(ledger, address, address, company, "app", nothing, nothing, reads_per_month=reads_per_month)
    return stage


def work_orders(stage: Stage, count: int) -> None:
    for number in range(1, count + 1):
        stage.work_order(str(number))


def standing(stage: Stage) -> Status:
    with stage.world() as world:
        return status(world)


def is_within(stage: Stage) -> bool:
    """Whether the vendor refused nothing, and saw nothing that a careful client would not have done."""
    return not any(stage.vendor.over_limit().values()) and stage.vendor.violations == []


@pytest.mark.parametrize(("ledger", "document", "seconds"), [("quickbooks", "invoice", 6), ("xero", "journal_entry", 60)])
def test_more_documents_than_the_limits_allow_at_once_take_their_time(ledger: str, document: str, seconds: int, tmp_path: Path) -> None:
    stage = limited(tmp_path, ledger, document)
    work_orders(stage, 55)
    begun = stage.clock.now()
    assert stage.sync().posted == 55
    assert set(stage.numbers().values()) == {1}
    assert is_within(stage), (stage.vendor.over_limit(), stage.vendor.violations)
    assert (stage.clock.now() - begun).total_seconds() >= seconds


@pytest.mark.parametrize(("ledger", "document"), [("quickbooks", "invoice"), ("xero", "journal_entry")])
def test_a_backlog_in_batches_keeps_to_the_limits(ledger: str, document: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, ledger, document, batch_from=10)
    work_orders(stage, 130)
    assert stage.sync().posted == 130
    assert set(stage.numbers().values()) == {1}
    assert is_within(stage), (stage.vendor.over_limit(), stage.vendor.violations)


@pytest.mark.parametrize("windows", ["fixed", "sliding"])
def test_a_day_s_calls_that_are_used_up_park_the_company_and_a_later_run_goes_on(windows: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero", day_limit=70, limit_windows=windows)
    work_orders(stage, 55)
    begun = stage.clock.now()
    first = stage.sync()
    assert first.stopped == ["Xero throttled the request (day)"]
    assert (stage.clock.now() - begun).total_seconds() < 300  # Nobody sat and waited for the day to end.
    asked = stage.shell.counts.total()
    with pytest.raises(LimitReachedError, match="Xero's calls of this day are used up"):
        stage.sync()
    assert stage.shell.counts.total() == asked
    told = standing(stage)
    assert told.limits.pause is not None
    assert told.limits.day_left == 0
    for _ in range(3):
        pause = standing(stage).limits.pause
        stage.clock.set(pause.until if pause else stage.clock.now())
        stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 55
    assert stage.vendor.violations == []


@pytest.mark.parametrize("body", ["xml", "json"])
def test_a_throttled_call_pauses_every_process_until_the_time_that_was_told(body: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", throttle_body=body, retry_after_seconds=300)
    with stage.world() as one, stage.world() as two:
        one.ledger.period_lock()
        stage.plan(Fault("429", path="*/preferences"))
        with pytest.raises(LimitReachedError):
            one.ledger.period_lock()
        asked = stage.shell.counts.total()
        with pytest.raises(LimitReachedError, match="QuickBooks throttled the request"):
            two.ledger.period_lock()
        assert stage.shell.counts.total() == asked
        stage.clock.advance(300)
        two.ledger.period_lock()
    assert is_within(stage)


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_call_that_is_throttled_without_a_time_is_waited_for_a_minute_and_goes_on(kind: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks")
    work_orders(stage, 3)
    stage.plan(write_fault(stage, "429") if kind == "write" else Fault("429", path="*/query"))
    begun = stage.clock.now()
    assert stage.sync().posted == 3
    assert is_within(stage)
    assert 60 <= (stage.clock.now() - begun).total_seconds() < 70


def test_status_counts_the_reads_of_the_month_by_company(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks")
    work_orders(stage, 3)
    stage.sync()
    told = standing(stage)
    (used,) = stage.vendor.limits.reads.values()
    assert (told.limits.reads, told.limits.reads_left) == (used, 500_000 - used)
    assert told.to_json()["limits"] == {
        "paused_until": None,
        "reason": "",
        "reads": {"month": "2026-03", "used": used, "used_by_all_companies": used, "allowance": 500_000, "left": 500_000 - used},
        "calls_left_today": None,
        "calls_left_told_at": None,
    }


def test_a_month_whose_reads_are_used_up_is_told_and_nothing_is_lost_until_the_next(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", reads_per_month=17)
    work_orders(stage, 3)
    stage.sync()
    stage.work_order("4")
    with pytest.raises(LimitReachedError) as told:
        stage.sync()
    assert "17 of the 17 reads of 2026-03 are used, so it may refuse reads until the month ends" in str(told.value)
    assert [problem.code for problem in standing(stage).problems] == ["READS_LOW"]
    stage.clock.advance(30 * 24 * HOURS)
    stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 4


def test_an_app_whose_other_companies_use_up_its_minute_goes_on_slowly(tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero", "invoice", app_calls_of_others=9_700)
    work_orders(stage, 3)
    begun = stage.clock.now()
    assert stage.sync().posted == 3
    assert is_within(stage)
    assert (stage.clock.now() - begun).total_seconds() >= 3 * 10


def test_half_an_hour_without_limits_leaves_us_at_our_own_pace(tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero", "invoice", rapid_sync=True)
    work_orders(stage, 70)
    begun = stage.clock.now()
    assert stage.sync().posted == 70
    assert is_within(stage)
    assert (stage.clock.now() - begun).total_seconds() >= 60


def send_batches(stage: Stage, count: int, size: int) -> list[int]:
    """That many batches of so many journals, one after the other; their statuses."""
    line = {"Amount": 1, "DetailType": "JournalEntryLineDetail"}
    sides = [line | {"JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": "13"}}} for side in ("Debit", "Credit")]
    statuses = []
    with stage.world() as world:
        http: LedgerHttp = world.ledger._http  # type: ignore[attr-defined]
        for batch in range(count):
            entries = [{"DocNumber": f"{batch}-{n}", "TxnDate": "2026-02-20", "Line": sides} for n in range(size)]
            items = [{"bId": str(n), "operation": "create", "JournalEntry": entry} for n, entry in enumerate(entries)]
            body = json.dumps({"BatchItemRequest": items}).encode()
            request = WriteRequest("POST", f"/v3/company/{world.ledger.company_id}/batch", body)
            deadline = Deadline(world.clock.monotonic(), 150)
            answer = http.attempt(request, params={"requestid": f"r{batch}"}, headers={}, deadline=deadline, batch_items=size)
            assert isinstance(answer, httpx.Response), answer
            statuses.append(answer.status_code)
    return statuses


@pytest.mark.parametrize(
    ("configured", "really", "seconds"),
    a_few([("each", "each", 360), ("each", "call", 360), ("call", "call", 150), ("call", "each", 360)]),
)
def test_batches_keep_within_the_limits_however_quickbooks_counts_their_items(
    configured: str, really: str, seconds: int, tmp_path: Path
) -> None:
    """Who is told that a batch counts once, and it does not, is throttled, waits, and goes on: slower, not wrong."""
    stage = limited(tmp_path, "quickbooks", batch_items=really)
    assert stage.limits is not None
    stage.limits = replace(stage.limits, batch_items=configured)
    begun = stage.clock.now()
    statuses = send_batches(stage, 110, 30)
    is_misled = (configured, really) == ("call", "each")
    assert set(statuses) == ({200, 429} if is_misled else {200})
    assert is_within(stage) or is_misled
    assert stage.vendor.violations == []
    assert abs((stage.clock.now() - begun).total_seconds() - seconds) < 60


@pytest.mark.long
@pytest.mark.postgres
def test_two_machines_on_one_server_have_one_minute_and_one_pause(postgres: PostgresServer, tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero")
    assert stage.limits is not None
    address = postgres.create_migrated()
    clock = SharedClock(stage.clock)
    databases = [Database.open(address, clock) for _ in range(2)]
    one, two = (limiter_of(stage.limits, clock, shelf_of(database, clock)) for database in databases)
    for machine in (one, two) * 30:
        turn = machine.acquire(0)
        assert isinstance(turn, Turn)
        machine.settle(turn, (200, {}, b""))
    assert [isinstance(machine.acquire(0), Turn) for machine in (one, two)] == [False, False]
    one.settle(Turn(), (429, {"x-rate-limit-problem": "day", "retry-after": "40000"}, b""))
    refused = two.acquire()
    assert isinstance(refused, Refused)
    assert refused.reason == "Xero's calls of this day are used up"
    for database in databases:
        database.close()
