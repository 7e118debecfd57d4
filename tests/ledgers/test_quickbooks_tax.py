"""QuickBooks' three kinds of companies: their codes and rates, and what they make of an invoice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.core.identity import Identity
from connector.core.mapping import Names, TaxRules
from connector.core.tax import Amounts, Scheme, Taxes
from connector.ledgers.ledger import Chart, Rendered
from connector.ledgers.quickbooks.documents import render
from connector.ledgers.quickbooks.tax import taxes_of
from tests.ledgers.rig import DAY, fact, invoice, line

PUMP = Identity("9130", "upkeep", "", "4711", "invoice")
USING = {"TaxPrefs": {"UsingSalesTax": True}}
PSEUDO: list[dict[str, Any]] = [{"Id": "TAX", "Name": "TAX"}, {"Id": "NON", "Name": "NON"}]
INCLUSIVE, NONE = TaxRules(amounts=Amounts.INCLUSIVE), TaxRules(amounts=Amounts.NONE)


def code(identifier: str, name: str, *rates: tuple[str, str]) -> dict[str, Any]:
    """A row of TaxCode; its rates as (id, what they are charged on)."""
    details = [{"TaxRateRef": {"value": rate}, "TaxTypeApplicable": base, "TaxOrder": place} for place, (rate, base) in enumerate(rates)]
    return {"Id": identifier, "Name": name, "SalesTaxRateList": {"TaxRateDetail": list(reversed(details))}}


RATES: list[dict[str, Any]] = [
    {"Id": "3", "Name": "State", "RateValue": 8, "SpecialTaxType": "NONE"},
    {"Id": "4", "Name": "GST", "RateValue": 5},
    {"Id": "5", "Name": "QST", "RateValue": Decimal("9.5")},
    {"Id": "6", "Name": "Reverse", "RateValue": 20, "SpecialTaxType": "REVERSE_CHARGE"},
    {"Id": "7", "Name": "VAT", "RateValue": 20, "EffectiveTaxRate": [
        {"RateValue": 20, "EffectiveDate": "2011-01-04T00:00:00-08:00"},
        {"RateValue": Decimal("17.5"), "EffectiveDate": "2010-01-01", "EndDate": "2011-01-03"},
    ]},
    {"Id": "9", "Name": "No number"},
    {"Id": "8", "Name": "Zero", "RateValue": 0, "SpecialTaxType": "ZERO_RATE"},
]  # fmt: skip
CODES = [
    code("10", "State", ("3", "TaxOnAmount")),
    code("11", "GST/QST", ("4", "TaxOnAmount"), ("5", "TaxOnAmountPlusTax")),
    code("12", "Reverse charge", ("6", "TaxOnAmount")),
    code("13", "20.0% S", ("7", "TaxOnAmount")),
    code("14", "Odd", ("99", "TaxOnAmount")),
    code("15", "Zero", ("8", "TaxOnAmount")),
    code("16", "New kind", ("3", "TaxOnMoon")),
    {"Id": "17", "Name": "No VAT"},
    code("18", "No number", ("9", "TaxOnAmount")),
    {"Id": "19", "Name": "No reference", "SalesTaxRateList": {"TaxRateDetail": [{"TaxOrder": 0}]}},
]


def chart(taxes: Taxes, *, us: bool) -> Chart:
    pseudo = {"tax": "TAX", "non": "NON"} if us else {}
    return Chart(
        accounts=(),
        items={"maintenance labor": "31", "rounding": "32"},
        tax_codes=pseudo | {str(row["Name"]).casefold(): str(row["Id"]) for row in CODES},
        customers={"riverside apartments": "41"},
        currency="USD",
        taxes=taxes,
    )


US = chart(taxes_of(USING, [*PSEUDO, *CODES], RATES), us=True)
AST = chart(taxes_of({"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}, [*PSEUDO, *CODES], RATES), us=True)
OFF = chart(taxes_of({"TaxPrefs": {"UsingSalesTax": False}}, [*PSEUDO, *CODES], RATES), us=True)
UK = chart(taxes_of(USING, CODES, RATES), us=False)
UK_OFF = chart(taxes_of({"TaxPrefs": {"UsingSalesTax": False}}, CODES, RATES), us=False)
SILENT = chart(taxes_of({}, CODES, RATES), us=False)


def rendered(chart: Chart, rules: TaxRules, *codes: str | None, day: date = DAY, amount: str = "67.50") -> Rendered:
    told = _render(chart, rules, *codes, day=day, amount=amount)
    assert isinstance(told, Rendered), told
    return told


def _render(chart: Chart, rules: TaxRules, *codes: str | None, day: date = DAY, amount: str = "67.50") -> Any:
    price = Decimal(amount)
    lines = [line(tax=code, quantity=Decimal(1), unit_price=price, amount=price) for code in codes]
    return render(replace(invoice(*lines), tax=rules, date=day), PUMP, Names(), chart, "9130")


def sent(told: Rendered) -> Any:
    return json.loads(told.request.body)


def problems(told: Any) -> list[str]:
    assert isinstance(told, list), told
    return [problem.code for problem in told]


# --- reference data -------------------------------------------------------------------------------------------------------------


def test_a_codes_rate_is_that_of_its_rates_in_their_order() -> None:
    shares = {identifier: rate.share for identifier, rate in UK.taxes.rates.items()}
    assert shares == {"10": Decimal("0.08"), "11": Decimal("0.14975"), "13": Decimal("0.2"), "15": 0, "17": 0}
    assert US.taxes.rates.keys() == UK.taxes.rates.keys(), "TAX and NON are words, not rates"


def test_the_scheme_follows_the_companys_settings() -> None:
    assert [told.taxes.scheme for told in (US, AST, OFF, UK, SILENT)] == [
        Scheme.BY_CODE, Scheme.BY_ADDRESS, Scheme.OFF, Scheme.BY_CODE, Scheme.UNKNOWN,
    ]  # fmt: skip
    elsewhere = taxes_of({"TaxPrefs": {"UsingSalesTax": "true", "PartnerTaxEnabled": False}}, CODES, RATES)
    assert elsewhere.scheme is Scheme.BY_CODE, "only US companies have automated sales tax"


# --- what an invoice says ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("books", "rules", "on_line", "calculation"),
    [
        (US, TaxRules(), "TAX", None),
        (US, NONE, "NON", None),
        (UK, TaxRules(), "10", "TaxExcluded"),
        (UK, INCLUSIVE, "10", "TaxExcluded"),
        (UK, NONE, None, "NotApplicable"),
        (replace(US, tax_codes={}), NONE, None, None),
    ],
)
def test_the_country_and_the_mapping_decide_what_the_document_says(
    books: Chart, rules: TaxRules, on_line: str | None, calculation: str | None
) -> None:
    told = sent(rendered(books, rules, "State"))
    assert told["Line"][0]["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value") == on_line
    assert told.get("GlobalTaxCalculation") == calculation
    assert told.get("TxnTaxDetail") == ({"TxnTaxCodeRef": {"value": "10"}} if on_line == "TAX" else None)


def test_amounts_with_tax_are_sent_without_it_and_say_so() -> None:
    draft = replace(invoice(line(tax="20.0% S")), tax=INCLUSIVE)
    told = render(draft, PUMP, Names(), UK, "9130")
    assert isinstance(told, Rendered)
    row = sent(told)["Line"][0]
    assert (row["Amount"], row["SalesItemLineDetail"]["Qty"], row["SalesItemLineDetail"]["UnitPrice"]) == (56.25, 1, 56.25)
    assert row["Description"] == "WO 4711 Labor (1.5 × 45.00 = 67.50 with tax)"
    assert (told.expectation.total, told.expectation.tax, told.expectation.gross) == (Decimal("56.25"), Decimal("11.25"), Decimal("67.50"))
    single = sent(rendered(UK, INCLUSIVE, "20.0% S", "Zero"))["Line"]
    assert [row["Description"] for row in single] == ["WO 4711 Labor (67.50 with tax)", "WO 4711 Labor"]


# --- what is expected -----------------------------------------------------------------------------------------------------------


def expected(chart: Chart, rules: TaxRules, *codes: str | None, **more: Any) -> tuple[object, ...]:
    told = rendered(chart, rules, *codes, **more).expectation
    return (told.tax, told.tax_tolerance, told.tax_is_due)


@pytest.mark.parametrize(
    ("books", "rules", "codes", "told"),
    [
        (US, TaxRules(), ("State",), ("5.40", "0", True)),
        (US, TaxRules(), ("State", "NON"), ("5.40", "0", True)),
        (US, TaxRules(), ("State", "TAX"), ("10.80", "0.02", True)),
        (US, TaxRules(), ("NON",), ("0.00", "0", False)),
        (US, TaxRules(), ("TAX",), (None, "0", True)),
        (US, TaxRules(), ("State", None), (None, "0", True)),
        (AST, TaxRules(), ("State",), (None, "0", True)),
        (AST, TaxRules(), ("NON",), ("0.00", "0", False)),
        (AST, TaxRules(expected_percent=Decimal(8)), ("TAX", "NON"), ("5.40", "0.02", True)),
        (AST, TaxRules(expected_percent=Decimal(8), tolerance=Decimal("0.50")), ("TAX",), ("5.40", "0.50", True)),
        (OFF, TaxRules(), ("State",), ("0", "0", True)),
        (OFF, TaxRules(), ("NON",), ("0", "0", False)),
        (UK, TaxRules(), ("20.0% S", "Zero", "No VAT"), ("13.50", "0", True)),
        (UK, TaxRules(), ("GST/QST",), ("10.11", "0.01", True)),
        (UK, TaxRules(), ("Reverse charge",), (None, "0", False)),
        (UK, TaxRules(), ("20.0% S", "Reverse charge"), (None, "0", True)),
        (UK_OFF, TaxRules(), ("20.0% S",), (None, "0", True)),
        (UK_OFF, TaxRules(), ("Zero",), (None, "0", False)),
        (UK, NONE, ("20.0% S",), ("0", "0", False)),
        (SILENT, TaxRules(), ("State",), (None, "0", False)),
    ],
)
def test_what_is_known_is_foretold_and_what_is_not_may_still_be_missed(
    books: Chart, rules: TaxRules, codes: tuple[str | None, ...], told: tuple[object, ...]
) -> None:
    tax, tolerance, is_due = told
    assert expected(books, rules, *codes) == (None if tax is None else Decimal(str(tax)), Decimal(str(tolerance)), is_due)


def test_the_rate_of_the_documents_day_counts() -> None:
    assert expected(UK, TaxRules(), "20.0% S", day=date(2011, 1, 3), amount="100.00")[0] == Decimal("17.50")
    assert expected(UK, TaxRules(), "20.0% S", day=date(2011, 1, 4), amount="100.00")[0] == Decimal("20.00")


@pytest.mark.parametrize(("books", "told"), [(US, "TAX"), (AST, "State"), (UK, "Reverse charge"), (UK_OFF, "20.0% S"), (SILENT, "State")])
def test_amounts_with_tax_need_a_rate_that_is_known(books: Chart, told: str) -> None:
    assert problems(_render(books, INCLUSIVE, told)) == ["TAX_INCLUSIVE_WITHOUT_RATE"]


def test_amounts_with_tax_of_lines_without_any_are_what_they_are() -> None:
    assert rendered(AST, INCLUSIVE, "NON").expectation.gross == Decimal("67.50")
    assert rendered(OFF, INCLUSIVE, "NON").expectation.gross == Decimal("67.50")


# --- the rounding line ------------------------------------------------------------------------------------------------------------


def to_rounding(code: str, item: str = "Rounding") -> TaxRules:
    return replace(INCLUSIVE, adds_rounding_line=True, rounding={"item": fact(item), "tax_code": fact(code)})


def test_the_penny_that_is_left_over_has_a_line_of_its_own() -> None:
    told = rendered(UK, to_rounding("No VAT"), "20.0% S", amount="100.05")
    rows = sent(told)["Line"]
    assert [(row["Amount"], row["SalesItemLineDetail"]["TaxCodeRef"]["value"]) for row in rows] == [(83.38, "13"), (-0.01, "17")]
    assert rows[1]["SalesItemLineDetail"]["ItemRef"] == {"value": "32"}
    assert (told.expectation.total, told.expectation.tax, told.expectation.gross) == (Decimal("83.37"), Decimal("16.68"), Decimal("100.05"))
    assert [added.amount for added in told.added] == [Decimal("-0.01")]
    assert rendered(UK, to_rounding("No VAT"), "20.0% S", amount="100.04").added == ()


@pytest.mark.parametrize(
    ("books", "code", "item", "told"),
    [
        (UK, "20.0% S", "Rounding", "TAX_ROUNDING_TAXED"),
        (UK, "Reverse charge", "Rounding", "TAX_ROUNDING_TAXED"),
        (UK, "Nothing", "Rounding", "TAX_CODE_UNKNOWN"),
        (UK, "No VAT", "Nothing", "ITEM_UNKNOWN"),
        (US, "State", "Rounding", "TAX_ROUNDING_TAXED"),
    ],
)
def test_a_rounding_line_that_could_not_be_booked_is_told_before_there_is_one(books: Chart, code: str, item: str, told: str) -> None:
    assert problems(_render(books, to_rounding(code, item), "State", amount="100.00")) == [told]


def test_a_rounding_line_for_xero_alone_is_told_at_its_place() -> None:
    rules = replace(INCLUSIVE, adds_rounding_line=True, rounding={"account": fact("8600"), "tax_code": fact("No VAT")})
    (problem,) = _render(UK, rules, "20.0% S", amount="100.05")
    assert (problem.code, problem.place) == ("INVOICE_LINE_WITHOUT_ITEM", fact("No VAT").place)


def test_a_us_company_rounds_with_the_code_non() -> None:
    added = [line for cent in range(14) for line in rendered(US, to_rounding("NON"), "State", amount=f"100.{cent:02}").added]
    assert {line.tax_code for line in added} == {fact("NON")}
