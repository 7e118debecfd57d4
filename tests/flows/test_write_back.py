"""What work orders in UpKeep are told about their documents: once, never on a guess, and never a reason to read or post again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connector.core.evidence import TRIES_TOLD, EvidenceState
from connector.flows.reversing import reverse
from connector.flows.sync import SyncReport
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.flows.test_sweep import remove
from tests.stage import Stage
from tests.store.databases import migrated_file

SHOWN = ("detail_always", "path")
HIDDEN = ("hidden", "detail")


def telling(folder: Path, ledger: str = "quickbooks", document: str = "journal_entry", messages: str = "hidden", **more: Any) -> Stage:
    change = ("      email:", "      allow_writes: true\n      write_back: true\n      email:")
    return Stage(folder, ledger, document, config_change=change, upkeep_switches={"messages": messages, **more})


def texts(stage: Stage) -> list[str]:
    """Every message on every work order, asked past the API."""
    orders = stage.sandbox.vendors.upkeep.records.by_kind["work-orders"].values()
    return [str(one["text"]) for order in orders for one in order.get("update-messages", [])]


def later(stage: Stage, hours: float = 1) -> SyncReport:
    stage.clock.advance(hours * 3600)
    return stage.sync()


def cut(stage: Stage, kind: str, **more: Any) -> None:
    stage.sandbox.upkeep.plan.plan([Fault(kind=kind, method="POST", path="*/update-messages", **more)])  # type: ignore[arg-type]


def states(stage: Stage, number: str = "4711") -> list[EvidenceState]:
    with stage.world() as world:
        assert world.messages is not None
        return [message.state for message in world.messages.of(number)]


def findings(stage: Stage) -> list[str]:
    with stage.world() as world:
        return [finding.code for finding in world.store.findings()]


@pytest.mark.parametrize(
    ("ledger", "document", "words"),
    a_few(
        [
            ("quickbooks", "journal_entry", "In QuickBooks as journal entry [{number}]: https://app.qbo.intuit.com/app/journal?txnId={id}"),
            ("xero", "invoice", "In Xero as invoice [{number}]: https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID={id}"),
            ("xero", "journal_entry", "In Xero as manual journal [{number}]: https://go.xero.com/Journal/View.aspx?invoiceID={id}"),
        ],
        2,
    ),
)
def test_a_technician_reads_once_where_the_cost_of_the_job_is(ledger: str, document: str, words: str, tmp_path: Path) -> None:
    stage = telling(tmp_path, ledger, document)
    stage.work_order("4711")
    report = stage.sync()
    assert (report.posted, report.told, report.findings) == (1, 1, 0)
    with stage.world() as world:
        (posting,) = world.store.every_posting()
    assert texts(stage) == [words.format(number=posting.marker, id=posting.remote_id)]
    for _ in range(2):
        assert later(stage).told == 0
    assert len(texts(stage)) == 1


def test_nothing_is_written_unless_it_was_asked_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("4711")
    assert stage.sync().told == 0
    assert texts(stage) == []


@pytest.mark.parametrize("tells", [False, True])
def test_a_message_is_no_change_of_the_job_and_has_it_read_once_more_at_most(tells: bool, tmp_path: Path) -> None:
    """It moves the work order's moment of change: the next sync reads it, finds the same costs, and that is all."""
    stage = telling(tmp_path, message_tells=tells)
    stage.work_order("4711")
    stage.sync()
    assert [(later(stage).pulled, findings(stage)) for _ in range(3)] == [(1, []), (0, []), (0, [])]
    assert len(texts(stage)) == len(stage.documents()) == 1


