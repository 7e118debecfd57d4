"""Taxed invoices on the real flows: by country, by policy, and right under every setting of what the vendors do not publish."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.mapping import DocumentKind
from connector.flows.check import check
from connector.flows.explain import explain
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.sandbox.company import Company
from tests.everyday import a_few
from tests.stage import Stage, write_fault

HALVES = ("up", "even", "down")
ROUNDINGS = ("line", "line_component", "component", "code")
# A third of them have half a cent of tax at some rate, and none two lines that round alike.
BILLS = [("2.00", "10.10"), ("25.06", "25.61", "25.63"), ("0.33", "0.33", "0.33"), ("100.00",), ("9.99", "0.07", "1234.56", "0.50")]


def mapping(labor: str, other: str, currency: str = "USD", tax: str = "") -> str:
    """Labor and other costs under two tax codes of the ledger's own names."""
    plain = plain_mapping_text(currency)
    kept, _, names = plain.partition("names:")
    codes = f'{{labor: "{labor}", parts: "{labor}", other: "{other}"}}'
    old = "{labor: No tax, parts: No tax, other: No tax}"
    assert old in kept
    policy = f"  tax: {tax}\n" if tax else ""
    named = names.replace("Maintenance other: OTHER", "Maintenance other: OTHER, Rounding: OTHER")
    return kept.replace(old, codes) + policy + "names:" + named


def stage_of(folder: Path, ledger: str, company: Company, text: str) -> Stage:
    return Stage(folder, ledger, "invoice", company=company, mapping_text=text)


def company(country: str = "US", currency: str = "USD", percent: str = "8", **switches: Any) -> Company:
    return Company(currency=currency, country=country, tax_percent=percent, switches=switches)  # type: ignore[arg-type]


def bill(stage: Stage, *bills: tuple[str, ...], first: int = 1) -> None:
    """A work order for each bill, its first amount as labor."""
    for number, (labor, *others) in enumerate(bills or BILLS, first):
        costs = [{"description": f"Cost {place}", "category": "Rental", "cost": cost} for place, cost in enumerate(others)]
        stage.work_order(str(number), timeLogs=[{"duration": 60, "hourlyRate": labor}], additionalCosts=costs)


def findings(stage: Stage) -> list[str]:
    """Codes of every open finding; reconcile and prove are right with the books whatever the tax is."""
    with stage.world() as world:
        found = reconcile(world)
        assert found.difference == 0
        assert prove(world).is_proven
        open_now = [finding.code for finding in world.store.findings()]
        assert sorted(open_now) == sorted(finding.code for finding in found.findings)
    return open_now


def posted(stage: Stage, *bills: tuple[str, ...]) -> list[str]:
    bill(stage, *bills)
    report = stage.sync()
    assert (report.posted, report.held) == (len(bills or BILLS), 0)
    assert stage.sync().posted == 0
    return findings(stage)


def taxes(stage: Stage) -> dict[str, Decimal]:
    """The tax of each invoice by work order, from the ledger's own legs."""
    return {one["number"].partition("-")[0]: _leg(one, "2200") for one in stage.documents()}


def totals(stage: Stage) -> list[Decimal]:
    """What each customer owes."""
    return sorted(-_leg(one, "1100") for one in stage.documents())


def _leg(document: Mapping[str, Any], number: str) -> Decimal:
    rows = [row for row in document["lines"] if row["number"] == number]
    return sum((Decimal(row["credit"]) - Decimal(row["debit"]) for row in rows), Decimal(0))


# --- QuickBooks -----------------------------------------------------------------------------------------------------------------

QUICKBOOKS = {
    "US": ("USD", "State sales tax", "State sales tax"),
    "AU": ("AUD", "GST", "GST"),
    "CA": ("CAD", "GST/PST BC", "GST/QST QC - 9.5"),
    "GB": ("GBP", "20.0% S", "5.0% R"),
}


