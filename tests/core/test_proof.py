"""The verdicts of the proof, by rules alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.disposition import Disposition
from connector.core.mapping import DocumentKind
from connector.core.posting import Expectation, LedgerDocument, LedgerLine
from connector.core.proof import AGREEING, Claim, Row, Seen, Verdict, judge, judge_number, orphan
from connector.core.sealing import digest, root
from connector.core.tally import Tally

DAY = date(2026, 2, 20)
LEGS = (LedgerLine("61", Decimal("100.00")), LedgerLine("21", Decimal("-100.00")))
EXPECTED = Expectation(DocumentKind.JOURNAL_ENTRY, "7-A", DAY, "USD", Decimal("100.00"), LEGS, net=Decimal("100.00"))
CLAIM = Claim("id-7", "7", "Job", DAY, Disposition.QUEUED, Decimal("100.00"), {DocumentKind.JOURNAL_ENTRY: "7-A"}, "", EXPECTED)
LIVE = Seen.of(LedgerDocument("1", DocumentKind.JOURNAL_ENTRY, "7-A", "live", DAY, "USD", Decimal("100.0"), lines=LEGS))
INVOICE = replace(EXPECTED, kind=DocumentKind.INVOICE, lines=())
BILLED = Seen.of(LedgerDocument("2", DocumentKind.INVOICE, "7-A", "live", DAY, "USD", Decimal("110.00"), Decimal("10.00")))


def told(claim: Claim, *found: Seen) -> Row:
    return judge(claim, found, {"61": "6110 HVAC"})


@pytest.mark.parametrize(
    ("status", "verdict"), [("draft", "drafted"), ("void", "voided"), ("deleted", "deleted"), ("live", "posted"), ("", "lost")]
)
def test_what_became_of_the_one_document_is_the_verdict(status: str, verdict: str) -> None:
    row = told(CLAIM, *([replace(LIVE, status=status)] if status else []))
    assert row.verdict.value == verdict
    assert row.difference == (0 if status == "live" else -100)


def test_a_void_document_beside_the_live_one_is_no_duplicate() -> None:
    assert told(CLAIM, replace(LIVE, id="9", status="void"), LIVE).verdict is Verdict.POSTED


def test_a_document_without_a_date_is_not_taken_for_equal() -> None:
    assert told(CLAIM, replace(LIVE, date=None)).verdict is Verdict.DIFFERENT


def test_a_document_of_a_later_day_was_moved_and_one_of_an_earlier_day_is_another() -> None:
    moved, early = (told(CLAIM, replace(LIVE, date=DAY.replace(day=day))) for day in (28, 1))
    assert (moved.verdict, moved.reason) == (Verdict.MOVED, "Completed on 2026-02-20, dated 2026-02-28.")
    assert early.verdict is Verdict.DIFFERENT


def test_a_ledger_that_warns_is_believed() -> None:
    row = told(CLAIM, replace(LIVE, warnings=("waits for approval",)))
    assert (row.verdict, row.reason) == (Verdict.DIFFERENT, "the ledger warns: waits for approval.")


def test_a_leg_that_one_side_has_not_is_told_by_its_account_s_name() -> None:
    more = Seen.of(replace(LIVE.document(), lines=(*LEGS, LedgerLine("61", Decimal(5)), LedgerLine("21", Decimal(-5)))))
    assert "expected no other line; the ledger has credit 21 5, debit 6110 HVAC 5" in told(CLAIM, more).reason


def test_an_invoice_agrees_before_tax() -> None:
    row = told(replace(CLAIM, expectation=INVOICE), BILLED)
    assert (row.verdict, row.booked) == (Verdict.POSTED, Decimal("100.00"))


def test_an_invoice_that_is_left_for_approval_agrees_and_is_in_no_sum_and_one_that_is_not_does_not() -> None:
    waiting = replace(BILLED, status="awaiting")
    row = told(replace(CLAIM, expectation=replace(INVOICE, may_await=True)), waiting)
    assert (row.verdict, row.expected, row.booked) == (Verdict.AWAITING, 0, 0)
    assert "waits for approval" in row.reason
    assert row.verdict in AGREEING
    row = told(replace(CLAIM, expectation=INVOICE), waiting)
    assert (row.verdict, row.expected, row.booked) == (Verdict.DIFFERENT, 100, 0)
    assert "waits for approval" in row.reason
    assert told(replace(CLAIM, expectation=None), waiting).verdict is Verdict.UNEXPECTED
    tally = Tally()
    tally.add(told(replace(CLAIM, expectation=replace(INVOICE, may_await=True)), waiting), replace(CLAIM, expectation=INVOICE))
    assert (tally.invoiced.expected, tally.difference, tally.contradictions, tally.lost) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("disposition", "verdict"), [(Disposition.OPEN, "not_ready"), (Disposition.HELD, "held"), (Disposition.EXCLUDED, "excluded")]
)
def test_what_owes_nothing_and_has_a_document_is_unexpected(disposition: Disposition, verdict: str) -> None:
    claim = replace(CLAIM, disposition=disposition, expectation=None)
    assert told(claim).verdict.value == verdict
    assert (told(claim, LIVE).verdict, told(claim, LIVE).difference) == (Verdict.UNEXPECTED, 100)


def test_of_two_work_orders_with_one_number_the_document_proves_the_one_that_it_fits() -> None:
    dearer = replace(CLAIM, source_id="id-8", expectation=replace(EXPECTED, total=Decimal(777)))
    for claims in ((CLAIM, dearer), (dearer, CLAIM)):
        rows = {row.source_id: row.verdict for row in judge_number(claims, [LIVE], {})}
        assert rows == {"id-7": Verdict.POSTED, "id-8": Verdict.HELD}


def test_a_number_taken_by_work_that_owes_nothing_takes_no_document_from_the_other() -> None:
    opened = replace(CLAIM, source_id="id-6", disposition=Disposition.OPEN, expectation=None)
    assert [row.verdict for row in judge_number((opened, CLAIM), [LIVE], {})] == [Verdict.NOT_READY, Verdict.POSTED]


@given(st.lists(st.sampled_from(("live", "void", "deleted", "draft")), max_size=4), st.booleans(), st.booleans())
def test_the_verdict_agrees_only_when_the_sums_do(statuses: list[str], owes: bool, is_closed: bool) -> None:
    claim = replace(CLAIM, closed="PERIOD_CLOSED" if is_closed else "")
    if not owes:
        claim = replace(claim, disposition=Disposition.EXCLUDED, expectation=None)
    row = told(claim, *(replace(LIVE, id=str(place), status=status) for place, status in enumerate(statuses)))
    live = statuses.count("live")
    assert row.difference == 100 * live - (100 if owes and row.verdict is not Verdict.HELD else 0)
    assert (row.verdict in AGREEING) == (row.difference == 0)
    assert (row.verdict is Verdict.DUPLICATE) == (owes and live > 1)


def test_two_mistakes_do_not_cancel_out() -> None:
    tally = Tally()
    tally.add(told(CLAIM), CLAIM)
    tally.add(orphan([LIVE]))
    assert (tally.booked - tally.expected, tally.difference, tally.lost, tally.contradictions) == (0, 200, 1, 2)
    assert (tally.work_orders, tally.documents) == (1, 1)


def test_each_account_shows_what_it_has_beside_what_it_should_have() -> None:
    tally = Tally()
    tally.add(told(CLAIM, LIVE), CLAIM)
    tally.add(told(CLAIM), CLAIM)
    assert {key: (one.debits, one.credits, one.balance, one.expected, one.difference) for key, one in tally.accounts.items()} == {
        "61": (100, 0, 100, 200, -100),
        "21": (0, 100, -100, -200, 100),
    }


def test_invoices_and_their_tax_are_summed_apart() -> None:
    tally, claim = Tally(), replace(CLAIM, expectation=INVOICE)
    tally.add(told(claim, BILLED), claim)
    assert (tally.invoiced.balance, tally.invoiced.difference, tally.tax) == (-100, 0, 10)


CREDIT = replace(INVOICE, kind=DocumentKind.CREDIT, net=Decimal("-100.00"))
GIVEN_BACK = replace(BILLED, id="3", kind=DocumentKind.CREDIT)


def test_a_credit_is_less_than_nothing_in_every_sum() -> None:
    tally, claim = Tally(), replace(CLAIM, expectation=CREDIT)
    row = told(claim, GIVEN_BACK)
    tally.add(row, claim)
    assert (row.verdict, row.expected, row.booked) == (Verdict.POSTED, -100, -100)
    assert (tally.invoiced.balance, tally.invoiced.difference, tally.tax) == (100, 0, -10)


@pytest.mark.parametrize(("expected", "found", "booked"), [(CREDIT, BILLED, 100), (INVOICE, GIVEN_BACK, -100)])
def test_an_invoice_in_place_of_a_credit_counts_as_what_it_is(expected: Expectation, found: Seen, booked: int) -> None:
    row = told(replace(CLAIM, expectation=expected), found)
    assert (row.verdict, row.booked, row.difference) == (Verdict.DIFFERENT, booked, 2 * booked)
    assert "kind is" in row.reason


def test_an_invoice_and_a_credit_for_one_work_order_are_two() -> None:
    assert told(replace(CLAIM, expectation=CREDIT), GIVEN_BACK, BILLED).verdict is Verdict.DUPLICATE


REVERSING = replace(CLAIM, expectation=INVOICE, reversal="7-R")
TAKEN_BACK = replace(GIVEN_BACK, marker="7-R")


def test_an_invoice_that_was_taken_back_agrees_whatever_the_work_order_says_now() -> None:
    for claim in (REVERSING, replace(REVERSING, disposition=Disposition.OPEN, expectation=None), replace(REVERSING, expectation=EXPECTED)):
        tally, row = Tally(), told(claim, BILLED, TAKEN_BACK)
        tally.add(row, claim)
        assert (row.verdict, row.expected, row.booked) == (Verdict.REVERSED, 0, 0)
        assert (tally.contradictions, tally.difference, tally.tax, tally.accounts) == (0, 0, 0, {})
        assert tally.invoiced.difference == 0


@pytest.mark.parametrize(
    "found",
    [
        (TAKEN_BACK,),
        (BILLED, TAKEN_BACK, replace(TAKEN_BACK, id="9")),
        (BILLED, replace(BILLED, id="9"), TAKEN_BACK),
        (BILLED, replace(TAKEN_BACK, total=Decimal("109.00"))),
        (BILLED, replace(TAKEN_BACK, tax=Decimal("9.00"), total=Decimal("109.00"))),
        (BILLED, replace(BILLED, id="9", marker="7-R")),
    ],
)
def test_what_does_not_take_the_invoice_back_cent_by_cent_contradicts(found: tuple[Seen, ...]) -> None:
    assert told(REVERSING, *found).verdict is Verdict.DIFFERENT


def test_a_credit_that_was_voided_leaves_the_invoice_as_it_is() -> None:
    assert told(REVERSING, BILLED, replace(TAKEN_BACK, status="void")).verdict is Verdict.POSTED


def test_a_seal_depends_on_every_row_and_on_their_order() -> None:
    rows = [digest({"a": 1}), digest({"a": 2})]
    assert digest({"b": 1, "a": "ü"}) == digest({"a": "ü", "b": 1})
    assert len({root({}, rows), root({}, rows[::-1]), root({}, rows[:1]), root({"x": 1}, rows)}) == 4