def test_documents_from_before_it_was_switched_on_are_nobodys_news(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("4711")
    stage.sync()
    path = tmp_path / "config.yaml"
    before = path.read_text("utf-8")
    path.write_text(before.replace("      email:", "      allow_writes: true\n      write_back: true\n      email:"), "utf-8")
    assert later(stage).told == 0
    stage.work_order("4712")
    assert later(stage).told == 1
    assert "[4712-" in texts(stage)[0].upper()


LOST = ("drop_after_commit", "5xx_after_commit", "drop_before_commit", "garbled", "html")


@pytest.mark.parametrize(("kind", "messages"), a_few([(kind, messages) for messages in SHOWN for kind in LOST], 2))
def test_a_lost_answer_is_resolved_by_what_the_work_order_shows(kind: str, messages: str, tmp_path: Path) -> None:
    stage = telling(tmp_path, messages=messages)
    stage.work_order("4711")
    cut(stage, kind)
    assert (stage.sync().told, states(stage)) == (0, [EvidenceState.UNCERTAIN])
    for _ in range(4):
        later(stage)
    assert (len(texts(stage)), states(stage), findings(stage)) == (1, [EvidenceState.ATTACHED], [])


@pytest.mark.parametrize(("kind", "messages"), a_few([(kind, messages) for messages in HIDDEN for kind in LOST[2:3] + LOST[:2]], 2))
def test_a_lost_answer_that_nothing_can_prove_is_told_once_and_never_sent_again(kind: str, messages: str, tmp_path: Path) -> None:
    stage = telling(tmp_path, messages=messages)
    stage.work_order("4711")
    cut(stage, kind)
    stage.sync()
    arrived = len(texts(stage))
    found = [later(stage, 24).findings for _ in range(4)]
    is_read_back = messages == "detail" and arrived == 1
    assert (len(texts(stage)), found) == (arrived, [0] * 4 if is_read_back else [1] * 4)
    assert findings(stage) == ([] if is_read_back else ["MESSAGE_UNCERTAIN"])
    with stage.world() as world:
        world.store.release("4711")
    assert (later(stage, 24).findings, len(texts(stage))) == (0, arrived)


def test_a_connection_that_never_stood_is_no_reason_to_wait_for_proof(tmp_path: Path) -> None:
    """An error of the server's own may come after the deed; what is refused as too much surely did nothing."""
    stage = telling(tmp_path)
    stage.work_order("4711")
    cut(stage, "429")
    assert (stage.sync().told, states(stage)) == (0, [EvidenceState.DUE])
    assert later(stage).told == 1
    assert len(texts(stage)) == 1


def test_a_message_that_is_refused_again_and_again_is_told_and_closed_when_it_is_taken(tmp_path: Path) -> None:
    stage = telling(tmp_path)
    stage.work_order("4711")
    for tries in range(TRIES_TOLD):
        cut(stage, "refusal", code="you may not comment")
        assert later(stage, 25).findings == (tries + 1 == TRIES_TOLD)
    assert findings(stage) == ["MESSAGE_NOT_WRITTEN"]
    assert (later(stage, 25).told, findings(stage), len(texts(stage))) == (1, [], 1)


def test_a_work_order_that_is_gone_is_not_written_to(tmp_path: Path) -> None:
    stage = telling(tmp_path)
    order = stage.work_order("4711")
    cut(stage, "429")
    stage.sync()
    assert stage.upkeep.delete(f"/api/v2/work-orders/{order}").status_code == 200
    later(stage)
    assert states(stage) == [EvidenceState.LEFT_OUT]


def test_a_document_that_a_person_voided_meanwhile_is_not_announced(tmp_path: Path) -> None:
    stage = telling(tmp_path)
    stage.work_order("4711")
    cut(stage, "429")
    stage.sync()
    remove(stage, "4711")
    later(stage)
    assert (states(stage), texts(stage)) == ([EvidenceState.LEFT_OUT], [])


def test_after_a_reversal_the_technician_reads_which_credit_took_the_invoice_back(tmp_path: Path) -> None:
    stage = telling(tmp_path, document="invoice")
    stage.work_order("4711")
    stage.sync()
    with stage.world() as world:
        reverse(world, "4711", "billed twice")
    assert later(stage).told == 1
    invoice, credit = texts(stage)
    with stage.world() as world:
        first, second = world.store.every_posting()
    assert invoice.startswith(f"In QuickBooks as invoice [{first.marker}]: ")
    page = f"https://app.qbo.intuit.com/app/creditmemo?txnId={second.remote_id}"
    assert credit == f"Invoice {first.marker} was taken back in QuickBooks by credit memo [{second.marker}]: {page}"
    assert "billed twice" not in credit  # What a person said to the accountant is not for the shop floor.
    later(stage)
    assert len(texts(stage)) == 2


def lose(stage: Stage) -> None:
    """A new installation: an empty database, nothing beside it."""
    for suffix in ("-wal", "-shm", ".epoch", ".audit"):
        Path(f"{stage.database_path}{suffix}").unlink(missing_ok=True)
    stage.database_path.write_bytes(migrated_file())


@pytest.mark.parametrize(("messages", "was_told"), a_few([("hidden", True), ("path", False), ("path", True), ("detail", False)], 3))
def test_after_a_lost_database_a_message_goes_only_where_it_surely_is_not(messages: str, was_told: bool, tmp_path: Path) -> None:
    stage = telling(tmp_path, messages=messages)
    stage.work_order("4711")
    if not was_told:
        cut(stage, "429")
    stage.sync()
    assert len(texts(stage)) == was_told
    lose(stage)
    reports = [later(stage) for _ in range(3)]
    assert sum(report.adopted for report in reports) == 1
    assert len(texts(stage)) == (was_told or messages == "path")
    assert findings(stage) == []


@pytest.mark.parametrize("messages", a_few(["hidden", "detail_always"], 2))
def test_yesterdays_database_does_not_repeat_what_was_told_since(messages: str, tmp_path: Path) -> None:
    stage = telling(tmp_path, messages=messages)
    stage.work_order("4711")
    cut(stage, "429")
    stage.sync()
    backup = stage.back_up()
    assert later(stage).told == 1
    stage.restore(backup)
    for _ in range(3):
        later(stage)
    assert len(texts(stage)) == 1
    stage.work_order("4712")
    assert later(stage).told == 1
    assert Counter("[4712-" in text.upper() for text in texts(stage)) == {False: 1, True: 1}


def test_a_run_that_dies_while_it_sends_leaves_it_uncertain(tmp_path: Path) -> None:
    stage = telling(tmp_path, messages="path")
    stage.work_order("4711")
    cut(stage, "429")
    stage.sync()
    stage.clock.advance(3600)
    with stage.world() as world:
        assert world.messages is not None
        (message,) = world.messages.due(9)
        leased = world.messages.lease(message, 60)
        assert leased is not None
        assert world.messages.lease(message, 60) is None
    assert states(stage) == [EvidenceState.SENDING]
    assert later(stage).told == 0
    for _ in range(3):
        later(stage)
    assert (states(stage), len(texts(stage))) == ([EvidenceState.ATTACHED], 1)


def test_one_job_that_upkeep_lists_twice_is_told_once(tmp_path: Path) -> None:
    """Two records with one number and the same costs are one document, and the first of them is told."""
    stage = telling(tmp_path)
    for _ in range(2):
        stage.work_order("4711", title="Job")
    assert (stage.sync().told, later(stage).told) == (1, 0)
    assert (len(texts(stage)), len(stage.documents())) == (1, 1)
