"""Which account a cost goes to, and why."""

from __future__ import annotations

from datetime import date

import pytest

from connector.core.costing import CostKind, cost
from connector.core.mapping import Condition, DocumentKind, Fact, Lookup, debit_account, document_kind, find, fits, map_costs, value_of
from tests.core.examples import fact, mapping, work_order


@pytest.mark.parametrize(
    ("code", "kind", "account"),
    [
        ("HVAC", CostKind.LABOR, "HVAC labor"),
        ("hvac", CostKind.PARTS, "HVAC repairs"),
        ("Plumbing", CostKind.PARTS, "Parts expense"),
        ("Plumbing", CostKind.OTHER, "Repairs"),
        ("", CostKind.LABOR, "Repairs"),
    ],
)
def test_the_more_exact_fact_wins(code: str, kind: CostKind, account: str) -> None:
    found = debit_account(mapping(), code, kind)
    assert found is not None
    assert found.value == account


def test_every_unmapped_cost_is_reported_with_its_code() -> None:
    facts, _ = cost(work_order(category="Roof"), (), date(2026, 1, 6), "USD")
    mapped, problems = map_costs(work_order(category="Roof"), facts, mapping(debits=(), credits={}))
    assert mapped == []
    assert [p.code for p in problems] == ["COST_CODE_WITHOUT_ACCOUNT", "KIND_WITHOUT_CREDIT"] * 3
    assert "'Roof'" in problems[0].message


def test_a_condition_compares_a_custom_field_without_case() -> None:
    signed = Condition("sign-off", frozenset({"yes"}), "mapping.yaml:4")
    assert fits(work_order(fields={"Sign-off": " YES "}), signed)
    assert not fits(work_order(), signed)


def test_a_fact_may_make_an_invoice_of_a_work_order() -> None:
    tenant = Condition("category", frozenset({"tenant request"}), "mapping.yaml:5")
    rules = mapping(documents=((tenant, DocumentKind.INVOICE),))
    assert document_kind(work_order(category="Tenant request"), rules, DocumentKind.JOURNAL_ENTRY) is DocumentKind.INVOICE
    assert document_kind(work_order(), rules, DocumentKind.JOURNAL_ENTRY) is DocumentKind.JOURNAL_ENTRY


def test_a_lookup_falls_back_to_its_default() -> None:
    lookup = Lookup("location", {"harbor": fact("Harbor")}, fact("Plant"))
    assert find(work_order(), lookup) == fact("Plant")
    assert value_of(work_order(), "Location") == "Riverside"


def test_a_look_up_may_take_what_the_work_order_has_there_itself() -> None:
    lookup = Lookup("PO number", default=fact("none"), takes_value=True, place="m:3")
    assert find(work_order(fields={"po NUMBER": " PO 7 "}), lookup) == Fact("PO 7", "m:3")
    assert find(work_order(), lookup) == fact("none")
