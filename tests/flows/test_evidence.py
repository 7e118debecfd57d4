"""What lies beside a posted document: put there once, on its own, and never a reason to touch the document."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.core.evidence import EvidenceState
from connector.flows.evidence import attach
from connector.flows.plan import plan
from connector.flows.sync import SyncReport
from connector.ledgers.ledger import LimitReachedError
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.xero.attachments import told
from tests.everyday import a_few
from tests.stage import Stage

BOTH = ("quickbooks", "xero")
WAYS = [("quickbooks", "journal_entry"), ("xero", "invoice"), ("quickbooks", "invoice"), ("xero", "journal_entry")]
either = pytest.mark.parametrize("ledger", a_few(("xero", "quickbooks")))


def asked(wanted: str) -> tuple[str, str]:
    return ("    settle_seconds:", f"    evidence: {{{wanted}}}\n    settle_seconds:")


def stage_of(
    folder: Path, ledger: str = "quickbooks", document: str = "journal_entry", wanted: str = "summary: true", **more: Any
) -> Stage:
    if "switches" in more:
        more["company"] = Company(switches=more.pop("switches"))
    return Stage(folder, ledger, document, config_change=asked(wanted), **more)


def on_documents(stage: Stage) -> list[dict[str, str]]:
    """What the ledger holds beside its documents, asked past its API."""
    return stage.vendor.files.told() if stage.ledger == "quickbooks" else told(stage.vendor.books)


def upload_fault(stage: Stage, kind: str, **more: Any) -> Fault:
    if stage.ledger == "quickbooks":
        return Fault(kind=kind, method="POST", path="*/upload", **more)  # type: ignore[arg-type]
    return Fault(kind=kind, method="PUT", path="*/Attachments/*", **more)  # type: ignore[arg-type]


def later(stage: Stage, hours: float = 1) -> SyncReport:
    stage.clock.advance(hours * 3600)
    return stage.sync()


def pieces(stage: Stage, number: str = "4711") -> list[Any]:
    with stage.world() as world:
        return world.evidence.of(number)


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
def test_a_posted_document_gets_the_summary_of_its_work_order_once(ledger: str, document: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, document)
    stage.work_order("4711", title="Rooftop unit does not cool")
    report = stage.sync()
    assert (report.posted, report.attached, report.findings) == (1, 1, 0)
    (found,) = on_documents(stage)
    (piece,) = pieces(stage)
    assert (found["document"], found["name"]) == (stage.documents()[0]["id"], f"work-order-{piece.marker}.pdf")
    assert piece.state is EvidenceState.ATTACHED
    assert (piece.checksum, piece.remote_id) == (found["sha256"], found["id"])
    again = later(stage)
    assert (again.attached, len(on_documents(stage)), len(stage.documents())) == (0, 1, 1)
    assert stage.vendor.violations == []


def test_one_job_that_upkeep_lists_twice_has_its_summary_once(tmp_path: Path) -> None:
    """Two records with one number and the same costs are one document; the second stopped every sync."""
    stage = stage_of(tmp_path)
    for _ in range(2):
        stage.work_order("4711")
    assert (stage.sync().attached, later(stage).attached, len(on_documents(stage)), len(stage.documents())) == (1, 0, 1, 1)


CUTS = ("drop_after_commit", "drop_before_commit", "garbled", "5xx", "5xx_after_commit", "html")
# What nobody has published: the connector is right under each.
OPEN_QUESTIONS: dict[str, list[dict[str, Any]]] = {
    "quickbooks": [
        {},
        {"upload_keys": "ignored", "lookup_lag_seconds": 0.2},
        {"attachable_rows": "sparse", "attaching_changes_document": True},
        {"duplicate_file_name": "refuses", "key_life_seconds": 100_000},
    ],
    "xero": [
        {},
        {"put_same_file_name": "replaces", "attachment_lag_seconds": 0.2},
        {"put_same_file_name": "refuses", "attaching_changes_document": True},
        {"cached_outage_statuses": (), "key_life_seconds": 100_000},
    ],
}
QUESTIONS = [(ledger, kind, OPEN_QUESTIONS[ledger][number]) for kind in CUTS for number in (1, 2, 3, 0) for ledger in BOTH]


@pytest.mark.parametrize(("ledger", "kind", "switches"), a_few(QUESTIONS, 2))
def test_a_lost_answer_ends_with_one_summary_whatever_the_vendor_has_not_published(
    ledger: str, kind: str, switches: dict[str, Any], tmp_path: Path
) -> None:
    stage = stage_of(tmp_path, ledger, switches=switches)
    stage.work_order("4711")
    stage.plan(upload_fault(stage, kind, status=503 if kind.startswith("5xx") else 500))
    first = stage.sync()
    assert (first.posted, first.attached, first.uncertain) == (1, 0, 0)
    for _ in range(4):
        assert later(stage).posted == 0
    (found,) = on_documents(stage)
    (piece,) = pieces(stage)
    assert (piece.state, piece.remote_id, piece.checksum) == (EvidenceState.ATTACHED, found["id"], found["sha256"])
    assert len(stage.documents()) == 1
    with stage.world() as world:
        assert world.store.findings() == []


@either
def test_what_the_list_does_not_show_yet_is_not_sent_again(ledger: str, tmp_path: Path) -> None:
    """The file is there, and a look too early finds nothing: absence is believed after two looks, both late enough."""
    lag = {"lookup_lag_seconds": 3, "attachment_lag_seconds": 3}
    stage = stage_of(tmp_path, ledger, switches={**lag, "upload_keys": "ignored"})
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_after_commit"))
    stage.sync()
    stage.clock.advance(0.01)
    stage.sync()
    assert pieces(stage)[0].state is EvidenceState.UNCERTAIN
    later(stage)
    assert [piece.state for piece in pieces(stage)] == [EvidenceState.ATTACHED]
    assert len(on_documents(stage)) == 1


@pytest.mark.long
@pytest.mark.parametrize("ledger", BOTH)
def test_what_is_refused_is_tried_again_later_each_time_and_told_after_five(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    stage.work_order("4711")
    code = "6041" if ledger == "quickbooks" else "The file is not to our taste."
    stage.plan(*(upload_fault(stage, "refusal", code=code, status=400) for _ in range(5)))
    reports = [stage.sync()]
    before = stage.documents()
    waited = []
    while not (reports[-1].findings or len(waited) > 60):
        reports.append(later(stage))
        waited.append(pieces(stage)[0].tries)
    assert waited == [2, 3, 4, 4, 5]  # an hour each: the wait grows
    assert sum(report.posted for report in reports) == 1
    with stage.world() as world:
        (finding,) = world.store.findings()
    assert finding.code == "EVIDENCE_NOT_ATTACHED"
    assert "is in the books as it should be" in finding.message
    after = later(stage, hours=24)
    assert (after.attached, after.findings, len(on_documents(stage))) == (1, 0, 1)
    assert stage.documents() == before


@either
def test_yesterdays_database_finds_its_summary_and_sends_no_second(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    stage.sync()
    stage.work_order("4711")
    yesterday = stage.back_up()
    stage.sync()
    stage.restore(yesterday)
    report = later(stage, hours=0.2)
    assert (report.posted, report.adopted, report.attached) == (0, 1, 1)
    assert len(on_documents(stage)) == 1
    assert pieces(stage)[0].checksum == ""  # another database sent it: we do not know which bytes


@either
def test_a_document_that_a_person_ended_is_left_alone(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, "invoice")
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_before_commit"))
    stage.sync()
    stage.vendor.void(stage.documents()[0]["id"])
    report = later(stage)
    assert (report.attached, on_documents(stage)) == (0, [])
    assert [piece.state for piece in pieces(stage)] == [EvidenceState.LEFT_OUT]
    with stage.world() as world:
        assert [finding.code for finding in world.store.findings()] == ["DOCUMENT_VOIDED"]


@pytest.mark.long
def test_a_refusal_of_a_document_that_is_gone_meanwhile_ends_it(tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_before_commit"))
    stage.sync()
    later(stage)
    later(stage)
    with stage.world() as world:
        (piece,) = world.evidence.of("4711")
        stage.vendor.delete("JournalEntry", stage.documents()[0]["id"])
        stage.clock.advance(7200)
        assert attach(world).attached == 0
        assert world.evidence.of("4711")[0].state is EvidenceState.LEFT_OUT
        assert piece.state is EvidenceState.DUE


@either
def test_nothing_is_put_beside_a_document_in_a_closed_period(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "429"))
    stage.sync()
    stage.vendor.set_lock("2026-02-28")
    assert later(stage, hours=30).attached == 0
    (piece,) = pieces(stage)
    assert (piece.state, piece.problem, on_documents(stage)) == (EvidenceState.DUE, "the books are closed through 2026-02-28", [])
    stage.vendor.set_lock(None)
    assert later(stage, hours=30).attached == 1


def test_nothing_is_asked_or_sent_that_the_configuration_does_not_want(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    stage.work_order("4711")
    stage.sync()
    assert on_documents(stage) == []
    assert not [entry for entry in stage.shell.log if "Attachments" in entry["path"] or "History" in entry["path"]]


@pytest.mark.long
def test_documents_posted_before_it_was_wanted_get_it_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("4711")
    stage.sync()
    text = (tmp_path / "config.yaml").read_text("utf-8")
    old, new = asked("summary: true")
    (tmp_path / "config.yaml").write_text(text.replace(old, new), "utf-8")
    assert later(stage).attached == 1


@pytest.mark.long
def test_a_run_that_the_ledger_ended_sends_no_files(tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    stage.work_order("4711")
    stage.sync()
    for number in range(1, 8):
        stage.work_order(str(number))
    stage.clock.advance(3600)
    stage.plan(*(Fault(kind="429", method="POST", path="*/journalentry") for _ in range(30)))
    report = stage.sync()
    assert report.stopped
    assert len([entry for entry in stage.shell.log if entry["path"].endswith("/upload")]) == 1


@pytest.mark.parametrize("kind", a_few([*CUTS, "none"]))
def test_xeros_history_says_once_where_the_document_came_from(kind: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", wanted="history_note: true")
    stage.work_order("4711")
    if kind != "none":
        stage.plan(Fault(kind=kind, method="PUT", path="*/History", status=503))  # type: ignore[arg-type]
    stage.sync()
    for _ in range(3):
        later(stage)
    (note,) = on_documents(stage)
    (piece,) = pieces(stage)
    assert piece.state is EvidenceState.ATTACHED
    assert note["sha256"].startswith(f"[{piece.marker}] Posted from UpKeep work order 4711, under mapping ")
    assert hashlib.sha256(note["sha256"].encode()).hexdigest() == piece.checksum


@pytest.mark.long
def test_half_a_file_under_our_name_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero")
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_after_commit"))
    stage.sync()
    document = next(iter(stage.vendor.books.shelves["journal_entry"].by_id.values()))
    document.files[0].content = document.files[0].content[:100]
    report = later(stage)
    assert (report.attached, report.findings) == (0, 1)
    assert [piece.state for piece in pieces(stage)] == [EvidenceState.LEFT_OUT]
    assert "100 bytes instead of" in pieces(stage)[0].problem


@pytest.mark.long
def test_two_files_of_our_name_are_told_and_none_is_removed(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero")
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_after_commit"))
    stage.sync()
    document = next(iter(stage.vendor.books.shelves["journal_entry"].by_id.values()))
    document.files.append(replace(document.files[0], id="another"))
    assert later(stage).findings == 1
    with stage.world() as world:
        assert [finding.code for finding in world.store.findings()] == ["EVIDENCE_TWICE"]
    assert [piece.state for piece in pieces(stage)] == [EvidenceState.ATTACHED]


@pytest.mark.long
def test_a_sign_in_that_may_not_attach_holds_up_no_document_and_is_told(tmp_path: Path) -> None:
    """A consent of before Xero's scope for files: the books go on, a person is told in the end."""
    stage = stage_of(tmp_path, "xero")
    for refresh in stage.vendor.signin._refresh.values():
        refresh.scope = refresh.scope.replace(" accounting.attachments", "")
    stage.work_order("4711")
    assert stage.sync().posted == 1
    stage.work_order("4712")
    assert later(stage).posted == 1
    for _ in range(8):
        report = later(stage, hours=5)
    assert (report.stopped, report.findings, on_documents(stage)) == ([], 2, [])
    with stage.world() as world:
        assert {finding.code for finding in world.store.findings()} == {"EVIDENCE_NOT_ATTACHED"}


