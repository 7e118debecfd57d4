"""A ledger that breaks over one document, again and again: a person is asked after a named number of tries, and nothing loops."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.core.disposition import Remembered
from connector.flows.sending import TRIES_MAX
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.wire import Request, Response
from tests.everyday import a_few
from tests.stage import ALONE, Stage, write_fault

WAYS = [("xero", "journal_entry"), ("quickbooks", "invoice"), ("quickbooks", "journal_entry"), ("xero", "invoice")]


def row_of(stage: Stage, number: str = "1") -> Remembered:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row


def sends(stage: Stage, method: str) -> int:
    writes = ("/journalentry", "/invoice", "/ManualJournals", "/Invoices")
    return sum(1 for entry in stage.shell.log if entry["method"] == method and any(word in entry["path"] for word in writes))


def synced(stage: Stage, times: int = 8) -> None:
    for _ in range(times):
        stage.clock.advance(3600)
        stage.sync()


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_a_document_that_the_ledger_breaks_over_each_time_is_tried_five_times_and_held(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, "5xx", status=500, times=999))
    synced(stage)
    assert sends(stage, "POST" if ledger == "quickbooks" else "PUT") == TRIES_MAX == 5
    row = row_of(stage)
    assert (row.disposition, row.codes) == ("held", ("SENT_IN_VAIN",))
    assert "It was sent 5 times" in row.problems[0].message
    assert "answered 500" in row.problems[0].message


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_a_release_tries_it_as_often_again_and_posts_it_once_when_the_ledger_is_well(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, "5xx", status=500, times=TRIES_MAX + 3))
    synced(stage)
    with stage.world() as world:
        assert world.store.release("1")
    synced(stage)
    assert row_of(stage).codes == ()
    assert list(stage.numbers().values()) == [1]
    assert sends(stage, "POST" if ledger == "quickbooks" else "PUT") == TRIES_MAX + 4


def test_a_draft_that_xero_cannot_post_is_held_with_its_draft_and_posted_after_a_release(tmp_path: Path) -> None:
    """Phase two breaks each time: the draft stays where it is, and is the one that is posted in the end."""
    stage = Stage(tmp_path, "xero")
    stage.work_order("1")
    stage.plan(Fault("5xx", method="POST", path="*/ManualJournals/*", status=500, times=999))
    synced(stage)
    assert (sends(stage, "PUT"), sends(stage, "POST")) == (1, TRIES_MAX)
    assert row_of(stage).codes == ("SENT_IN_VAIN",)
    assert len(stage.vendor.drafts()) == 1
    stage.shell.plan.clear()
    with stage.world() as world:
        assert world.store.release("1")
    synced(stage)
    assert list(stage.numbers().values()) == [1]
    assert stage.vendor.drafts() == []


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_refusals_are_no_tries_in_vain(ledger: str, document: str, tmp_path: Path) -> None:
    """Refused for days, mended, and then one answer is lost: that is the first, and not the last, of its tries."""
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    code = "6000" if ledger == "quickbooks" else "Not today."
    stage.plan(write_fault(stage, "refusal", code=code, times=4), write_fault(stage, "drop_before_commit"))
    for _ in range(5):
        stage.clock.advance(3600)
        stage.sync()
    synced(stage, 2)
    assert row_of(stage).codes == ()
    assert list(stage.numbers().values()) == [1]


def test_a_draft_that_a_person_deleted_under_way_is_a_persons_matter(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero")
    stage.work_order("1")
    stage.plan(Fault("5xx", method="POST", path="*/ManualJournals/*", status=500))
    whole = stage.vendor.handle

    def handle(request: Request) -> Response:
        if request.method == "POST" and "/ManualJournals/" in request.path and (drafts := stage.vendor.drafts()):
            stage.vendor.delete_draft(drafts[0]["id"])
        return whole(request)

    stage.vendor.handle = handle
    synced(stage, 3)
    assert row_of(stage).codes == ("DOCUMENT_DEAD",)
    assert stage.documents() == []


@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
def test_a_status_that_nobody_knows_in_a_good_answer_is_looked_up_and_posted_once(document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", document, company=Company(switches={"unknown_enum_in_answer": True}))
    stage.work_order("1")
    synced(stage, 3)
    assert row_of(stage).codes == ()
    assert list(stage.numbers().values()) == [1]


@pytest.mark.long
@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_an_outage_puts_a_few_documents_in_doubt_and_not_the_whole_backlog(ledger: str, document: str, tmp_path: Path) -> None:
    """Only writes fail: five in a row end each run, so that the others wait untouched, and nobody has to release them one by one."""
    stage = Stage(tmp_path, ledger, document, config_change=ALONE)
    for number in range(1, 21):
        stage.work_order(str(number))
    stage.plan(write_fault(stage, "5xx", times=999))
    for _ in range(4):
        stage.clock.advance(3600)
        stage.shell.log.clear()
        (reason,) = stage.sync().stopped
        assert "answered 503" in reason
        assert sends(stage, "POST" if ledger == "quickbooks" else "PUT") == 5
    stage.shell.plan.clear()
    synced(stage, 3)
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 20


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_one_document_that_breaks_keeps_no_other_from_the_books(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    for number in ("1", "2", "3"):
        stage.work_order(number)
    stage.plan(write_fault(stage, "5xx", status=500, times=999, contains="WO 2 "))
    synced(stage)
    assert row_of(stage, "2").codes == ("SENT_IN_VAIN",)
    assert sorted(number.rpartition("[")[2].split("-")[0] for number in stage.numbers()) == ["1", "3"]
