"""What a disk, a file or a clock can do to a run: a clear message, nothing posted twice, nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.core.audit import Entry
from connector.flows.sync import sync
from connector.sandbox.wire import Request, Response
from connector.store.audit_check import check
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.store.tables import SCHEMA_VERSION
from tests.stage import START, Stage, write_fault

# One write a document, and Xero's two.
WAYS = [("quickbooks", "invoice"), ("xero", "journal_entry")]
DAY = timedelta(days=1)
# Longer than a run waits for by itself, so that the proof is in the hands of later runs.
SETTLE = 60.0
SLOW = ("settle_seconds: 0.5", f"settle_seconds: {SETTLE}")


def is_intact(stage: Stage) -> bool:
    database = Database.open(str(stage.database_path), stage.sandbox.clock)
    try:
        return check(database).problem is None
    finally:
        database.close()


def at_write(stage: Stage, number: int, happens: Callable[[], None]) -> None:
    """Let something happen when the ledger is through with the n-th write, before its answer arrives or is lost."""
    whole, seen = stage.shell.handle, []

    def handle(request: Request) -> Response:
        is_write = request.method in ("POST", "PUT") and any(
            word in request.path for word in ("/journalentry", "/invoice", "/Invoices", "/ManualJournals")
        )
        seen.extend([request] if is_write else [])
        try:
            answer: Response = whole(request)
        finally:
            if is_write and len(seen) == number:
                happens()
        return answer

    stage.shell.handle = handle


# --- the disk and the file ----------------------------------------------------------------------------------------------------


def fill_the_disk(database: Database) -> None:
    """From now on the file cannot grow, and what was free in it is used up."""
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    database.engine.dispose()
    sa.event.listen(database.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseProblem, match="DATABASE_FULL"):
        while True:
            with database.write() as connection:
                database.audit.append(connection, [Entry(database.clock.now(), "", "")])


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_disk_that_is_full_when_the_answer_arrives_ends_the_run_and_the_next_one_finds_the_document(
    ledger: str, document: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, ledger, document)
    for number in ("1", "2"):
        stage.work_order(number)
    whole, opened = stage.shell.handle, []
    at_write(stage, 1, lambda: fill_the_disk(opened[0]))
    with stage.world() as world, pytest.raises(DatabaseProblem) as problem:
        opened.append(world.store._database)  # type: ignore[attr-defined]
        sync(world)
    stage.shell.handle = whole
    assert problem.value.code == "DATABASE_FULL"
    assert "Free some space" in str(problem.value)
    assert len(stage.documents()) == (1 if ledger == "quickbooks" else 0)  # Xero's draft is no document yet.
    for _ in range(2):
        stage.sync()
    assert list(stage.numbers().values()) == [1, 1]
    assert stage.total() == Decimal("200.00")
    assert is_intact(stage)


def torn(path: Path) -> None:
    """A file whose second half never reached the disk."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_damaged_database_posts_nothing_and_its_backup_posts_nothing_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage, backup = Stage(tmp_path, ledger, document), tmp_path / "backup.db"
    stage.work_order("1")
    stage.sync()
    shutil.copy(stage.database_path, backup)
    stage.work_order("2")
    stage.sync()
    torn(stage.database_path)
    stage.work_order("3")
    with pytest.raises(DatabaseProblem) as problem:
        stage.sync()
    assert problem.value.code == "DATABASE_CORRUPT"
    assert "Restore a backup" in str(problem.value)
    assert len(stage.documents()) == 2
    shutil.copy(backup, stage.database_path)
    report = stage.sync()
    assert (report.posted, report.adopted) == (1, 1)
    assert list(stage.numbers().values()) == [1, 1, 1]
    assert is_intact(stage)


def test_a_database_of_a_newer_connector_posts_nothing_and_loses_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    stage.work_order("2")

    def versioned(version: str) -> None:
        engine = sa.create_engine(f"sqlite:///{stage.database_path}")
        with engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
        engine.dispose()

    versioned(str(SCHEMA_VERSION + 1))
    with pytest.raises(DatabaseProblem, match="newer connector") as problem:
        stage.sync()
    assert problem.value.code == "DATABASE_NEWER"
    assert len(stage.documents()) == 1
    versioned(str(SCHEMA_VERSION))
    assert (stage.sync().posted, list(stage.numbers().values())) == (1, [1, 1])