@pytest.mark.parametrize("path", a_few(["*/Attachments", "*/Organisation"]))
def test_a_look_that_cannot_be_made_holds_up_no_document_and_waits(path: str, tmp_path: Path) -> None:
    """Xero is away for the list of files, or for the lock dates, once the documents are done."""
    stage = stage_of(tmp_path, "xero", "invoice")
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_before_commit"))
    stage.sync()
    stage.plan(*(Fault(kind="5xx", method="GET", path=path, status=503) for _ in range(4)))
    report = later(stage)
    assert (report.attached, report.stopped, pieces(stage)[0].state) == (0, [], EvidenceState.UNCERTAIN)
    assert pieces(stage)[0].tries == 2
    for _ in range(4):
        later(stage)
    assert len(on_documents(stage)) == 1


@pytest.mark.long
def test_a_replayed_answer_about_a_file_that_is_gone_is_not_believed(tmp_path: Path) -> None:
    """The first answer was lost, a person removed the file, and the vendor answers the resend from its memory."""
    stage = stage_of(tmp_path, switches={"key_life_seconds": 1_000_000})
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_after_commit"))
    stage.sync()
    stage.vendor.files._stored.clear()
    for _ in range(3):
        later(stage)
    assert pieces(stage)[0].state is EvidenceState.UNCERTAIN
    assert pieces(stage)[0].problem == "the answer names a file that is not there"


