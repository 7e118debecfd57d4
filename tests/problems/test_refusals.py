"""One reproducer for each way in which a ledger refuses a document: what the bookkeeper reads, and what becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.core.disposition import Remembered
from connector.flows.check import check
from connector.ledgers.ledger import CompanyInactiveError
from connector.sandbox.company import Company
from tests.stage import ALONE, Stage, batches_from, write_fault

READABLE = {"ended_company_reads": "allowed"}


def row_of(stage: Stage, number: str = "1") -> Remembered:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row


def refused(folder: Path, code: str, ledger: str = "quickbooks", document: str = "journal_entry", status: int = 400) -> Stage:
    """A stage whose first work order was refused with that code; its second is in the books."""
    stage = Stage(folder, ledger, document)
    stage.work_order("1")
    stage.work_order("2")
    stage.plan(write_fault(stage, "refusal", code=code, status=status))
    stage.sync()
    assert len(stage.documents()) == 1
    return stage


@pytest.mark.parametrize(
    ("ledger", "document", "refusal", "code", "place"),
    [
        ("quickbooks", "journal_entry", "6210", "PERIOD_CLOSED", "document "),
        ("quickbooks", "journal_entry", "2500", "ACCOUNT_UNUSABLE", "document "),
        ("quickbooks", "invoice", "610", "NAME_UNUSABLE", "document "),
        ("quickbooks", "invoice", "6250", "NAME_UNUSABLE", "mapping.yaml:"),
        ("quickbooks", "invoice", "6100", "TAX_CODE_UNUSABLE", "mapping.yaml:"),
        ("quickbooks", "journal_entry", "6430", "ACCOUNT_UNUSABLE", "document "),
        ("quickbooks", "journal_entry", "2300", "DOCUMENT_MALFORMED", "document "),
        ("quickbooks", "journal_entry", "2220", "CURRENCY_MISMATCH", "document "),
        ("quickbooks", "journal_entry", "6000", "LEDGER_REFUSED", "document "),
        (
            "xero",
            "invoice",
            "The document date cannot be before the period lock date, currently set at 30-Nov-2018",
            "PERIOD_CLOSED",
            "document ",
        ),
        ("xero", "invoice", "You have reached the limit of invoices you can approve.", "PLAN_LIMIT", "document "),
        ("xero", "journal_entry", "Account code '6100' is not a valid code for this document.", "ACCOUNT_UNUSABLE", "mapping.yaml:"),
        ("xero", "invoice", "The contact is archived.", "NAME_UNUSABLE", "mapping.yaml:"),
        ("xero", "invoice", "The TaxType code NONE does not exist or cannot be used.", "TAX_CODE_UNUSABLE", "mapping.yaml:"),
        ("xero", "journal_entry", "The total debits (1.00) must equal total credits (-2.00)", "DOCUMENT_MALFORMED", "document "),
        ("xero", "journal_entry", "Organisation is not subscribed to currency EUR", "CURRENCY_MISMATCH", "document "),
        ("xero", "journal_entry", "Something that nobody foresaw.", "LEDGER_REFUSED", "document "),
    ],
)
def test_a_refusal_is_held_with_its_own_code_and_the_others_are_posted(
    ledger: str, document: str, refusal: str, code: str, place: str, tmp_path: Path
) -> None:
    row = row_of(refused(tmp_path, refusal, ledger, document))
    (problem,) = row.problems
    assert (row.disposition, problem.code, place in problem.place) == ("held", code, True), problem
    assert refusal in problem.message
    assert problem.next_step


def test_a_refusal_hidden_in_a_good_answer_is_one_all_the_same(tmp_path: Path) -> None:
    (problem,) = row_of(refused(tmp_path, "6000", status=200)).problems
    assert problem.code == "LEDGER_REFUSED"
    assert "[intuit_tid 1-sandbox]" in problem.message


def test_what_can_be_meant_is_listed_with_its_lines_when_quickbooks_does_not_say(tmp_path: Path) -> None:
    message = row_of(refused(tmp_path, "610")).problems[0].message
    assert message.count("mapping.yaml:") == 2
    assert "It is about one of these: account 'Repairs and maintenance'" in message


# --- the company, and our user ------------------------------------------------------------------------------------------------


def queue(stage: Stage, count: int = 12) -> None:
    for number in range(1, count + 1):
        stage.work_order(str(number))


def test_a_company_whose_subscription_ended_is_left_in_peace_and_goes_on_by_itself(tmp_path: Path) -> None:
    """One document is tried at a sync, and no other is sent; nothing is lost, and a renewal is all that is needed."""
    stage = Stage(tmp_path, company=Company(switches=READABLE), config_change=ALONE)
    queue(stage)
    stage.vendor.end_subscription()
    for _ in range(3):
        (stopped,) = stage.sync().stopped
        assert "takes no document of this company (6190" in stopped
    row = row_of(stage)
    assert (row.codes, "Renew the company" in row.problems[0].next_step) == (("COMPANY_INACTIVE",), True)
    assert row_of(stage, "2").disposition == "queued"
    posts = [entry for entry in stage.shell.log if entry["path"].endswith("/journalentry")]
    assert len(posts) == 3
    stage.vendor.renew_subscription()
    assert stage.sync().posted == 12
    assert set(stage.numbers().values()) == {1}


def test_a_company_that_shows_nothing_any_more_is_told_as_such(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    queue(stage)
    stage.vendor.end_subscription()
    with pytest.raises(CompanyInactiveError, match="6190"):
        stage.sync()
    with stage.world() as world:
        assert [problem.code for problem in check(world).problems] == ["COMPANY_INACTIVE"]
    stage.vendor.renew_subscription()
    assert stage.sync().posted == 12


def test_a_company_that_ends_in_the_middle_of_a_run_shows_nothing_either(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    queue(stage, 2)
    stage.plan(write_fault(stage, "drop_before_commit"))
    stage.sync()
    stage.vendor.end_subscription()
    stage.work_order("3")
    stage.plan(write_fault(stage, "drop_before_commit"))
    with pytest.raises(CompanyInactiveError):
        stage.sync()


def test_a_right_that_was_taken_from_our_user_stops_the_run_and_comes_back_by_itself(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=ALONE)
    queue(stage)
    stage.vendor.bar("JournalEntry")
    report = stage.sync()
    assert (report.posted, report.held, report.standing["queued"]) == (0, 1, 11)
    assert row_of(stage).codes == ("PERMISSION_DENIED",)
    stage.vendor.allow("JournalEntry")
    assert stage.sync().posted == 12


def test_a_plan_without_such_documents_holds_the_one_that_needs_them_and_no_other(tmp_path: Path) -> None:
    """It may be about classes or locations, which the next document does not have."""
    stage = Stage(tmp_path)
    queue(stage, 3)
    stage.plan(write_fault(stage, "refusal", code="5030"))
    report = stage.sync()
    assert (report.posted, report.stopped) == (2, [])
    assert row_of(stage).codes == ("PLAN_LIMIT",)


def test_a_right_that_is_missing_is_asked_for_with_what_was_refused_before_any_batch_leaves(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=batches_from(2))
    queue(stage, 40)
    stage.vendor.bar("JournalEntry")
    held = [stage.sync().standing["held"] for _ in range(3)]
    assert held == [30, 1, 1], "one of those that were refused is asked for again, and all others wait"
    stage.vendor.allow("JournalEntry")
    assert stage.sync().posted == 40
    assert set(stage.numbers().values()) == {1}


def test_a_document_that_was_sent_in_vain_too_often_is_held(tmp_path: Path) -> None:
    """SENT_IN_VAIN; tests/flows/test_in_vain.py has what follows."""
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.plan(write_fault(stage, "5xx", times=999))
    for _ in range(4):
        stage.sync()
    (problem,) = row_of(stage).problems
    assert (problem.code, "QuickBooks answered 503" in problem.message) == ("SENT_IN_VAIN", True)
