"""A connection that is a shadow drafts and never writes; what it drafted is laid beside what people booked, and posted only on a word."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.cli.shadow import to_json
from connector.core.clock import Deadline
from connector.core.period import Month
from connector.core.posting import State
from connector.flows.reversing import reverse
from connector.flows.shadow_report import ShadowReport, shadow_report
from connector.flows.status import status
from connector.ledgers.http import ShadowWriteError
from connector.sandbox.transport import SandboxTransport
from tests.everyday import a_few
from tests.stage import Stage

WAYS = [("quickbooks", "journal_entry"), ("xero", "invoice"), ("xero", "journal_entry"), ("quickbooks", "invoice")]
every_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
FEBRUARY = Month(date(2026, 2, 1), date(2026, 2, 28))
START = "start_date: 2000-01-01"


def in_mode(stage: Stage, mode: str, start: str = "") -> None:
    """A person edits the configuration."""
    lines = [line for line in (stage.folder / "config.yaml").read_text("utf-8").splitlines() if not line.startswith("    mode:")]
    text = "\n".join([*lines, f"    mode: {mode}", ""])
    if start:
        assert START in text
        text = text.replace(START, f"start_date: {start}")
    (stage.folder / "config.yaml").write_text(text, "utf-8")


def next_day(stage: Stage) -> None:
    """UpKeep asks for a new sign-in by then."""
    stage.clock.advance(17 * 3600)
    vendor = stage.sandbox.vendors.upkeep
    answer = stage.upkeep.post("/api/v2/auth", json={"email": vendor.email, "password": vendor.password})
    stage.upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]


def shadow(folder: Path, ledger: str = "quickbooks", document: str = "journal_entry") -> Stage:
    stage = Stage(folder, ledger, document)
    in_mode(stage, "shadow")
    return stage


def held(stage: Stage) -> dict[str, str]:
    """The codes of what is held, by number."""
    from connector.core.disposition import Disposition

    with stage.world() as world:
        return {row.number: row.codes[0] for row in world.store.remembered_with(Disposition.HELD)}


def outbox(stage: Stage) -> int:
    with closing(sqlite3.connect(stage.database_path)) as database:
        return int(database.execute("SELECT count(*) FROM posting").fetchone()[0])


def writes(stage: Stage) -> list[tuple[str, str]]:
    asked = [(entry["method"], entry["path"]) for entry in stage.shell.log]
    return [one for one in asked if one[0] != "GET" and not one[1].endswith("/query") and "token" not in one[1]]


@every_way
def test_a_shadow_keeps_its_decisions_and_posts_nothing(ledger: str, document: str, tmp_path: Path) -> None:
    stage = shadow(tmp_path, ledger, document)
    stage.work_order("1")
    stage.work_order("2", additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "much"}])
    for _ in range(2):
        report = stage.sync()
        assert (report.posted, report.drafted, report.is_shadow, report.uncertain) == (0, 1, True, 0)
    assert (stage.documents(), outbox(stage), writes(stage)) == ([], 0, [])
    assert held(stage) == {"1": "SHADOW_DRAFT", "2": "UNREADABLE_NUMBER"}
    with stage.world() as world:
        told: dict[str, Any] = status(world).to_json()
    assert told["mode"] == "shadow"
    assert told["work_orders"]["drafted"] == {"count": 1, "amount": "100.00"}
    assert told["work_orders"]["held"]["count"] == 1


def test_what_waited_before_the_shadow_is_not_sent_in_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    with stage.world() as world, world.store.writer():
        from connector.flows.intake import take_in
        from connector.flows.reference import ReferenceData

        take_in(world, ReferenceData(world))
        assert len(world.store.postings(State.READY)) == 1
    in_mode(stage, "shadow")
    assert (stage.sync().drafted, stage.documents()) == (1, [])
    in_mode(stage, "post")
    assert (stage.sync().posted, held(stage)) == (0, {"1": "SHADOW_DRAFT"})


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_the_door_lets_no_write_of_a_shadow_through(ledger: str, tmp_path: Path) -> None:
    """Whatever a flow may do: the ledger's own client sends nothing, and a reversal is refused before it."""
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    assert stage.sync().posted == 1
    in_mode(stage, "shadow")
    stage.shell.log.clear()
    with stage.world() as world:
        [posting] = world.store.every_posting()
        leased = type(posting)(
            **{**{name: getattr(posting, name) for name in posting.__dataclass_fields__}, "state": State.SENDING, "token": 9}
        )
        with pytest.raises(ShadowWriteError):
            world.ledger.send(leased, Deadline(world.clock.monotonic(), 60))
        [problem] = reverse(world, "1", "a mistake").problems
    assert (problem.code, writes(stage)) == ("SHADOW_WRITES_NOTHING", [])