@pytest.mark.long
def test_a_lost_database_does_not_believe_an_answer_from_the_vendors_memory(tmp_path: Path) -> None:
    """Yesterday's database sends what a person has removed since; QuickBooks answers with the file of before."""
    stage, _ = with_files(tmp_path, ("pump.jpg", b"jpeg"), switches={"key_life_seconds": 1_000_000})
    stage.plan(upload_fault(stage, "429"))
    stage.sync()
    yesterday = stage.database_path.read_bytes()
    assert later(stage).attached == 1
    stage.vendor.files._stored.clear()
    for path in stage.folder.glob("connector.db-*"):
        path.unlink()
    stage.database_path.write_bytes(yesterday)
    later(stage, hours=0.1)
    assert later(stage, hours=0.2).attached == 0
    assert [piece.state for piece in pieces(stage) if piece.source] == [EvidenceState.UNCERTAIN]


@pytest.mark.long
def test_a_day_that_is_used_up_is_no_failure_of_the_evidence(tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "drop_before_commit"))
    stage.sync()
    with stage.world() as world, pytest.MonkeyPatch.context() as patch:
        stage.clock.advance(3600)

        def refuse(pieces: Any) -> Any:
            raise LimitReachedError("quickbooks", "the day is used up", world.clock.now())

        patch.setattr(world.ledger, "evidence_on", refuse)
        attach(world)
        patch.setattr(world.ledger, "period_lock", lambda: refuse(()))
        attach(world)
    assert [piece.tries for piece in pieces(stage)] == [1]


