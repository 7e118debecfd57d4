"""What a reversal is to show, when it is a step and when the whole, and what stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.core.batch import may_share
from connector.core.identity import marker
from connector.core.mapping import DocumentKind
from connector.core.matching import differences, match
from connector.core.period import PeriodLock
from connector.core.posting import Event, Phase, Posting, State
from connector.core.reversal import (
    Reversal,
    as_step,
    doubts_about,
    expected_credit,
    identity_of_reversal,
    is_application,
    is_reversal,
    refusals,
    reversal_day,
)
from tests.core.examples import PUMP, expectation, ledger_document

DAY = date(2026, 3, 2)
BILL = expectation(kind=DocumentKind.INVOICE, lines=(), total=Decimal("100.00"), net=Decimal("100.00"))
TOTAL = Decimal("110.00")
INVOICE = ledger_document(id="38", kind=DocumentKind.INVOICE, lines=(), total=TOTAL, tax=Decimal("10.00"), left=TOTAL)
EXPECTED = expected_credit(BILL, INVOICE, "4711-ABCDEFGHIJKLM", DAY)


def credit(**changed: Any) -> Any:
    """The credit as the ledger shows it, applied to its invoice."""
    facts: dict[str, Any] = {"id": "39", "kind": DocumentKind.CREDIT, "date": DAY, "left": Decimal(0), "settles": "38"}
    return replace(INVOICE, **(facts | changed))


UNAPPLIED: dict[str, Any] = {"left": Decimal("110.00"), "settles": ""}


def posting(**changed: Any) -> Posting:
    facts: dict[str, Any] = {"state": State.POSTED, "remote_id": "38", "identity": PUMP}
    return replace(Posting(1, "4711-ABCDEFGHIJKLM", DocumentKind.INVOICE, "4711", State.READY, BILL), **(facts | changed))


def test_the_credit_is_expected_to_be_the_invoice_cent_by_cent_and_less_than_nothing() -> None:
    assert (EXPECTED.kind, EXPECTED.total, EXPECTED.tax, EXPECTED.gross) == (DocumentKind.CREDIT, 100, 10, 110)
    assert (EXPECTED.net, EXPECTED.date, EXPECTED.settles) == (-100, DAY, "38")


def test_its_identity_is_the_work_order_s_own_of_another_flow() -> None:
    identity = identity_of_reversal(PUMP)
    assert identity_of_reversal(identity) == identity
    assert marker(identity) != marker(PUMP)
    assert is_reversal(posting(identity=identity))
    assert not is_reversal(posting())


def test_a_credit_that_waits_to_be_applied_is_a_step_and_one_that_was_is_the_whole() -> None:
    assert match(EXPECTED, [credit(**UNAPPLIED)]).event is Event.FOUND_DRAFT
    assert match(EXPECTED, [credit()]).event is Event.FOUND_LIVE
    assert match(EXPECTED, []).event is Event.PROVEN_ABSENT
    # A credit of a work order's own is applied to nothing by us: it is whole when it is there.
    assert as_step(replace(EXPECTED, settles=""), credit(**UNAPPLIED)).status == "live"
    assert as_step(EXPECTED, credit(status="void", **UNAPPLIED)).status == "void"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"settles": "77"}, "it settles 77, expected 38"),
        ({"settles": ""}, "it settles no single invoice, expected 38"),
        ({"left": Decimal("5.00"), "settles": ""}, "it settles no single invoice"),
        ({"total": Decimal("110.01"), "tax": Decimal("10.01")}, "total with tax is 110.01, expected 110.00"),
        ({**UNAPPLIED, "date": date(2026, 3, 3)}, "date is 2026-03-03"),
        ({"total": Decimal("111.00"), "left": Decimal("111.00"), "settles": ""}, "total is 101.00"),
    ],
)
def test_a_credit_that_is_not_what_was_meant_is_never_applied_or_taken_as_done(changed: dict[str, Any], words: str) -> None:
    answer = match(EXPECTED, [credit(**changed)])
    assert answer.event is Event.FOUND_OTHER
    assert words in answer.reason


def test_two_credits_are_an_incident_although_neither_is_applied() -> None:
    answer = match(EXPECTED, [credit(**UNAPPLIED), credit(id="40", **UNAPPLIED)])
    assert answer.event is Event.FOUND_OTHER
    assert "2 live documents carry this marker: 39, 40" in answer.reason


def test_what_the_ledger_does_not_say_of_the_application_is_no_difference() -> None:
    assert differences(EXPECTED, credit(left=Decimal(0), settles=None)) == []
    assert as_step(EXPECTED, credit(left=None, settles=None)).status == "live"
    assert differences(EXPECTED, credit(settles="38")) == []


def test_an_application_goes_alone() -> None:
    second = posting(kind=DocumentKind.CREDIT, phase=Phase.POST_DRAFT, state=State.DRAFTED)
    assert (is_application(second), may_share(second)) == (True, False)
    assert not is_application(replace(second, phase=Phase.CREATE))
    assert may_share(replace(second, phase=Phase.CREATE, state=State.READY))


@pytest.mark.parametrize(
    ("invoice_day", "lock", "day"),
    [
        (date(2026, 2, 20), None, date(2026, 3, 2)),
        (date(2026, 2, 20), date(2026, 2, 28), date(2026, 3, 2)),
        (date(2026, 2, 20), date(2026, 3, 31), date(2026, 4, 1)),
        (date(2026, 3, 9), date(2026, 2, 28), date(2026, 3, 9)),
    ],
)
def test_the_day_is_today_or_the_first_open_one_and_never_before_the_invoice(invoice_day: date, lock: date | None, day: date) -> None:
    assert reversal_day(DAY, invoice_day, PeriodLock(lock)) == day


@pytest.mark.parametrize(
    ("known", "currency", "codes"),
    [
        (posting(), "USD", []),
        (None, "USD", ["REVERSAL_OF_NOTHING"]),
        (posting(state=State.UNCERTAIN), "USD", ["REVERSAL_OF_NOTHING"]),
        (posting(kind=DocumentKind.JOURNAL_ENTRY), "USD", ["REVERSAL_OF_OTHER_KIND"]),
        (posting(), "EUR", ["REVERSAL_OTHER_CURRENCY"]),
    ],
)
def test_our_own_record_says_what_can_be_taken_back(known: Posting | None, currency: str, codes: list[str]) -> None:
    assert [problem.code for problem in refusals(known, "4711", currency)] == codes


@pytest.mark.parametrize(
    ("found", "wrong", "is_there", "code", "words"),
    [
        (INVOICE, [], False, "", ""),
        (None, [], False, "REVERSAL_OF_DEAD", "deleted"),
        (replace(INVOICE, status="void"), [], True, "REVERSAL_OF_DEAD", "voided"),
        (replace(INVOICE, status="awaiting"), [], False, "REVERSAL_OF_NOTHING", "waits for approval"),
        (INVOICE, ["total is 1, expected 2"], False, "REVERSAL_OF_CHANGED", "total is 1"),
        (replace(INVOICE, left=Decimal("109.99")), [], False, "REVERSAL_OF_PAID", "only 109.99 is open"),
        (replace(INVOICE, left=Decimal(0)), [], True, "", ""),
        (replace(INVOICE, left=None), [], False, "", ""),
    ],
)
def test_the_ledger_s_invoice_says_whether_it_can_be_taken_back(
    found: Any, wrong: list[str], is_there: bool, code: str, words: str
) -> None:
    problems = doubts_about(posting(), found, wrong, is_there=is_there)
    assert [problem.code for problem in problems] == ([code] if code else [])
    assert words in "".join(problem.message for problem in problems)


def test_a_reversal_is_done_when_its_credit_is() -> None:
    known = Reversal(posting(), posting(state=State.DRAFTED), "why", "kim", datetime(2026, 3, 2))  # noqa: DTZ001 never compared
    assert not known.is_done
    assert replace(known, credit=posting()).is_done
