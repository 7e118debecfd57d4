"""The proof for the auditor, on both ledgers with both documents: what it must see, and what it must not be fooled by."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from connector.config.settings import load_config
from connector.core.period import Month
from connector.core.problem import Problem
from connector.core.proof import Row
from connector.flows.prove import Proof, prove
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports
from connector.wiring import neighbours_of
from tests.everyday import a_few
from tests.stage import Stage

WAYS = [("quickbooks", "invoice"), ("xero", "journal_entry"), ("quickbooks", "journal_entry"), ("xero", "invoice")]
every_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
FEBRUARY, MARCH = Month(date(2026, 2, 1), date(2026, 2, 28)), Month(date(2026, 3, 1), date(2026, 3, 31))


class Untouchable:
    """Our records, of which a proof must not ask anything."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"the proof asked our records: {name}")


def proven(stage: Stage, month: Month | None = None) -> Proof:
    with stage.world() as world:
        return prove(replace(world, store=Untouchable()), month)


def verdicts(proof: Proof) -> dict[str, str]:
    return {row.work_order or row.marker: row.verdict.value for row in proof.rows}


def against(proof: Proof) -> Row:
    """The one row that contradicts."""
    assert not proof.is_proven
    [row] = [row for row in proof.rows if row.difference or row.verdict.value not in ("posted", "moved", "excluded", "held", "not_ready")]
    return row


def posted(stage: Stage, *numbers: str) -> dict[str, str]:
    """Work orders posted for 100.00 each; their ids in UpKeep."""
    ids = {number: stage.work_order(number) for number in numbers}
    assert stage.sync().posted == len(numbers)
    return ids


def document_of(stage: Stage, number: str) -> str:
    """The ledger's id of the document of a work order."""
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row.remote_id


def void(stage: Stage, identifier: str) -> None:
    if (stage.ledger, stage.document) == ("quickbooks", "journal_entry"):
        stage.vendor.delete("journal_entry", identifier)  # QuickBooks' journals cannot be voided through the API.
    else:
        stage.vendor.void(identifier)


def edit(stage: Stage, identifier: str) -> None:
    """A person makes it 300.00."""
    if stage.ledger == "quickbooks":
        stage.vendor.edit_amount(identifier, 3)
    else:
        stage.vendor.edit_line_amount(identifier, 0, "300.00")


def changed(stage: Stage, identifier: str, change: Callable[[Any], None]) -> None:
    """A person changes something else of a document."""
    if stage.ledger == "quickbooks":
        change(stage.vendor.books.documents[identifier])
        return
    document = stage.vendor._document(identifier)
    change(document)
    stage.vendor.books.commit(document)


def redate(stage: Stage, identifier: str, day: str) -> None:
    def change(document: Any) -> None:
        if stage.ledger == "quickbooks":
            document.entity["TxnDate"] = day
        else:
            document.day = date.fromisoformat(day)

    changed(stage, identifier, change)


def repeat_by_hand(stage: Stage, identifier: str, day: str = "2026-02-20") -> str:
    """A person makes the same document again, under our number."""
    if stage.ledger == "quickbooks":
        books = stage.vendor.books
        second = copy.deepcopy(books.documents[identifier])
        second.entity |= {"Id": books.new_id(), "TxnDate": day}
        books.commit(second)
        return str(second.entity["Id"])
    again = copy.deepcopy(stage.vendor._document(identifier))
    again.id, again.day = stage.vendor.books.guid("a second one by hand"), date.fromisoformat(day)
    stage.vendor.books.commit(again)
    return str(again.id)


