"""What people do to posted documents in the ledger is noticed at the next sync, by one question, and nothing is posted again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.disposition import Finding
from connector.flows import sweep as sweeping
from connector.flows.reconcile import reconcile
from connector.flows.sweep import sweep
from connector.flows.sync import sync
from connector.ledgers.ledger import ReconnectRequiredError
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.xero.lines import add_up
from tests.everyday import a_few
from tests.stage import Stage

WAYS = [("quickbooks", "journal_entry"), ("xero", "invoice"), ("quickbooks", "invoice"), ("xero", "journal_entry")]
every_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))


def posted(folder: Path, ledger: str, document: str, count: int = 2, **more: Any) -> Stage:
    """So many work orders in the books, and swept once."""
    stage = Stage(folder, ledger, document, **more)
    for number in range(1, count + 1):
        stage.work_order(str(number))
    assert stage.sync().posted == count
    stage.clock.advance(3600)
    assert stage.sync().findings == 0
    stage.clock.advance(3600)
    return stage


def the_id(stage: Stage, number: str = "1") -> str:
    return next(str(one["id"]) for one in stage.documents() if one["number"].rpartition("[")[2].startswith(f"{number}-"))


def remove(stage: Stage, number: str = "1") -> str:
    """A person ends a document as that ledger lets them; the doubt that it raises."""
    identifier = the_id(stage, number)
    if (stage.ledger, stage.document) == ("quickbooks", "journal_entry"):
        stage.vendor.delete("JournalEntry", identifier)
        return "DOCUMENT_DELETED"
    stage.vendor.void(identifier)
    return "DOCUMENT_VOIDED"


def edit(stage: Stage, factor: str = "3") -> None:
    """A person changes the amounts of the first work order's document."""
    if stage.ledger == "quickbooks":
        stage.vendor.edit_amount(the_id(stage), Decimal(factor))
    else:
        stage.vendor.edit_line_amount(the_id(stage), 0, Decimal("100.00") * Decimal(factor))


def findings(stage: Stage) -> list[Finding]:
    with stage.world() as world:
        return world.store.findings()


def codes(stage: Stage) -> list[str]:
    return [finding.code for finding in findings(stage)]


def calls(stage: Stage) -> list[str]:
    """The calls of one sync to the ledger's own pages, sign-in left out."""
    stage.shell.log.clear()
    stage.sync()
    return [
        f"{entry['method']} {entry['path'].rpartition('/')[2]}"
        for entry in stage.shell.log
        if "oauth" not in entry["path"] and "connect" not in entry["path"]
    ]


@every_way
def test_a_document_that_a_person_ended_is_told_once_and_never_posted_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    report = stage.sync()
    assert (report.posted, report.findings, report.needs_a_person()) == (0, 1, True)
    (finding,) = findings(stage)
    assert (finding.code, finding.number) == (code, "1")
    assert the_amount_in(finding.message)
    assert "never posted again by itself" in finding.next_step
    for _ in range(3):
        stage.clock.advance(86_400)
        assert (stage.sync().posted, codes(stage)) == (0, [code])
    assert len(stage.documents()) == 1


def the_amount_in(message: str) -> bool:
    return "100.00 USD" in message and "2026-02-20" in message


