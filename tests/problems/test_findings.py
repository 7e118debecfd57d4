"""One reproducer for each doubt about a document: what is found in the ledger is never what we would have to guess about."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.flows.reconcile import Reconciliation, reconcile
from connector.sandbox.company import Company
from tests.stage import Stage, write_fault


def forget(stage: Stage) -> None:
    """The connector's database is gone; the ledger is not."""
    for path in stage.folder.glob("connector.db*"):
        path.unlink()


def posted(folder: Path, document: str = "journal_entry", **more: object) -> Stage:
    stage = Stage(folder, "quickbooks", document, **more)  # type: ignore[arg-type]
    stage.work_order("1")
    assert stage.sync().posted == 1
    return stage


def the_id(stage: Stage) -> str:
    return str(stage.documents()[0]["id"])


def duplicate(stage: Stage) -> None:
    """A person copies the document, marker and all."""
    books = stage.vendor.books
    second = copy.deepcopy(books.documents[the_id(stage)])
    second.entity["Id"] = books.new_id()
    books.commit(second)


def reconciled(stage: Stage) -> Reconciliation:
    with stage.world() as world:
        return reconcile(world)


def codes_of(stage: Stage) -> tuple[str, ...]:
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    return row.codes


@pytest.fixture
def loose() -> Iterator[Company]:
    """A company that does not refuse a second document of one number."""
    yield Company(switches={"warn_duplicate_journal_number": False})


def test_a_document_under_our_marker_with_another_amount_is_held(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 3)
    forget(stage)
    stage.sync()
    assert codes_of(stage) == ("DOCUMENT_DIFFERS",)
    assert len(stage.documents()) == 1


def test_a_voided_document_under_our_marker_is_not_posted_again(tmp_path: Path) -> None:
    stage = posted(tmp_path, "invoice")
    stage.vendor.void(the_id(stage))
    forget(stage)
    assert stage.sync().posted == 0
    assert codes_of(stage) == ("DOCUMENT_DEAD",)
    with stage.world() as world:
        assert world.store.release("1")
    assert (stage.sync().posted, codes_of(stage)) == (0, ("DOCUMENT_DEAD",))


def test_two_documents_under_one_marker_are_an_incident_with_both_ids(tmp_path: Path, loose: Company) -> None:
    stage = posted(tmp_path, company=loose)
    duplicate(stage)
    forget(stage)
    stage.sync()
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("DUPLICATE_DOCUMENTS",)
    for document in stage.documents():
        assert document["id"] in row.problems[0].message