# --- the clock ----------------------------------------------------------------------------------------------------------------


def slow_stage(folder: Path, ledger: str, document: str) -> Stage:
    """A connection whose proofs take a minute, past its first quarantine."""
    stage = Stage(folder, ledger, document, config_change=SLOW)
    stage.work_order("0")
    stage.sync()
    return stage


def settle(stage: Stage, syncs: int = 4) -> None:
    """So many syncs as a proof needs, each a little later than the settling time."""
    for _ in range(syncs):
        stage.clock.advance(SETTLE + 1)
        stage.sync()


FATES = ["drop_after_commit", "drop_before_commit", "commit_late"]


@pytest.mark.parametrize(("ledger", "document"), WAYS)
@pytest.mark.parametrize("fate", FATES)
def test_a_clock_set_back_by_a_day_between_two_syncs_neither_blocks_a_doubt_nor_ends_it_early(
    fate: str, ledger: str, document: str, tmp_path: Path
) -> None:
    stage = slow_stage(tmp_path, ledger, document)
    stage.ahead = DAY
    stage.work_order("1")
    stage.plan(write_fault(stage, fate, **({"seconds": SETTLE - 5} if fate == "commit_late" else {})))
    assert stage.sync().uncertain == 1
    stage.ahead = timedelta(0)
    for _ in range(3):
        stage.clock.advance(1)
        stage.sync()  # Too early to prove anything.
    assert len(stage.documents()) <= 2
    settle(stage)
    assert list(stage.numbers().values()) == [1, 1]
    assert stage.sync().uncertain == 0
    assert is_intact(stage)


@pytest.mark.parametrize(("ledger", "document"), WAYS)
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("write", [1, 2])
def test_a_clock_set_back_by_a_day_in_the_middle_of_a_sync_neither_blocks_nor_doubles(
    write: int, fate: str, ledger: str, document: str, tmp_path: Path
) -> None:
    stage = slow_stage(tmp_path, ledger, document)
    stage.ahead = DAY
    stage.work_order("1")
    stage.work_order("2")

    def set_back() -> None:
        stage.ahead = timedelta(0)

    whole = stage.shell.handle
    at_write(stage, write, set_back)
    stage.plan(write_fault(stage, fate, **({"seconds": SETTLE - 5} if fate == "commit_late" else {})))
    stage.sync()
    stage.shell.handle = whole
    stage.ahead = timedelta(0)
    settle(stage)
    assert list(stage.numbers().values()) == [1, 1, 1]
    assert stage.sync().uncertain == 0


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_clock_set_back_by_a_day_after_the_first_sync_does_not_make_the_next_wait_for_it(
    ledger: str, document: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.ahead = DAY
    stage.work_order("1")
    stage.sync()
    stage.ahead = timedelta(0)
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert stage.clock.now() < START + timedelta(minutes=5)


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_sign_in_that_ended_while_our_clock_was_set_back_is_renewed(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.ahead = DAY
    stage.sync()
    stage.ahead = timedelta(0)
    stage.clock.advance(7200)
    stage.work_order("1")
    for _ in range(2):
        stage.sync()
    assert list(stage.numbers().values()) == [1]


def test_a_work_order_changed_while_our_clock_was_wrong_is_still_read(tmp_path: Path) -> None:
    """How far UpKeep was read is told in UpKeep's own times: ours cannot jump over a change."""
    stage = Stage(tmp_path)
    stage.ahead = DAY
    stage.work_order("1")
    stage.sync()
    stage.ahead = timedelta(0)
    stage.work_order("2")
    stage.ahead = -DAY
    stage.sync()
    stage.work_order("3")
    stage.sync()
    assert sorted(number.split("-")[0] for number in stage.numbers()) == ["1", "2", "3"]
