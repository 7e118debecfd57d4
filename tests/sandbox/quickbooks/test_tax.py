"""Sales tax as QuickBooks works it out and refuses it, by country and by switch."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.quickbooks.tax import add_tax_code
from tests.sandbox.quickbooks.test_rules import Caller, code_of

Lines = list[tuple[str, str]]


class Shop:
    """A company that sells; its amounts are told as (amount, tax code)."""

    def __init__(self, country: str = "US", currency: str = "USD", **switches: Any) -> None:
        self.caller = Caller(country=country, currency=currency, **switches)
        self.lists = self.caller.vendor.books.lists
        self.sent = 0

    def code(self, name: str) -> str:
        return next((i for i, one in self.lists["TaxCode"].items() if one["Name"] == name), name)

    def rate(self, name: str) -> str:
        return next(i for i, one in self.lists["TaxRate"].items() if one["Name"] == name)

    def answer(self, *lines: tuple[str, str], inclusive: str = "", **head: Any) -> Any:
        self.sent += 1
        rows = []
        for amount, code in lines:
            detail: dict[str, Any] = {"ItemRef": {"value": next(iter(self.lists["Item"]))}}
            detail |= {"TaxCodeRef": {"value": self.code(code)}} if code else {}
            detail |= {"TaxInclusiveAmt": float(inclusive)} if inclusive else {}
            rows.append({"Amount": float(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
        body = {"CustomerRef": {"value": next(iter(self.lists["Customer"]))}, "TxnDate": "2026-02-20", "Line": rows, **head}
        return self.caller.post(body, "invoice", f"requestid=t{self.sent}")

    def sold(self, *lines: tuple[str, str], **head: Any) -> dict[str, Any]:
        answered = self.answer(*lines, **head)
        assert answered.status == 200, answered.body
        told: dict[str, Any] = json.loads(answered.body, parse_float=Decimal, parse_int=Decimal)["Invoice"]
        detail = told.get("TxnTaxDetail") or {}
        assert told["TotalAmt"] == told["Line"][-1]["Amount"] + detail.get("TotalTax", 0)
        if detail.get("TaxLine"):
            assert sum(line["Amount"] for line in detail["TaxLine"]) == detail["TotalTax"]
        legs = self.caller.vendor.documents()[-1]["lines"]
        assert sum(Decimal(leg["debit"]) - Decimal(leg["credit"]) for leg in legs) == 0
        return told

    def tax(self, *lines: tuple[str, str], **head: Any) -> Decimal:
        return Decimal((self.sold(*lines, **head).get("TxnTaxDetail") or {}).get("TotalTax", 0))


def of_document(code: str) -> dict[str, Any]:
    return {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}}


# --- US -------------------------------------------------------------------------------------------------------------------------


def test_a_us_line_says_whether_and_its_document_how_much() -> None:
    shop = Shop()
    state = of_document(shop.code("State sales tax"))
    assert shop.tax(("100.00", "TAX"), ("50.00", "NON"), ("1.00", ""), **state) == 8
    assert shop.tax(("100.00", "TAX")) == 0
    assert Shop(company_tax_code=True).tax(("100.00", "TAX")) == 8
    assert code_of(shop.answer(("1.00", "State sales tax"))) == "6100"
    assert [code_of(shop.answer(("1.00", "TAX"), **of_document(code))) for code in ("TAX", "999")] == ["6100", "6100"]


def test_automated_sales_tax_goes_by_the_customer_and_replaces_the_code() -> None:
    shop = Shop(automated_sales_tax=True)
    first = next(iter(shop.lists["Customer"].values()))["DisplayName"]
    assert shop.tax(("100.00", "TAX"), ("50.00", "NON")) == 8
    shop.caller.vendor.switches["address_percent"] = {first: "9.5"}
    city = add_tax_code(shop.caller.vendor.books, "City", ("City rate", "2", "TaxOnAmount"))
    told = shop.sold(("100.00", "TAX"), **of_document(city))
    assert (told["TxnTaxDetail"]["TotalTax"], told["TxnTaxDetail"]["TxnTaxCodeRef"]["value"]) == (
        Decimal("9.50"),
        shop.code("State sales tax"),
    )
    assert shop.tax(("100.00", "TAX"), TxnTaxDetail={"TotalTax": 7.77}) == Decimal("7.77")


def test_a_company_without_sales_tax_drops_what_is_said_of_it() -> None:
    shop = Shop(using_sales_tax=False)
    assert shop.sold(("100.00", "TAX"), **of_document(shop.code("State sales tax")))["TxnTaxDetail"] == {}
    assert Shop("AU", "AUD", using_sales_tax=False).tax(("100.00", "GST")) == 0


def test_the_settings_say_which_kind_of_company_it_is() -> None:
    def told(**switches: Any) -> Any:
        return json.loads(Caller(**switches).call("GET", "preferences").body)["Preferences"]["TaxPrefs"]

    assert told() == {"UsingSalesTax": True}
    assert told(automated_sales_tax=True) == {"UsingSalesTax": True, "PartnerTaxEnabled": True}
    assert told(using_sales_tax=False) == {"UsingSalesTax": False}


# --- elsewhere --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "currency", "code", "tax"),
    [
        ("AU", "AUD", "GST", "10.00"),
        ("AU", "AUD", "GST Free", "0.00"),
        ("CA", "CAD", "GST/PST BC", "12.00"),
        ("CA", "CAD", "GST/QST QC - 9.975", "14.98"),
        ("CA", "CAD", "GST/QST QC - 9.5", "14.98"),
        ("CA", "CAD", "Out of Scope", "0"),
        ("GB", "GBP", "20.0% S", "20.00"),
        ("GB", "GBP", "No VAT", "0"),
    ],
)
def test_elsewhere_the_code_on_the_line_decides(country: str, currency: str, code: str, tax: str) -> None:
    assert Shop(country, currency).tax(("100.00", code)) == Decimal(tax)


def test_elsewhere_every_line_needs_a_code_of_the_company_unless_no_tax_is_applicable() -> None:
    shop = Shop("AU", "AUD")
    assert [code_of(shop.answer(("1.00", code))) for code in ("", "TAX", "999")] == ["6100"] * 3
    assert code_of(shop.answer(("1.00", "GST"), GlobalTaxCalculation="TaxIncluded")) == "2170"
    assert shop.tax(("1.00", ""), GlobalTaxCalculation="NotApplicable") == 0
    assert code_of(shop.answer(("1.00", "GST"), GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": 0.1})) == "6170"
    assert code_of(shop.answer(("1.00", "GST"), TxnTaxDetail={"Total": 0.1})) == "2010"


@pytest.mark.parametrize(("meaning", "total", "tax"), [("net", "132.00", "12.00"), ("gross", "120.00", "10.91")])
def test_what_an_amount_is_under_tax_inclusive_is_a_switch(meaning: str, total: str, tax: str) -> None:
    shop = Shop("AU", "AUD", inclusive_amount=meaning)
    told = shop.sold(("120.00", "GST"), GlobalTaxCalculation="TaxInclusive")
    assert (told["TotalAmt"], told["TxnTaxDetail"]["TotalTax"]) == (Decimal(total), Decimal(tax))


def test_an_amount_with_tax_beside_the_net_one_counts() -> None:
    shop = Shop("GB", "GBP")
    assert shop.sold(("83.38", "20.0% S"), inclusive="100.05", GlobalTaxCalculation="TaxInclusive")["TotalAmt"] == Decimal("100.05")


@pytest.mark.parametrize(("rounding", "tax"), [("line", "0.12"), ("line_component", "0.15"), ("component", "0.14"), ("code", "0.13")])
def test_where_the_cents_are_rounded_is_a_switch(rounding: str, tax: str) -> None:
    shop = Shop("CA", "CAD", tax_rounding=rounding)
    assert shop.tax(*[("0.37", "GST/PST BC")] * 3) == Decimal(tax)


@pytest.mark.parametrize(("halves", "tax"), [("up", "0.03"), ("even", "0.02"), ("down", "0.02")])
def test_where_half_a_cent_goes_is_a_switch(halves: str, tax: str) -> None:
    assert Shop("AU", "AUD", tax_halves=halves).tax(("0.25", "GST")) == Decimal(tax)


def test_a_rate_is_that_of_the_documents_day() -> None:
    shop = Shop("AU", "AUD")
    shop.lists["TaxRate"][shop.rate("GST rate")]["EffectiveTaxRate"] = [
        {"RateValue": 9, "EffectiveDate": "2020-01-01", "EndDate": "2025-12-31"},
        {"RateValue": 11, "EffectiveDate": "2026-01-01"},
    ]
    assert shop.tax(("100.00", "GST")) == 11
    assert shop.tax(("100.00", "GST"), TxnDate="2025-12-31") == 9
    assert shop.tax(("100.00", "GST"), TxnDate="2019-12-31") == 10


def test_tax_lines_that_are_sent_must_name_every_rate_once() -> None:
    shop = Shop("CA", "CAD")
    gst, pst = shop.rate("GST rate"), shop.rate("PST (BC) rate")

    def lines(*amounts: tuple[str, float]) -> dict[str, Any]:
        rows = [{"Amount": a, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": r}}} for r, a in amounts]
        return {"TxnTaxDetail": {"TaxLine": rows}}

    assert shop.tax(("100.00", "GST/PST BC"), **lines((gst, 5.01), (pst, 0.0))) == Decimal("5.01")
    refused = [lines((gst, 5.0)), lines((gst, 5.0), (gst, 7.0)), lines((gst, 5.0), (pst, 7.0), ("999", 1.0))]
    assert [code_of(shop.answer(("100.00", "GST/PST BC"), **told)) for told in refused] == ["6000", "6470", "6470"]