@every_way
def test_when_all_is_well_every_work_order_has_its_one_document(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1", "2", "3")
    proof = proven(stage)
    assert proof.is_proven
    assert not proof.needs_a_person()
    assert verdicts(proof) == {"1": "posted", "2": "posted", "3": "posted"}
    assert (proof.tally.documents, proof.tally.expected, proof.tally.booked) == (3, Decimal(300), Decimal(300))
    assert {total.difference for total in (*proof.tally.accounts.values(), proof.tally.invoiced)} == {Decimal(0)}


@every_way
def test_what_is_rightly_not_in_the_books_has_a_reason_with_a_name(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document, config_change=("start_date: 2000-01-01", "start_date: 2026-01-01"))
    posted(stage, "1")
    stage.work_order("2", additionalCosts=[{"description": "?", "cost": "N/A"}])
    stage.work_order("3", additionalCosts=[])
    stage.work_order("4", status="open")
    stage.work_order("5", dateCompleted="2025-12-20T17:00:00.000Z")
    proof = proven(stage)
    assert proof.is_proven
    assert proof.needs_a_person()  # One is held.
    assert verdicts(proof) == {"1": "posted", "2": "held", "3": "excluded", "4": "not_ready", "5": "excluded"}
    reasons = {row.work_order: row.reason.split(" ")[0] for row in proof.rows}
    assert reasons == {"1": "", "2": "UNREADABLE_NUMBER", "3": "NOTHING_TO_POST", "4": "", "5": "BEFORE_START_DATE"}


@every_way
def test_a_document_voided_by_a_person_is_missed_to_the_cent(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1", "2")
    void(stage, document_of(stage, "2"))
    proof = proven(stage)
    row = against(proof)
    assert (row.work_order, row.difference) == ("2", Decimal(-100))
    # QuickBooks does not tell of a journal that was deleted.
    assert row.verdict.value == ("lost" if (ledger, document) == ("quickbooks", "journal_entry") else "voided")
    assert proof.tally.lost == 1


@every_way
def test_an_amount_edited_by_a_person_is_told_with_both_amounts(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1", "2")
    edit(stage, document_of(stage, "2"))
    row = against(proven(stage))
    assert (row.work_order, row.verdict.value, row.expected, row.booked) == ("2", "different", Decimal(100), Decimal(300))
    assert "total is 300.00, expected 100.00" in row.reason


@every_way
def test_a_second_document_made_by_hand_is_a_duplicate_in_whatever_month_it_stands(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1", "2")
    first = document_of(stage, "2")
    second = repeat_by_hand(stage, first, day="2026-03-20")
    for month in (None, FEBRUARY, MARCH):
        proof = proven(stage, month)
        row = against(proof)
        assert (row.work_order, row.verdict.value, row.difference) == ("2", "duplicate", Decimal(100))
        assert first in row.reason
        assert second in row.reason
        assert proof.tally.documents == (2 if month is MARCH else 3)


@every_way
def test_a_completed_work_order_that_nobody_posted_is_lost_and_not_overlooked(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    stage.work_order("2")
    proof = proven(stage)
    row = against(proof)
    assert (row.work_order, row.verdict.value, row.difference) == ("2", "lost", Decimal(-100))
    stage.sync()
    assert proven(stage).is_proven


@every_way
def test_a_document_whose_work_order_is_gone_from_upkeep_is_orphaned(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    ids = posted(stage, "1", "2")
    assert stage.upkeep.delete(f"/api/v2/work-orders/{ids['2']}").status_code == 200
    proof = proven(stage)
    row = against(proof)
    assert (row.verdict.value, row.work_order, row.difference) == ("orphaned", "", Decimal(100))
    assert row.marker.startswith("2-")
    assert (proof.tally.work_orders, proof.tally.documents) == (1, 2)


@every_way
def test_our_records_emptied_or_forged_change_nothing_in_the_verdict(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1", "2", "3")
    void(stage, document_of(stage, "3"))
    before = proven(stage)
    with closing(sqlite3.connect(stage.database_path)) as forged:
        # Somebody hides the loss.
        assert forged.execute("UPDATE work_order SET disposition = 'excluded', amount = 0 WHERE number = '3'").rowcount == 1
        assert forged.execute("DELETE FROM work_order WHERE number = '2'").rowcount == 1
        forged.commit()
    after_forgery = proven(stage)
    for path in tmp_path.glob("connector.db*"):
        path.unlink()
    after_loss = proven(stage)
    assert before.rows == after_forgery.rows == after_loss.rows
    assert against(after_loss).work_order == "3"


@every_way
def test_books_closed_behind_a_document_leave_it_proven(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    stage.vendor.set_lock(date(2026, 2, 28))
    late = stage.work_order("2")
    proof = proven(stage)
    assert proof.is_proven
    assert verdicts(proof) == {"1": "posted", "2": "held"}
    assert late in {row.source_id for row in proof.rows if row.reason.startswith("PERIOD_CLOSED")}


@every_way
def test_a_date_moved_out_of_a_closed_period_is_a_reason_in_both_months(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document, config_change=("closed_period: hold", "closed_period: next_open_day"))
    stage.vendor.set_lock(date(2026, 2, 28))
    posted(stage, "1")
    for lock in (date(2026, 2, 28), date(2026, 3, 31), None):
        stage.vendor.set_lock(lock)
        for month in (None, FEBRUARY, MARCH):
            proof = proven(stage, month)
            assert proof.is_proven
            assert [(row.verdict.value, row.reason) for row in proof.rows] == [("moved", "Completed on 2026-02-20, dated 2026-03-01.")]
    assert proven(stage, Month(date(2026, 4, 1), date(2026, 4, 30))).rows == []


@every_way
@pytest.mark.parametrize("day", ["2026-02-19", "1999-12-31"])
def test_a_date_before_the_job_was_completed_is_no_move_of_ours(day: str, ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    redate(stage, document_of(stage, "1"), day)
    row = against(proven(stage, FEBRUARY))
    assert (row.verdict.value, row.difference) == ("different", 0)
    assert f"it is dated {day}, before the job was completed" in row.reason


@every_way
def test_a_mapping_changed_since_shows_both_sides_of_the_difference(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    mapping = tmp_path / "mapping.yaml"
    text = mapping.read_text("utf-8")
    if document == "journal_entry":
        mapping.write_text(text.replace("other: Accrued maintenance\n", "other: MRO parts inventory\n"), "utf-8")
        row = against(proven(stage))
        assert row.difference == 0
        assert "expected credit 1300 MRO parts inventory 100.00; the ledger has credit 2100 Accrued maintenance 100.00" in row.reason
    else:
        mapping.write_text(text.replace("  due_days: 30", "  markup_percent: {other: 10}\n  due_days: 30"), "utf-8")
        row = against(proven(stage))
        assert "total is 100.00, expected 110.00" in row.reason
        assert row.difference == -10
    assert row.verdict.value == "different"


@every_way
def test_a_mapping_that_now_makes_the_other_document_does_not_make_two(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    other = "invoice" if document == "journal_entry" else "journal_entry"
    stage.document = other
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text("utf-8").replace(f"document: {document}", f"document: {other}"), "utf-8")
    row = against(proven(stage))
    assert (row.verdict.value, row.difference) == ("different", 0)
    assert f"kind is {document}, expected {other}" in row.reason


@every_way
def test_a_work_order_reopened_or_repriced_after_posting_is_seen(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    ids = posted(stage, "1", "2", "3")
    stage.change(ids["1"], status="inProgress")
    stage.change(ids["2"], additionalCosts=[{"description": "Crane", "cost": "130.00"}])
    stage.change(ids["3"], additionalCosts=[{"description": "Crane", "cost": "N/A"}])
    proof = proven(stage)
    assert verdicts(proof) == {"1": "unexpected", "2": "different", "3": "unexpected"}
    assert proof.tally.difference == Decimal(230)
    assert proof.tally.booked - proof.tally.expected == Decimal(170)


@every_way
def test_two_work_orders_of_one_number_are_not_both_proven_by_one_document(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    posted(stage, "1")
    stage.work_order("1", additionalCosts=[{"description": "Crane", "cost": "777.00"}])
    proof = proven(stage)
    assert proof.is_proven
    assert sorted((row.verdict.value, row.amount) for row in proof.rows) == [("held", Decimal(777)), ("posted", Decimal(100))]
    assert [row.reason.split(" ")[0] for row in proof.rows if row.reason] == ["NUMBER_TAKEN"]


@every_way
def test_a_month_begins_and_ends_in_the_company_s_time_zone(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    assert stage.company.timezone == "America/Chicago"
    stage.work_order("1", dateCompleted="2026-03-01T03:30:00.000Z")  # Still the evening of 28 February there.
    stage.work_order("2", dateCompleted="2026-03-01T12:00:00.000Z")
    stage.sync()
    assert verdicts(proven(stage, FEBRUARY)) == {"1": "posted"}
    assert verdicts(proven(stage, MARCH)) == {"2": "posted"}


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_journal_with_a_credit_in_it_agrees_to_the_cent(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    costs = [{"description": "Crane", "cost": "100.10"}, {"description": "Refund", "cost": "-25.25"}]
    stage.work_order("1", additionalCosts=costs)
    stage.sync()
    proof = proven(stage)
    assert proof.is_proven
    assert (proof.tally.expected, proof.tally.booked) == (Decimal("74.85"), Decimal("74.85"))


def test_a_draft_that_was_never_posted_is_not_in_the_books(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero")
    posted(stage, "1")
    changed(stage, document_of(stage, "1"), lambda document: setattr(document, "status", "DRAFT"))
    row = against(proven(stage))
    assert (row.verdict.value, row.difference) == ("drafted", Decimal(-100))


def test_a_login_that_may_not_see_every_work_order_proves_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    posted(stage, "1")
    with stage.world() as world:
        assert world.source.visibility() == []
        world.source.visibility = lambda: [Problem("UPKEEP_NOT_ADMIN", "source", "It may see its own only.", "Use another.")]  # type: ignore[method-assign]
        proof = prove(world)
    assert not proof.is_proven
    assert proof.tally.contradictions == 0
    assert "UPKEEP_NOT_ADMIN" in proof.doubts[0]


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_the_documents_of_another_site_in_the_same_books_are_no_orphans(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, upkeep_switches={"sites": 2})
    posted(stage, "1")
    second_user = stage.sandbox.vendors.upkeep.site_users[1]
    answer = stage.upkeep.post("http://127.0.0.1:1/api/v1/auth/switch-site", json={"id": second_user})
    stage.upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]
    stage.work_order("1", additionalCosts=[{"description": "Crane", "cost": "777.00"}])
    first = (tmp_path / "config.yaml").read_text("utf-8")
    second = first.replace("      email:", f"      site: second\n      site_user: {second_user}\n      email:").replace(
        "name: sand", "name: second-sand"
    )
    (tmp_path / "config.yaml").write_text(second, "utf-8")
    assert stage.sync().posted == 1
    # Alone, the first site takes the other's document for an orphan; beside its neighbour it does not.
    (tmp_path / "config.yaml").write_text(first, "utf-8")
    assert against(proven(stage)).verdict.value == "orphaned"
    both = tmp_path / "both.yaml"
    both.write_text(first + second[second.index("  - name:") :], "utf-8")
    config, problems = load_config(both, {})
    assert config is not None, problems
    transports = Transports(upkeep=SandboxTransport(stage.sandbox.upkeep.handle))
    with stage.world() as world, neighbours_of(config, f"sandbox-{ledger}", world.clock, transports) as neighbours:
        proof = prove(world, None, neighbours)
    assert proof.is_proven
    assert verdicts(proof) == {"1": "posted"}
