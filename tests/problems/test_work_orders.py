"""One reproducer for each reason to hold or to exclude a work order, on real flows and both ledgers: the others are still posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.sandbox.company import CHART, AccountSeed, Company
from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks.lists import create_entry, deactivate
from connector.sandbox.quickbooks.tax import add_tax_code
from connector.sandbox.xero.books import Item
from connector.upkeep.source import SourceUnreachableError
from tests.stage import Stage
from tests.store.examples import decision

PLAIN = plain_mapping_text("USD")
CRANE = {"description": "Crane", "category": "Rental", "cost": "100.00"}
BOTH, QUICKBOOKS, XERO = ("quickbooks", "xero"), ("quickbooks",), ("xero",)


@dataclass(frozen=True)
class Case:
    """What is wrong: in the work order, in the mapping, in the configuration, or in the ledger."""

    code: str
    work_order: dict[str, Any] = field(default_factory=dict)
    mapping: tuple[str, str] = ("", "")
    config: tuple[str, str] = ("", "")
    ledger: Callable[[Stage], None] = lambda stage: None
    document: str = "journal_entry"
    ledgers: tuple[str, ...] = BOTH
    company: Company = field(default_factory=Company)
    # The other work order is held for the same reason when the cause is not in the work order.
    costs_all: bool = True
    says: str = ""


# QuickBooks' own name of a code and Xero's: each ledger knows the other's name under names: only.
TO_TAXED_ROUNDING = (
    "{amounts: inclusive, on_difference: rounding_line, rounding: {item: Maintenance other, account: Rounding, tax_code: Taxed}}"
)


def time_log(**changed: Any) -> dict[str, Any]:
    return {"timeLogs": [{"duration": 90, **changed}], "additionalCosts": []}


ON_WORK_ORDERS = [
    Case("LABOR_WITHOUT_RATE", time_log(), says="no hourly rate"),
    Case("LABOR_WITHOUT_RATE", time_log(hourlyRate=0), says="no hourly rate"),
    Case("PART_WITHOUT_PRICE", {"parts": [{"id": "nowhere", "name": "Seal", "quantity": 2}]}, says="no unit cost"),
    Case("AMOUNT_TOO_LARGE", {"additionalCosts": [{**CRANE, "cost": "999999999999.00"}]}, says="more than one ledger line"),
    Case("UNREADABLE_NUMBER", {"additionalCosts": [{**CRANE, "cost": "about 40"}]}, says="'about 40' is not a number"),
    Case("UNREADABLE_DATE", {"dateCompleted": "last Tuesday"}, says="'last Tuesday' is not a moment"),
    Case("NEGATIVE_TIME", time_log(duration=-5, hourlyRate="40.00"), says="duration is -5"),
    Case(
        "LABOR_COUNTED_TWICE",
        {"timeLogs": [{"duration": 60, "hourlyRate": "40.00"}], "additionalCosts": [{**CRANE, "category": "Labor"}]},
        says="the same money twice",
    ),
    Case("EXCLUDED_BY_RULE", {"category": "Warranty"}, mapping=("defaults:", "exclude: [{category: Warranty, because: paid}]\ndefaults:")),
    Case("BEFORE_START_DATE", {"dateCompleted": "1999-12-31T12:00:00.000Z"}),
    Case("NOTHING_TO_POST", {"additionalCosts": [{**CRANE, "cost": "0.00"}]}),
    Case(
        "APPROVAL_NEEDED",
        {"category": "Lift"},
        mapping=("defaults:", "facts: [{when: {category: Lift}, hold_above: 99.99}]\ndefaults:"),
        says="above 99.99",
    ),
    Case("NOTHING_BOOKED", {"category": "Lift"}, mapping=("defaults:", "facts: [{when: {category: Lift}, booked: no}]\ndefaults:")),
    Case("NOT_APPROVED_YET", {"category": "Electrical"}, mapping=("defaults:", "ready: {require: [{category: HVAC}]}\ndefaults:")),
]
BURDEN = "burden: {Shop: {credit: Accrued maintenance, rates: [{from: 2026-03-01, percent: 30}]}}\nfacts: [{burden: Shop}]\ndefaults:"
ON_MAPPINGS = [
    Case("ADDITION_WITHOUT_RATE", {"timeLogs": [{"duration": 60, "hourlyRate": "40.00"}]}, mapping=("defaults:", BURDEN), costs_all=False),
    Case("COST_CODE_WITHOUT_ACCOUNT", mapping=("defaults:\n  account: Repairs", "cost_codes:\n  Roofing: Repairs"), says="'HVAC'"),
    Case("KIND_WITHOUT_CREDIT", mapping=(PLAIN.partition("invoice:")[0], "cost_code: category\n"), says="other costs"),
    Case("CUSTOMER_UNKNOWN", mapping=("default: Internal departments", "default: Harbour Mill"), document="invoice", says="Harbour Mill"),
    Case("ACCOUNT_UNKNOWN", mapping=("account: Repairs and maintenance", "account: Repair"), says="no account 'Repair'"),
    Case("ACCOUNT_ARCHIVED", mapping=("account: Repairs and maintenance", 'account: "6190"'), says="archived or inactive"),
    # QuickBooks puts " (deleted)" behind its name; the mapping still has the old one.
    Case("ACCOUNT_ARCHIVED", mapping=("account: Repairs and maintenance", "account: Repairs before 2020"), says="archived or inactive"),
    Case("ACCOUNT_NOT_JOURNALABLE", mapping=("account: Repairs and maintenance", "account: Accounts receivable"), says="no journal lines"),
    Case(
        "ACCOUNT_AMBIGUOUS",
        company=Company(chart=(*CHART, AccountSeed("6999", "Repairs and maintenance", "expense"))),
        says="6100 Repairs and maintenance",
    ),
    Case("ITEM_UNKNOWN", mapping=("other: Maintenance other}", "other: Crane hire}"), document="invoice", says="Crane hire"),
    Case("TAX_CODE_UNKNOWN", mapping=("No tax: ", "No taxes: "), document="invoice", says="No tax"),
    Case(
        "TAX_CODES_DIFFER",
        {"timeLogs": [{"duration": 60, "hourlyRate": "40.00"}]},
        mapping=("labor: No tax, parts: No tax, other: No tax", "labor: State sales tax, other: City tax"),
        document="invoice",
        ledgers=QUICKBOOKS,
        costs_all=False,
        ledger=lambda stage: add_tax_code(stage.vendor.books, "City tax", ("City tax rate", "2", "TaxOnAmount")),
        says="'City tax'",
    ),
    Case(
        "TAX_INCLUSIVE_WITHOUT_RATE",
        mapping=("other: No tax}\n", "other: TAX}\n  tax: {amounts: inclusive}\n"),
        document="invoice",
        ledgers=QUICKBOOKS,
        says="not known before",
    ),
    Case(
        "TAX_ROUNDING_TAXED",
        mapping=("other: No tax}\n", f"other: No tax}}\n  tax: {TO_TAXED_ROUNDING}\n"),
        document="invoice",
        says="would round nothing",
    ),
    Case("TRACKING_UNKNOWN", mapping=("credits:", "tracking: {Department: {default: Roof}}\ncredits:"), says="Roof"),
    Case("INVOICE_LINE_WITHOUT_ITEM", mapping=(", other: Maintenance other}", "}"), document="invoice", ledgers=QUICKBOOKS),
    Case(
        "INVOICE_LINE_WITHOUT_ACCOUNT",
        mapping=(PLAIN[PLAIN.index("  items: {labor") : PLAIN.index("  tax_codes: {labor")], "  items: {labor: Maintenance labor}\n"),
        document="invoice",
        ledgers=XERO,
    ),
    Case(
        "NAME_AMBIGUOUS",
        mapping=("other: Maintenance other}\n  accounts", "other: Visit}\n  accounts"),
        document="invoice",
        ledger=lambda stage: two_items_of_one_name(stage),
        says="Visit",
    ),
    Case(
        "NAME_INACTIVE",
        document="invoice",
        ledger=lambda stage: customer_left(stage),
        says="'Internal departments' is archived or inactive",
    ),
    Case(
        "CUSTOMER_CURRENCY", document="invoice", ledgers=QUICKBOOKS, ledger=lambda stage: customer_pays_euros(stage), says="invoiced in EUR"
    ),
    Case(
        "TAX_CODE_NOT_FOR_ACCOUNT", mapping=('No tax: "NONE"', "No tax: INPUT"), document="invoice", ledgers=XERO, says="Tax on Purchases"
    ),
    Case("COVERED", mapping=("defaults:", "coverage: [{category: HVAC, covers: other}]\ndefaults:"), document="invoice", says="covered"),
    Case("ABOVE_LIMIT", mapping=("due_days: 30", "not_to_exceed: {default: 99.99}"), document="invoice", says="above its limit of 99.99"),
    Case("LIMIT_UNREADABLE", mapping=("due_days: 30", "not_to_exceed: {by: title}"), document="invoice", says="'Job 1'"),
    Case(
        "LABOR_WITHOUT_BILL_RATE",
        {"timeLogs": [{"duration": 60, "hourlyRate": "40.00"}]},
        mapping=("due_days: 30", "bill_rates: [{worker: Kim, rate_per_hour: 95}]"),
        document="invoice",
        costs_all=False,
        says="on 2026-02-20",
    ),
    Case(
        "LABOR_HOURS_UNKNOWN",
        {"laborCost": "120.00"},
        mapping=("due_days: 30", "minimum_hours: {hours: 1, per: work_order}"),
        document="invoice",
        costs_all=False,
        says="not its hours",
    ),
    Case("CURRENCY_MISMATCH", config=("currency: USD", "currency: AUD"), says="AUD"),
    Case("PERIOD_CLOSED", ledger=lambda stage: stage.vendor.set_lock(date(2026, 2, 28)), says="closed"),
]
CASES = [(case, ledger) for case in (*ON_WORK_ORDERS, *ON_MAPPINGS) for ledger in case.ledgers]


def two_items_of_one_name(stage: Stage) -> None:
    books = stage.vendor.books
    if stage.ledger == "xero":
        for code in ("V1", "V2"):
            books.items[code.lower()] = Item(books.guid("item"), code, "Visit", books.account("4100"), books.clock.now())
        return
    income = {"Type": "Service", "IncomeAccountRef": {"value": books.account_by_number("4100")}}
    for parent in ("North", "South"):
        above = create_entry(books, "Item", {"Name": parent, **income})
        create_entry(books, "Item", {"Name": "Visit", "SubItem": True, "ParentRef": {"value": above["Id"]}, **income})


def customer_left(stage: Stage) -> None:
    books = stage.vendor.books
    if stage.ledger == "quickbooks":
        deactivate(books, "Customer", "Internal departments")
    else:
        books.contact_named("Internal departments").status = "ARCHIVED"


def customer_pays_euros(stage: Stage) -> None:
    customers = stage.vendor.books.lists["Customer"].values()
    next(one for one in customers if one["DisplayName"] == "Internal departments")["CurrencyRef"] = {"value": "EUR"}


def staged(case: Case, ledger: str, folder: Path) -> Stage:
    mapping = PLAIN.replace(*case.mapping) if case.mapping[0] else PLAIN
    mapping = mapping.replace('No tax: "NON"', 'No tax: "NON", Taxed: State sales tax').replace(
        'No tax: "NONE"', 'No tax: "NONE", Taxed: OUTPUT'
    )
    assert not case.mapping[0] or mapping != PLAIN, "the mapping was not changed"
    stage = Stage(folder, ledger, case.document, case.company, mapping_text=mapping, config_change=case.config)
    case.ledger(stage)
    return stage


@pytest.mark.parametrize(("case", "ledger"), CASES, ids=[f"{case.code}-{ledger}-{n}" for n, (case, ledger) in enumerate(CASES)])
def test_the_work_order_is_kept_from_the_books_with_its_reason(case: Case, ledger: str, tmp_path: Path) -> None:
    stage = staged(case, ledger, tmp_path)
    stage.work_order("1", **case.work_order)
    stage.work_order("2")
    stage.sync()
    with stage.world() as world:
        bad, good = world.store.find("1"), world.store.find("2")
    assert bad is not None
    assert good is not None
    problems = {p.code: p for p in bad.problems}
    assert case.code in problems, sorted(problems)
    assert case.says in problems[case.code].message
    assert problems[case.code].place
    assert problems[case.code].next_step or bad.disposition == "excluded"
    is_in_work_order = case in ON_WORK_ORDERS or not case.costs_all
    assert len(stage.documents()) == (1 if is_in_work_order else 0)
    if not is_in_work_order:
        assert case.code in good.codes


@pytest.mark.parametrize("ledger", BOTH)
def test_an_account_that_is_archived_under_way_is_held_with_its_line_in_the_mapping(ledger: str, tmp_path: Path) -> None:
    """Between our stored intent and the send: ACCOUNT_UNUSABLE; the next sync asks the chart, and says which account it is."""
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    path = "*/journalentry" if ledger == "quickbooks" else "*/ManualJournals"
    stage.plan(Fault("refuse", method="POST" if ledger == "quickbooks" else "PUT", path=path, times=5))
    assert stage.sync().posted == 0
    if ledger == "quickbooks":
        stage.vendor.deactivate_account("Repairs and maintenance")
    else:
        stage.vendor.archive_account("6100")
    stage.shell.plan.clear()
    stage.sync()
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("ACCOUNT_UNUSABLE",)
    assert "Repairs and maintenance" in row.problems[0].message
    assert "mapping.yaml:" in str(row.problems[0])
    assert stage.documents() == []
    stage.sync()
    with stage.world() as world:
        after = world.store.find("1")
    assert after is not None
    assert after.codes == ("ACCOUNT_ARCHIVED",)
    assert "mapping.yaml:" in after.problems[0].place


def test_a_work_order_without_a_completion_date_or_a_number_is_held(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    records = stage.sandbox.vendors.upkeep.records.by_kind["work-orders"]
    for record in records.values():
        del record["dateCompleted"]
    stage.sync()
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("MISSING_KEY",)
    assert stage.documents() == []


def test_a_number_that_no_one_could_ask_for_is_held(tmp_path: Path) -> None:
    """UpKeep's own is held as unreadable when it is read; another source's at the latest before it is stored."""
    stage = Stage(tmp_path)
    source_id = stage.work_order("1")
    stage.sandbox.vendors.upkeep.records.by_kind["work-orders"][source_id]["workOrderNo"] = "9" * 501
    stage.work_order("2")
    stage.sync()
    with stage.world() as world:
        world.store.decide([decision("8" * 501, source_id="elsewhere")], None)
        known = world.store.remembered([source_id, "elsewhere"])
    assert known[source_id].codes == ("UNREADABLE_WORK_ORDER",)
    assert known["elsewhere"].codes == ("NUMBER_TOO_LONG",)
    assert len(stage.documents()) == 1


def test_two_work_orders_with_one_number_are_not_taken_for_one(tmp_path: Path) -> None:
    """One marker stands for one number: the second is held, and its money is neither lost nor posted over the first's."""
    stage = Stage(tmp_path)
    first, second = stage.work_order("1"), stage.work_order("2", additionalCosts=[{**CRANE, "cost": "777.00"}])
    stage.sandbox.vendors.upkeep.records.by_kind["work-orders"][second]["workOrderNo"] = "1"
    stage.sync()
    with stage.world() as world:
        rows = world.store.remembered([first, second])
    assert sorted(rows[key].codes for key in (first, second)) == [(), ("NUMBER_TAKEN",)]
    assert len(stage.documents()) == 1