@every_way
def test_what_the_shadow_drafted_is_not_posted_when_only_the_mode_changes(ledger: str, document: str, tmp_path: Path) -> None:
    """Also what was completed in that time and seen only afterwards; what is completed later is posted."""
    stage = shadow(tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    stage.work_order("2", dateCompleted="2026-03-02T10:00:00.000Z")
    in_mode(stage, "post")
    report = stage.sync()
    assert (report.posted, held(stage)) == (0, {"1": "SHADOW_DRAFT", "2": "SHADOW_DRAFT"})
    next_day(stage)
    stage.work_order("3", dateCompleted="2026-03-03T07:30:00.000Z")
    assert (stage.sync().posted, set(held(stage))) == (1, {"1", "2"})


@every_way
def test_a_start_date_that_was_moved_says_what_is_posted(ledger: str, document: str, tmp_path: Path) -> None:
    stage = shadow(tmp_path, ledger, document)
    stage.work_order("1")
    stage.work_order("2", dateCompleted="2026-03-01T17:00:00.000Z")
    assert stage.sync().drafted == 2
    in_mode(stage, "post", start="2026-03-01")
    report = stage.sync()
    assert (report.posted, report.standing) == (1, {"excluded": 1, "posted": 1})
    assert stage.total() == Decimal(100)


def test_a_person_may_let_one_go(tmp_path: Path) -> None:
    stage = shadow(tmp_path)
    stage.work_order("1")
    stage.work_order("2")
    stage.sync()
    in_mode(stage, "post")
    stage.sync()
    with stage.world() as world:
        assert world.store.release("2")
    assert (stage.sync().posted, held(stage)) == (1, {"1": "SHADOW_DRAFT"})


def test_a_draft_follows_the_mapping(tmp_path: Path) -> None:
    stage = shadow(tmp_path)
    stage.work_order("1")
    stage.sync()
    text = (stage.folder / "mapping.yaml").read_text("utf-8")
    (stage.folder / "mapping.yaml").write_text(text.replace("account: Repairs and maintenance", "account: HVAC repairs"), "utf-8")
    assert stage.sync().drafted == 1
    assert [one.account for one in reported(stage).accounts] == ["2100 Accrued maintenance", "6110 HVAC repairs"]


# --- the report -------------------------------------------------------------------------------------------------------------------


def reported(stage: Stage) -> ShadowReport:
    with stage.world() as world:
        return shadow_report(world, FEBRUARY)


def by_hand(stage: Stage, amount: str, text: str, day: str = "2026-02-24", account: str = "6100") -> None:
    """A bookkeeper books a job's cost, or bills it, at the ledger's own pages."""
    with stage.world() as world:
        bearer = {"Authorization": f"Bearer {world.sign_in.access()}"}
    if stage.ledger == "quickbooks":
        ids = {one["AcctNum"]: one["Id"] for one in stage.vendor.books.lists["Account"].values()}
        legs = [("Debit", ids[account]), ("Credit", ids["2100"])]
        rows = [
            {"Amount": Decimal(amount), "DetailType": "JournalEntryLineDetail", "Description": text,
             "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": one}}}
            for side, one in legs
        ]  # fmt: skip
        path, body = f"/v3/company/{stage.vendor.realm_id}/journalentry?minorversion=75", {"TxnDate": day, "Line": rows}
        answer = _client(stage).post(path, content=_text(body), headers={**bearer, "content-type": "application/json"})
    else:
        lines = [{"LineAmount": Decimal(amount), "AccountCode": account}, {"LineAmount": -Decimal(amount), "AccountCode": "2100"}]
        body = {"ManualJournals": [{"Narration": text, "Date": day, "Status": "POSTED", "LineAmountTypes": "NoTax", "JournalLines": lines}]}
        head = {**bearer, "xero-tenant-id": stage.vendor.tenant_id, "content-type": "application/json", "accept": "application/json"}
        answer = _client(stage).put("/api.xro/2.0/ManualJournals?summarizeErrors=false", content=_text(body), headers=head)
    assert answer.status_code == 200, answer.text


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, default=str)


def _client(stage: Stage) -> httpx.Client:
    return httpx.Client(transport=SandboxTransport(stage.shell.handle), base_url="http://127.0.0.1:2", timeout=30)


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_the_report_says_what_was_booked_for_each_draft_and_what_was_not(ledger: str, tmp_path: Path) -> None:
    stage = shadow(tmp_path, ledger)
    for number in ("5001", "5002", "5003"):
        stage.work_order(number)
    stage.work_order("5004", dateCompleted="2026-01-04T17:00:00.000Z")
    stage.sync()
    by_hand(stage, "100.00", "Crane for the chiller")  # the same amount and account, days later
    by_hand(stage, "120.00", "WO 5002 crane and operator")  # the number in the text, another amount
    by_hand(stage, "77.00", "Something else on this account")
    by_hand(stage, "100.00", "Another account altogether", account="6150")
    before = stage.documents()
    report = reported(stage)
    assert (stage.documents(), report.agrees, report.ours) == (before, False, 0)
    assert {pair.draft.number: (pair.because, str(pair.difference)) for pair in report.pairs} == {
        "5001": (("amount", "account"), "0.00"),
        "5002": (("number", "account"), "20.00"),
        "5003": (("amount", "account"), "0.00"),
    }
    assert [str(one.document.total) for one in report.only_booked] == ["77.00"]
    told = {one.account: (str(one.drafted.net), str(one.booked.net), str(one.difference)) for one in report.accounts}
    assert told == {
        "6100 Repairs and maintenance": ("300.00", "297.00", "-3.00"),
        "2100 Accrued maintenance": ("-300.00", "-397.00", "-97.00"),
    }
    json.dumps(to_json(report))


@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
@pytest.mark.parametrize("ledger", a_few(["xero", "quickbooks"]))
def test_what_another_connection_posts_is_never_taken_for_a_persons_work(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    assert stage.sync().posted == 1
    in_mode(stage, "shadow")
    stage.work_order("2")
    stage.sync()
    report = reported(stage)
    assert (report.pairs, [one.number for one in report.only_drafted], report.only_booked, report.ours) == ((), ["2"], (), 1)
    assert all(one.booked.net == 0 and one.difference == -one.drafted.net for one in report.accounts)
