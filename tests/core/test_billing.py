"""What a customer is billed: rates, billed hours, markup in tiers, coverage and a limit, each explained, and no cent lost or made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.billing import Charge, bill, rate_to_bill, turned, whole_coverage
from connector.core.billing_rules import AboveLimit, BillingRules, BillRate, Coverage, HoursRule, Per, Tier, Tiers
from connector.core.costing import CostKind, cost
from connector.core.credit import draft_sale
from connector.core.drafting import InvoiceDraft
from connector.core.mapping import Condition, DocumentKind, InvoiceRules, Lookup, Mapping
from connector.core.money import to_cents
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder
from tests.core.examples import KIM, PUMP_SEAL, fact, mapping, work_order

DAY = date(2026, 1, 6)
ALWAYS = date(1900, 1, 1)
LEE = Reference("u2", "lee@example.com")
PARTS_TIERS = Tiers(
    (
        Tier(Decimal(10), Decimal(100), "mapping.yaml:20"),
        Tier(Decimal(100), Decimal(50), "mapping.yaml:21"),
        Tier(None, Decimal(25), "mapping.yaml:22"),
    ),
    is_by_unit_cost=True,
)


def hours(entries: dict[str, tuple[Reference, str]], rate: str = "40.00") -> tuple[LaborEntry, ...]:
    """Time entries by their keys: who, and how many hours."""
    return tuple(LaborEntry(key, who, Decimal(told) * 3600, Decimal(rate)) for key, (who, told) in entries.items())


def mapped(coverage: Any = (), limit: Lookup | None = None, markup: dict[CostKind, Decimal] | None = None, **rules: Any) -> Mapping:
    customer = Lookup("location", {"riverside": fact("Riverside Apartments")})
    billing = BillingRules({kind: f"mapping.yaml:{line}" for line, kind in enumerate(markup or {}, 30)}, **rules)
    invoice = InvoiceRules(customer=customer, markup_percent=markup or {}, billing=billing, not_to_exceed=limit or Lookup())
    return mapping(coverage=coverage, invoice=invoice)


def charged(order: WorkOrder, rules: Mapping, day: date = DAY) -> list[Charge]:
    facts, unpriced = cost(order, (), DAY, "USD")
    charges, problems = bill(order, facts, rules, "USD", lambda _: day)
    assert (unpriced, problems) == ([], [])
    return charges


def refused(order: WorkOrder, rules: Mapping) -> list[Problem]:
    facts, _ = cost(order, (), DAY, "USD")
    return bill(order, facts, rules, "USD", lambda _: DAY)[1]


def sale(order: WorkOrder, rules: Mapping) -> InvoiceDraft:
    facts, _ = cost(order, (), DAY, "USD")
    draft = draft_sale(order, facts, rules, (DAY, DAY), "USD", worked=lambda _: DAY)
    assert isinstance(draft, InvoiceDraft)
    return draft


def amounts(charges: list[Charge]) -> list[str]:
    return [str(charge.amount) for charge in charges]


def why(charge: Charge) -> list[tuple[str, str]]:
    return [(rule.value, rule.place) for rule in charge.because]


def limit_of(amount: str) -> Lookup:
    return Lookup(default=fact(amount, 40))


# --- markup -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit_cost", "billed"), [("10.00", "20.00"), ("10.01", "15.02"), ("100.00", "150.00"), ("100.01", "125.01"), ("2000", "2500.00")]
)
def test_a_part_has_the_markup_of_the_tier_that_its_unit_cost_is_in(unit_cost: str, billed: str) -> None:
    order = work_order(labor=(), other=(), parts=(PartUsage("u1", PUMP_SEAL, Decimal(1), Decimal(unit_cost)),))
    assert amounts(charged(order, mapped(tiers={CostKind.PARTS: PARTS_TIERS}))) == [billed]


def test_a_returned_part_is_credited_with_the_markup_that_it_was_sold_with() -> None:
    """The tier goes by the price of one piece, so that one of ten that comes back has the same."""
    parts = (PartUsage("u1", PUMP_SEAL, Decimal(10), Decimal(8)), PartUsage("u2", PUMP_SEAL, Decimal(-1), Decimal(8)))
    draft = sale(work_order(labor=(), other=(), parts=parts), mapped(tiers={CostKind.PARTS: PARTS_TIERS}))
    assert [(line.kind, line.amount) for line in draft.lines] == [(CostKind.PARTS, Decimal("160.00")), (CostKind.PARTS, Decimal("-16.00"))]
    assert draft.kind is DocumentKind.INVOICE


def test_a_markup_may_go_by_what_the_whole_line_costs() -> None:
    tiers = Tiers((Tier(Decimal(500), Decimal(20), "m:1"), Tier(None, Decimal(10), "m:2")), is_by_unit_cost=False)
    order = work_order(labor=(), parts=(), other=tuple(OtherCost(k, "", k, Decimal(a)) for k, a in (("c1", "500.00"), ("c2", "500.01"))))
    small, large = charged(order, mapped(tiers={CostKind.OTHER: tiers}))
    assert (str(small.amount), why(small)) == ("600.00", [("markup 20 %, cost up to 500", "m:1")])
    assert (str(large.amount), why(large)) == ("550.01", [("markup 10 %, cost above the tiers", "m:2")])


def test_a_markup_says_where_it_is_written_and_none_says_nothing() -> None:
    labor, parts, _ = charged(work_order(), mapped(markup={CostKind.LABOR: Decimal(0), CostKind.PARTS: Decimal("12.5")}))
    assert (why(labor), why(parts)) == ([], [("markup 12.5 %", "mapping.yaml:31")])


# --- labor --------------------------------------------------------------------------------------------------------------------


def test_an_hour_is_billed_at_its_rate_whatever_it_costs() -> None:
    rates = (
        BillRate(ALWAYS, Decimal(95), "m:1"),
        BillRate(date(2026, 1, 6), Decimal(98), "m:2"),
        BillRate(date(2026, 1, 7), Decimal(99), "m:3"),
    )
    order = work_order(labor=hours({"t1": (KIM, "1.5")}), parts=(), other=())
    rules = mapped(bill_rates=rates, markup={CostKind.LABOR: Decimal(50)})
    (charge,) = charged(order, rules)
    assert (str(charge.amount), charge.price, why(charge)) == ("147.00", 98, [("bill rate 98 an hour", "m:2")])
    (logged,) = order.labor
    (earlier,) = charged(replace(order, labor=(replace(logged, worked_on=date(2026, 1, 5)),)), rules)
    assert str(earlier.amount) == "142.50"


def test_the_worker_goes_before_the_trade_before_the_category_of_time() -> None:
    general, by_category = BillRate(ALWAYS, Decimal(1), "m:1"), BillRate(ALWAYS, Decimal(2), "m:2", category="Overtime")
    by_trade, by_worker = BillRate(ALWAYS, Decimal(3), "m:3", trade="electrician"), BillRate(ALWAYS, Decimal(4), "m:4", worker="U1")
    rates = (general, by_category, by_trade, by_worker)
    entry = LaborEntry("t", KIM, Decimal(1), None, category="overtime", trade="Electrician")
    unknown = replace(entry, worker=LEE, trade="")
    assert (rate_to_bill(unknown, DAY, rates), rate_to_bill(replace(unknown, worker=KIM), DAY, rates)) == (None, by_worker)
    steps = (
        entry,
        replace(entry, worker=LEE),
        replace(entry, worker=None, trade="Painter"),
        replace(entry, worker=None, trade="Painter", category=""),
    )
    assert [rate_to_bill(one, DAY, rates) for one in steps] == [by_worker, by_trade, by_category, general]


def test_what_overtime_costs_more_is_in_the_bill_rate_and_told_once() -> None:
    order = work_order(labor=hours({"t1": (KIM, "1")}), parts=(), other=())
    (logged,), _ = cost(order, (), DAY, "USD")
    facts = [logged, replace(logged, key="t1-overtime", amount=Decimal("20.00"))]
    charges, _ = bill(order, facts, mapped(bill_rates=(BillRate(ALWAYS, Decimal(95), "m:1"),)), "USD", lambda _: DAY)
    assert [(str(charge.amount), charge.is_shown) for charge in charges] == [("95.00", True), ("0", False)]
    assert why(charges[1]) == [("in the bill rate", "")]
    at_cost, _ = bill(order, facts, mapped(), "USD", lambda _: DAY)
    assert amounts(at_cost) == ["40.00", "20.00"]


def test_time_that_no_bill_rate_holds_for_is_held_and_never_billed_at_cost() -> None:
    (problem,) = refused(work_order(), mapped(bill_rates=(BillRate(ALWAYS, Decimal(90), "m:1", worker="lee@example.com"),)))
    assert problem.code == "LABOR_WITHOUT_BILL_RATE"


@pytest.mark.parametrize(
    ("per", "billed"),
    [
        (Per.ENTRY, {"t1": "30.00", "t2": "10.00", "t3": "10.00"}),  # 0.6, 0.1 and 0.2 h: each up to a quarter
        (Per.WORKER, {"t1": "26.00", "t2": "4.00", "t3": "10.00"}),  # Kim 0.7 h to 0.75
        (Per.WORK_ORDER, {"t1": "28.00", "t2": "4.00", "t3": "8.00"}),  # 0.9 h to 1
    ],
)
def test_time_is_rounded_up_to_the_quarter_hour(per: Per, billed: dict[str, str]) -> None:
    order = work_order(labor=hours({"t1": (KIM, "0.6"), "t2": (KIM, "0.1"), "t3": (LEE, "0.2")}), parts=(), other=())
    rule = HoursRule(Decimal("0.25"), per, "m:7")
    found = charged(order, mapped(rounding=rule))
    assert {charge.fact.key: str(charge.amount) for charge in found} == billed


def test_full_quarters_are_billed_as_they_are_though_a_third_of_an_hour_is_no_finite_number() -> None:
    labor = tuple(LaborEntry(f"t{n}", KIM, Decimal(1200), Decimal(40)) for n in range(3))  # three times twenty minutes
    rule = HoursRule(Decimal("0.25"), Per.WORKER, "m:7")
    assert amounts(charged(work_order(labor=labor, parts=(), other=()), mapped(rounding=rule))) == ["13.33"] * 3


def test_the_minimum_is_raised_after_rounding_and_says_both() -> None:
    order = work_order(labor=hours({"t1": (KIM, "0.6"), "t2": (LEE, "0.1")}), parts=(), other=())
    rules = mapped(
        minimum=HoursRule(Decimal(2), Per.WORK_ORDER, "m:8"),
        rounding=HoursRule(Decimal("0.25"), Per.ENTRY, "m:7"),
        bill_rates=(BillRate(ALWAYS, Decimal(100), "m:9"),),
    )
    kim, lee = charged(order, rules)
    assert (kim.quantity, str(kim.amount), str(lee.amount)) == (Decimal("1.75"), "175.00", "25.00")
    assert why(kim) == [
        ("0.75 h instead of 0.6 h: rounded up to 0.25 h per entry", "m:7"),
        ("2 h instead of 1 h: at least 2 h per work order", "m:8"),
        ("bill rate 100 an hour", "m:9"),
    ]


def test_a_job_beyond_the_minimum_is_billed_as_it_was() -> None:
    rule = HoursRule(Decimal(1), Per.WORK_ORDER, "m:8")
    (charge,) = charged(work_order(parts=(), other=()), mapped(minimum=rule))
    assert (str(charge.amount), charge.because) == ("67.50", ())
    assert charged(work_order(labor=(), parts=(), other=()), mapped(minimum=rule)) == []
    nobody = LaborEntry("t1", None, Decimal(60), Decimal(40))
    (charge,) = charged(work_order(labor=(nobody,), parts=(), other=()), mapped(minimum=replace(rule, per=Per.WORKER)))
    assert str(charge.amount) == "40.00"


def test_labor_without_hours_is_held_where_the_mapping_bills_by_hours() -> None:
    order = work_order(labor=(), labor_total=Decimal("120.00"))
    assert [p.code for p in refused(order, mapped(minimum=HoursRule(Decimal(1), Per.WORKER, "m:8")))] == ["LABOR_HOURS_UNKNOWN"]
    assert sorted(amounts(charged(order, mapped()))) == ["120.00", "37.05", "40.00"]


def test_what_a_markup_makes_too_large_for_a_ledger_is_held() -> None:
    (problem,) = refused(work_order(labor=(), other=()), mapped(markup={CostKind.PARTS: Decimal(10**12)}))
    assert problem.code == "AMOUNT_TOO_LARGE"


# --- coverage -----------------------------------------------------------------------------------------------------------------

WARRANTY = Condition("Warranty", frozenset({"yes"}), "mapping.yaml:12", "maker's warranty")
CONTRACT = Condition("Contract", frozenset({"full"}), "mapping.yaml:13")
UNDER_WARRANTY = work_order(fields={"Warranty": "Yes"})


def test_what_is_covered_is_not_billed_and_says_why() -> None:
    rules = mapped(coverage=((WARRANTY, Coverage(frozenset({CostKind.PARTS}))),), markup={CostKind.PARTS: Decimal(50)})
    draft = sale(UNDER_WARRANTY, rules)
    assert [(line.kind, str(line.amount)) for line in draft.lines] == [(CostKind.LABOR, "67.50"), (CostKind.OTHER, "40.00")]
    (left_out,) = draft.not_shown
    assert (left_out.amount, left_out.explains) == (0, ("u1",))
    assert [(one.value, one.place) for one in left_out.because] == [("covered: maker's warranty", "mapping.yaml:12")]
    assert [line.kind for line in sale(work_order(), rules).lines] == [*CostKind]


def test_a_covered_cost_may_stand_on_a_line_of_nothing() -> None:
    rules = mapped(coverage=((CONTRACT, Coverage(frozenset({CostKind.LABOR}), shows_line=True)),))
    labor, *rest = sale(work_order(fields={"Contract": "Full"}), rules).lines
    assert (labor.quantity, labor.unit_price, labor.amount) == (1, 0, 0)
    assert labor.description == "WO 4711 Labor kim@example.com (covered: Contract)"
    assert [str(line.amount) for line in rest] == ["37.05", "40.00"]


def test_the_minimum_is_not_charged_for_covered_labor_and_nothing_covered_is_credited() -> None:
    returned = work_order(fields={"Warranty": "yes"}, parts=(PartUsage("u1", PUMP_SEAL, Decimal(-1), Decimal(90)),))
    covered = ((WARRANTY, Coverage(frozenset({CostKind.LABOR, CostKind.PARTS}))),)
    draft = sale(returned, mapped(coverage=covered, minimum=HoursRule(Decimal(8), Per.WORK_ORDER, "m:8")))
    assert (draft.kind, str(draft.total)) == (DocumentKind.INVOICE, "40.00")


def test_a_covered_line_of_a_credit_stays_a_line_of_nothing() -> None:
    order = replace(UNDER_WARRANTY, other=(OtherCost("c1", "", "Goodwill", Decimal("-50.00")),), parts=())
    draft = sale(order, mapped(coverage=((WARRANTY, Coverage(frozenset({CostKind.LABOR}), shows_line=True)),)))
    assert (draft.kind, [str(line.amount) for line in draft.lines]) == (DocumentKind.CREDIT, ["0", "50.00"])


def test_a_work_order_that_is_covered_whole_is_not_billed_at_all() -> None:
    facts, _ = cost(UNDER_WARRANTY, (), DAY, "USD")
    every, some = Coverage(frozenset(CostKind)), Coverage(frozenset({CostKind.LABOR, CostKind.PARTS}))
    found = whole_coverage(UNDER_WARRANTY, facts, mapped(coverage=((WARRANTY, every),)))
    assert found is not None
    assert (found.code, found.place) == ("COVERED", "mapping.yaml:12")
    assert whole_coverage(UNDER_WARRANTY, facts, mapped(coverage=((WARRANTY, some),))) is None
    assert whole_coverage(work_order(), facts, mapped(coverage=((WARRANTY, every),))) is None
    assert whole_coverage(UNDER_WARRANTY, (), mapped(coverage=((WARRANTY, every),))) is None


# --- the limit ----------------------------------------------------------------------------------------------------------------


def test_what_is_above_the_limit_is_held_unless_the_mapping_says_otherwise() -> None:
    (problem,) = refused(work_order(), mapped(limit=limit_of("144.54")))
    assert (problem.code, problem.place) == ("ABOVE_LIMIT", "mapping.yaml:40")
    assert "144.55" in problem.message
    assert amounts(charged(work_order(), mapped(limit=limit_of("144.55")))) == ["67.50", "37.05", "40.00"]


def test_a_job_is_billed_as_far_as_its_limit_each_line_by_its_share() -> None:
    charges = charged(work_order(), mapped(limit=limit_of("100"), above_limit=AboveLimit.COMPANY))
    assert amounts(charges) == ["46.70", "25.63", "27.67"]
    assert sum(charge.amount for charge in charges) == 100
    assert why(charges[0]) == [("46.70 of 67.50: limit 100.00", "mapping.yaml:40")]
    assert charges[0].text == "Labor kim@example.com (46.70 of 67.50)"


def test_the_rest_may_stand_on_a_line_of_its_own() -> None:
    draft = sale(work_order(), mapped(limit=limit_of("100.009"), above_limit=AboveLimit.ZERO_LINE))
    *lines, rest = draft.lines
    assert (draft.total, rest.amount, rest.explains, rest.kind) == (100, 0, (), CostKind.LABOR)
    assert rest.description == "WO 4711 Above the limit of 100.00: 44.55 not billed"
    assert all(line.quantity == 1 and line.unit_price == line.amount for line in lines)


def test_a_line_whose_share_is_itself_is_not_touched() -> None:
    """Of 100.00 and 0.01 with a limit of 100.00 only one gives a cent."""
    other = (OtherCost("c1", "", "Crane", Decimal("100.00")), OtherCost("c2", "", "Bolt", Decimal("0.01")))
    crane, bolt = charged(work_order(labor=(), parts=(), other=other), mapped(limit=limit_of("100"), above_limit=AboveLimit.COMPANY))
    assert ([str(crane.amount), str(bolt.amount)], crane.text, crane.because) == (
        ["99.99", "0.01"],
        "Crane (99.99 of 100.00)",
        crane.because,
    )
    assert bolt.because == ()


@pytest.mark.parametrize("written", ["call me", "$500", "0", "-5", "1,200.00"])
def test_a_limit_that_is_no_amount_holds_the_work_order(written: str) -> None:
    rules = mapped(limit=Lookup("NTE", takes_value=True, place="mapping.yaml:40"), above_limit=AboveLimit.COMPANY)
    assert [p.code for p in refused(work_order(fields={"NTE": written}), rules)] == ["LIMIT_UNREADABLE"]
    assert amounts(charged(work_order(fields={"NTE": " "}), rules)) == ["67.50", "37.05", "40.00"]


# --- properties ---------------------------------------------------------------------------------------------------------------

cents = st.decimals(min_value="-500", max_value="2000", places=2)
POSITIVE = st.decimals(min_value="0.01", max_value="300", places=2)
orders = st.builds(
    lambda labor, parts, other: work_order(
        labor=tuple(LaborEntry(f"t{n}", (KIM, LEE)[n % 2], s, r) for n, (s, r) in enumerate(labor)),
        parts=tuple(PartUsage(f"u{n}", PUMP_SEAL, q, p) for n, (q, p) in enumerate(parts)),
        other=tuple(OtherCost(f"c{n}", "", f"Cost {n}", amount) for n, amount in enumerate(other)),
        fields={"Warranty": "yes"},
    ),
    st.lists(st.tuples(st.integers(0, 40000).map(Decimal), POSITIVE), max_size=3),
    st.lists(st.tuples(st.decimals(min_value="-9", max_value="9", places=2), POSITIVE), max_size=3),
    st.lists(cents, max_size=2),
)
PERS = st.sampled_from(Per)
STEPS = st.sampled_from([Decimal("0.25"), Decimal("0.1"), Decimal(1), Decimal(4)])
rules_of_hours = st.none() | st.builds(HoursRule, STEPS, PERS, st.just("m:7"))
mappings = st.builds(
    lambda kinds, shows, minimum, rounding, rates, above, limit, markup, tiered: mapped(
        coverage=((WARRANTY, Coverage(frozenset(kinds), shows)),) if kinds else (),
        limit=limit_of(str(limit)) if limit is not None else None,
        markup={CostKind.LABOR: markup, CostKind.OTHER: markup},
        tiers={CostKind.PARTS: PARTS_TIERS} if tiered else {},
        minimum=minimum,
        rounding=rounding,
        bill_rates=(BillRate(ALWAYS, Decimal(95), "m:1"),) if rates else (),
        above_limit=above,
    ),
    st.sets(st.sampled_from(CostKind), max_size=2),
    st.booleans(),
    rules_of_hours,
    rules_of_hours,
    st.booleans(),
    st.sampled_from([AboveLimit.COMPANY, AboveLimit.ZERO_LINE]),
    st.none() | POSITIVE,
    st.decimals(min_value="-100", max_value="300", places=2),
    st.booleans(),
)


@settings(deadline=None, max_examples=80)
@given(orders, mappings, st.randoms(use_true_random=False))
def test_the_lines_are_the_priced_costs_to_the_cent_whatever_the_order(order: WorkOrder, rules: Mapping, chance: Any) -> None:
    """Every cost is billed once or said to be covered, the sum is that of the charges and never above the limit, and order is nothing."""
    facts, _ = cost(order, (), DAY, "USD")
    charges, problems = bill(order, facts, rules, "USD", lambda _: DAY)
    assert problems == []
    told = [charge.fact.key for charge in charges if not charge.is_rest]
    assert len(set(told)) == len(told)
    assert {fact.key for fact in facts if fact.amount} <= set(told) <= {fact.key for fact in facts}
    covered = {kind for _, coverage in rules.coverage for kind in coverage.kinds}
    assert all(charge.is_told_only and not charge.amount for charge in charges if charge.fact.kind in covered)
    total = sum((charge.amount for charge in charges), Decimal(0))
    limit = rules.invoice.not_to_exceed.default
    unlimited = replace(rules, invoice=replace(rules.invoice, not_to_exceed=Lookup()))
    before = sum((charge.amount for charge in bill(order, facts, unlimited, "USD", lambda _: DAY)[0]), Decimal(0))
    assert total == (min(before, Decimal(limit.value)) if limit else before)
    draft = sale(order, rules)
    assert draft.net == total
    for line in draft.lines:
        assert to_cents(line.quantity * line.unit_price, "USD") == line.amount
        assert line.kind is CostKind.LABOR or not line.text.startswith("WO 4711 Labor")
    shuffled = list(facts)
    chance.shuffle(shuffled)
    again, _ = bill(order, shuffled, rules, "USD", lambda _: DAY)
    assert sorted(map(repr, again)) == sorted(map(repr, charges))


@settings(deadline=None, max_examples=40)
@given(orders)
def test_a_mapping_without_such_rules_bills_as_it_always_did(order: WorkOrder) -> None:
    facts, _ = cost(order, (), DAY, "USD")
    percent = {CostKind.PARTS: Decimal("12.5")}
    charges, _ = bill(order, facts, mapped(markup=percent), "USD", lambda _: DAY)
    meant = [
        (one.key, one.quantity, one.unit_price * markup, to_cents(one.amount * markup, "USD"), one.description)
        for one in facts
        if one.amount
        for markup in [1 + percent.get(one.kind, Decimal(0)) / 100]
    ]
    assert [(c.fact.key, c.quantity, c.price, c.amount, c.text) for c in charges] == meant
    # A credit says the same costs with their signs turned before the markup.
    signs = [(-1, 1) if one.quantity < 0 else (1, -1) for one in facts if one.amount]
    credited = [
        (row[1] * pieces, row[2] * price, to_cents(-one.amount * (row[2] / one.unit_price), "USD"))
        for row, (pieces, price), one in zip(meant, signs, [one for one in facts if one.amount], strict=True)
    ]
    assert [(c.quantity, c.price, c.amount) for c in map(turned, charges)] == credited


def test_the_example_of_the_guide_comes_to_what_it_says() -> None:
    """docs/mapping.md: 65 minutes, a part at 48.00, and a limit of 150.00."""
    order = work_order(
        labor=(LaborEntry("t1", KIM, Decimal(3900), Decimal(40)),), parts=(PartUsage("u1", PUMP_SEAL, Decimal(1), Decimal(48)),), other=()
    )
    rules: dict[str, Any] = {
        "tiers": {CostKind.PARTS: PARTS_TIERS},
        "bill_rates": (BillRate(ALWAYS, Decimal(95), "m:1"),),
        "rounding": HoursRule(Decimal("0.25"), Per.ENTRY, "m:2"),
        "minimum": HoursRule(Decimal(1), Per.WORK_ORDER, "m:3"),
    }
    assert amounts(charged(order, mapped(**rules))) == ["118.75", "72.00"]
    cut = charged(order, mapped(limit=limit_of("150.00"), above_limit=AboveLimit.ZERO_LINE, **rules))
    assert ([str(charge.amount) for charge in cut], cut[-1].text) == (
        ["93.38", "56.62", "0"],
        "Above the limit of 150.00: 40.75 not billed",
    )
