"""Real tax rates, and what was seen of taxes in real companies: all of it is read, and lies within what we expect."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from connector.core.tax import Rule, Scheme, TaxComponent, TaxedLine, TaxRate, predict, tax_of
from connector.ledgers.exact_json import decode
from connector.ledgers.quickbooks import tax as quickbooks
from connector.ledgers.xero import tax as xero
from tests.contract.reference import SHARED, needs_reference

pytestmark = needs_reference
CHARTS = SHARED / "data" / "charts"


def xero_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = decode((CHARTS / "demo_global_taxrates.json").read_bytes())["TaxRates"]
    return rows


def test_every_rate_of_xeros_demo_company_charges_its_effective_rate() -> None:
    rows = xero_rows()
    rates = xero.taxes_of(rows).rates
    assert {row["TaxType"]: row["EffectiveRate"] for row in rows} == {code: rate.share * 100 for code, rate in rates.items()}
    assert [(part.name, part.percent) for part in rates["CAN028"].components] == [("RST", 7), ("GST", 5)]


def test_every_sales_rate_by_country_is_a_rate_that_we_can_charge() -> None:
    told = json.loads((CHARTS / "default_taxtypes_by_country.json").read_text("utf-8"))
    for country in ("US", "NZ", "AU", "GB"):
        rows = [{"Name": name, "TaxType": code, "EffectiveRate": Decimal(str(rate))} for code, name, rate, *_ in told[country] if rate]
        for rate in xero.taxes_of(rows).rates.values():
            one = [TaxedLine(Decimal("100.00"), rate)]
            assert tax_of(one, Rule.LINE, 2) == rate.share * 100, country


def test_the_codes_of_quebec_are_read_with_both_their_rates() -> None:
    facts = json.loads((CHARTS / "qbo_tax_by_country_facts.json").read_text("utf-8"))["CA_QC"]
    rates = [{"Id": identifier, "Name": name, "RateValue": Decimal(str(percent))} for identifier, name, percent in facts["rates"]]
    details = [{"TaxRateRef": {"value": row["Id"]}, "TaxTypeApplicable": "TaxOnAmount"} for row in rates]
    codes = [{"Id": "9", "Name": facts["codes"][0][1], "SalesTaxRateList": {"TaxRateDetail": details}}]
    told = quickbooks.taxes_of({"TaxPrefs": {"UsingSalesTax": True}}, codes, rates)
    assert (told.scheme, told.rates["9"].share * 100) == (Scheme.BY_CODE, Decimal(str(facts["codes"][0][2])))


def test_the_preferences_of_a_sandbox_company_are_without_automated_sales_tax() -> None:
    preferences = json.loads((CHARTS / "qbo_sandbox_preferences.json").read_text("utf-8"))
    assert quickbooks.taxes_of(preferences, [{"Id": "TAX"}, {"Id": "NON"}], []).scheme is Scheme.BY_CODE


def test_what_was_seen_in_the_uk_and_told_by_support_in_canada_lies_within_what_is_expected() -> None:
    """One rounds by code, the other by line: 31 lines at 12 % came to 9.71 and not to 9.73."""
    vat, bc = (TaxRate(name, (TaxComponent(name, Decimal(percent)),)) for name, percent in (("VAT", "20"), ("GST/PST", "12")))
    uk = [TaxedLine(Decimal("0.03"), vat) for _ in range(5)]
    seen = predict(uk, quickbooks.RULES, 2)
    assert abs(Decimal("0.03") - seen.tax) <= max(seen.spread, Decimal("0.01") * len(uk))
    canada = [TaxedLine(Decimal(amount), bc) for amount in ["2.62"] * 28 + ["2.57"] * 3]
    assert tax_of(canada, Rule.CODE, 2) == Decimal("9.73")
    told = predict(canada, quickbooks.RULES, 2)
    assert abs(Decimal("9.71") - told.tax) <= max(told.spread, Decimal("0.01") * len(canada))