@pytest.mark.parametrize(
    ("ledger", "wanted", "count"), a_few([("xero", "summary: true, history_note: true", 3), ("quickbooks", "summary: true", 45)])
)
def test_a_plan_counts_the_calls_of_what_will_lie_beside_the_documents(ledger: str, wanted: str, count: int, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, "invoice", wanted)
    for number in range(1, count + 1):
        stage.work_order(str(number))
    with stage.world() as world:
        told = plan(world)
    before = stage.shell.counts.total()
    report = stage.sync()
    assert report.attached == count * wanted.count("true")
    assert stage.shell.counts.total() - before == told.cost.calls


# --- UpKeep's files -----------------------------------------------------------------------------------------------------------


def with_files(folder: Path, *files: tuple[str, bytes], ledger: str = "quickbooks", **more: Any) -> tuple[Stage, list[str]]:
    stage = stage_of(folder, ledger, wanted="attachments: true", **more)
    identifiers = [stage.sandbox.vendors.upkeep.files.put(*file) for file in files]
    stage.work_order("4711", files=identifiers)
    return stage, identifiers


@pytest.mark.parametrize(("ledger", "shown"), a_few([("xero", "ids"), ("quickbooks", "objects")]))
def test_the_files_of_a_work_order_lie_on_its_document_once_each(ledger: str, shown: str, tmp_path: Path) -> None:
    stage, _ = with_files(tmp_path, ("pump.JPG", b"jpeg"), ("pump.JPG", b"other"), ledger=ledger, upkeep_switches={"files": shown})
    stage.plan(upload_fault(stage, "drop_after_commit"))
    stage.sync()
    for _ in range(4):
        later(stage)
    names = sorted(file["name"] for file in on_documents(stage))
    assert len(names) == len(set(names)) == 2
    assert all(name.startswith("pump-4711-") and name.endswith(".jpg") for name in names)
    digests = {hashlib.sha256(content).hexdigest() for content in (b"jpeg", b"other")}
    assert {file["sha256"] for file in on_documents(stage)} == digests
    assert {piece.checksum for piece in pieces(stage) if piece.source} == digests
    assert stage.sandbox.vendors.upkeep.violations == stage.vendor.violations == []


