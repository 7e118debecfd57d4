"""A name that leads nowhere is answered with what is known of it: several have it, it is inactive, renamed, or a near one exists."""

from __future__ import annotations

import pytest

from connector.core.mapping import Fact
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, by_name
from connector.ledgers.ledger import Account, Chart
from connector.ledgers.names import Resolver
from connector.ledgers.quickbooks import chart as quickbooks
from connector.ledgers.xero import chart as xero

CHART = Chart(accounts=(Account("1", "Plumbing repairs", "6130", "Expense", active=True),), items={"maintenance labor": "9"})


@pytest.mark.parametrize("written", ["Plumbing repair", "PLUMBING REPAIR"])
def test_the_nearest_account_is_named_as_the_ledger_writes_it(written: str) -> None:
    resolver = Resolver(CHART, "QuickBooks")
    assert resolver.account(Fact(written, "mapping.yaml:21"), {}, journal=True) is None
    (problem,) = resolver.problems
    assert (problem.code, problem.place) == ("ACCOUNT_UNKNOWN", "mapping.yaml:21")
    assert problem.next_step == "Did you mean 'Plumbing repairs'?"


def test_capitals_do_not_hide_the_nearest_item() -> None:
    resolver = Resolver(CHART, "QuickBooks")
    assert resolver.id_of("ITEM_UNKNOWN", "item", Fact("MAINTENANCE LABOUR", "mapping.yaml:30"), {}, CHART.items) is None
    assert resolver.problems[0].next_step == "Did you mean 'maintenance labor'?"


FACT = Fact("Visit", "mapping.yaml:30")
ITEMS = (
    Entry("1", ("North:Visit",), leaf="Visit"),
    Entry("2", ("South:Visit",), leaf="Visit"),
    Entry("3", ("Crane",), is_active=False),
    Entry("4", ("Labour",), former=("Maintenance labor",)),
)


def item_problem(name: str) -> Problem:
    chart = quickbooks.chart_of({ListKind.ITEMS: ITEMS})
    resolver = Resolver(chart, "QuickBooks")
    assert resolver.id_of("ITEM_UNKNOWN", "item", Fact(name, "mapping.yaml:30"), {}, chart.items) is None
    (problem,) = resolver.problems
    assert problem.place == "mapping.yaml:30"
    return problem


def test_a_short_name_of_several_is_refused_with_the_candidates() -> None:
    problem = item_problem("visit")
    assert problem.code == "NAME_AMBIGUOUS"
    assert problem.message == "QuickBooks has more than one item 'visit': 'North:Visit', 'South:Visit'."


def test_an_inactive_entry_is_told_as_one() -> None:
    assert (item_problem("Crane").code, item_problem("Crane").message) == (
        "NAME_INACTIVE", "The item 'Crane' is archived or inactive in QuickBooks.",
    )  # fmt: skip


def test_an_old_name_is_answered_with_the_new_one() -> None:
    assert item_problem("MAINTENANCE LABOR") == Problem(
        "ITEM_UNKNOWN",
        "mapping.yaml:30",
        "QuickBooks has no item 'MAINTENANCE LABOR': it is called 'Labour' now.",
        "Write the new name.",
    )


def test_an_old_number_of_an_account_is_answered_with_the_new_name() -> None:
    accounts = (Entry("1", ("Plumbing", "6131"), former=("6130",), facts={"number": "6131"}), Entry("2", ("Roof",)))
    resolver = Resolver(quickbooks.chart_of({ListKind.ACCOUNTS: accounts}), "QuickBooks")
    assert resolver.account(Fact("6130", "mapping.yaml:21"), {}, journal=True) is None
    assert "it is called '6131 Plumbing' now" in resolver.problems[0].message


OPTIONS = {"category": "Site", "category_id": "c1"}


