"""Prices in a mapping: what is read of them, and each mistake with its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.mapping_file import load_mapping
from connector.core.billing_rules import AboveLimit, BillingRules, BillRate, Coverage, HoursRule, Per, Tier, Tiers
from connector.core.costing import CostKind
from connector.core.keys import needs_of
from connector.core.mapping import Condition, keys_named
from tests.config.test_mapping_file import GOOD, at, good

RULES = """\
coverage:
  - {Warranty: [Yes, Goodwill], covers: [labor, parts], show: zero_line, because: maker's warranty}
  - {asset.category: Lifts, covers: other}
invoice:
  markup_percent:
    labor: 0
    parts: [{unit_cost_up_to: 10, percent: 100}, {unit_cost_up_to: 100, percent: 50}, {percent: 25}]
    other: [{amount_up_to: 500, percent: 20}, {percent: 10}]
  bill_rates:
    - {rate_per_hour: 95}
    - {trade: Electrician, category: Overtime, from: 2026-01-01, rate_per_hour: '180.00'}
  minimum_hours: {hours: 1, per: work_order}
  round_hours_up: {to: 0.25, per: entry}
  not_to_exceed: {by: NTE, above: zero_line}
"""


def test_every_rule_about_prices_is_read_with_its_line(tmp_path: Path) -> None:
    told = good(tmp_path, GOOD + RULES)

    def tier(up_to: str | None, percent: int, line: int) -> Tier:
        return Tier(Decimal(up_to) if up_to else None, Decimal(percent), at(tmp_path, line))

    assert told.invoice.billing == BillingRules(
        markup_places={CostKind.LABOR: at(tmp_path, 12)},
        tiers={
            CostKind.PARTS: Tiers((tier("10", 100, 13), tier("100", 50, 13), tier(None, 25, 13)), is_by_unit_cost=True),
            CostKind.OTHER: Tiers((tier("500", 20, 14), tier(None, 10, 14)), is_by_unit_cost=False),
        },
        bill_rates=(
            BillRate(date(1900, 1, 1), Decimal(95), at(tmp_path, 16)),
            BillRate(date(2026, 1, 1), Decimal("180.00"), at(tmp_path, 17), trade="Electrician", category="Overtime"),
        ),
        minimum=HoursRule(Decimal(1), Per.WORK_ORDER, at(tmp_path, 18)),
        rounding=HoursRule(Decimal("0.25"), Per.ENTRY, at(tmp_path, 19)),
        above_limit=AboveLimit.ZERO_LINE,
    )
    assert (told.invoice.not_to_exceed.key, told.invoice.not_to_exceed.takes_value) == ("NTE", True)
    assert told.coverage == (
        (
            Condition("Warranty", frozenset({"yes", "goodwill"}), at(tmp_path, 8), "maker's warranty"),
            Coverage(frozenset({CostKind.LABOR, CostKind.PARTS}), shows_line=True),
        ),
        (Condition("asset.category", frozenset({"lifts"}), at(tmp_path, 9)), Coverage(frozenset({CostKind.OTHER}))),
    )
    # What a price goes by is looked up like what an account goes by.
    assert {"NTE", "Warranty", "asset.category"} <= keys_named(told)
    assert needs_of(keys_named(told))


def test_a_mapping_without_them_has_none(tmp_path: Path) -> None:
    told = good(tmp_path, GOOD + "invoice:\n  due_days: 30\n")
    assert (told.invoice.billing, told.coverage, told.invoice.not_to_exceed.facts) == (BillingRules(), (), [])


UNORDERED = "The tiers of parts leave costs without a markup, or give some two."
TIERS = "invoice:\n  markup_percent: {parts: "
MISTAKES = [
    (TIERS + "[]}\n", "8 MAP_TIERS", UNORDERED),
    (TIERS + "[{unit_cost_up_to: 9, percent: 1}, {unit_cost_up_to: 9, percent: 2}, {percent: 3}]}\n", "8 MAP_TIERS", UNORDERED),
    (TIERS + "[{percent: 3}, {unit_cost_up_to: 9, percent: 1}]}\n", "8 MAP_TIERS", UNORDERED),
    (TIERS + "[{unit_cost_up_to: 9, percent: 1}]}\n", "8 MAP_TIERS", UNORDERED),
    (TIERS + "[{unit_cost_up_to: 9, percent: 1}, {amount_up_to: 19, percent: 1}, {percent: 3}]}\n", "8 MAP_TIERS", UNORDERED),
    (TIERS + "[{unit_cost_up_to: 9, amount_up_to: 9, percent: 1}, {percent: 3}]}\n", "8 MAP_TIERS", "This tier goes by two"),
    (TIERS + "[{unit_cost_up_to: 9}, {percent: 3}]}\n", "8 MAP_MISSING", "'percent' is missing."),
    (TIERS + "[{percent: -101}]}\n", "8 MAP_BAD_NUMBER", "markup of parts is -101; it must be at least -100."),
    (TIERS + "[{unit_cost: 9, percent: 1}]}\n", "8 MAP_UNKNOWN_KEY", "'unit_cost' is not known here."),
    ("invoice:\n  bill_rates: 95\n", "8 MAP_NOT_A_LIST", "Here stands '95', a list was expected."),
    ("invoice:\n  bill_rates: [{worker: Kim}]\n", "8 MAP_MISSING", "'rate_per_hour' is missing."),
    ("invoice:\n  bill_rates: [{rate_per_hour: 0}]\n", "8 MAP_RATE_NOT_POSITIVE", "rate_per_hour is 0."),
    ("invoice:\n  bill_rates: [{rate_per_hour: 1, from: today}]\n", "8 MAP_BAD_DATE", "from is 'today'."),
    ("invoice:\n  bill_rates: [{rate_per_hour: 1}, {rate_per_hour: 2}]\n", "8 MAP_TWICE", "A second rate for everyone from the same day"),
    (
        "invoice:\n  bill_rates:\n    - {worker: Kim, trade: A, rate_per_hour: 1}\n    - {worker: kim, trade: a, rate_per_hour: 2}\n",
        "10 MAP_TWICE",
        "A second rate for kim, a from the same day",
    ),
    ("invoice:\n  minimum_hours: 1\n", "8 MAP_NOT_A_TABLE", "Here stands '1', a table of names was expected."),
    ("invoice:\n  minimum_hours: {per: worker}\n", "8 MAP_MISSING", "'hours' is missing."),
    ("invoice:\n  minimum_hours: {hours: 1}\n", "8 MAP_MISSING", "'per' is missing."),
    ("invoice:\n  minimum_hours: {hours: 25, per: worker}\n", "8 MAP_BAD_NUMBER", "minimum_hours: hours is 25; it must be at most 24."),
    ("invoice:\n  round_hours_up: {to: 0, per: entry}\n", "8 MAP_BAD_NUMBER", "round_hours_up: to is 0; it must be above zero."),
    ("invoice:\n  round_hours_up: {to: 1, per: day}\n", "8 MAP_BAD_CHOICE", "per is 'day'."),
    ("invoice:\n  not_to_exceed: 500\n", "8 MAP_NOT_A_TABLE", "Here stands '500', a table of names was expected."),
    ("invoice:\n  not_to_exceed: {above: hold}\n", "8 MAP_LOOKUP_EMPTY", "It gives no value at all."),
    ("invoice:\n  not_to_exceed: {by: NTE, above: cut}\n", "8 MAP_BAD_CHOICE", "above is 'cut'."),
    ("invoice:\n  not_to_exceed: {by: NTE, over: hold}\n", "8 MAP_UNKNOWN_KEY", "'over' is not known here."),
    ("invoice:\n  not_to_exceed: {default: none}\n", "8 MAP_BAD_NUMBER", "The limit is 'none'; it must be an amount above zero."),
    ("coverage:\n  - {Warranty: Yes}\n", "8 MAP_MISSING", "'covers' is missing."),
    ("coverage:\n  - {Warranty: Yes, covers: [labour]}\n", "8 MAP_BAD_CHOICE", "covers has 'labour'."),
    ("coverage:\n  - {Warranty: Yes, covers: [[]]}\n", "8 MAP_NOT_A_NAME", "'covers' is a list, a name was expected."),
    ("coverage:\n  - {Warranty: Yes, covers: labor, show: maybe}\n", "8 MAP_BAD_CHOICE", "show is 'maybe'."),
    ("coverage:\n  - {covers: labor}\n", "8 MAP_EMPTY_CONDITION", "This entry names nothing to compare."),
    ("coverage:\n  - {Warranty: Yes, team: A, covers: labor}\n", "8 MAP_TWO_CONDITIONS", "This entry compares 'Warranty' and 'team'."),
    ("coverage: [Warranty]\n", "7 MAP_NOT_A_TABLE", "Here stands 'Warranty', a table of names was expected."),
]


@pytest.mark.parametrize(("added", "place", "words"), MISTAKES, ids=[f"{m[1]} {m[2][:40]} {n}" for n, m in enumerate(MISTAKES)])
def test_a_mistake_in_a_price_is_told_at_its_line_with_its_next_step(tmp_path: Path, added: str, place: str, words: str) -> None:
    (tmp_path / "mapping.yaml").write_text(GOOD + added, "utf-8")
    found, problems = load_mapping(tmp_path / "mapping.yaml")
    assert found is None
    line, code = place.split()
    told = next(one for one in problems if one.code == code)
    assert (str(told.place), words in told.message, bool(told.next_step)) == (at(tmp_path, int(line)), True, True), told
