"""What a look-up proves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.matching import AWAITS, answered_otherwise, booked, differences, match, tax_doubt
from connector.core.posting import Event, Expectation, LedgerDocument, LedgerLine
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


def test_an_invoice_that_waits_for_approval_is_ours_where_the_mapping_leaves_it_to_a_person() -> None:
    waiting = ledger_document(status="awaiting")
    assert match(expectation(may_await=True), [waiting]).event is Event.FOUND_LIVE
    assert match(expectation(), [waiting]).event is Event.FOUND_OTHER
    assert differences(expectation(), waiting) == [AWAITS]
    assert differences(expectation(may_await=True), ledger_document()) == []


def test_a_due_date_is_compared_with_the_answer_and_not_where_the_ledger_decides_it_or_does_not_say() -> None:
    asked, other = expectation(due_date=date(2026, 3, 22)), ledger_document(due_date=date(2026, 2, 20))
    assert answered_otherwise(asked, other) == ["it is due on 2026-02-20, expected 2026-03-22"]
    assert answered_otherwise(expectation(), other) == answered_otherwise(asked, ledger_document()) == []
    assert differences(asked, other) == [], "a person may give the customer more time later"


def test_a_rate_that_we_sent_is_compared_with_the_answer() -> None:
    asked = expectation(exchange_rate=Decimal("1.10"))
    assert answered_otherwise(asked, ledger_document(exchange_rate=Decimal("1.1000"))) == []
    assert answered_otherwise(asked, ledger_document(exchange_rate=Decimal(1))) == ["its exchange rate is 1, expected 1.10"]
    assert answered_otherwise(expectation(), ledger_document(exchange_rate=Decimal(1))) == []


def invoice(**changed: Any) -> Expectation:
    facts: dict[str, Any] = {"kind": DocumentKind.INVOICE, "lines": (), "total": Decimal("10.00"), "net": Decimal("10.00")}
    return expectation(**(facts | changed))


def answer(total: str, tax: str) -> LedgerDocument:
    return ledger_document(kind=DocumentKind.INVOICE, lines=(), total=Decimal(total), tax=Decimal(tax))


@pytest.mark.parametrize("tax", ["0", "0.75", "0.80"])
def test_another_tax_makes_no_other_document(tax: str) -> None:
    found = answer(str(10 + Decimal(tax)), tax)
    assert match(invoice(tax=Decimal("0.80"), tax_is_due=True), [found]).event is Event.FOUND_LIVE


def doubt(expected: Expectation, found: LedgerDocument) -> str:
    told = tax_doubt(expected, found)
    return f"{told.code}: {told.words}" if told else ""


def test_a_tax_that_was_predicted_is_compared_within_its_tolerance() -> None:
    exact, within = invoice(tax=Decimal("0.80")), invoice(tax=Decimal("0.80"), tax_tolerance=Decimal("0.02"))
    assert doubt(exact, answer("10.80", "0.80")) == ""
    assert doubt(exact, answer("10.81", "0.81")) == "TAX_DIFFERS: its tax is 0.81, expected 0.80"
    assert [doubt(within, answer(total, tax)) for total, tax in (("10.78", "0.78"), ("10.82", "0.82"))] == ["", ""]
    assert doubt(within, answer("10.77", "0.77")) == "TAX_DIFFERS: its tax is 0.77, expected 0.80, 0.02 more or less"
    assert doubt(within, answer("10.83", "0.83")) == "TAX_DIFFERS: its tax is 0.83, expected 0.80, 0.02 more or less"


def test_a_tax_that_is_due_and_did_not_come_is_an_alarm_predicted_or_not() -> None:
    assert doubt(invoice(tax_is_due=True), answer("10.00", "0")) == "TAX_MISSING: it came back without tax, and tax was expected"
    predicted = invoice(tax=Decimal("0.80"), tax_tolerance=Decimal("2.00"), tax_is_due=True)
    assert doubt(predicted, answer("10.00", "0")) == "TAX_MISSING: it came back without tax, and about 0.80 was expected"
    assert doubt(invoice(tax_is_due=True), answer("10.01", "0.01")) == ""


def test_a_tax_that_nobody_predicted_is_the_ledgers_own() -> None:
    assert doubt(invoice(), answer("17.00", "7.00")) == ""
    assert doubt(expectation(), ledger_document()) == ""


def test_cents_that_part_the_total_from_the_one_that_was_meant_are_told() -> None:
    meant = invoice(tax=Decimal("2.00"), tax_tolerance=Decimal("0.01"), gross=Decimal("12.00"))
    assert doubt(meant, answer("12.00", "2.00")) == ""
    assert doubt(meant, answer("12.01", "2.01")) == "TAX_ROUNDING: its total with tax is 12.01, meant 12.00"


def test_where_the_amounts_are_with_tax_the_whole_total_is_compared_and_the_split_is_the_ledgers() -> None:
    meant = invoice(tax=Decimal("2.00"), tax_tolerance=Decimal("0.01"), gross=Decimal("12.00"), includes_tax=True)
    assert differences(meant, answer("12.00", "2.01")) == []
    assert doubt(meant, answer("12.00", "2.01")) == ""
    assert differences(meant, answer("12.01", "2.00")) == ["total is 12.01, expected 12.00"]
    assert booked(meant, answer("12.00", "2.01")) == meant.net == 10
    assert booked(invoice(), answer("12.00", "2.01")) == Decimal("9.99")
