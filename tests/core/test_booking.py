"""What a journal entry books beyond two accounts a cost: statistical labor, burden and use tax, the credit's own department, approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.additions import Addition, AdditionRate
from connector.core.booking import approval_needed, book_costs, is_booked
from connector.core.costing import CostFact, CostKind
from connector.core.drafting import JournalEntryDraft, content, draft_journal
from connector.core.facts import Fact, Target, WhenFact, credit_tracking, tracking
from connector.core.mapping import Mapping, Situation
from connector.core.problem import Problem
from tests.core.examples import mapping, work_order

DAY = date(2026, 1, 6)
LABOR, PARTS, OTHER = CostKind.LABOR, CostKind.PARTS, CostKind.OTHER


def cost(amount: str, kind: CostKind = LABOR, key: str = "k", hours: str = "1", basis: str = "time entry") -> CostFact:
    return CostFact(key, kind, "Labor Kim", Decimal(hours), Decimal(amount), Decimal(amount), basis)


def gives(target: str, value: str, **keys: str) -> WhenFact:
    return WhenFact(target, Fact(value, "mapping.yaml:3"), tuple(keys.items()))


def burden(*rates: AdditionRate, account: str = "Labor burden") -> Addition:
    return Addition("Shop", Fact(account, "m:1") if account else None, Fact("Burden applied", "m:1"), rates, "m:1")


def percent(amount: str, start: date = DAY) -> AdditionRate:
    return AdditionRate(start, Decimal(amount), None, "m:2")


def rules(*facts: WhenFact, addition: Addition | None = None, target: Target = Target.BURDEN) -> Mapping:
    return mapping(facts=facts, additions={target: {"shop": addition}} if addition else {})


def booked(mapped: Mapping, *costs: CostFact, day: date = DAY, currency: str = "USD") -> JournalEntryDraft | list[Problem]:
    found, problems = book_costs(work_order(), costs, mapped, lambda _: day, currency)
    return problems or draft_journal(work_order(), found, mapped, day, currency)


def legs(draft: JournalEntryDraft | list[Problem]) -> list[tuple[str, str]]:
    assert isinstance(draft, JournalEntryDraft), draft
    return [(line.account.value, str(line.amount if line.is_debit else -line.amount)) for line in draft.lines]


def codes(draft: JournalEntryDraft | list[Problem]) -> list[str]:
    assert isinstance(draft, list)
    return [problem.code for problem in draft]


BASE = [("HVAC labor", "67.50"), ("Labor applied", "-67.50")]


def test_burden_is_a_pair_beside_the_labor_and_counts_in_what_the_entry_adds() -> None:
    draft = booked(rules(gives("burden", "Shop"), addition=burden(percent("32.5"))), cost("67.50"))
    assert legs(draft) == [*BASE, ("Labor burden", "21.94"), ("Burden applied", "-21.94")]
    assert isinstance(draft, JournalEntryDraft)
    assert (str(draft.net), draft.added[0].basis) == ("89.44", "32.5 percent m:2")
    assert draft.lines[2].description == "WO 4711 Burden Shop: Labor Kim"


@pytest.mark.parametrize(("day", "amount"), [(date(2026, 1, 5), "6.75"), (DAY, "13.50"), (date(2027, 1, 1), "13.50")])
def test_the_rate_of_a_burden_is_that_of_the_day_on_which_the_work_was_done(day: date, amount: str) -> None:
    dated = burden(percent("20"), percent("10", date(2025, 1, 1)))
    assert legs(booked(rules(gives("burden", "shop"), addition=dated), cost("67.50"), day=day))[2] == ("Labor burden", amount)


def test_before_its_first_rate_nobody_knows_the_burden_and_the_work_order_is_held() -> None:
    told = booked(rules(gives("burden", "Shop"), addition=burden(percent("20"))), cost("67.50"), day=date(2026, 1, 5))
    assert codes(told) == ["ADDITION_WITHOUT_RATE"]


def test_a_burden_per_hour_counts_hours_and_no_hour_twice() -> None:
    hourly = rules(gives("burden", "Shop"), addition=burden(AdditionRate(DAY, None, Decimal("14.50"))))
    overtime = cost("33.75", key="k-overtime", hours="1.5", basis="overtime mapping.yaml:9")
    assert legs(booked(hourly, cost("67.50", hours="1.5"), overtime))[2:4] == [("Labor burden", "21.75"), ("Burden applied", "-21.75")]
    assert len(legs(booked(hourly, cost("67.50", hours="1.5"), overtime))) == 6
    assert codes(booked(hourly, cost("67.50", key="labor-total"))) == ["ADDITION_WITHOUT_HOURS"]


def test_without_an_account_of_its_own_the_addition_goes_where_the_cost_goes_and_comes_back_with_it() -> None:
    tax = burden(percent("7.25"), account="")
    told = booked(rules(gives("use_tax", "Shop"), addition=tax, target=Target.USE_TAX), cost("-12.35", PARTS), cost("10.00"))
    assert legs(told)[:4] == [
        ("HVAC repairs", "-12.35"),
        ("Parts inventory", "12.35"),
        ("HVAC repairs", "-0.90"),
        ("Burden applied", "0.90"),
    ]
    assert len(legs(told)) == 6


def test_no_burden_where_a_more_specific_fact_says_none() -> None:
    facts = (gives("burden", "Shop"), gives("burden", "none", category="hvac"))
    assert legs(booked(rules(*facts, addition=burden(percent("20"))), cost("67.50"))) == BASE


def test_statistical_labor_is_in_no_entry_and_needs_no_accounts() -> None:
    told = booked(rules(gives("booked", "no", kind="labor")), cost("67.50"), cost("5.00", PARTS, "p"))
    assert legs(told) == [("HVAC repairs", "5.00"), ("Parts inventory", "-5.00")]
    assert legs(booked(rules(gives("booked", "no", kind="labor")), cost("67.50"))) == []
    assert legs(booked(rules(gives("booked", "No"), gives("booked", "yes", kind="labor")), cost("67.50"))) == BASE


def test_the_credit_side_has_its_own_department_and_keeps_the_rest() -> None:
    facts = (gives(tracking("class"), "Tenants"), gives(tracking("department"), "Harbor"), gives(credit_tracking("department"), "Plant"))
    draft = booked(rules(*facts, gives(credit_tracking("Fund"), "A", kind="parts")), cost("67.50"), cost("5.00", PARTS, "p"))
    assert isinstance(draft, JournalEntryDraft)
    told = [{name: fact.value for name, fact in line.tracking} for line in draft.lines]
    mine, theirs = {"class": "Tenants", "department": "Harbor"}, {"class": "Tenants", "department": "Plant"}
    assert told == [mine, theirs, mine, theirs | {"Fund": "A"}]
    plain = booked(rules(facts[0], gives(credit_tracking("class"), "A", kind="parts")), cost("67.50"))
    assert isinstance(plain, JournalEntryDraft)
    assert {fact.value for line in plain.lines for _, fact in line.tracking} == {"Tenants"}


@pytest.mark.parametrize(
    ("limit", "amount", "waits"), [("5000", "5000.00", False), ("5000", "5000.01", True), ("none", "9999999", False), ("0", "0.01", True)]
)
def test_a_document_above_the_limit_waits_for_a_person(limit: str, amount: str, waits: bool) -> None:
    needed = approval_needed(work_order(), mapping(hold_above=Fact(limit, "mapping.yaml:2")), Decimal(amount), "USD")
    assert (needed.code if needed else "") == ("APPROVAL_NEEDED" if waits else "")


def test_without_a_limit_nothing_waits() -> None:
    assert approval_needed(work_order(), mapping(), Decimal(10**9), "USD") is None
    elsewhere = mapping(facts=(gives("hold_above", "1", category="capital"),))
    assert approval_needed(work_order(), elsewhere, Decimal(10**9), "USD") is None


AMOUNTS = st.decimals(Decimal("-9999"), Decimal("9999"), places=2)
COSTS = st.lists(st.tuples(AMOUNTS, st.sampled_from(list(CostKind))), max_size=6).map(
    lambda rows: [CostFact(str(n), kind, "x", Decimal(n), amount, amount, "") for n, (amount, kind) in enumerate(rows)]
)
KEYS = st.dictionaries(st.sampled_from(["category", "kind"]), st.sampled_from(["hvac", "parts", "labor"]), max_size=2)
GIVEN = st.sampled_from(
    [("booked", "no"), ("booked", "yes"), ("burden", "Shop"), ("burden", "none"), ("use_tax", "Shop"), (credit_tracking("class"), "B")]
)
FACTS = st.lists(st.builds(lambda one, keys: gives(*one, **keys), GIVEN, KEYS), unique_by=lambda one: (one.target, one.when), max_size=8)


@given(FACTS, COSTS, st.sampled_from(["USD", "JPY"]), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_every_entry_balances_no_cost_is_lost_or_used_twice_and_the_order_of_the_costs_does_not_matter(
    facts: list[WhenFact], costs: list[CostFact], currency: str, chance: Any
) -> None:
    schedules = {target: {"shop": burden(percent("33.333"))} for target in (Target.BURDEN, Target.USE_TAX)}
    made = mapping(facts=tuple(facts), additions=schedules)
    draft = booked(made, *costs, currency=currency)
    assert isinstance(draft, JournalEntryDraft)
    assert draft == booked(made, *costs, currency=currency)
    shuffled = [*costs]
    chance.shuffle(shuffled)
    again = booked(made, *shuffled, currency=currency)
    assert isinstance(again, JournalEntryDraft)
    assert content(again) == content(draft)
    used = [key for line in draft.lines if line.is_debit for key in line.explains]
    amounts = {one.key: one.amount for one in (*costs, *draft.added)}
    situation = Situation.of(work_order(), made)
    meant = [one.key for one in costs if one.amount and is_booked(situation, one)]
    assert sorted(key for key in used if "-" not in key) == meant
    assert len(used) == len(set(used))
    assert draft.net == sum((amounts[key] for key in used), Decimal(0))
