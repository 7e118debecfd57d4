"""Each mistake in a mapping file is told at its line with its next step, and all of them at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.mapping_file import load_mapping
from connector.core.costing import CostKind, LaborRate
from connector.core.exchange import ExchangeRates
from connector.core.labor_rates import ALWAYS
from connector.core.mapping import AccountFact, Approval, Condition, DocumentKind, Fact, Mapping, TaxRules
from connector.core.problem import Problem
from connector.core.tax import Amounts

GOOD = """\
defaults:
  account: Repairs
credits:
  labor: Applied
  parts: Inventory
  other: Accrued
"""


def load(folder: Path, text: str) -> tuple[Mapping | None, list[Problem]]:
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def good(folder: Path, text: str) -> Mapping:
    mapping, problems = load(folder, text)
    assert problems == []
    assert mapping is not None
    return mapping


def told(folder: Path, text: str) -> list[str]:
    """Every problem as line and code; its words are there, and nothing was half read."""
    mapping, problems = load(folder, text)
    assert mapping is None
    assert all(problem.message and problem.next_step for problem in problems)
    return [f"{problem.place.removeprefix(str(folder / 'mapping.yaml') + ':')} {problem.code}" for problem in problems]


def at(folder: Path, line: int) -> str:
    return f"{folder / 'mapping.yaml'}:{line}"


# --- what is read -------------------------------------------------------------------------------------------------------------


def test_the_least_mapping_has_a_default_account_and_three_credits(tmp_path: Path) -> None:
    mapping = good(tmp_path, GOOD)
    assert mapping.debits == (AccountFact(Fact("Repairs", at(tmp_path, 2))),)
    assert mapping.debits[0].account.rule == "defaults: account"
    assert {kind.value: fact.rule for kind, fact in mapping.credits.items()} == {
        kind: f"credits: {kind}" for kind in ("labor", "parts", "other")
    }
    assert mapping.credits[CostKind.PARTS] == Fact("Inventory", at(tmp_path, 5))
    assert (mapping.cost_code_key, mapping.ready_statuses, mapping.invoice.due_days) == ("category", frozenset({"complete"}), 30)


def test_a_cost_code_leads_to_one_account_or_to_one_for_each_kind(tmp_path: Path) -> None:
    mapping = good(tmp_path, GOOD + "cost_codes:\n  HVAC: '6110'\n  NO: 010\n  Lift: {parts: A, default: B}\n")
    assert [(fact.cost_code, fact.kind, fact.account.value, fact.account.place) for fact in mapping.debits[:4]] == [
        ("hvac", None, "6110", at(tmp_path, 8)),
        ("no", None, "010", at(tmp_path, 9)),
        ("lift", CostKind.PARTS, "A", at(tmp_path, 10)),
        ("lift", None, "B", at(tmp_path, 10)),
    ]


def test_conditions_may_have_one_word_or_several_and_a_reason(tmp_path: Path) -> None:
    mapping = good(
        tmp_path,
        GOOD
        + "ready:\n  statuses: [complete, On-Hold]\n  require:\n    - {Sign-off: 'yes', Team: [A, b]}\n"
        + "exclude:\n  - {category: Warranty, because: the maker pays}\ndocuments:\n  - {category: [X, Y], document: invoice}\n",
    )
    assert mapping.ready_statuses == {"complete", "onhold"}
    assert [(condition.key, condition.values) for condition in mapping.conditions] == [("Sign-off", {"yes"}), ("Team", {"a", "b"})]
    assert mapping.exclusions == (Condition("category", frozenset({"warranty"}), at(tmp_path, 12), "the maker pays"),)
    assert [(condition.values, kind) for condition, kind in mapping.documents] == [({"x", "y"}, DocumentKind.INVOICE)]


def test_rates_have_their_line_and_begin_always_unless_said(tmp_path: Path) -> None:
    text = "labor_rates:\n  - {rate_per_hour: 48.50}\n  - {worker: kim@example.com, from: 2026-01-01, rate_per_hour: '72.00'}\n"
    assert good(tmp_path, GOOD + text).labor_rates == (
        LaborRate("", ALWAYS, Decimal("48.50"), at(tmp_path, 8)),
        LaborRate("kim@example.com", date(2026, 1, 1), Decimal("72.00"), at(tmp_path, 9)),
    )


def test_an_invoice_and_names_are_read(tmp_path: Path) -> None:
    mapping = good(
        tmp_path,
        "invoice:\n  customer: {by: location, values: {' North ': A}, default: B}\n  markup_percent: {labor: 0, parts: 12.5, other: -5}\n"
        "  items: {labor: L}\n  accounts: {parts: P}\n  tax_codes: {other: NO}\n  due_days: 0\n"
        "tracking:\n  class: {default: Plant}\nnames:\n  quickbooks:\n    accounts: {L: 010}\n  xero:\n",
    )
    invoice = mapping.invoice
    assert (invoice.customer.key, invoice.customer.values["north"].value, invoice.customer.default) == (
        "location", "A", Fact("B", at(tmp_path, 2)),
    )  # fmt: skip
    assert invoice.markup_percent == {CostKind.LABOR: 0, CostKind.PARTS: Decimal("12.5"), CostKind.OTHER: -5}
    assert (invoice.items[CostKind.LABOR].value, invoice.accounts[CostKind.PARTS].value, invoice.due_days) == ("L", "P", 0)
    assert invoice.tax_codes[CostKind.OTHER].value == "NO"
    assert mapping.names["quickbooks"].accounts["L"].value == "010"
    assert mapping.names["xero"].items == {}


def test_a_variable_is_only_text_in_a_mapping(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD + "cost_code: ${FIELD}\n").cost_code_key == "${FIELD}"


def test_the_digest_follows_the_text_and_not_the_name_of_the_file(tmp_path: Path) -> None:
    before = good(tmp_path, GOOD).digest
    assert good(tmp_path, GOOD + "# a comment\n").digest != before
    (tmp_path / "other.yaml").write_text(GOOD, encoding="utf-8")
    mapping, _ = load_mapping(tmp_path / "other.yaml")
    assert mapping is not None
    assert mapping.digest == before


def test_what_goes_to_the_customer_is_looked_up_or_taken_as_it_stands(tmp_path: Path) -> None:
    text = (
        "invoice:\n  bill_email: {by: Billing e-mail}\n  memo: {by: category, values: {HVAC: Cooling}, default: Thanks}\n  terms: Net 30\n"
    )
    told = good(tmp_path, GOOD + text).invoice
    assert (told.bill_email.key, told.bill_email.takes_value, told.bill_email.default) == ("Billing e-mail", True, None)
    assert (told.memo.takes_value, told.memo.values["hvac"].value, told.terms and told.terms.value) == (False, "Cooling", "Net 30")


def test_rates_are_a_table_by_day_or_left_to_the_ledger(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD).exchange_rates is None
    place = f"{tmp_path / 'mapping.yaml'}"
    assert good(tmp_path, GOOD + "exchange_rates: ledger\n").exchange_rates == ExchangeRates(f"{place}:7")
    told = good(tmp_path, GOOD + "exchange_rates:\n  - {from: 2026-01-01, rate: 1.0850}\n").exchange_rates
    assert told is not None
    assert told.table == ((date(2026, 1, 1), Decimal("1.0850"), f"{place}:8"),)


def test_how_far_an_invoice_goes_is_read_and_the_whole_way_unless_written(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD + "invoice:\n  due_days: 30\n").invoice.approval is Approval.AUTHORISED
    told = good(tmp_path, GOOD + "invoice:\n  status: draft\n").invoice
    assert (told.approval, told.approval_place) == (Approval.DRAFT, f"{tmp_path / 'mapping.yaml'}:8")


def test_how_an_invoices_tax_is_meant_is_read(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD + "invoice:\n  due_days: 30\n").invoice.tax == TaxRules()
    text = (
        "invoice:\n  customer: {default: Riverside}\n  tax:\n    exempt: {customers: [Riverside], tax_code: NO}\n"
        "    amounts: inclusive\n    tolerance: 0.05\n    expected_percent: 8.25\n    tolerance_percent: 2\n"
        "    on_difference: rounding_line\n    rounding: {account: '8600', tax_code: NO}\n"
    )
    told = good(tmp_path, GOOD + text).invoice.tax
    assert (told.amounts, told.tolerance, told.expected_percent) == (Amounts.INCLUSIVE, Decimal("0.05"), Decimal("8.25"))
    assert (told.tolerance_percent, told.adds_rounding_line) == (2, True)
    assert {name: fact.value for name, fact in told.rounding.items()} == {"account": "8600", "tax_code": "NO"}
    assert told.rounding["account"].rule == "invoice tax rounding: account"
    assert told.exempt == {"Riverside"}
    assert told.exempt_code is not None
    assert told.exempt_code.value == "NO"


# --- each mistake -------------------------------------------------------------------------------------------------------------

MISTAKES = [
    ("cost_cods: {}\n", "7 MAP_UNKNOWN_KEY", "'cost_cods' is not known here."),
    ("cost_code: [a]\n", "7 MAP_NOT_A_VALUE", "'cost_code' is a list, one value was expected."),
    ("rounding: bankers\n", "7 MAP_BAD_CHOICE", "rounding is 'bankers'."),
    ("cost_codes: Repairs\n", "7 MAP_NOT_A_TABLE", "Here stands 'Repairs', a table of names was expected."),
    ("cost_codes:\n  HVAC:\n", "8 MAP_NOT_A_NAME", "'HVAC' is '', a name was expected."),
    ("cost_codes:\n  HVAC: '  '\n", "8 MAP_NOT_A_NAME", "'HVAC' is '  ', a name was expected."),
    ("cost_codes:\n  HVAC: [a]\n", "8 MAP_NOT_A_TABLE", "Here stands a list, a table of names was expected."),
    ("cost_codes:\n  HVAC:\n    part: A\n", "9 MAP_UNKNOWN_KEY", "'part' is not known here."),
    ("cost_codes:\n  HVAC: A\n  hvac : B\n", "9 MAP_TWICE", "'hvac' is the same as 'HVAC': capitals do not count."),
    ("cost_codes:\n  HVAC: {parts: [a]}\n", "8 MAP_NOT_A_NAME", "'parts' is a list, a name was expected."),
    ("exclude: Warranty\n", "7 MAP_NOT_A_LIST", "Here stands 'Warranty', a list was expected."),
    ("exclude:\n  - {because: x}\n", "8 MAP_EMPTY_CONDITION", "This entry names nothing to compare."),
    ("exclude:\n  - {}\n", "8 MAP_EMPTY_CONDITION", "This entry names nothing to compare."),
    ("exclude:\n  - {category: {a: b}}\n", "8 MAP_NOT_A_VALUE", "'category' is a table, words were expected."),
    ("exclude:\n  - category: [a,\n      [b]]\n", "9 MAP_NOT_A_VALUE", "'category' is a list, words were expected."),
    ("exclude:\n  - {category: a, because: [x]}\n", "8 MAP_NOT_A_VALUE", "'because' is a list, one value was expected."),
    ("exclude:\n  - category: a\n    location: b\n", "9 MAP_TWO_CONDITIONS", "This entry compares 'category' and 'location'."),
    ("ready:\n  statuses: complete\n", "8 MAP_NOT_A_LIST", "Here stands 'complete', a list was expected."),
    ("ready:\n  statuses: [[complete]]\n", "8 MAP_NOT_A_NAME", "a status is a list, a name was expected."),
    ("ready:\n  status: [complete]\n", "8 MAP_UNKNOWN_KEY", "'status' is not known here."),
    ("documents:\n  - {category: a}\n", "8 MAP_MISSING", "'document' is missing."),
    ("documents:\n  - {category: a, document: bill}\n", "8 MAP_BAD_CHOICE", "document is 'bill'."),
    ("documents:\n  - {document: invoice}\n", "8 MAP_EMPTY_CONDITION", "This entry names nothing to compare."),
    ("documents:\n  - {a: b, c: d, document: invoice}\n", "8 MAP_TWO_CONDITIONS", "This entry compares 'a' and 'c'."),
    ("labor_rates:\n  - {worker: kim}\n", "8 MAP_MISSING", "'rate_per_hour' is missing."),
    ("labor_rates:\n  - {rate_per_hour: 0}\n", "8 MAP_RATE_NOT_POSITIVE", "rate_per_hour is 0."),
    ("labor_rates:\n  - {rate_per_hour: -1}\n", "8 MAP_RATE_NOT_POSITIVE", "rate_per_hour is -1."),
    ("labor_rates:\n  - {rate_per_hour: '48,50'}\n", "8 MAP_BAD_NUMBER", "rate_per_hour is '48,50', a number was expected."),
    ("labor_rates:\n  - {rate_per_hour: inf}\n", "8 MAP_BAD_NUMBER", "rate_per_hour is 'inf', a number was expected."),
    ("labor_rates:\n  - {rate_per_hour: 1, from: 2026}\n", "8 MAP_BAD_DATE", "from is '2026'."),
    ("labor_rates:\n  - {rate_per_hour: 1, form: 2026-01-01}\n", "8 MAP_UNKNOWN_KEY", "'form' is not known here."),
    ("labor_rates:\n  - {rate_per_hour: 1}\n  - {rate_per_hour: 2}\n", "9 MAP_TWICE", "A second rate for everyone from the same day"),
    (
        "labor_rates:\n  - {worker: Kim, rate_per_hour: 1}\n  - {worker: kim, rate_per_hour: 2}\n",
        "9 MAP_TWICE",
        "A second rate for 'kim' from the same day",
    ),
    ("tracking:\n  class:\n", "8 MAP_LOOKUP_EMPTY", "It gives no value at all."),
    ("tracking:\n  class: {by: location}\n", "8 MAP_LOOKUP_EMPTY", "It gives no value at all."),
    ("tracking:\n  class: {values: {a: b}}\n", "8 MAP_LOOKUP_WITHOUT_KEY", "It lists values but not by which key."),
    ("tracking:\n  class: {by: , values: {a: b}}\n", "8 MAP_LOOKUP_WITHOUT_KEY", "It lists values but not by which key."),
    ("tracking:\n  class:\n    by: a\n    values:\n      X: b\n      x: c\n", "12 MAP_TWICE", "'x' is the same as 'X'"),
    ("tracking:\n  class: {default: [a]}\n", "8 MAP_NOT_A_NAME", "'default' is a list, a name was expected."),
    ("tracking:\n  class: {default: a, else: b}\n", "8 MAP_UNKNOWN_KEY", "'else' is not known here."),
    ("invoice:\n  memo: {}\n", "8 MAP_LOOKUP_EMPTY", "It gives no value at all."),
    ("invoice:\n  service_date: today\n", "8 MAP_BAD_CHOICE", "service_date is 'today'."),
    ("exchange_rates: 1.10\n", "7 MAP_BAD_CHOICE", "exchange_rates is '1.10'."),
    ("exchange_rates: [{rate: 1.10}]\n", "7 MAP_MISSING", "'from' is missing."),
    ("exchange_rates: [{from: 2026-01-01, rate: 0}]\n", "7 MAP_RATE_NOT_POSITIVE", "rate is 0."),
    ("exchange_rates:\n  - {from: 2026-01-01, rate: 1}\n  - {from: 2026-01-01, rate: 2}\n", "9 MAP_TWICE", "A second rate from 2026-01-01"),
    ("invoice:\n  status: approved\n", "8 MAP_BAD_CHOICE", "status is 'approved'."),
    ("invoice:\n  due: 30\n", "8 MAP_UNKNOWN_KEY", "'due' is not known here."),
    ("invoice:\n  due_days: 30.5\n", "8 MAP_BAD_NUMBER", "due_days is 30.5; it must be a whole number."),
    ("invoice:\n  due_days: -1\n", "8 MAP_BAD_NUMBER", "due_days is -1; it must be at least 0."),
    ("invoice:\n  due_days: 1e9\n", "8 MAP_BAD_NUMBER", "it must be at most 3650."),
    ("invoice:\n  due_days: soon\n", "8 MAP_BAD_NUMBER", "due_days is 'soon', a number was expected."),
    ("invoice:\n  markup_percent: {parts: -101}\n", "8 MAP_BAD_NUMBER", "markup of parts is -101; it must be at least -100."),
    ("invoice:\n  markup_percent: {parts: 20%}\n", "8 MAP_BAD_NUMBER", "markup of parts is '20%', a number was expected."),
    ("invoice:\n  markup_percent: {part: 20}\n", "8 MAP_UNKNOWN_KEY", "'part' is not known here."),
    ("invoice:\n  items: {labour: a}\n", "8 MAP_UNKNOWN_KEY", "'labour' is not known here."),
    ("invoice:\n  tax: inclusive\n", "8 MAP_NOT_A_TABLE", "Here stands 'inclusive', a table of names was expected."),
    ("invoice:\n  tax: {amount: inclusive}\n", "8 MAP_UNKNOWN_KEY", "'amount' is not known here."),
    ("invoice:\n  tax: {amounts: net}\n", "8 MAP_BAD_CHOICE", "amounts is 'net'."),
    ("invoice:\n  tax: {on_difference: ignore}\n", "8 MAP_BAD_CHOICE", "on_difference is 'ignore'."),
    ("invoice:\n  tax: {tolerance: -0.01}\n", "8 MAP_BAD_NUMBER", "tolerance is -0.01; it must be at least 0."),
    ("invoice:\n  tax: {expected_percent: 8%}\n", "8 MAP_BAD_NUMBER", "expected_percent is '8%', a number was expected."),
    ("invoice:\n  tax: {on_difference: rounding_line}\n", "8 MAP_MISSING", "A rounding line needs a tax_code without tax"),
    (
        "invoice:\n  tax:\n    on_difference: rounding_line\n    rounding: {tax_code: NO}\n",
        "9 MAP_MISSING",
        "A rounding line needs a tax_code without tax",
    ),
    ("invoice:\n  tax: {exempt: [Riverside]}\n", "8 MAP_NOT_A_TABLE", "Here stands a list, a table of names was expected."),
    ("invoice:\n  tax: {exempt: {customers: []}}\n", "8 MAP_MISSING", "It needs `customers:` and a `tax_code:` without tax."),
    ("invoice:\n  tax: {exempt: {tax_code: NO}}\n", "8 MAP_MISSING", "It needs `customers:` and a `tax_code:` without tax."),
    (
        "invoice:\n  customer: {default: Riverside}\n  tax:\n    exempt:\n      tax_code: NO\n      customers: [Riverside, Harbour]\n",
        "12 MAP_BAD_CHOICE",
        "'Harbour' is no customer of this mapping.",
    ),
    ("names:\n  quickbook: {}\n", "8 MAP_UNKNOWN_KEY", "'quickbook' is not known here."),
    ("names:\n  xero: {account: {}}\n", "8 MAP_UNKNOWN_KEY", "'account' is not known here."),
    ("names:\n  xero:\n    accounts:\n      Repairs:\n", "10 MAP_NOT_A_NAME", "'Repairs' is '', a name was expected."),
]


@pytest.mark.parametrize(("added", "place", "words"), MISTAKES, ids=[f"{m[1]} {m[2][:40]}" for m in MISTAKES])
def test_a_mistake_is_told_at_its_line_with_its_next_step(tmp_path: Path, added: str, place: str, words: str) -> None:
    assert told(tmp_path, GOOD + added) == [place]
    _, problems = load(tmp_path, GOOD + added)
    assert words in problems[0].message


def test_a_default_that_is_unknown_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD.replace("account: Repairs", "acount: Repairs")) == ["2 MAP_UNKNOWN_KEY", "1 MAP_NO_ACCOUNTS"]


def test_without_any_account_there_is_nothing_to_post(tmp_path: Path) -> None:
    assert told(tmp_path, "") == ["1 MAP_NO_ACCOUNTS"]
    assert told(tmp_path, GOOD[GOOD.index("credits") :]) == ["1 MAP_NO_ACCOUNTS"]


def test_each_missing_credit_is_named_where_the_credits_are(tmp_path: Path) -> None:
    text = GOOD.replace("  parts: Inventory\n", "").replace("  other: Accrued\n", "")
    assert told(tmp_path, text) == ["3 MAP_NO_CREDIT"]
    _, problems = load(tmp_path, text)
    assert problems[0].message == "The credit side of parts, other is missing."
    assert told(tmp_path, "defaults: {account: Repairs}\n") == ["1 MAP_NO_CREDIT"]


def test_a_mapping_of_another_shape_says_so(tmp_path: Path) -> None:
    assert told(tmp_path, "- a\n")[0] == "1 MAP_NOT_A_TABLE"
    assert told(tmp_path, GOOD + "exclude: [Warranty]\n") == ["7 MAP_NOT_A_TABLE", "7 MAP_EMPTY_CONDITION"]
    assert told(tmp_path, GOOD + "names: [xero]\n") == ["7 MAP_NOT_A_TABLE"]


def test_a_file_that_cannot_be_read_is_told_with_its_own_code(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + "credits: {}\n") == ["7 YAML_DUPLICATE"]
    assert told(tmp_path, GOOD + "cost_codes: [\n") == ["8 YAML_SYNTAX"]
    mapping, problems = load_mapping(tmp_path / "none.yaml")
    assert (mapping, [problem.code for problem in problems]) == (None, ["FILE_MISSING"])


def test_all_mistakes_are_told_at_once_each_at_its_own_line(tmp_path: Path) -> None:
    text = """\
cost_codes: {NO: 010, NO: 020}
defaults:
  acount: Repairs
labor_rates:
  - {rate_per_hour: free}
  - {worker: kim}
exclude:
  - {because: x}
invoice:
  due_days: soon
roundng: half_up
"""
    assert sorted(told(tmp_path, text), key=lambda line: int(line.split()[0])) == [
        "1 YAML_DUPLICATE",
        "1 MAP_NO_CREDIT",
        "3 MAP_UNKNOWN_KEY",
        "5 MAP_BAD_NUMBER",
        "6 MAP_MISSING",
        "8 MAP_EMPTY_CONDITION",
        "10 MAP_BAD_NUMBER",
        "11 MAP_UNKNOWN_KEY",
    ]
