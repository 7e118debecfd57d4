"""Drafts balance, swap sides for negative costs, and multiply to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.costing import CostKind, cost
from connector.core.credit import draft_sale
from connector.core.drafting import (
    Heading,
    InvoiceDraft,
    InvoiceLine,
    JournalEntryDraft,
    JournalLine,
    UnbalancedJournalError,
    clean_text,
    content,
    draft_invoice,
    draft_journal,
    heading_of,
    link_to,
    rounding_line,
)
from connector.core.mapping import Approval, InvoiceRules, Lookup, TaxRules, map_costs
from connector.core.money import to_cents
from connector.core.tax import Amounts
from connector.core.work_order import LaborEntry, OtherCost, PartUsage
from tests.core.examples import KIM, PUMP_SEAL, fact, mapping, work_order

DAY = date(2026, 1, 6)


def journal_of(order, rules=None):  # type: ignore[no-untyped-def]
    facts, _ = cost(order, (), DAY, "USD")
    mapped, _ = map_costs(order, facts, rules or mapping())
    return draft_journal(order, mapped, rules or mapping(), DAY, "USD")


def test_each_cost_is_a_debit_to_its_expense_and_a_credit_to_its_source() -> None:
    legs = [(line.account.value, line.is_debit, line.amount) for line in journal_of(work_order()).lines]
    assert legs == [
        ("HVAC labor", True, Decimal("67.50")),
        ("Labor applied", False, Decimal("67.50")),
        ("HVAC repairs", True, Decimal("37.05")),
        ("Parts inventory", False, Decimal("37.05")),
        ("HVAC repairs", True, Decimal("40.00")),
        ("Accrued", False, Decimal("40.00")),
    ]


def test_a_negative_cost_swaps_the_sides_and_amounts_stay_positive() -> None:
    draft = journal_of(work_order(labor=(), parts=(), other=(OtherCost("c", "", "core return", Decimal("-12.50")),)))
    assert [(line.account.value, line.is_debit, line.amount) for line in draft.lines] == [
        ("HVAC repairs", False, Decimal("12.50")),
        ("Accrued", True, Decimal("12.50")),
    ]


@given(st.lists(st.decimals(min_value=-99999, max_value=99999, places=4), min_size=1, max_size=12))
def test_every_journal_balances_whatever_the_costs_are(amounts: list[Decimal]) -> None:
    other = tuple(OtherCost(f"c{n}", "", "x", amount) for n, amount in enumerate(amounts))
    draft = journal_of(work_order(other=other))
    assert sum(line.amount for line in draft.lines if line.is_debit) == sum(line.amount for line in draft.lines if not line.is_debit)
    assert all(line.amount > 0 for line in draft.lines)


def invoice_of(order, **rules) -> InvoiceDraft:  # type: ignore[no-untyped-def]
    facts, _ = cost(order, (), DAY, "USD")
    customer = Lookup("location", {"riverside": fact("Riverside Apartments")})
    draft = draft_invoice(order, facts, mapping(invoice=InvoiceRules(customer=customer, **rules)), (DAY, DAY), "USD")
    assert isinstance(draft, InvoiceDraft)
    return draft


def test_an_invoice_keeps_labor_and_parts_apart_and_adds_the_markup() -> None:
    draft = invoice_of(work_order(), markup_percent={CostKind.PARTS: Decimal(20)})
    assert [(line.kind, line.amount) for line in draft.lines] == [
        (CostKind.LABOR, Decimal("67.50")),
        (CostKind.PARTS, Decimal("44.46")),
        (CostKind.OTHER, Decimal("40.00")),
    ]
    assert draft.total == Decimal("151.96")


@given(
    st.decimals(min_value=1, max_value=100000, places=0),
    st.decimals(min_value="0.01", max_value=500, places=4),
    st.decimals(min_value="0.001", max_value=99, places=3),
)
def test_every_invoice_line_multiplies_to_its_amount_to_the_cent(seconds: Decimal, price: Decimal, quantity: Decimal) -> None:
    order = work_order(labor=(LaborEntry("t", KIM, seconds, price),), parts=(PartUsage("u", PUMP_SEAL, quantity, price),))
    for line in invoice_of(order, markup_percent={CostKind.PARTS: Decimal("12.5")}).lines:
        assert to_cents(line.quantity * line.unit_price, "USD") == line.amount


def test_a_line_says_when_its_work_was_done_if_it_is_asked_to() -> None:
    order = work_order(labor=(LaborEntry("t", KIM, Decimal(3600), Decimal(45), worked_at=datetime(2026, 1, 4, 9, tzinfo=UTC)),))
    facts, _ = cost(order, (), DAY, "USD")
    rules = mapping(invoice=InvoiceRules(customer=Lookup(default=fact("Riverside Apartments"))))
    draft = draft_invoice(order, facts, rules, (DAY, DAY), "USD", lambda one: one.worked_at.date() if one.worked_at else DAY)
    assert isinstance(draft, InvoiceDraft)
    assert [line.service_date for line in draft.lines] == [date(2026, 1, 4), DAY, DAY]
    assert {line.service_date for line in invoice_of(order).lines} == {None}


def test_the_head_of_an_invoice_is_the_same_for_every_work_order_but_for_what_is_looked_up() -> None:
    rules = InvoiceRules(approval=Approval.DRAFT, memo=Lookup(default=fact("Thanks")))
    assert heading_of(rules) == Heading(approval=Approval.DRAFT)
    assert heading_of(rules, work_order()) == Heading(approval=Approval.DRAFT, memo=fact("Thanks"))


def test_a_link_names_the_work_order_as_an_address_can() -> None:
    assert link_to(work_order(number="A 1/2\ud800"), "https://up.test/{id}?n={number}") == "https://up.test/wo4711?n=A%201%2F2%3F"
    assert link_to(work_order(), "") == ""


def test_the_content_of_an_invoice_is_what_it_was_when_the_first_ones_were_posted() -> None:
    """Whatever an invoice says besides: an equal content is never called a change."""
    rows = [
        ["labor", "", "", "", "67.50", []],
        ["other", "", "", "", "40.00", []],
        ["parts", "", "", "", "37.05", []],
    ]
    plain = ["invoice", "USD", "Riverside Apartments", rows]
    assert content(invoice_of(work_order())) == plain
    draft = invoice_of(work_order(), approval=Approval.DRAFT, terms=fact("Net 30"), memo=Lookup(default=fact("Thanks")), due_days=7)
    lines = tuple(replace(line, service_date=DAY) for line in draft.lines)
    assert content(replace(draft, lines=lines, due_date=date(2027, 1, 1), url="https://up.test/1")) == plain


@pytest.mark.parametrize("amount", [5, -5])
def test_an_invoice_or_a_credit_without_a_mapped_customer_is_held(amount: int) -> None:
    order = work_order(location=None, labor=(), parts=(), other=(OtherCost("c", "", "", Decimal(amount)),))
    facts, _ = cost(order, (), DAY, "USD")
    problems = draft_sale(order, facts, mapping(), (DAY, DAY), "USD")
    assert isinstance(problems, list)
    assert [p.code for p in problems] == ["CUSTOMER_UNKNOWN"]


def test_titles_do_not_matter_to_the_content_but_amounts_do() -> None:
    same = content(journal_of(work_order(title="Another title")))
    assert same == content(journal_of(work_order()))
    assert same != content(journal_of(work_order(other=())))


def test_ten_megabytes_of_text_and_control_characters_become_one_short_line() -> None:
    assert clean_text("a\x00b\nc") == "a b c"
    assert len(clean_text("🔧" * 10_000_000)) == 500


def test_a_cost_of_zero_has_no_line_in_a_journal() -> None:
    order = work_order(
        other=(OtherCost("c1", "", "Free advice", Decimal(0)), OtherCost("c2", "", "Crane", Decimal("5.00"))), labor=(), parts=()
    )
    facts, _ = cost(order, (), DAY, "USD")
    mapped, problems = map_costs(order, facts, mapping())
    assert problems == []
    assert [line.amount for line in draft_journal(order, mapped, mapping(), DAY, "USD").lines] == [Decimal("5.00")] * 2


def test_a_journal_that_does_not_balance_cannot_exist() -> None:
    lines = (JournalLine(fact("Repairs"), True, Decimal("1.01"), ""), JournalLine(fact("Accrued"), False, Decimal("1.00"), ""))
    with pytest.raises(UnbalancedJournalError, match=r"Debits 1\.01 and credits 1\.00 differ by 0\.01"):
        JournalEntryDraft("4711", DAY, "USD", lines, "")


def test_labor_and_parts_are_never_merged_so_that_each_keeps_its_own_tax() -> None:
    rules = InvoiceRules(
        customer=Lookup(default=fact("Riverside Apartments")),
        tax_codes={CostKind.LABOR: fact("No tax"), CostKind.PARTS: fact("Sales tax"), CostKind.OTHER: fact("Sales tax")},
    )
    order = work_order(
        labor=(LaborEntry("t1", KIM, Decimal(3600), Decimal("45.00"), ""), LaborEntry("t2", KIM, Decimal(3600), Decimal("45.00"), "")),
        parts=(PartUsage("u1", PUMP_SEAL, Decimal(1), Decimal("45.00"), ""),),
        other=(OtherCost("c1", "", "Crane", Decimal("45.00")),),
    )
    facts, _ = cost(order, (), DAY, "USD")
    draft = draft_invoice(order, facts, mapping(invoice=rules), (DAY, DAY), "USD")
    assert isinstance(draft, InvoiceDraft)
    assert [(line.kind.value, line.tax_code.value if line.tax_code else "", line.amount) for line in draft.lines] == [
        ("labor", "No tax", 45), ("labor", "No tax", 45), ("parts", "Sales tax", 45), ("other", "Sales tax", 45),
    ]  # fmt: skip
    assert len({line.explains for line in draft.lines}) == 4


def test_what_the_amounts_are_is_content_and_an_invoice_before_tax_is_what_it_always_was() -> None:
    order = work_order()
    facts, _ = cost(order, (), DAY, "USD")

    def drafted(amounts: Amounts) -> list[object]:
        rules = InvoiceRules(customer=Lookup(default=fact("Riverside Apartments")), tax=TaxRules(amounts=amounts))
        draft = draft_invoice(order, facts, mapping(invoice=rules), (DAY, DAY), "USD")
        assert isinstance(draft, InvoiceDraft)
        return content(draft)

    assert len(drafted(Amounts.EXCLUSIVE)) == 4
    assert drafted(Amounts.INCLUSIVE) == [*drafted(Amounts.EXCLUSIVE), "inclusive"]
    assert drafted(Amounts.NONE) == [*drafted(Amounts.EXCLUSIVE), "none"]


def test_a_rounding_line_is_booked_where_the_mapping_says_beside_the_others() -> None:
    rules = TaxRules(rounding={"account": fact("Rounding"), "tax_code": fact("No tax")})
    line = InvoiceLine(CostKind.OTHER, None, None, None, "", Decimal(1), Decimal(5), Decimal(5), (("class", fact("Plant")),))
    draft = InvoiceDraft("4711", DAY, DAY, "USD", fact("Riverside Apartments"), (line,), "", rules)
    added = rounding_line(draft, Decimal("-0.01"))
    assert (added.description, added.item, added.account, added.tax_code) == (
        "WO 4711 Rounding of tax", None, fact("Rounding"), fact("No tax"),
    )  # fmt: skip
    assert (added.quantity, added.unit_price, added.amount, added.tracking) == (1, Decimal("-0.01"), Decimal("-0.01"), line.tracking)
    assert rounding_line(replace(draft, lines=()), Decimal(0)).tracking == ()


@pytest.mark.parametrize(("exempt", "code"), [(frozenset(), "Sales tax"), (frozenset({"Riverside Apartments"}), "No tax")])
def test_an_exempt_customer_is_billed_under_the_code_without_tax(exempt: frozenset[str], code: str) -> None:
    rules = InvoiceRules(
        customer=Lookup(default=fact("Riverside Apartments")),
        tax_codes=dict.fromkeys(CostKind, fact("Sales tax")),
        tax=TaxRules(exempt=exempt, exempt_code=fact("No tax")),
    )
    order = work_order()
    draft = draft_invoice(order, cost(order, (), DAY, "USD")[0], mapping(invoice=rules), (DAY, DAY), "USD")
    assert isinstance(draft, InvoiceDraft)
    assert {line.tax_code for line in draft.lines} == {fact(code)}
