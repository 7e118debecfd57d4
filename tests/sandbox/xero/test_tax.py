"""Tax as Xero works it out: compound rates, and what it publishes nowhere as a switch."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.company import Company
from tests.sandbox.xero.caller import Caller, line


def caller(country: str, currency: str, **switches: Any) -> Caller:
    return Caller(company=Company(country=country, currency=currency), **switches)  # type: ignore[arg-type]


def tax(caller: Caller, unit: str, tax_type: str, **more: Any) -> Decimal:
    return Decimal(str(caller.made("WO-1", line(1, unit, TaxType=tax_type), **more)["TotalTax"]))


@pytest.mark.parametrize(
    ("country", "currency", "tax_type", "exclusive", "inclusive"),
    [
        ("GB", "GBP", "OUTPUT2", "20.00", "16.67"),
        ("GB", "GBP", "RROUTPUT", "5.00", "4.76"),
        ("CA", "CAD", "CAN028", "12.00", "10.71"),
        ("CA", "CAD", "TAX001", "14.98", "13.02"),
        ("AU", "AUD", "EXEMPTOUTPUT", "0", "0"),
    ],
)
def test_each_country_has_its_rates(country: str, currency: str, tax_type: str, exclusive: str, inclusive: str) -> None:
    assert tax(caller(country, currency), "100.00", tax_type) == Decimal(exclusive)
    assert tax(caller(country, currency), "100.00", tax_type, LineAmountTypes="Inclusive") == Decimal(inclusive)
    assert tax(caller(country, currency), "100.00", tax_type, LineAmountTypes="NoTax") == 0


def test_a_compound_rate_charges_more_than_it_displays() -> None:
    rates = {row["TaxType"]: row for row in caller("CA", "CAD").rows("TaxRates")}
    shown = rates["TAX001"]
    assert (shown["DisplayTaxRate"], shown["EffectiveRate"]) == (14.5, 14.975)
    assert [(part["Name"], part["Rate"], part["IsCompound"]) for part in shown["TaxComponents"]] == [("GST", 5, False), ("QST", 9.5, True)]
    assert rates["OUTPUT"]["DisplayTaxRate"] == rates["OUTPUT"]["EffectiveRate"] == 8


@pytest.mark.parametrize(("components", "expected"), [("sum", "0.12"), ("each", "0.15")])
def test_whether_components_are_rounded_one_by_one_is_a_switch(components: str, expected: str) -> None:
    lines = [line(1, "0.37", TaxType="CAN028")] * 3
    made = caller("CA", "CAD", tax_components=components).made("WO-1", *lines)
    assert Decimal(str(made["TotalTax"])) == Decimal(expected)


@pytest.mark.parametrize(("halves", "expected"), [("up", "0.03"), ("even", "0.02"), ("down", "0.02")])
def test_where_half_a_cent_of_tax_goes_is_a_switch(halves: str, expected: str) -> None:
    assert tax(caller("AU", "AUD", tax_halves=halves), "0.25", "OUTPUT") == Decimal(expected)


@pytest.mark.parametrize(("halves", "expected"), [("up", "16.43"), ("even", "16.42"), ("down", "16.42")])
def test_where_half_a_cent_of_a_line_goes_is_a_switch(halves: str, expected: str) -> None:
    assert Decimal(str(Caller(line_halves=halves).made("WO-1", line("1.5", "10.95"))["Total"])) == Decimal(expected)


def test_a_tax_above_the_price_is_refused_where_the_documentation_is_read_to_the_letter() -> None:
    body = Caller().invoice("WO-1", line(3, "1.00", TaxType="OUTPUT", TaxAmount="1.01"))
    assert Caller(tax_amount_limit=True).complaints("PUT", "Invoices", body) == ["The tax amount cannot be greater than the unit amount."]
    assert Caller().made("WO-1", line(3, "1.00", TaxType="OUTPUT", TaxAmount="1.01"))["TotalTax"] == 1.01