@pytest.mark.parametrize("country", a_few(QUICKBOOKS))
def test_quickbooks_is_predicted_wherever_it_rounds(country: str, tmp_path: Path) -> None:
    currency, labor, other = QUICKBOOKS[country]
    stage = stage_of(tmp_path, "quickbooks", company(country, currency, "8.25"), mapping(labor, other, currency))
    for place, (rounding, halves) in enumerate(itertools.product(ROUNDINGS, HALVES)):
        stage.vendor.switches.update(tax_rounding=rounding, tax_halves=halves)
        bill(stage, first=10 * place + 1)
        assert stage.sync().posted == len(BILLS)
    assert findings(stage) == []
    assert all(taxes(stage).values())
    assert len(set(taxes(stage).values())) > len(BILLS), "where it rounds makes a difference"


@pytest.mark.parametrize(("has_own_code", "found"), [(False, ["TAX_MISSING"]), (True, [])])
def test_a_us_line_that_is_taxed_without_a_code_of_its_document_is_an_alarm_when_no_tax_came(
    has_own_code: bool, found: list[str], tmp_path: Path
) -> None:
    stage = stage_of(tmp_path, "quickbooks", company(company_tax_code=has_own_code), mapping("TAX", "NON"))
    assert posted(stage, ("100.00", "50.00")) == found
    assert taxes(stage) == {"1": Decimal("8.00") if has_own_code else 0}


@pytest.mark.parametrize(
    ("percent", "policy", "found"),
    [
        ("8", "", []),
        ("0", "", ["TAX_MISSING"]),
        ("12", "", []),
        ("12", "{expected_percent: 8, tolerance_percent: 2}", ["TAX_DIFFERS"]),
        ("9.9", "{expected_percent: 8, tolerance_percent: 2}", []),
        ("0", "{expected_percent: 8, tolerance_percent: 2}", ["TAX_MISSING"]),
    ],
)
def test_automated_sales_tax_is_compared_with_what_the_mapping_expects(percent: str, policy: str, found: list[str], tmp_path: Path) -> None:
    books = company(automated_sales_tax=True, address_percent={"Internal departments": percent})
    stage = stage_of(tmp_path, "quickbooks", books, mapping("TAX", "NON", tax=policy))
    assert posted(stage, ("100.00", "50.00")) == found


