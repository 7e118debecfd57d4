"""`facts:` in a mapping file: one fact a line, and each mistake in one told at its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connector.core.facts import Target, WhenFact, tracking
from tests.config.test_mapping_file import GOOD, at, good, load, told


def facts(folder: Path, text: str) -> list[WhenFact]:
    return list(good(folder, GOOD + text).facts)


def test_a_fact_has_its_keys_what_it_gives_and_its_line(tmp_path: Path) -> None:
    found = facts(
        tmp_path, "facts:\n  - {when: {Category: ' HVAC ', kind: labor}, account: '6110', class: Trades, tracking: {Region: North}}\n"
    )
    assert [(one.target, one.fact.value, one.fact.place) for one in found] == [
        (Target.ACCOUNT, "6110", at(tmp_path, 8)),
        (tracking("class"), "Trades", at(tmp_path, 8)),
        (tracking("Region"), "North", at(tmp_path, 8)),
    ]
    assert {one.when for one in found} == {(("category", "hvac"), ("kind", "labor"))}
    assert found[0].fact.rule == "facts: Category HVAC, kind labor"
    assert (found[0].told(), facts(tmp_path, "facts:\n  - {credit: x, when: {status: a}}\n")[0].told()) == (
        "category hvac, kind labor",
        "status a",
    )


def test_a_list_of_values_is_a_fact_for_each(tmp_path: Path) -> None:
    found = facts(tmp_path, "facts:\n  - {when: {location: [North, South], kind: [labor, parts]}, tax_code: GST}\n")
    assert len({one.when for one in found}) == 4


def test_amounts_and_custom_fields_are_read(tmp_path: Path) -> None:
    text = "custom_fields: [Grant, asset.fields.Criticality]\nfacts:\n"
    text += "  - {when: {grant: A1, amount_above: 2500, amount_up_to: 9000.50}, account: C}\n"
    mapping = good(tmp_path, GOOD + text)
    assert mapping.custom_fields == ("grant", "asset.fields.criticality")
    assert (mapping.facts[0].above, mapping.facts[0].up_to) == (Decimal(2500), Decimal("9000.50"))
    assert mapping.facts[0].told() == "grant a1, amount above 2500, amount up to 9000.50"


def test_the_order_of_the_lines_decides_nothing(tmp_path: Path) -> None:
    lines = ["  - {when: {team: Night}, account: A}\n", "  - {when: {category: HVAC}, account: B}\n"]
    found = [good(tmp_path, GOOD + "facts:\n" + "".join(order)) for order in (lines, lines[::-1])]
    answers = [one.index.find("account", {"team": "night", "category": "hvac"}) for one in found]
    assert [answer.fact.value if answer else "" for answer in answers] == ["B", "B"]


def test_facts_alone_are_a_mapping(tmp_path: Path) -> None:
    text = "account_segments: '-'\nfacts:\n  - {account: 6000-?}\n  - {credit: Clearing}\n"
    mapping, problems = load(tmp_path, text)
    assert problems == []
    assert mapping is not None
    assert mapping.segments == "-"


def test_a_customer_that_only_facts_give_may_be_exempt(tmp_path: Path) -> None:
    text = "facts:\n  - {when: {location: N}, customer: Clinic}\ninvoice:\n  tax: {exempt: {customers: [Clinic], tax_code: NO}}\n"
    assert good(tmp_path, GOOD + text).invoice.tax.exempt == {"Clinic"}


MISTAKES = [
    ("facts: HVAC\n", "7 MAP_NOT_A_LIST"),
    ("facts:\n  - HVAC\n", "8 MAP_NOT_A_TABLE"),
    ("facts:\n  - {when: {category: HVAC}}\n", "8 MAP_FACT_EMPTY"),
    ("facts:\n  - {when: {category: HVAC}, acount: A}\n", "8 MAP_UNKNOWN_KEY"),
    ("facts:\n  - {when: {categroy: HVAC}, account: A}\n", "8 MAP_UNKNOWN_KEY"),
    ("facts:\n  - {when: {zzz: HVAC}, account: A}\n", "8 MAP_UNKNOWN_KEY"),
    ("facts:\n  - {when: {category: HVAC, Category: Roof}, account: A}\n", "8 MAP_TWICE"),
    ("facts:\n  - {when: {category: [HVAC, hvac]}, account: A}\n", "8 MAP_TWICE"),
    ("facts:\n  - {when: {category: }, account: A}\n", "8 MAP_NOT_A_NAME"),
    ("facts:\n  - {when: {kind: labour}, account: A}\n", "8 MAP_BAD_CHOICE"),
    ("facts:\n  - {when: {kind: labor}, account: [A]}\n", "8 MAP_NOT_A_NAME"),
    ("facts:\n  - {tracking: {Region: [A]}}\n", "8 MAP_NOT_A_NAME"),
    ("facts:\n  - {when: {kind: labor}, customer: A}\n", "8 MAP_KEY_NOT_HERE"),
    ("facts:\n  - {when: {amount_above: 5}, customer: A}\n", "8 MAP_KEY_NOT_HERE"),
    ("facts:\n  - {when: {amount_above: much}, account: A}\n", "8 MAP_BAD_NUMBER"),
    ("facts:\n  - {when: {amount_above: 5, amount_up_to: 5}, account: A}\n", "8 MAP_BAD_NUMBER"),
    ("facts:\n  - {when: {amount_above: -1}, account: A}\n", "8 MAP_BAD_NUMBER"),
    ("facts:\n  - {when: {category: HVAC}, account: A}\n  - {when: {category: hvac}, account: B}\n", "9 MAP_FACT_TIE"),
    ("facts:\n  - {account: A}\n", "8 MAP_FACT_TIE"),
    ("facts:\n  - {when: {amount_above: 5}, account: A}\n  - {when: {amount_up_to: 6}, account: B}\n", "8 MAP_FACT_TIE"),
    (f"facts:\n  - {{when: {{category: {list(range(40))}, team: {list(range(40))}}}, account: A}}\n", "8 MAP_FACT_TOO_WIDE"),
    ("custom_fields: [category]\n", "7 MAP_BAD_CHOICE"),
    ("custom_fields: [Grant, grant]\n", "7 MAP_TWICE"),
    ("custom_fields: [[a]]\n", "7 MAP_NOT_A_NAME"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_in_a_fact_is_told_at_its_line(text: str, expected: str, tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + text) == [expected]


def test_a_slip_in_a_key_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    _, problems = load(tmp_path, GOOD + "facts:\n  - {when: {categroy: HVAC}, account: A}\n")
    assert problems[0].next_step.startswith("Did you mean 'category'?")


def test_a_tie_names_the_other_line(tmp_path: Path) -> None:
    _, problems = load(tmp_path, GOOD + "facts:\n  - {when: {kind: parts}, credit: Other stock}\n")
    assert [problem.code for problem in problems] == ["MAP_FACT_TIE"]
    assert at(tmp_path, 5) in problems[0].message


def test_without_a_fact_for_every_kind_the_credit_side_is_missing(tmp_path: Path) -> None:
    text = "defaults: {account: A}\nfacts:\n  - {when: {kind: labor}, credit: L}\n  - {when: {kind: parts}, credit: P}\n"
    assert told(tmp_path, text) == ["1 MAP_NO_CREDIT"]
    assert good(tmp_path, text + "  - {when: {kind: other}, credit: O}\n").credits == {}
