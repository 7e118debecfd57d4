"""What to expect of an invoice's tax, and when a rounding line is written."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.core.mapping import TaxRules
from connector.core.tax import Amounts, Prediction, Rule, TaxComponent, TaxedLine, TaxRate, net_of, predict, tax_of
from connector.core.tax_outlook import Outlook, by_address, by_rate, by_rate_taken_out, included, without

VAT = TaxRate("VAT", (TaxComponent("VAT", Decimal(15)),))
CENT = Decimal("0.01")
FINDING, LINE = TaxRules(), TaxRules(adds_rounding_line=True)
# Xero's example: the tax by line is a cent below the tax on the sum.
EXAMPLE = [TaxedLine(Decimal(amount), VAT) for amount in ("25.06", "25.61", "25.63")]


def test_without_a_policy_the_ledgers_tax_decides_the_total() -> None:
    told = by_rate(FINDING, EXAMPLE, predict(EXAMPLE, (Rule.LINE,), 2), Decimal(0), 2)
    assert told == Outlook(Decimal("11.44"), Decimal(0), is_due=True)


def test_a_rounding_line_makes_the_total_that_of_the_tax_on_the_sum() -> None:
    told = by_rate(LINE, EXAMPLE, predict(EXAMPLE, (Rule.LINE,), 2), Decimal(0), 2)
    assert (told.gross, told.gap) == (Decimal("76.30") + Decimal("11.45"), CENT)


def test_no_line_is_written_against_a_difference_that_may_not_come() -> None:
    told = by_rate(LINE, EXAMPLE, predict(EXAMPLE, (Rule.LINE, Rule.CODE), 2), Decimal(0), 2)
    assert (told.tolerance, told.gross, told.gap) == (CENT, Decimal("87.75"), 0)


def test_the_mappings_own_tolerance_wins() -> None:
    prediction = Prediction(Decimal("11.44"), CENT)
    assert by_rate(FINDING, EXAMPLE, prediction, Decimal("0.03"), 2).tolerance == Decimal("0.03")
    assert by_rate(TaxRules(tolerance=Decimal(0)), EXAMPLE, prediction, Decimal("0.03"), 2).tolerance == 0
    assert included(TaxRules(tolerance=Decimal(0)), Decimal("87.75"), prediction).tolerance == 0


def test_a_tax_that_may_round_to_nothing_is_not_due() -> None:
    tiny = [TaxedLine(Decimal("0.03"), VAT)]
    assert not by_rate(FINDING, tiny, predict(tiny, (Rule.LINE,), 2), Decimal(0), 2).is_due
    assert not by_address(FINDING, Decimal("0.99"), CENT, 2).is_due


@given(st.lists(st.decimals(min_value="0.01", max_value="99999.99", places=2), min_size=1, max_size=5))
def test_amounts_with_tax_reach_their_total_with_a_rounding_line_or_say_by_how_much_not(amounts: list[Decimal]) -> None:
    gross = sum(amounts, Decimal(0))
    sent = [TaxedLine(net_of(amount, VAT, 2), VAT) for amount in amounts]
    prediction = predict(sent, (Rule.LINE,), 2)
    told = by_rate_taken_out(LINE, sent, gross, prediction, Decimal(0), 2)
    total = sum((line.amount for line in sent), Decimal(0)) + tax_of(sent, Rule.LINE, 2) + told.gap
    assert told.gross == gross
    assert total == gross or prediction.spread
    assert by_rate_taken_out(FINDING, sent, gross, prediction, Decimal(0), 2).gap == 0


def test_amounts_that_the_ledger_takes_with_their_tax_need_no_rounding() -> None:
    told = included(LINE, Decimal("87.75"), predict(EXAMPLE, (Rule.LINE,), 2, included=True))
    assert (told.gross, told.gap, told.is_due) == (Decimal("87.75"), 0, True)


def test_a_tax_by_address_is_compared_with_the_percentage_that_the_mapping_names() -> None:
    about = TaxRules(expected_percent=Decimal("8.25"), tolerance_percent=Decimal(2))
    assert by_address(about, Decimal("200.00"), CENT, 2) == Outlook(Decimal("16.50"), Decimal("4.01"), is_due=True)
    assert by_address(TaxRules(expected_percent=Decimal(8), tolerance=CENT), Decimal(100), Decimal(1), 2).tolerance == CENT
    assert by_address(FINDING, Decimal("200.00"), CENT, 2) == Outlook(is_due=True)
    assert by_address(about, Decimal(0), CENT, 2) == Outlook(Decimal(0))


def test_a_company_that_charges_no_tax_owes_an_explanation_for_what_should_be_taxed() -> None:
    assert without(FINDING, Decimal(50), Decimal(20)) == Outlook(Decimal(0), is_due=True)
    assert without(TaxRules(amounts=Amounts.INCLUSIVE), Decimal(50), Decimal(0)) == Outlook(Decimal(0), gross=Decimal(50))