def test_a_company_whose_sales_tax_is_off_is_told_when_its_mapping_taxes(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", company(using_sales_tax=False), mapping("State sales tax", "NON"))
    assert posted(stage, ("100.00", "50.00")) == ["TAX_MISSING"]


@pytest.mark.parametrize(("country", "labor"), [("US", "State sales tax"), ("AU", "GST"), ("GB", "20.0% S")])
def test_amounts_without_any_tax_have_none_whatever_the_codes_say(country: str, labor: str, tmp_path: Path) -> None:
    currency = QUICKBOOKS[country][0]
    stage = stage_of(tmp_path, "quickbooks", company(country, currency), mapping(labor, labor, currency, "{amounts: none}"))
    assert posted(stage) == []
    assert not any(taxes(stage).values())


TO_ROUNDING = "{{amounts: {}, on_difference: rounding_line, rounding: {{item: Maintenance other, account: Rounding, tax_code: {}}}}}"


def test_a_uk_total_with_tax_that_cannot_be_reached_gets_a_penny_without_vat(tmp_path: Path) -> None:
    text = mapping("20.0% S", "20.0% S", "GBP", TO_ROUNDING.format("inclusive", "No VAT"))
    stage = stage_of(tmp_path, "quickbooks", company("GB", "GBP"), text)
    bills, ways = [(f"100.0{penny}",) for penny in range(6)], list(itertools.product(ROUNDINGS, ("net", "gross")))
    for place, (rounding, meaning) in enumerate(ways):
        stage.vendor.switches.update(tax_rounding=rounding, inclusive_amount=meaning)
        bill(stage, *bills, first=10 * place + 1)
        assert stage.sync().posted == len(bills)
    assert findings(stage) == []
    assert totals(stage) == sorted(Decimal(labor) for (labor,) in bills * len(ways))
    roundings = [row for one in stage.documents() for row in one["lines"] if row["description"].endswith("Rounding of tax")]
    assert len(roundings) == len(ways), "one of six gross totals cannot be reached at 20 %"
    with stage.world() as world:
        told = explain(world, "6")
    assert told is not None
    assert sum(Decimal(str(row["amount"])) for row in told.lines) == Decimal("100.05")
    assert [row["unit_price"] for row in told.lines] == ["100.05", "-0.01"]


def test_without_a_rounding_line_the_penny_is_a_finding(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", company("GB", "GBP"), mapping("20.0% S", "20.0% S", "GBP", "{amounts: inclusive}"))
    assert posted(stage, *[(f"100.0{penny}",) for penny in range(6)]) == ["TAX_ROUNDING"]


@pytest.mark.parametrize("rounding", a_few(ROUNDINGS))
def test_no_rounding_line_is_written_where_quickbooks_may_round_otherwise(rounding: str, tmp_path: Path) -> None:
    policy = TO_ROUNDING.format("exclusive", "GST Free")
    stage = stage_of(tmp_path, "quickbooks", company("AU", "AUD", tax_rounding=rounding), mapping("GST", "GST", "AUD", policy))
    found = posted(stage, ("0.33", "0.33", "0.33"))
    assert found == ([] if rounding in ("component", "code") else ["TAX_ROUNDING"])
    assert len(stage.documents()[0]["lines"]) == 1 + 3 + 1


# --- Xero -----------------------------------------------------------------------------------------------------------------------

XERO = {
    "US": ("USD", "OUTPUT", "NONE"),
    "AU": ("AUD", "OUTPUT", "EXEMPTOUTPUT"),
    "GB": ("GBP", "OUTPUT2", "RROUTPUT"),
    "CA": ("CAD", "CAN028", "TAX001"),
}


@pytest.mark.parametrize("amounts", ["exclusive", "inclusive"])
@pytest.mark.parametrize("country", a_few(XERO))
def test_xero_is_predicted_however_it_rounds(country: str, amounts: str, tmp_path: Path) -> None:
    currency, labor, other = XERO[country]
    books = company(country, currency, "8.25")
    stage = stage_of(tmp_path, "xero", books, mapping(labor, other, currency, f"{{amounts: {amounts}}}"))
    ways = list(itertools.product(("sum", "each"), HALVES))
    for place, (components, halves) in enumerate(ways):
        books.switches.update(tax_components=components, tax_halves=halves)
        bill(stage, first=10 * place + 1)
        assert stage.sync().posted == len(BILLS)
    assert findings(stage) == []
    costs = sorted(sum((Decimal(cost) for cost in bill), Decimal(0)) for bill in BILLS * len(ways))
    assert sum(totals(stage)) == sum(costs) + (sum(taxes(stage).values()) if amounts == "exclusive" else 0)
    assert amounts == "exclusive" or totals(stage) == costs


def test_amounts_without_any_tax_have_none_in_xero_either(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", company(), mapping("OUTPUT", "OUTPUT", tax="{amounts: none}"))
    assert posted(stage) == []
    assert not any(taxes(stage).values())


def test_xeros_own_example_gets_its_missing_cent_on_the_rounding_account(tmp_path: Path) -> None:
    policy = TO_ROUNDING.format("exclusive", "NONE").replace("item: Maintenance other, ", "")
    stage = stage_of(tmp_path, "xero", company(percent="15"), mapping("OUTPUT", "OUTPUT", tax=policy))
    assert posted(stage, ("25.06", "25.61", "25.63")) == []
    (document,) = stage.documents()
    assert (Decimal(document["total"]), _leg(document, "8600"), _leg(document, "2200")) == (
        Decimal("87.75"), Decimal("0.01"), Decimal("11.44"),
    )  # fmt: skip
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    assert [(row["actual"], row["account"], row["amount"]) for row in told.lines][-1] == ("WO 1 Rounding of tax", "Rounding", "0.01")


# --- both -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ledger", "code"), [("quickbooks", "State sales tax"), ("xero", "OUTPUT")])
@pytest.mark.parametrize("is_lost", [False, pytest.param(True, marks=pytest.mark.long)], ids=["answered", "answer lost"])
def test_another_tax_is_a_finding_on_the_one_document_and_nothing_is_sent_again(
    is_lost: bool, ledger: str, code: str, tmp_path: Path
) -> None:
    stage = stage_of(tmp_path, ledger, company(), mapping(code, code))
    bill(stage, ("100.00", "50.00"))
    stage.plan(write_fault(stage, "refuse", times=20))
    stage.sync()
    stage.shell.plan.clear()
    _change_the_rate(stage)
    stage.plan(*([write_fault(stage, "drop_after_commit")] if is_lost else []))
    for _ in range(3):
        stage.sync()
    assert list(stage.numbers().values()) == [1]
    assert taxes(stage) == {"1": Decimal("13.50")}
    with stage.world() as world:
        (finding,) = world.store.findings()
        assert [one.code for one in reconcile(world).findings] == ["TAX_DIFFERS"]
    assert finding.code == "TAX_DIFFERS"
    assert "its tax is 13.50, expected 12.00" in finding.message


@pytest.mark.parametrize("amounts", ["exclusive", "inclusive"])
@pytest.mark.parametrize(("ledger", "code"), [("quickbooks", "State sales tax"), ("xero", "OUTPUT")])
def test_a_rate_that_changes_later_makes_nothing_wrong_of_what_was_posted(ledger: str, code: str, amounts: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, company(), mapping(code, code, tax=f"{{amounts: {amounts}}}"))
    assert posted(stage, ("108.00", "54.00")) == []
    _change_the_rate(stage, starting="2026-03-01")
    assert findings(stage) == []


@pytest.mark.parametrize(("ledger", "code", "none"), [("quickbooks", "TAX", "NON"), ("xero", "OUTPUT", "NONE")])
def test_an_exempt_customer_is_no_alarm(ledger: str, code: str, none: str, tmp_path: Path) -> None:
    policy = f"{{exempt: {{customers: [Internal departments], tax_code: {none}}}}}"
    stage = stage_of(tmp_path, ledger, company(automated_sales_tax=True), mapping(code, code, tax=policy))
    assert posted(stage, ("100.00", "50.00")) == []
    assert taxes(stage) == {"1": 0}
    with stage.world() as world:
        assert check(world).problems == ()


def _change_the_rate(stage: Stage, starting: str = "") -> None:
    """A person sets the rate to 9 %, for every document or from a day on."""
    books = stage.vendor.books
    if stage.ledger == "quickbooks":
        rate = next(iter(books.lists["TaxRate"].values()))
        before = {"RateValue": rate["RateValue"], "EffectiveDate": "2000-01-01", "EndDate": "2026-02-28"}
        rate |= {"RateValue": Decimal(9)}
        rate |= {"EffectiveTaxRate": [before, {"RateValue": Decimal(9), "EffectiveDate": starting}]} if starting else {}
    else:
        books.tax_rates["OUTPUT"] = replace(books.tax_rates["OUTPUT"], rate=Decimal(9))


@pytest.mark.parametrize(("ledger", "labor", "other"), [("quickbooks", "State sales tax", "NON"), ("xero", "OUTPUT", "NONE")])
def test_labor_and_other_costs_under_different_codes_are_taxed_apart(ledger: str, labor: str, other: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, company(), mapping(labor, other))
    assert posted(stage, ("100.00", "100.00"), ("100.00", "40.00", "60.00")) == []
    assert taxes(stage) == {"1": Decimal("8.00"), "2": Decimal("8.00")}
    with stage.world() as world:
        assert [posting.expectation.tax for posting in world.store.every_posting()] == [Decimal("8.00")] * 2
        assert {posting.kind for posting in world.store.every_posting()} == {DocumentKind.INVOICE}
