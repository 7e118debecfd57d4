"""What a look-up proves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.core.matching import differences, match
from connector.core.posting import Event, LedgerLine
from tests.core.examples import expectation, ledger_document


def test_one_live_equal_document_is_adopted() -> None:
    assert match(expectation(), [ledger_document()]).event is Event.FOUND_LIVE


def test_nothing_found_is_absence() -> None:
    assert match(expectation(), []).event is Event.PROVEN_ABSENT


def test_our_own_draft_leads_to_phase_two() -> None:
    assert match(expectation(), [ledger_document(status="draft")]).event is Event.FOUND_DRAFT


@pytest.mark.parametrize("status", ["void", "deleted"])
def test_a_dead_document_is_never_posted_again_by_itself(status: str) -> None:
    answer = match(expectation(), [ledger_document(status=status)])
    assert answer.event is Event.FOUND_OTHER
    assert status in answer.reason


def test_two_live_documents_are_an_incident_with_both_ids() -> None:
    answer = match(expectation(), [ledger_document(), ledger_document(id="147")])
    assert answer.event is Event.FOUND_OTHER
    assert "146" in answer.reason
    assert "147" in answer.reason


def test_a_difference_names_the_field_and_both_values() -> None:
    other = ledger_document(total=Decimal("11.00"), lines=(LedgerLine("60", Decimal("11.00")), LedgerLine("21", Decimal("-11.00"))))
    assert differences(expectation(), other) == [
        "total is 11.00, expected 10.00",
        "the accounts or amounts of its lines differ",
    ]


def test_a_warning_of_the_ledger_is_a_difference() -> None:
    assert differences(expectation(), ledger_document(warnings=("Account code '476' has been removed",))) == [
        "the ledger warns: Account code '476' has been removed"
    ]


def test_a_tax_that_was_predicted_is_compared() -> None:
    assert differences(expectation(tax=Decimal("0.80")), ledger_document(tax=Decimal("0.75"))) == ["tax is 0.75, expected 0.80"]
    assert differences(expectation(tax=Decimal("0.80")), ledger_document(tax=Decimal("0.80"))) == []