@every_way
def test_a_doubt_that_a_person_has_dealt_with_does_not_come_back(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    remove(stage)
    stage.sync()
    with stage.world() as world:
        assert world.store.release("1")
    for days in (0, 1, 40):  # At once, later, and when everything must be listed anew.
        stage.clock.advance(days * 86_400 + 60)
        report = stage.sync()
        assert (report.findings, report.needs_a_person(), report.stopped) == (0, False, [])


@every_way
def test_a_document_that_a_person_edited_is_told_with_both_amounts_until_it_is_put_right(
    ledger: str, document: str, tmp_path: Path
) -> None:
    stage = posted(tmp_path, ledger, document)
    edit(stage)
    stage.sync()
    (finding,) = findings(stage)
    assert finding.code == "DOCUMENT_DIFFERS"
    assert "expected 100.00" in finding.message
    stage.clock.advance(60)
    edit(stage, "1" if ledger == "xero" else str(Decimal(1) / 3))
    if ledger == "quickbooks":
        set_exactly(stage)
    stage.sync()
    assert codes(stage) == []


def set_exactly(stage: Stage) -> None:
    """A third of three times a hundred is no hundred in decimals."""
    document = stage.vendor.books.documents[the_id(stage)]
    for line in document.entity["Line"]:
        line["Amount"] = Decimal("100.00")
    document.entity["TotalAmt"] = Decimal("100.00") if stage.document == "invoice" else Decimal(0)


@every_way
def test_an_edited_document_that_is_ended_as_well_has_one_doubt(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    edit(stage)
    stage.sync()
    stage.clock.advance(60)
    code = remove(stage)
    stage.sync()
    assert codes(stage) == [code]


@every_way
def test_a_sync_with_nothing_to_do_asks_one_question(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    expected = {"quickbooks": "GET cdc", "xero": "GET ManualJournals" if document == "journal_entry" else "GET Invoices"}[ledger]
    assert calls(stage) == [expected]
    stage.clock.advance(3600)
    assert calls(stage) == [expected]


def test_a_company_without_any_document_of_ours_is_not_asked(tmp_path: Path) -> None:
    assert calls(Stage(tmp_path)) == []


@every_way
def test_what_happened_while_nobody_looked_for_months_is_found_by_listing_everything(ledger: str, document: str, tmp_path: Path) -> None:
    """QuickBooks tells the changes of 30 days only."""
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    stage.clock.advance(40 * 86_400)
    stage.sync()
    assert codes(stage) == [code]


@every_way
def test_what_happened_before_the_first_sweep_is_found(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    code = remove(stage)
    stage.sync()
    assert codes(stage) == [code]


@pytest.mark.parametrize(
    "switches", [{"cdc_too_old": "cut"}, {"cdc_too_many": "refuse"}, {"cdc_lag_seconds": 300}, {"lookup_lag_seconds": 1}]
)
@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
def test_whatever_quickbooks_does_at_the_ends_of_its_memory_nothing_is_missed(
    switches: dict[str, Any], document: str, tmp_path: Path
) -> None:
    stage = posted(tmp_path, "quickbooks", document, company=Company(switches=switches))
    code = remove(stage)
    for seconds in (40 * 86_400, 400):
        stage.clock.advance(seconds)
        stage.sync()
    assert codes(stage) == [code]
    stage.clock.advance(86_400)
    edited = the_id(stage, "2")
    stage.vendor.edit_amount(edited, 2)
    for _ in range(2):
        stage.clock.advance(400)
        stage.sync()
    assert codes(stage) == [code, "DOCUMENT_DIFFERS"]


@pytest.mark.parametrize("too_many", ["cut", "refuse"])
def test_more_changes_than_quickbooks_shows_lead_to_a_list_of_everything(too_many: str, tmp_path: Path) -> None:
    """A thousand strangers' documents, and one of ours behind them."""
    stage = posted(tmp_path, "quickbooks", "journal_entry", company=Company(switches={"cdc_too_many": too_many}))
    books = stage.vendor.books
    pattern = books.documents[the_id(stage, "2")]
    for number in range(1001):
        entity = {**pattern.entity, "Id": books.new_id(), "DocNumber": f"S-{number}", "MetaData": {"LastUpdatedTime": books.time()}}
        books.commit(replace(pattern, entity=entity, legs=[]))
    code = remove(stage)
    assert stage.sync().stopped == []
    assert codes(stage) == [code]
    for _ in range(2):
        stage.clock.advance(3600)
        asked = calls(stage)
    assert asked == ["GET cdc"]


@pytest.mark.parametrize("nothing_modified", [200, 304])
@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
def test_xero_may_say_that_nothing_was_modified_in_either_way(nothing_modified: int, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, "xero", document, company=Company(switches={"nothing_modified": nothing_modified}))
    assert len(calls(stage)) == 1
    code = remove(stage)
    stage.sync()
    assert codes(stage) == [code]


def test_a_paid_invoice_is_no_doubt(tmp_path: Path) -> None:
    stage = posted(tmp_path, "xero", "invoice")
    stage.vendor.pay(the_id(stage), "40.00")
    assert stage.sync().findings == 0
    stage.clock.advance(60)
    stage.vendor.pay(the_id(stage))
    assert (stage.sync().findings, stage.vendor.documents()[0]["status"]) == (0, "PAID")
    with stage.world() as world:
        assert reconcile(world).findings == []


@pytest.mark.parametrize(("ledger", "document"), [("quickbooks", "journal_entry"), ("xero", "journal_entry"), ("xero", "invoice")])
def test_a_document_that_was_renumbered_is_found_by_its_id(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    with renamed(stage):
        stage.sync()
        (finding,) = findings(stage)
        assert finding.code == "DOCUMENT_DIFFERS"
        assert "marker is" in finding.message


@contextmanager
def renamed(stage: Stage) -> Iterator[None]:
    identifier = the_id(stage)
    if stage.ledger == "quickbooks":
        entity = stage.vendor.books.documents[identifier].entity
        entity["DocNumber"] = "HAND-1"
        stage.vendor.books.touch(entity)
    else:
        document = stage.vendor._document(identifier)
        document.number = "By hand"
        stage.vendor.books.commit(document)
    yield


@every_way
def test_a_document_that_was_moved_to_another_day_is_found_when_everything_is_listed(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    if ledger == "quickbooks":
        entity = stage.vendor.books.documents[the_id(stage)].entity
        entity["TxnDate"] = "2024-01-31"
        stage.vendor.books.touch(entity)
    else:
        moved = stage.vendor._document(the_id(stage))
        moved.day = moved.day - timedelta(days=700)
        stage.vendor.books.commit(moved)
    stage.clock.advance(40 * 86_400)
    stage.sync()
    (finding,) = findings(stage)
    assert (finding.code, "date is" in finding.message) == ("DOCUMENT_DIFFERS", True)


@every_way
def test_a_ledger_that_does_not_say_what_changed_keeps_nothing_from_being_posted(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    stage.work_order("3")
    path = {"quickbooks": "*/cdc", "xero": "*/ManualJournals" if document == "journal_entry" else "*/Invoices"}[ledger]
    # QuickBooks is asked twice, about lists and about documents; the lists are then read as a whole.
    stage.plan(Fault("5xx", method="GET", path=path, times=8 if ledger == "quickbooks" else 4))
    report = stage.sync()
    assert report.posted == 1
    (reason,) = report.stopped
    assert "posted documents were not compared" in reason
    assert "could not be reached" in reason
    stage.sync()
    assert codes(stage) == [code]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"CDCResponse": [{"QueryResponse": [{"maxResults": 1}]}]}',
        b"[]",
        b"<html>",
        b'{"CDCResponse": [{"QueryResponse": [{"Invoice": [{}]}]}]}',
    ],
)
def test_an_answer_of_quickbooks_that_is_none_proves_nothing(body: bytes, tmp_path: Path) -> None:
    stage = posted(tmp_path, "quickbooks", "invoice")
    code = remove(stage)
    whole = stage.vendor.handle

    def handle(request: Any) -> Any:
        answer = whole(request)
        return replace(answer, body=body) if request.path.endswith("/cdc") else answer

    stage.vendor.handle = handle
    assert len(stage.sync().stopped) == 1
    assert codes(stage) == []
    stage.vendor.handle = whole
    stage.sync()
    assert codes(stage) == [code]


@every_way
def test_a_run_that_is_stopped_in_the_middle_looks_again(
    ledger: str, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "STATES_PER_TRANSACTION", 1)
    stage = posted(tmp_path, ledger, document, count=3)
    for number in ("1", "2", "3"):
        remove(stage, number)
    with stage.world() as world:
        asked: list[int] = []

        def stopping() -> bool:
            asked.append(1)
            return len(asked) > 2

        sweep(replace(world, stopping=stopping))
        assert len(world.store.findings()) < 3
    stage.sync()
    assert len(codes(stage)) == 3


@every_way
def test_a_run_that_is_to_stop_asks_nothing(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    with stage.world() as world:
        before = world.ledger.calls
        assert sweep(replace(world, stopping=lambda: True)) == []
        assert world.ledger.calls == before


@every_way
def test_reconcile_raises_the_same_doubts(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    with stage.world() as world:
        report = reconcile(world)
        assert [finding.code for finding in world.store.findings()] == [code]
    assert [finding.code for finding in report.findings] == [{"DOCUMENT_VOIDED": "VOIDED", "DOCUMENT_DELETED": "MISSING"}[code]]


@every_way
def test_the_doubts_and_the_moment_are_stored_together_or_not_at_all(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    with stage.world() as world:
        before = world.store.swept_until()

        class Dies(Exception):
            pass

        def die(*_: Any) -> None:
            raise Dies

        world.store._database.audit.append = die  # type: ignore[attr-defined, method-assign]
        with pytest.raises(Dies):
            sweep(world)
    with stage.world() as world:
        assert (world.store.swept_until(), world.store.findings()) == (before, [])
    stage.sync()
    assert codes(stage) == [code]


def test_a_rehearsal_asks_nothing_of_the_kind(tmp_path: Path) -> None:
    stage = posted(tmp_path, "quickbooks", "invoice")
    remove(stage)
    stage.shell.log.clear()
    stage.sync(dry_run=True)
    assert [entry for entry in stage.shell.log if entry["path"].endswith("/cdc")] == []
    assert codes(stage) == []


@every_way
def test_a_clock_of_ours_that_is_behind_asks_for_too_much_and_is_told_everything_all_the_same(
    ledger: str, document: str, tmp_path: Path
) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    stage.clock.advance(33 * 86_400)
    stage.ahead = -timedelta(days=3)
    stage.sync()
    assert codes(stage) == [code]


@every_way
def test_our_clock_plays_no_part(ledger: str, document: str, tmp_path: Path) -> None:
    """Up to where was read is told in the ledger's own time."""
    stage = posted(tmp_path, ledger, document)
    stage.ahead = timedelta(days=3)
    stage.sync()
    stage.ahead = timedelta(0)
    stage.clock.advance(1200)
    code = remove(stage)
    stage.ahead = -timedelta(days=3)
    with stage.world() as world:
        sync(world)
    assert codes(stage) == [code]


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_sign_in_that_ended_is_told_at_once_although_nothing_is_to_be_posted(ledger: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, "journal_entry")
    stage.clock.advance(2 * 3600)
    if ledger == "quickbooks":
        stage.vendor._sign_in.access.clear()
        stage.vendor._sign_in.refresh_token = "another"
    else:
        stage.vendor.signin._refresh.clear()
    with pytest.raises(ReconnectRequiredError):
        stage.sync()


def test_a_doubt_that_was_accepted_does_not_come_back_with_a_payment(tmp_path: Path) -> None:
    stage = posted(tmp_path, "xero", "invoice")
    stage.vendor.edit_line_amount(the_id(stage), 0, "105.00")
    stage.clock.advance(3600)
    stage.sync()
    assert codes(stage) == ["DOCUMENT_DIFFERS"]
    with stage.world() as world:
        assert world.store.release("1")
    stage.vendor.pay(the_id(stage), "5.00")
    stage.clock.advance(3600)
    stage.sync()
    assert codes(stage) == []


def test_tax_that_a_person_takes_off_an_invoice_is_an_alarm_and_putting_it_back_ends_it(tmp_path: Path) -> None:
    text = plain_mapping_text("USD").replace("other: No tax}\n", "other: OUTPUT}\n", 1)
    stage = Stage(tmp_path, "xero", "invoice", mapping_text=text)
    stage.work_order("1")
    assert stage.sync().posted == 1
    assert codes(stage) == []
    stage.clock.advance(60)
    document = stage.vendor._document(the_id(stage))
    taxes = [line.tax_amount for line in document.lines]
    for line in document.lines:
        line.tax_amount = line.tax_amount * 0
    retotalled(stage, document)
    assert codes(stage) == ["TAX_MISSING"]
    for line, tax in zip(document.lines, taxes, strict=True):
        line.tax_amount = tax
    retotalled(stage, document)
    assert codes(stage) == []


def retotalled(stage: Stage, document: Any) -> None:
    """A person saves the invoice with other taxes, and a sync follows."""
    add_up(document)
    stage.vendor.books.commit(document)
    stage.clock.advance(3600)
    stage.sync()