@pytest.mark.parametrize("status", [200, 502])
def test_html_where_a_work_order_should_be_never_costs_the_others(status: int, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    one = stage.work_order("1")
    stage.work_order("2")
    stage.sandbox.upkeep.plan.plan([Fault("html", method="GET", path=f"/api/v2/work-orders/{one}", status=status, times=99)])
    stage.sync()
    assert len(stage.documents()) == 1
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("UNREADABLE_WORK_ORDER",)
    stage.sandbox.upkeep.plan.clear()
    stage.sync()
    assert len(stage.documents()) == 2


def test_an_upkeep_that_shows_no_work_order_at_all_is_out_of_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for number in range(1, 7):
        stage.work_order(str(number))
    stage.sandbox.upkeep.plan.plan([Fault("5xx", method="GET", path="/api/v2/work-orders/*", times=99)])
    with pytest.raises(SourceUnreachableError):
        stage.sync()
    stage.sandbox.upkeep.plan.clear()
    stage.sync()
    assert len(stage.documents()) == 6


def test_a_detail_that_is_not_a_work_order_is_held() -> None:
    from datetime import UTC, datetime

    from connector.upkeep.parse import parse_work_order
    from connector.upkeep.source import WorkOrderHead

    head = WorkOrderHead("a1", "1", "complete", datetime(2026, 3, 1, tzinfo=UTC))
    work_order, problems = parse_work_order(["not", "a", "work order"], head, None, "minutes")  # type: ignore[arg-type]
    assert work_order is None
    assert [p.code for p in problems] == ["UNREADABLE_WORK_ORDER"]
