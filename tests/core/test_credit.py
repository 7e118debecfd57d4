"""What is owed to a customer is an invoice with its signs turned: every line multiplies, and the sum is what the customer gets back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.costing import CostKind, cost
from connector.core.credit import draft_sale
from connector.core.drafting import InvoiceDraft, content, draft_invoice
from connector.core.mapping import DocumentKind, InvoiceRules, Lookup
from connector.core.money import to_cents
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, WorkOrder
from tests.core.examples import KIM, PUMP_SEAL, fact, mapping, work_order

DAY = date(2026, 1, 6)


def rules_of(**rules: Any) -> InvoiceRules:
    return InvoiceRules(customer=Lookup("location", {"riverside": fact("Riverside Apartments")}), **rules)


def sale_of(order: WorkOrder, **rules: Any) -> InvoiceDraft:
    facts, problems = cost(order, (), DAY, "USD")
    assert problems == []
    draft = draft_sale(order, facts, mapping(invoice=rules_of(**rules)), (DAY, DAY), "USD")
    assert isinstance(draft, InvoiceDraft)
    return draft


def other(*amounts: str) -> tuple[OtherCost, ...]:
    return tuple(OtherCost(f"c{n}", "", f"Cost {n}", Decimal(amount)) for n, amount in enumerate(amounts))


def test_a_total_below_zero_is_a_credit_of_what_is_given_back() -> None:
    draft = sale_of(work_order(labor=(), parts=(), other=other("-100.00", "20.00")))
    assert draft.kind is DocumentKind.CREDIT
    assert [line.amount for line in draft.lines] == [Decimal("100.00"), Decimal("-20.00")]
    assert (draft.total, draft.net) == (Decimal("80.00"), Decimal("-80.00"))


def test_a_total_of_nothing_or_more_is_an_invoice() -> None:
    for amounts in (("-20.00", "20.00"), ("-20.00", "20.01")):
        draft = sale_of(work_order(labor=(), parts=(), other=other(*amounts)))
        assert draft.kind is DocumentKind.INVOICE
        assert draft.net == draft.total


def test_returned_parts_are_counted_in_pieces_and_what_was_charged_is_taken_off_by_its_price() -> None:
    order = work_order(
        labor=(LaborEntry("t1", KIM, Decimal(3600), Decimal("45.00")),),
        parts=(PartUsage("u1", PUMP_SEAL, Decimal(-10), Decimal("12.35")),),
        other=(),
    )
    labor, parts = sale_of(order, markup_percent={CostKind.PARTS: Decimal(100)}).lines
    assert (labor.quantity, labor.unit_price, labor.amount) == (1, Decimal("-45.00"), Decimal("-45.00"))
    assert (parts.quantity, parts.unit_price, parts.amount) == (10, Decimal("24.70"), Decimal("247.00"))


@settings(deadline=None)
@given(
    st.decimals(min_value=1, max_value=100000, places=0),
    st.decimals(min_value="0.01", max_value=500, places=4),
    st.decimals(min_value="-9999", max_value="-0.001", places=3),
)
def test_every_line_of_a_credit_multiplies_to_its_amount_to_the_cent(seconds: Decimal, price: Decimal, quantity: Decimal) -> None:
    order = work_order(
        labor=(LaborEntry("t", KIM, seconds, price),), parts=(PartUsage("u", PUMP_SEAL, quantity, price),), other=other("-999999.99")
    )
    draft = sale_of(order, markup_percent={CostKind.PARTS: Decimal("12.5")})
    for line in draft.lines:
        assert to_cents(line.quantity * line.unit_price, "USD") == line.amount
    facts, _ = cost(order, (), DAY, "USD")
    invoice = draft_invoice(order, facts, mapping(invoice=rules_of(markup_percent={CostKind.PARTS: Decimal("12.5")})), (DAY, DAY), "USD")
    assert isinstance(invoice, InvoiceDraft)
    if invoice.total < 0:
        assert (draft.kind, draft.net) == (DocumentKind.CREDIT, invoice.total)


def test_a_credit_and_an_invoice_of_the_same_lines_are_not_the_same_content() -> None:
    credit = sale_of(work_order(labor=(), parts=(), other=other("-40.00")))
    invoice = sale_of(work_order(labor=(), parts=(), other=other("40.00")))
    assert content(credit)[1:] == content(invoice)[1:]
    assert content(credit) != content(invoice)


def test_what_cannot_be_priced_is_told_instead_of_a_document() -> None:
    rules = rules_of(not_to_exceed=Lookup(default=fact("1.00")))
    facts, _ = cost(work_order(), (), DAY, "USD")
    told = draft_sale(work_order(), facts, mapping(invoice=rules), (DAY, DAY), "USD")
    assert isinstance(told, list)
    assert [problem.code for problem in told] == ["ABOVE_LIMIT"]