@pytest.mark.parametrize(
    ("dimension", "value", "code", "says"),
    [
        ("Department", "Plant", "TRACKING_UNKNOWN", "it is called 'Plant' now"),  # its category was renamed
        ("Site", "Harbour", "TRACKING_UNKNOWN", "it is called 'Harbor' now"),
        ("Site", "Pier", "NAME_INACTIVE", "'Pier' is archived"),
        ("Site", "Attic", "TRACKING_UNKNOWN", "no Site value 'Attic'."),
    ],
)
def test_what_became_of_a_tracking_option_of_xero_is_told(dimension: str, value: str, code: str, says: str) -> None:
    options = (
        Entry("o1", ("Plant", "Site:Plant"), facts=OPTIONS, former=("Department:Plant",)),
        Entry("o2", ("Harbor", "Site:Harbor"), facts=OPTIONS, former=("Harbour", "Site:Harbour")),
        Entry("o3", ("Pier", "Site:Pier"), facts=OPTIONS, is_active=False),
    )
    resolver = Resolver(xero.chart_of({ListKind.TRACKING: options}), "Xero")
    assert resolver.tracking(dimension, Fact(value, "mapping.yaml:9"), {}) is None
    (problem,) = resolver.problems
    assert problem.code == code
    assert says in problem.message


@pytest.mark.parametrize(
    ("dimension", "code"), [("class", "NAME_AMBIGUOUS"), ("department", "TRACKING_UNKNOWN"), ("roof", "TRACKING_UNKNOWN")]
)
def test_a_class_of_quickbooks_is_looked_for_among_the_classes(dimension: str, code: str) -> None:
    resolver = Resolver(quickbooks.chart_of({ListKind.CLASSES: ITEMS}), "QuickBooks")
    assert resolver.tracking(dimension, FACT, {}) is None
    assert [problem.code for problem in resolver.problems] == [code]
    assert resolver.tracking("class", Fact("North:Visit", ""), {}) == ("class", "1")


@pytest.mark.parametrize(("currency", "codes"), [("USD", []), ("EUR", ["CUSTOMER_CURRENCY"]), ("", [])])
def test_a_customer_of_another_currency_is_refused(currency: str, codes: list[str]) -> None:
    customers = (Entry("1", ("Mill",), facts={"currency": currency}),)
    chart = Chart((), customers=by_name(customers), currency="USD", lists={ListKind.CUSTOMERS: customers})
    resolver = Resolver(chart, "QuickBooks")
    assert resolver.id_of("CUSTOMER_UNKNOWN", "customer", Fact("Mill", ""), {}, chart.customers) == "1"
    assert [problem.code for problem in resolver.problems] == codes


SALES = Account("a1", "Sales", "200", "REVENUE", active=True, group="REVENUE")
RATES = (
    Entry("OUTPUT", ("Sales tax",), facts={"groups": "ASSET REVENUE"}),
    Entry("INPUT", ("Tax on purchases",), facts={"groups": "EXPENSE"}),
    Entry("GSTONIMPORTS", ("Imports",), facts={"groups": "-"}),
    Entry("OLD", ("Old",)),
)


@pytest.mark.parametrize(
    ("rate", "account", "item", "fits"),
    [
        ("OUTPUT", SALES, None, True),
        ("INPUT", SALES, None, False),
        ("GSTONIMPORTS", SALES, None, False),
        ("OLD", SALES, None, True),  # Xero does not say on what it may be used
        ("", SALES, None, True),
        ("INPUT", None, "LABOR", False),  # the account is the item's own
        ("INPUT", None, "PARTS", True),
        ("INPUT", None, None, True),
    ],
)
def test_a_tax_rate_goes_only_with_the_accounts_that_it_is_for(rate: str, account: Account | None, item: str | None, fits: bool) -> None:
    items = (
        Entry("i1", ("Labor", "LABOR"), facts={"code": "LABOR", "account": "200"}),
        Entry("i2", ("Parts", "PARTS"), facts={"code": "PARTS"}),
    )
    resolver = Resolver(Chart((SALES,), lists={ListKind.TAX_CODES: RATES, ListKind.ITEMS: items}), "Xero")
    booking = {"AccountCode": account.number} if account else {}
    resolver.check_tax(rate, FACT, booking | ({"ItemCode": item} if item else {}))
    assert [problem.code for problem in resolver.problems] == ([] if fits else ["TAX_CODE_NOT_FOR_ACCOUNT"])
