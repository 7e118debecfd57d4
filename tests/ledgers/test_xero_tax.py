"""Xero's tax rates, and what they make of an invoice."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.core.identity import Identity
from connector.core.mapping import Names, TaxRules
from connector.core.tax import Amounts, Rule, TaxedLine, tax_of
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.xero.documents import render
from connector.ledgers.xero.tax import taxes_of
from tests.ledgers.rig import fact, invoice, line

ROWS: list[dict[str, Any]] = [
    {"Name": "Tax on Sales", "TaxType": "OUTPUT", "EffectiveRate": Decimal("8.25"), "DisplayTaxRate": Decimal("8.25"), "TaxComponents": [
        {"Name": "City", "Rate": Decimal("4.0"), "IsCompound": False}, {"Name": "State", "Rate": Decimal("4.25"), "IsCompound": False},
    ]},
    {"Name": "Compound", "TaxType": "TAX001", "EffectiveRate": Decimal("14.9750"), "DisplayTaxRate": Decimal("14.5"), "TaxComponents": [
        {"Name": "QST", "Rate": Decimal("9.5"), "IsCompound": True}, {"Name": "GST", "Rate": Decimal("5"), "IsCompound": False},
    ]},
    {"Name": "Tax Exempt", "TaxType": "NONE", "EffectiveRate": 0, "TaxComponents": [{"Name": "No Tax", "Rate": 0, "IsCompound": False}]},
    {"Name": "Odd", "TaxType": "TAX002", "EffectiveRate": Decimal("7"), "TaxComponents": [{"Name": "Half", "Rate": 5}]},
    {"Name": "Old", "TaxType": "TAX003", "EffectiveRate": 1, "Status": "DELETED", "TaxComponents": []},
    {"Name": "Parts only", "TaxType": "TAX004", "TaxComponents": [{"Name": "One", "Rate": 3}]},
    {"Name": "Nothing told", "TaxType": "TAX005"},
    {"Name": "No number", "TaxType": "TAX006", "EffectiveRate": "high"},
    {"Name": "No table", "TaxType": "TAX007", "EffectiveRate": 5, "TaxComponents": ["GST"]},
]  # fmt: skip
TAXES = taxes_of(ROWS)
CHART = Chart(
    accounts=(Account("g1", "Sales", "4100", "REVENUE", active=True), Account("g2", "Rounding", "8600", "EXPENSE", active=True)),
    items={"maintenance labor": "LABOR"},
    tax_codes={"tax on sales": "OUTPUT", "tax exempt": "NONE", "compound": "TAX001"},
    customers={"riverside apartments": "c41"},
    currency="USD",
    taxes=TAXES,
)
PUMP = Identity("t", "upkeep", "", "4711", "invoice")
LINE_RULES = TaxRules(adds_rounding_line=True, rounding={"account": fact("Rounding"), "tax_code": fact("Tax Exempt")})


def rendered(rules: TaxRules, *codes: str | None, chart: Chart = CHART) -> Rendered:
    told = render(replace(invoice(*(line(tax=code) for code in codes)), tax=rules), PUMP, Names(), chart, "USD")
    assert isinstance(told, Rendered), told
    return told


def sent(told: Rendered) -> Any:
    return json.loads(told.request.body)["Invoices"][0]


def test_a_rate_is_what_its_components_make_of_it_compound_ones_last() -> None:
    shares = {code: rate.share for code, rate in TAXES.rates.items()}
    assert shares == {
        "OUTPUT": Decimal("0.0825"), "TAX001": Decimal("0.14975"), "NONE": 0, "TAX002": Decimal("0.07"), "TAX004": Decimal("0.03"),
    }  # fmt: skip
    assert [component.name for component in TAXES.rates["TAX001"].components] == ["GST", "QST"]
    hundred = [TaxedLine(Decimal(100), TAXES.rates["TAX001"])]
    assert tax_of(hundred, Rule.LINE_COMPONENT, 2) == Decimal("5.00") + Decimal("9.98")


@pytest.mark.parametrize(("amounts", "words"), [("exclusive", "Exclusive"), ("inclusive", "Inclusive"), ("none", "NoTax")])
def test_the_document_says_what_its_amounts_are(amounts: str, words: str) -> None:
    told = sent(rendered(TaxRules(amounts=Amounts(amounts)), "Tax on Sales"))
    assert told["LineAmountTypes"] == words
    assert told["LineItems"][0].get("TaxType") == (None if amounts == "none" else "OUTPUT")


def test_the_tax_is_foretold_before_it_is_sent() -> None:
    expected = rendered(TaxRules(), "Tax on Sales", "Tax Exempt").expectation
    assert (expected.total, expected.tax, expected.tax_tolerance, expected.tax_is_due) == (
        Decimal("135.00"), Decimal("5.57"), 0, True,
    )  # fmt: skip
    expected = rendered(TaxRules(amounts=Amounts.INCLUSIVE), "Tax on Sales").expectation
    assert (expected.gross, expected.tax, expected.net, expected.includes_tax) == (
        Decimal("67.50"), Decimal("5.14"), Decimal("62.36"), True,
    )  # fmt: skip


def test_a_line_whose_code_xero_chooses_leaves_the_tax_open_but_not_the_alarm() -> None:
    expected = rendered(TaxRules(), "Tax on Sales", None).expectation
    assert (expected.tax, expected.tax_is_due) == (None, True)
    expected = rendered(TaxRules(amounts=Amounts.INCLUSIVE), None).expectation
    assert (expected.tax, expected.tax_is_due, expected.gross, expected.net) == (None, False, Decimal("67.50"), Decimal("67.50"))


def test_a_rounding_line_is_written_where_the_tax_by_line_is_not_the_tax_on_the_sum() -> None:
    told = rendered(LINE_RULES, "Compound", "Compound", "Compound")
    assert [row["UnitAmount"] for row in sent(told)["LineItems"]] == [45, 45, 45], "its components leave a doubt"
    flat = replace(CHART, taxes=taxes_of([{"Name": "Compound", "TaxType": "TAX001", "EffectiveRate": Decimal("14.97")}, ROWS[2]]))
    told = rendered(LINE_RULES, "Compound", "Compound", "Compound", chart=flat)
    # 10.1048 three times is 30.30; on the sum it is 30.3143.
    row = sent(told)["LineItems"][3]
    assert (row["UnitAmount"], row["AccountID"], row["TaxType"]) == (0.01, "g2", "NONE")
    assert (told.expectation.total, told.expectation.gross) == (Decimal("202.51"), Decimal("232.81"))
    assert [added.description for added in told.added] == ["WO 4711 Rounding of tax"]


@pytest.mark.parametrize(
    ("rounding", "code"),
    [
        ({"account": "Rounding", "tax_code": "Tax on Sales"}, "TAX_ROUNDING_TAXED"),
        ({"account": "Rounding", "tax_code": "Nothing"}, "TAX_CODE_UNKNOWN"),
        ({"account": "Nowhere", "tax_code": "Tax Exempt"}, "ACCOUNT_UNKNOWN"),
        ({"tax_code": "Tax Exempt"}, "INVOICE_LINE_WITHOUT_ACCOUNT"),
    ],
)
def test_a_rounding_line_that_could_not_be_booked_is_told_before_there_is_one(rounding: dict[str, str], code: str) -> None:
    rules = TaxRules(adds_rounding_line=True, rounding={key: fact(value) for key, value in rounding.items()})
    told = render(replace(invoice(line(tax="Tax Exempt")), tax=rules), PUMP, Names(), CHART, "USD")
    assert isinstance(told, list)
    assert [problem.code for problem in told] == [code]
