"""The main flow with its records on PostgreSQL: the same sentences, and several real processes on one server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.store.engine import url_of
from connector.store.vault import KEY_VARIABLE
from tests.everyday import a_few
from tests.stage import Stage, write_fault
from tests.store.databases import PostgresServer

pytestmark = pytest.mark.postgres
WAYS = [("quickbooks", "invoice"), ("xero", "journal_entry"), ("quickbooks", "journal_entry"), ("xero", "invoice")]
each_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
ORDERS = 24


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no file beside a server's database to keep a key in."""
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())


def staged(postgres: PostgresServer, folder: Path, ledger: str, document: str, **more: Any) -> Stage:
    return Stage(folder, ledger, document, database_url=postgres.create_migrated(), **more)


@each_way
def test_each_completed_work_order_becomes_one_document_and_a_second_sync_posts_nothing(
    ledger: str, document: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    stage = staged(postgres, tmp_path, ledger, document)
    for number in range(1, 8):
        stage.work_order(str(number))
    first = stage.sync()
    assert (first.posted, first.adopted, first.held, first.uncertain) == (7, 0, 0, 0)
    again = stage.sync()
    assert (again.posted, again.adopted, again.pulled) == (0, 0, 0)
    assert set(stage.numbers().values()) == {1}


@each_way
@pytest.mark.parametrize("kind", ["drop_after_commit", "5xx_after_commit"])
def test_a_lost_answer_is_looked_up_and_never_sent_again(
    kind: str, ledger: str, document: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    stage = staged(postgres, tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, kind))
    stage.sync()
    stage.sync()
    assert list(stage.numbers().values()) == [1]


@each_way
@pytest.mark.parametrize("kind", ["drop_before_commit", "429"])
def test_what_never_arrived_is_sent_again_after_proof(
    kind: str, ledger: str, document: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    stage = staged(postgres, tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, kind))
    for _ in range(3):
        stage.sync()
    assert list(stage.numbers().values()) == [1]


@each_way
def test_an_empty_database_finds_every_document_and_posts_none_again(
    ledger: str, document: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    stage = staged(postgres, tmp_path, ledger, document)
    for number in range(1, 6):
        stage.work_order(str(number))
    stage.sync()
    stage.database_url = postgres.create()
    report = stage.sync()
    assert (report.posted, report.adopted) == (0, 5)
    assert set(stage.numbers().values()) == {1}


@each_way
def test_yesterdays_database_restored_posts_nothing_again(ledger: str, document: str, tmp_path: Path, postgres: PostgresServer) -> None:
    stage = staged(postgres, tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    yesterday = postgres.create(template=str(url_of(stage.database_url).database))
    stage.work_order("2")
    stage.sync()
    stage.database_url = yesterday
    report = stage.sync()
    assert (report.posted, report.adopted) == (0, 1)
    assert set(stage.numbers().values()) == {1}


def test_one_bad_work_order_never_costs_the_others(tmp_path: Path, postgres: PostgresServer) -> None:
    stage = staged(postgres, tmp_path, "quickbooks", "journal_entry")
    stage.work_order("1")
    stage.work_order("2", additionalCosts=[{"description": "?", "cost": "N/A"}])
    stage.work_order("3", additionalCosts=[])
    stage.work_order("4", title="🔧" * 300 + "\x00\x07", description="x" * 200_000)
    stage.work_order("5", additionalCosts=[{"description": "?", "cost": "1e70"}])
    report = stage.sync()
    assert (report.posted, report.excluded) == (2, 1)
    assert set(stage.numbers().values()) == {1}


# --- several real processes on one server -------------------------------------------------------------------------------------


def command(config: Path) -> list[str]:
    return [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]


def configured(running: RunningSandbox, ledger: str, folder: Path, address: str) -> Path:
    config = folder / "config.yaml"
    config.write_text(re.sub(r'(?m)^database: ".*"$', f'database: "{address}"', running.config[ledger]), "utf-8")
    return config


def numbers(running: RunningSandbox, ledger: str) -> Counter[str]:
    return Counter(document["number"].casefold() for document in getattr(running.sandbox.vendors, ledger).documents())


@pytest.mark.long
@pytest.mark.sockets
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_several_processes_at_once_post_each_work_order_once(ledger: str, tmp_path: Path, postgres: PostgresServer) -> None:
    with running_sandbox(Filling(orders=ORDERS)) as running:
        config = configured(running, ledger, tmp_path, postgres.create())
        processes = [subprocess.Popen(command(config), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        told = [process.communicate(timeout=100)[1] for process in processes]
        found = numbers(running, ledger)
        again = subprocess.run(command(config), capture_output=True, text=True, timeout=100, check=False)
    assert all(process.returncode in (0, 1, 3) for process in processes), told
    assert any(process.returncode in (0, 1) for process in processes), told
    assert not any("Traceback" in words for words in told), told
    assert set(found.values()) == {1}
    assert len(found) >= ORDERS // 2
    assert '"posted": 0' in again.stdout
