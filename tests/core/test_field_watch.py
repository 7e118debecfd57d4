"""A field is gone when, by what was seen before, it should have been there twenty times and was not."""

from __future__ import annotations

import pytest

from connector.core.costing import CostKind
from connector.core.drafting import DocumentKind
from connector.core.field_watch import (
    RECORDS_MAX,
    FieldSeen,
    FieldStanding,
    gone_finding,
    is_used,
    used_fields,
)
from connector.core.mapping import Condition, Fact, InvoiceRules, Lookup, Mapping

NEW = FieldStanding("work order", "cost", True)


def run(records: int, present: int, trailing: int | None = None, **more: object) -> FieldSeen:
    left = records if not present else 0
    return FieldSeen("work order", "cost", True, records, present, left if trailing is None else trailing, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("present", "missing", "is_gone"),
    [(100, 19, False), (100, 20, True), (50, 39, False), (50, 40, True), (1, 1999, False), (1, 2000, True)],
)
def test_the_rarer_a_field_was_the_longer_it_may_be_missing(present: int, missing: int, is_gone: bool) -> None:
    standing = NEW.after(run(100, present))
    assert not standing.is_gone
    assert standing.after(run(missing, 0)).is_gone is is_gone


def test_a_field_that_was_never_there_is_not_gone() -> None:
    assert not NEW.after(run(10_000, 0)).is_gone


def test_a_field_that_comes_back_is_not_gone_any_more() -> None:
    standing = NEW.after(run(10, 10)).after(run(30, 0))
    assert standing.is_gone
    back = standing.after(run(5, 1, trailing=2))
    assert (back.is_gone, back.records, back.present, back.since) == (False, 43, 11, 2)


def test_what_is_older_counts_less() -> None:
    standing = NEW.after(run(RECORDS_MAX, RECORDS_MAX)).after(run(2, 1, trailing=1))
    assert (standing.records, standing.present) == ((RECORDS_MAX + 1) // 2, (RECORDS_MAX + 1) // 2)


def test_other_types_are_remembered_once_each() -> None:
    standing = NEW.after(run(1, 1, retyped=1, types="list")).after(run(1, 1, retyped=1, types="list, table")).after(run(1, 1))
    assert (standing.retyped, standing.types) == (2, "list, table")


def test_the_alarm_says_how_often_it_was_there_and_what_to_do() -> None:
    finding = gone_finding(FieldStanding("work order", "additionalCosts", True, 100, 95, 40))
    assert (finding.code, finding.number, finding.marker) == ("FIELD_GONE", "additionalCosts", "work order")
    assert finding.message == "'additionalCosts' was on 95 of 100 records (work order) of UpKeep, and is on none of the last 40."
    assert "`connector held release additionalCosts`" in finding.next_step


def test_the_fields_that_costs_and_the_mapping_need_are_known() -> None:
    fact = Fact("A", "m:1")
    mapping = Mapping(
        "m", "d", cost_code_key="GL code", conditions=(Condition("Approved", frozenset({"yes"}), "m:2"),),
        documents=((Condition("team", frozenset({"x"}), "m:3"), DocumentKind.INVOICE),),
        tracking={"class": Lookup("location", {"a": fact})},
        invoice=InvoiceRules(customer=Lookup("Asset"), items={CostKind.LABOR: fact}),
    )  # fmt: skip
    used = used_fields(mapping)
    for kind, name in (
        ("work order", "additionalCosts"), ("custom field", "GL code"), ("custom field", "approved"), ("work order", "team"),
        ("work order", "location"), ("work order", "asset"), ("parts", "cost"),
    ):  # fmt: skip
        assert is_used(kind, name, used), name
    assert not is_used("work order", "category", used)
    assert not is_used("custom field", "Colour", used)
    assert is_used("work order", "category", used_fields(Mapping("m", "d")))
    assert not any(kind == "custom field" for kind, _ in used_fields(Mapping("m", "d", cost_code_key="")))
