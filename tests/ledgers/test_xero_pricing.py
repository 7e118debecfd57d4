"""Quantity × price is our amount in Xero, however it rounds a half."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector.core.costing import CostFact, CostKind
from connector.core.drafting import InvoiceDraft, InvoiceLine, draft_invoice
from connector.ledgers.xero.pricing import PLACES, priced
from tests.core.examples import mapping, work_order
from tests.ledgers.rig import DAY


def billed(quantity: str, price: str, amount: str) -> InvoiceLine:
    """The invoice line that a cost becomes."""
    fact = CostFact("p1", CostKind.PARTS, "Part Seal", Decimal(quantity), Decimal(price), Decimal(amount), "")
    beside = CostFact("p2", CostKind.OTHER, "Crane", Decimal(1), Decimal(100), Decimal(100), "")
    draft = draft_invoice(work_order(), [fact, beside], mapping(), (DAY, DAY), "USD")
    assert isinstance(draft, InvoiceDraft)
    return draft.lines[0]


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "sent"),
    [
        ("3", "12.35", "37.05", ("WO 4711 Part Seal", "3", "12.35")),
        ("100", "0.1234", "12.34", ("WO 4711 Part Seal", "100", "0.1234")),
        ("1.5", "10.95", "16.43", ("WO 4711 Part Seal (1.5 × 10.95)", "1", "16.43")),
        ("3", "0.12345", "0.37", ("WO 4711 Part Seal", "3", "0.1235")),
        ("7", "0.000001", "0.01", ("WO 4711 Part Seal (7.00 × 0.00)", "1", "0.01")),
        ("-2", "5.00", "-10.00", ("WO 4711 Part Seal", "1", "-10.00")),
    ],
    ids=["cents", "four decimals", "half a cent", "rounded price", "too fine", "credit"],
)
def test_a_line_says_figures_that_come_to_its_amount_or_says_them_in_words(
    quantity: str, price: str, amount: str, sent: tuple[str, str, str]
) -> None:
    told = priced(billed(quantity, price, amount), "USD")
    assert (told.text, told.quantity, told.price) == (sent[0], Decimal(sent[1]), Decimal(sent[2]))


quantities = st.decimals(min_value="0.0001", max_value="9999", places=5)
prices = st.decimals(min_value="0.0001", max_value="9999", places=5)


@given(quantities, prices, st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN]))
def test_whatever_was_used_at_whatever_price_xero_comes_to_our_amount(quantity: Decimal, price: Decimal, mode: str) -> None:
    amount = (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assume(amount > 0)
    told = priced(billed(str(quantity), str(price), str(amount)), "USD")
    assert (told.quantity * told.price).quantize(Decimal("0.01"), mode) == amount
    assert all(-number.normalize().as_tuple().exponent <= PLACES for number in (told.quantity, told.price))  # type: ignore[operator]


def test_a_line_that_no_cost_stands_behind_is_sent_as_it_is() -> None:
    line = InvoiceLine(CostKind.OTHER, None, None, None, "check", Decimal(1), Decimal("0.01"), Decimal("0.01"))
    assert priced(line, "USD").price == Decimal("0.01")
