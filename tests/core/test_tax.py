"""The tax of a document by each rule that a ledger may have, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.tax import NO_TAX, Base, Period, Rule, TaxComponent, TaxedLine, TaxRate, net_of, predict, rounded, tax_of

CENT = Decimal("0.01")
percents = st.decimals(min_value="0.0001", max_value="40", places=4)
amounts = st.decimals(min_value="-99999.99", max_value="9999999.99", places=2)
bases = st.sampled_from(list(Base))


def rate(*percents: str, name: str = "VAT") -> TaxRate:
    return TaxRate(name, tuple(TaxComponent(f"{name} {place}", Decimal(percent)) for place, percent in enumerate(percents)))


def lines(rate: TaxRate, *amounts: str) -> list[TaxedLine]:
    return [TaxedLine(Decimal(amount), rate) for amount in amounts]


@st.composite
def rates(draw: st.DrawFn) -> TaxRate:
    components = draw(st.lists(st.tuples(percents, bases), max_size=3))
    return TaxRate(
        f"rate of {components}", tuple(TaxComponent(str(place), percent, base) for place, (percent, base) in enumerate(components))
    )


documents = st.lists(st.builds(TaxedLine, amounts, rates()), max_size=6)


# --- rates ----------------------------------------------------------------------------------------------------------------------


def test_components_add_up_unless_one_is_charged_on_the_others() -> None:
    assert rate("4", "4.25").share == Decimal("0.0825")
    quebec = TaxRate("QC", (TaxComponent("GST", Decimal(5)), TaxComponent("QST", Decimal("9.5"), Base.AMOUNT_PLUS_TAX)))
    assert quebec.share == Decimal("0.14975")
    assert TaxRate("surcharge", (TaxComponent("tax", Decimal(10)), TaxComponent("on it", Decimal(5), Base.TAX))).share == Decimal("0.105")
    assert NO_TAX.share == 0


def test_a_rate_is_the_one_of_the_documents_day() -> None:
    periods = (Period(date(2020, 1, 1), date(2025, 12, 31), Decimal(7)), Period(date(2026, 1, 1), None, Decimal(8)))
    told = TaxRate("state", (TaxComponent("state", Decimal(9), periods=periods),))
    assert [told.on(day).share for day in (date(2019, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2030, 1, 1))] == [
        Decimal("0.09"), Decimal("0.07"), Decimal("0.08"), Decimal("0.08"),
    ]  # fmt: skip


# --- rules ----------------------------------------------------------------------------------------------------------------------


def test_xeros_own_example_is_a_cent_below_the_tax_on_the_sum() -> None:
    document = lines(rate("15"), "25.06", "25.61", "25.63")
    assert (tax_of(document, Rule.LINE, 2), tax_of(document, Rule.CODE, 2)) == (Decimal("11.44"), Decimal("11.45"))


def test_each_rule_rounds_at_its_own_place() -> None:
    document = lines(rate("4.5", "4.25"), "0.33", "0.33", "0.33")
    assert {rule: tax_of(document, rule, 2) for rule in Rule} == {
        Rule.LINE: Decimal("0.09"),
        Rule.LINE_COMPONENT: Decimal("0.06"),
        Rule.COMPONENT: Decimal("0.08"),
        Rule.CODE: Decimal("0.09"),
    }


def test_a_component_that_two_codes_share_is_rounded_once_for_both() -> None:
    federal = TaxComponent("GST", Decimal(5))
    alone, with_province = TaxRate("GST", (federal,)), TaxRate("GST/PST", (federal, TaxComponent("PST", Decimal(7))))
    document = [TaxedLine(Decimal("1.05"), alone), TaxedLine(Decimal("1.05"), with_province)]
    assert tax_of(document, Rule.COMPONENT, 2) == Decimal("0.11") + Decimal("0.07")
    assert tax_of(document, Rule.CODE, 2) == Decimal("0.05") + Decimal("0.13")


@pytest.mark.parametrize(
    ("gross", "percent", "tax"), [("89.00", "15", "11.61"), ("541.25", "15", "70.60"), ("500", "15", "65.22"), ("120", "20", "20.00")]
)
def test_a_tax_that_is_included_is_taken_out_of_the_amount(gross: str, percent: str, tax: str) -> None:
    document = lines(rate(percent), gross)
    assert {tax_of(document, rule, 2, included=True) for rule in Rule} == {Decimal(tax)}
    assert net_of(Decimal(gross), rate(percent), 2) == Decimal(gross) - Decimal(tax)


def test_halves_go_away_from_zero_and_yen_have_no_cents() -> None:
    assert tax_of(lines(rate("10"), "0.05"), Rule.LINE, 2) == Decimal("0.01")
    assert tax_of(lines(rate("10"), "-0.05"), Rule.LINE, 2) == Decimal("-0.01")
    assert tax_of(lines(rate("10"), "0.05"), Rule.LINE, 2, mode=ROUND_HALF_DOWN) == 0
    assert tax_of(lines(rate("10"), "105"), Rule.LINE, 0) == Decimal(11)


@given(documents)
def test_by_line_the_tax_of_a_document_is_the_sum_of_its_lines(document: list[TaxedLine]) -> None:
    for rule in (Rule.LINE, Rule.LINE_COMPONENT):
        assert tax_of(document, rule, 2) == sum((tax_of([line], rule, 2) for line in document), Decimal(0))


@given(documents, st.sampled_from(list(Rule)), st.booleans())
def test_every_tax_is_whole_cents_and_none_where_nothing_is_charged(document: list[TaxedLine], rule: Rule, included: bool) -> None:
    tax = tax_of(document, rule, 2, included=included)
    assert tax == rounded(tax, 2)
    assert tax_of([TaxedLine(line.amount, NO_TAX) for line in document], rule, 2, included=included) == 0


@given(documents)
def test_amounts_with_tax_are_their_net_and_their_tax_to_the_cent(document: list[TaxedLine]) -> None:
    nets = sum((net_of(line.amount, line.rate, 2) for line in document), Decimal(0))
    assert nets + tax_of(document, Rule.LINE, 2, included=True) == sum((line.amount for line in document), Decimal(0))


@given(amounts, rates().filter(lambda rate: rate.share > 0))
def test_a_tax_that_is_put_on_and_taken_out_again_is_the_same(net: Decimal, rate: TaxRate) -> None:
    tax = tax_of([TaxedLine(net, rate)], Rule.LINE, 2)
    gross = net + tax
    assert net_of(gross, rate, 2) == net
    assert tax_of([TaxedLine(gross, rate)], Rule.LINE, 2, included=True) == tax


@given(st.lists(st.builds(TaxedLine, amounts, percents.map(lambda percent: rate(str(percent)))), min_size=1, max_size=8))
def test_with_one_component_no_two_rules_are_further_apart_than_a_cent_a_line(document: list[TaxedLine]) -> None:
    figures = [tax_of(document, rule, 2) for rule in Rule]
    assert max(figures) - min(figures) <= CENT * len(document)


# --- predictions ----------------------------------------------------------------------------------------------------------------


@given(documents, st.booleans(), st.sampled_from(["ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_HALF_EVEN"]))
def test_a_prediction_covers_every_rule_and_every_way_with_halves(document: list[TaxedLine], included: bool, mode: str) -> None:
    prediction = predict(document, tuple(Rule), 2, included=included)
    for rule in Rule:
        assert abs(tax_of(document, rule, 2, included=included, mode=mode) - prediction.tax) <= prediction.spread


def test_a_prediction_is_exact_where_every_rule_agrees() -> None:
    prediction = predict(lines(rate("8"), "100.00", "12.00"), tuple(Rule), 2)
    assert (prediction.tax, prediction.spread) == (Decimal("8.96"), 0)


def test_half_a_cent_of_tax_leaves_a_cent_of_doubt() -> None:
    assert predict(lines(rate("8.25"), "2.00"), (Rule.LINE,), 2).spread == CENT