def test_what_a_ledger_does_not_take_is_left_out_and_told_once(tmp_path: Path) -> None:
    files = [("run.exe", b"MZ"), ("big.pdf", b"x" * 3_000_001), ("empty.txt", b""), ("good.txt", b"text")]
    stage, _ = with_files(tmp_path, *files, ledger="xero")
    stage.sync()
    report = later(stage)
    assert [file["name"][:4] for file in on_documents(stage)] == ["good"]
    assert (report.findings, [piece.state.value for piece in pieces(stage)[1:]]) == (1, ["left_out"] * 3 + ["attached"])
    assert {piece.problem for piece in pieces(stage)} == {
        "", "it is empty", "it has more than 3,000,000 bytes", "the ledger is not known to take files of that kind",
    }  # fmt: skip


@pytest.mark.long
def test_more_files_than_a_document_takes_are_told(tmp_path: Path) -> None:
    stage, _ = with_files(tmp_path, *((f"{n}.txt", b"text") for n in range(12)), ledger="xero")
    stage.sync()
    report = later(stage)
    assert (len(on_documents(stage)), report.findings) == (9, 1)
    with stage.world() as world:
        assert "takes 9 files beside the summary, and there are 12" in world.store.findings()[0].message


def test_half_a_file_is_never_sent_and_is_read_again(tmp_path: Path) -> None:
    stage, (identifier,) = with_files(tmp_path, ("pump.jpg", b"a whole picture"))
    stage.sandbox.vendors.upkeep.files.cut(identifier, 5)
    assert stage.sync().posted == 1
    assert on_documents(stage) == []
    assert "has 15 bytes, and 5 came" in pieces(stage)[-1].problem
    stage.sandbox.vendors.upkeep.files.cut(identifier, 15)
    assert later(stage).attached == 1


@pytest.mark.long
def test_a_file_that_is_gone_or_changed_meanwhile(tmp_path: Path) -> None:
    """What was lost is sent again as it is now, under another key; what is gone is told."""
    stage, (kept, gone) = with_files(tmp_path, ("kept.txt", b"first"), ("gone.txt", b"text"))
    stage.plan(*(upload_fault(stage, "drop_before_commit") for _ in range(2)))
    stage.sync()
    files = stage.sandbox.vendors.upkeep.files
    del files._stored[gone]
    files._stored[kept].content = b"second"
    files.cut(kept, 6)
    for _ in range(4):
        report = later(stage)
    assert [file["sha256"] for file in on_documents(stage)] == [hashlib.sha256(b"second").hexdigest()]
    told = {piece.name[:4]: (piece.state.value, piece.problem) for piece in pieces(stage) if piece.source}
    assert told == {"kept": ("attached", ""), "gone": ("left_out", "it is not on the work order in UpKeep any more")}
    assert (report.findings, stage.vendor.violations) == (1, [])


@pytest.mark.long
def test_an_upkeep_that_is_away_keeps_the_files_waiting_and_no_document(tmp_path: Path) -> None:
    stage, _ = with_files(tmp_path, ("pump.jpg", b"jpeg"))
    stage.sandbox.upkeep.plan.plan([Fault(kind="5xx", method="GET", path="*/work-orders/*", status=503, skip=1, times=4)])
    assert stage.sync().posted == 1
    assert (pieces(stage)[0].kind.value, pieces(stage)[0].tries) == ("file_list", 1)
    assert later(stage).attached == 1