def test_a_changed_work_order_is_changed_after_posting(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    one = stage.work_order("1")
    stage.sync()
    stage.change(one, additionalCosts=[{"description": "Crane", "cost": "1.00"}])
    stage.sync()
    with stage.world() as world:
        assert [f.code for f in world.store.findings()] == ["CHANGED_AFTER_POSTING"]


def test_a_change_that_a_person_has_booked_by_hand_is_released_and_the_next_sync_is_quiet(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    one = stage.work_order("1")
    stage.sync()
    stage.change(one, additionalCosts=[{"description": "Crane", "cost": "1.00"}])
    assert stage.sync().needs_a_person()
    with stage.world() as world:
        assert world.store.release("1")
    assert not stage.sync().needs_a_person()
    stage.change(one, additionalCosts=[{"description": "Crane", "cost": "2.00"}])
    assert stage.sync().needs_a_person()


def test_a_document_that_was_corrected_in_the_ledger_is_adopted_and_in_doubt_no_more(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 3)
    forget(stage)
    stage.sync()
    document = stage.vendor.books.documents[the_id(stage)]
    document.entity["TotalAmt"] /= 3
    for line in document.entity["Line"]:
        line["Amount"] /= 3
    with stage.world() as world:
        assert world.store.release("1")
    report = stage.sync()
    assert (report.adopted, report.findings, report.needs_a_person()) == (1, 0, False)


def test_books_that_agree_have_no_finding(tmp_path: Path) -> None:
    report = reconciled(posted(tmp_path))
    assert report.findings == []
    assert str(report.difference) == "0.00"


def test_reconcile_finds_an_altered_document(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 2)
    report = reconciled(stage)
    assert [f.code for f in report.findings] == ["ALTERED"]
    assert str(report.difference) == "100.00"


def test_reconcile_finds_a_missing_document(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.delete("journal_entry", the_id(stage))
    assert [f.code for f in reconciled(stage).findings] == ["MISSING"]


def test_reconcile_finds_a_voided_document(tmp_path: Path) -> None:
    stage = posted(tmp_path, "invoice")
    stage.vendor.void(the_id(stage))
    assert [f.code for f in reconciled(stage).findings] == ["VOIDED"]


def test_reconcile_finds_a_duplicate(tmp_path: Path, loose: Company) -> None:
    stage = posted(tmp_path, company=loose)
    duplicate(stage)
    assert [f.code for f in reconciled(stage).findings] == ["DUPLICATE"]


def test_reconcile_sends_a_person_to_the_held_list_for_what_sync_leaves_alone(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 2)
    forget(stage)
    stage.sync()
    (finding,) = reconciled(stage).findings
    assert finding.code == "ALTERED"
    assert "200.00, expected 100.00" in finding.message
    assert "connector held release 1" in finding.next_step


def test_reconcile_tells_of_a_held_duplicate_by_its_name(tmp_path: Path, loose: Company) -> None:
    stage = posted(tmp_path, company=loose)
    duplicate(stage)
    forget(stage)
    stage.sync()
    (finding,) = reconciled(stage).findings
    assert (finding.code, "connector held release 1" in finding.next_step) == ("DUPLICATE", True)


def test_reconcile_finds_an_orphaned_document(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    forget(stage)
    assert "ORPHANED" in {f.code for f in reconciled(stage).findings}


def test_reconcile_tells_what_is_still_uncertain(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=("settle_seconds: 0.5", "settle_seconds: 180"))
    stage.work_order("1")
    stage.plan(write_fault(stage, "drop_before_commit"))
    assert stage.sync().uncertain == 1
    assert [f.code for f in reconciled(stage).findings] == ["UNCERTAIN"]


def test_reconcile_finds_a_work_order_that_vanished_from_upkeep(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    one = stage.work_order("1")
    stage.sync()
    stage.upkeep.delete(f"/api/v2/work-orders/{one}")
    assert "VANISHED" in {f.code for f in reconciled(stage).findings}


def test_reconcile_finds_a_work_order_that_nobody_pulled_yet(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.work_order("2")
    assert [(f.code, f.number) for f in reconciled(stage).findings] == [("NOT_PULLED", "2")]


def seen_by_sync(stage: Stage) -> list[str]:
    """The doubts after one more sync. tests/flows/test_sweep.py has both ledgers and what follows."""
    stage.clock.advance(60)
    assert stage.sync().posted == 0
    with stage.world() as world:
        return [finding.code for finding in world.store.findings()]


def test_sync_finds_a_document_that_was_voided(tmp_path: Path) -> None:
    stage = posted(tmp_path, "invoice")
    stage.vendor.void(the_id(stage))
    assert seen_by_sync(stage) == ["DOCUMENT_VOIDED"]


def test_sync_finds_a_document_that_was_deleted(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.delete("journal_entry", the_id(stage))
    assert seen_by_sync(stage) == ["DOCUMENT_DELETED"]


def test_sync_finds_a_document_that_was_edited(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 2)
    assert seen_by_sync(stage) == ["DOCUMENT_DIFFERS"]


def test_a_document_of_somebody_else_that_is_taken_away_makes_room_for_ours(tmp_path: Path) -> None:
    """Nothing of ours was ever sent: its first send is no try too many."""
    stage = posted(tmp_path)
    stage.vendor.edit_amount(the_id(stage), 3)
    forget(stage)
    stage.sync()
    assert codes_of(stage) == ("DOCUMENT_DIFFERS",)
    stage.vendor.delete("journal_entry", the_id(stage))
    stage.clock.advance(7200)  # QuickBooks has forgotten the key of the database that is gone.
    with stage.world() as world:
        assert world.store.release("1")
    for _ in range(3):
        stage.sync()
    assert (codes_of(stage), len(stage.documents())) == ((), 1)


# --- the tax of an invoice in the books -----------------------------------------------------------------------------------------


def taxed(folder: Path, code: str, policy: str, **switches: object) -> Stage:
    """An invoice of 100.10 that is posted under a tax code of a company with those switches."""
    text = plain_mapping_text("USD").replace("other: No tax}\n", f"other: {code}}}\n  tax: {policy}\n", 1)
    stage = Stage(folder, "quickbooks", "invoice", company=Company(switches=dict(switches)), mapping_text=text)
    stage.work_order("1", additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "100.10"}])
    assert stage.sync().posted == 1
    assert stage.sync().posted == 0
    return stage


@pytest.mark.parametrize(
    ("code", "tax_code", "policy", "switches"),
    [
        ("TAX_MISSING", "TAX", "{}", {}),
        ("TAX_DIFFERS", "TAX", "{expected_percent: 5}", {"automated_sales_tax": True}),
        ("TAX_ROUNDING", "State sales tax", "{amounts: inclusive}", {}),
    ],
)
def test_a_doubt_about_tax_is_a_finding_until_a_person_has_dealt_with_it(
    code: str, tax_code: str, policy: str, switches: dict[str, object], tmp_path: Path
) -> None:
    stage = taxed(tmp_path, tax_code, policy, **switches)
    with stage.world() as world:
        (found,) = world.store.findings()
        assert [one.code for one in reconcile(world).findings] == [code]
        assert (found.code, bool(found.next_step)) == (code, True)
        world.store.release("1")
        assert world.store.findings() == []
    stage.sync()
    with stage.world() as world:
        assert world.store.findings() == []
    assert len(stage.documents()) == 1
