"""What a sync will cost is told before it begins, and is what it then costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.core.mapping import DocumentKind
from connector.flows.plan import Batching, Cost, Plan, cost_of, days_of, minutes_of, plan
from connector.flows.world import Limits
from connector.ledgers.limits import Allowed, Standing
from connector.ledgers.quickbooks.limits import LIMITS as QUICKBOOKS
from connector.ledgers.xero.limits import LIMITS as XERO
from tests.flows.test_limits import limited, work_orders
from tests.stage import Stage

JOURNAL, INVOICE = DocumentKind.JOURNAL_ENTRY, DocumentKind.INVOICE
SIX_MONTHS = 4_196
ALONE, TOGETHER = Batching(30, 0), Batching(30, 10)


def planned(stage: Stage) -> Plan:
    with stage.world() as world:
        return plan(world)


def calls_of_a_sync(stage: Stage) -> int:
    """How many calls to the API a sync makes; the sign-in is none of them."""
    before = stage.shell.counts.total()
    assert stage.sync().uncertain == 0
    return stage.shell.counts.total() - before


@pytest.mark.parametrize("count", [0, 1, 3, 60])
@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_sync_makes_the_calls_that_were_planned(ledger: str, document: str, count: int, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    work_orders(stage, count)
    told = planned(stage)
    assert (told.documents, stage.documents()) == (count, [])
    assert calls_of_a_sync(stage) == told.cost.calls
    assert len(stage.documents()) == count
    assert planned(stage).cost.calls == calls_of_a_sync(stage) <= 3  # What people did to them is asked, and nothing else.


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_what_an_earlier_run_left_on_its_way_is_planned_too_and_what_is_held_is_not(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    work_orders(stage, 2)
    with stage.world() as world, world.store.writer():
        from connector.flows.intake import take_in
        from connector.flows.reference import ReferenceData

        take_in(world, ReferenceData(world))
    stage.work_order("3")
    stage.work_order("4", additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "much"}])
    told = planned(stage)
    assert (told.documents, told.held) == (3, 1)
    assert calls_of_a_sync(stage) == told.cost.calls


def test_a_second_sync_of_journals_at_xero_reads_those_of_the_first_one_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero")
    work_orders(stage, 5)
    stage.sync()
    for number in range(6, 12):
        stage.work_order(str(number))
    assert planned(stage).cost.calls == calls_of_a_sync(stage)


def test_the_plan_of_half_a_year_says_the_minutes_and_the_days_of_each_tier() -> None:
    quickbooks = cost_of([JOURNAL] * SIX_MONTHS, "quickbooks", ALONE)
    assert (quickbooks.reads, quickbooks.writes, quickbooks.batches) == (9 + 8 * 13 + 5, SIX_MONTHS, 0)
    assert minutes_of(quickbooks, Limits(QUICKBOOKS)) == 9
    xero = cost_of([JOURNAL] * SIX_MONTHS, "xero", ALONE)
    assert xero.writes == 2 * SIX_MONTHS
    assert minutes_of(xero, Limits(XERO)) == 141
    assert days_of(xero, Limits(XERO), Standing()) == {"Starter": 9, "Core and above": 2}
    assert days_of(xero, Limits(XERO), Standing(day_left=1_000)) == {"Starter": 9, "Core and above": 2}
    assert days_of(xero, Limits(XERO), Standing(day_left=1_001)) == {"Core and above": 2}
    assert days_of(quickbooks, Limits(QUICKBOOKS), Standing()) == {}


@pytest.mark.parametrize(("counts_each", "minutes"), [(True, 9), (False, 4)])
def test_batches_of_thirty_take_the_time_of_their_forty_a_minute_or_of_their_items(counts_each: bool, minutes: int) -> None:
    limits = Limits(QUICKBOOKS, allowed=Allowed(counts_each_item=counts_each))
    cost = cost_of([INVOICE] * SIX_MONTHS, "quickbooks", TOGETHER)
    assert (cost.writes, cost.batches, cost.items) == (8 * 17 + 7, 8 * 17 + 7, SIX_MONTHS)
    assert minutes_of(cost, limits) == minutes


def test_reads_that_the_month_does_not_have_need_a_person(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", reads_per_month=30)
    work_orders(stage, 3)
    told = planned(stage)
    assert told.cost.reads == 13
    assert not told.needs_a_person()
    assert told.to_json()["fits_the_month"] is True
    assert replace(told, standing=replace(told.standing, reads_of_all=25)).needs_a_person()
    assert not replace(told, standing=Standing(reads=5, reads_of_all=5, allowance=0)).needs_a_person()


def test_nothing_to_do_takes_no_time() -> None:
    assert minutes_of(Cost(), Limits(QUICKBOOKS)) == 0
    assert cost_of([], "xero", TOGETHER) == Cost()


def test_in_batches_half_a_year_fits_a_day_of_xeros_smallest_tier() -> None:
    cost = cost_of([JOURNAL] * SIX_MONTHS, "xero", Batching(50, 10))
    assert cost.writes == 2 * (8 * 10 + 4)
    assert days_of(cost, Limits(XERO), Standing()) == {"Starter": 1, "Core and above": 1}


def test_each_kind_of_document_has_calls_of_its_own_and_one_that_is_left_alone_is_no_batch() -> None:
    cost = cost_of([JOURNAL] * 31 + [INVOICE] * 5, "quickbooks", TOGETHER)
    assert (cost.writes, cost.batches, cost.items) == (3, 2, 35)
    assert cost_of([JOURNAL] * 9, "quickbooks", TOGETHER).batches == 0
