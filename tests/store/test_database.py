"""A database that cannot be used says why; one that was restored or copied is noticed; nothing that was committed is lost."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from connector.store.engine import DatabaseProblem, open_engine, url_of
from connector.store.trouble import told
from tests.store.databases import START, Home, PostgresServer
from tests.store.examples import CHANGED_AT, decision, held, leased, posted, queue

SETTLE = 120.0
NOBODY = 65534


# --- what is committed, and what is not ---------------------------------------------------------------------------------------


def test_no_update_is_lost_when_several_count_at_once(home: Home, database: Database) -> None:
    """SQLAlchemy's default mode on SQLite loses some of them."""
    queue(home.store(database=database))
    failures: list[BaseException] = []

    def count(own: Database) -> None:
        try:
            for _ in range(20):
                with own.write() as connection:
                    lock = "" if home.kind == "sqlite" else " FOR UPDATE"
                    seen = connection.execute(sa.text(f"SELECT token FROM posting{lock}")).scalar_one()
                    connection.execute(sa.text("UPDATE posting SET token = :next"), {"next": seen + 1})
        except BaseException as error:  # A thread's error is to fail the test, not to be printed.
            failures.append(error)

    threads = [threading.Thread(target=count, args=(home.open(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert home.rows("SELECT token FROM posting") == [(60,)]


def test_several_processes_note_the_same_fact_at_once(home: Home) -> None:
    databases = [home.open() for _ in range(4)]
    failures: list[BaseException] = []
    together = threading.Barrier(len(databases))

    def note(own: Database) -> None:
        together.wait()
        try:
            own.note_writer()
        except BaseException as error:  # A thread's error is to fail the test, not to be printed.
            failures.append(error)

    threads = [threading.Thread(target=note, args=(own,)) for own in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert home.rows("SELECT value FROM meta WHERE key = 'epoch'") == [("4",)]


def test_sqlite_writes_through_to_the_disk_and_keeps_its_references(file_home: Home) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with file_home.open().write() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas} == pragmas


def test_a_commit_is_durable_even_where_the_server_s_default_is_not(server_home: Home) -> None:
    name = server_home.rows("SELECT current_database()")[0][0]
    with server_home.open().engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET synchronous_commit TO off"))
        connection.execute(sa.text(f"ALTER DATABASE {name} SET idle_session_timeout TO '5s'"))
    server_home.close()
    assert server_home.rows("SHOW synchronous_commit") == [("on",)]
    assert server_home.rows("SHOW idle_session_timeout") == [("0",)]


def test_a_stricter_server_stays_as_strict(server_home: Home) -> None:
    name = server_home.rows("SELECT current_database()")[0][0]
    with server_home.open().engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET synchronous_commit TO remote_apply"))
    server_home.close()
    assert server_home.rows("SHOW synchronous_commit") == [("remote_apply",)]


# --- a restored or copied database --------------------------------------------------------------------------------------------


def written(home: Home, database: Database | None = None) -> Database:
    """The database after a writer has been there."""
    database = database or home.open()
    with home.store(database=database).writer():
        return database


def settled(home: Home) -> None:
    """A writer has been there, and the first quarantine is over."""
    written(home).close()
    home.clock.sleep(3 * SETTLE)


def test_a_new_database_waits_until_earlier_documents_show(home: Home) -> None:
    assert written(home).quarantine_until(SETTLE) == START + timedelta(seconds=2 * SETTLE)
    home.clock.sleep(2 * SETTLE)
    assert home.open().quarantine_until(SETTLE) is None


def test_a_database_that_goes_on_waits_for_nothing(home: Home) -> None:
    settled(home)
    for _ in range(3):
        assert written(home).quarantine_until(SETTLE) is None


def test_each_connection_waits_by_its_own_vendor(home: Home) -> None:
    database = written(home)
    assert database.quarantine_until(1.0) == START + timedelta(seconds=2)
    assert database.quarantine_until(SETTLE) == START + timedelta(seconds=2 * SETTLE)


def test_yesterday_s_file_restored_is_noticed(file_home: Home, tmp_path: Path) -> None:
    settled(file_home)
    shutil.copy(file_home.path, tmp_path / "backup")
    written(file_home).close()
    shutil.copy(tmp_path / "backup", file_home.path)
    now = file_home.clock.now()
    assert written(file_home).quarantine_until(SETTLE) == now + timedelta(seconds=2 * SETTLE)
    file_home.clock.sleep(2 * SETTLE)
    assert written(file_home).quarantine_until(SETTLE) is None


def test_a_file_copied_to_another_place_is_noticed(file_home: Home, tmp_path: Path) -> None:
    settled(file_home)
    elsewhere = Home("sqlite", str(tmp_path / "copy.db"), file_home.clock)
    shutil.copy(file_home.path, elsewhere.path)
    assert written(elsewhere).quarantine_until(SETTLE) is not None
    elsewhere.close()
    assert written(file_home).quarantine_until(SETTLE) is None


def test_a_restored_file_is_still_in_quarantine_after_its_first_writer_was_killed(file_home: Home, tmp_path: Path) -> None:
    settled(file_home)
    shutil.copy(file_home.path, tmp_path / "backup")
    written(file_home).close()
    shutil.copy(tmp_path / "backup", file_home.path)
    written(file_home).close()  # killed before it asked how long to wait
    assert written(file_home).quarantine_until(SETTLE) is not None


def test_a_database_copied_on_the_server_is_noticed(server_home: Home, postgres: PostgresServer) -> None:
    settled(server_home)
    name = server_home.rows("SELECT current_database()")[0][0]
    server_home.close()
    copy = Home("postgresql", postgres.create(template=name), server_home.clock)
    assert written(copy).quarantine_until(SETTLE) is not None
    copy.close()
    assert written(server_home).quarantine_until(SETTLE) is None


def test_tables_restored_into_the_same_database_are_noticed(server_home: Home) -> None:
    """What pg_restore --clean does: drop the table, make it anew, fill it."""
    settled(server_home)
    with server_home.open().engine.begin() as connection:
        for statement in (
            "CREATE TABLE restored (LIKE meta INCLUDING ALL)",
            "INSERT INTO restored SELECT * FROM meta",
            "DROP TABLE meta",
            "ALTER TABLE restored RENAME TO meta",
        ):
            connection.execute(sa.text(statement))
    assert written(server_home).quarantine_until(SETTLE) is not None


def test_a_writer_asks_its_store_how_long_to_wait(store: ConnectionStore) -> None:
    with store.writer():
        assert store.first_look_not_before(SETTLE) == START + timedelta(seconds=2 * SETTLE)


# --- a database that cannot be used -------------------------------------------------------------------------------------------


def refused(home: Home, address: str | None = None) -> str:
    """The problem's code when the database is opened; its message names the database."""
    with pytest.raises(DatabaseProblem) as problem:
        home.open(address=address or home.address)
    assert str(problem.value).count(problem.value.code) == 1
    return problem.value.code


def test_a_file_that_is_no_database_is_told_and_left_alone(file_home: Home) -> None:
    file_home.path.write_bytes(b"PK\x03\x04 a spreadsheet, perhaps" * 100)
    before = file_home.path.read_bytes()
    assert refused(file_home) == "DATABASE_CORRUPT"
    assert file_home.path.read_bytes() == before


def test_a_damaged_file_is_told(file_home: Home) -> None:
    queue(file_home.store(), *map(str, range(200)))
    file_home.rows("SELECT count(*) FROM posting")
    file_home.close()
    whole = file_home.path.read_bytes()
    file_home.path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(DatabaseProblem) as problem:
        file_home.store().find("1")
    assert problem.value.code == "DATABASE_CORRUPT"


def test_a_full_disk_is_told_and_costs_nothing_that_was_stored(file_home: Home) -> None:
    database = file_home.open()
    store = file_home.store(database=database)
    store.decide([decision("1")], CHANGED_AT)
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    database.engine.dispose()
    sa.event.listen(database.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(DatabaseProblem) as problem:
        store.decide([decision(str(n)) for n in range(2, 200)], None)
    assert problem.value.code == "DATABASE_FULL"
    file_home.close()
    again = file_home.store()
    assert [p.work_order_number for p in again.every_posting()] == ["1"]
    again.decide([decision("2")], None)
    assert again.cursor() == CHANGED_AT


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root may write everywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="connector-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


def test_a_folder_that_cannot_be_written_is_told_at_the_first_start(open_folder: Path, file_home: Home) -> None:
    open_folder.chmod(0o555)
    with as_an_ordinary_user():
        assert refused(file_home, str(open_folder / "connector.db")) == "DATABASE_UNWRITABLE"
    assert list(open_folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(open_folder: Path, file_home: Home) -> None:
    path = open_folder / "connector.db"
    file_home.open(address=str(path)).close()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with as_an_ordinary_user():
        assert refused(file_home, str(path)) == "DATABASE_UNWRITABLE"


def test_a_folder_that_became_read_only_stops_the_writer_before_it_sends(open_folder: Path, file_home: Home) -> None:
    path = open_folder / "connector.db"
    database = file_home.open(address=str(path))
    open_folder.chmod(0o555)
    with as_an_ordinary_user(), pytest.raises(DatabaseProblem) as problem, file_home.store(database=database).writer():
        pass
    assert problem.value.code == "DATABASE_UNWRITABLE"


def test_a_folder_that_is_not_there_is_told(file_home: Home) -> None:
    assert refused(file_home, str(file_home.path.parent / "no" / "such" / "folder" / "connector.db")) == "DATABASE_UNWRITABLE"
    assert refused(file_home, str(file_home.path.parent)) == "DATABASE_UNWRITABLE"


def test_a_file_that_another_program_holds_is_told(file_home: Home) -> None:
    database = file_home.open()
    database.engine.dispose()
    sa.event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 0"))
    other = sqlite3.connect(file_home.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem) as problem:
            file_home.store(database=database).cursor()
    finally:
        other.close()
    assert problem.value.code == "DATABASE_BUSY"


def test_a_server_that_does_not_answer_is_told_without_the_password(file_home: Home) -> None:
    for host in ("host=/nonexistent", "host=127.0.0.1&port=1"):
        with pytest.raises(DatabaseProblem) as problem:
            file_home.open(address=f"postgresql://kim:secret-word@/books?{host}")
        assert problem.value.code == "DATABASE_UNREACHABLE"
        assert "secret-word" not in str(problem.value)


def test_a_server_that_does_not_know_us_or_the_database_is_told(server_home: Home) -> None:
    url = url_of(server_home.address)
    assert refused(server_home, url.set(database="no_such_books").render_as_string(hide_password=False)) == "DATABASE_REFUSED"
    assert refused(server_home, url.set(username="no_such_user").render_as_string(hide_password=False)) == "DATABASE_REFUSED"


def end_other_sessions(home: Home) -> None:
    with home.open().write() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_server_that_restarted_between_two_transactions_costs_nobody_a_run(server_home: Home) -> None:
    store = server_home.store()
    store.decide([held()], CHANGED_AT)
    end_other_sessions(server_home)
    assert store.cursor() == CHANGED_AT


def test_a_server_that_went_away_inside_a_transaction_is_told_and_nothing_is_half_stored(server_home: Home) -> None:
    database = server_home.open()
    with pytest.raises(DatabaseProblem) as problem, database.write() as connection:
        database.set_meta(connection, "half done", "yes")
        end_other_sessions(server_home)
        database.set_meta(connection, "whole", "yes")
    assert problem.value.code == "DATABASE_UNREACHABLE"
    assert server_home.rows("SELECT key FROM meta WHERE key IN ('half done', 'whole')") == []


def test_a_server_that_only_lets_us_read_is_told(server_home: Home) -> None:
    name = server_home.rows("SELECT current_database()")[0][0]
    with server_home.open().engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET default_transaction_read_only TO on"))
    server_home.close()
    with pytest.raises(DatabaseProblem) as problem:
        server_home.store().decide([held()], CHANGED_AT)
    assert problem.value.code == "DATABASE_UNWRITABLE"


def test_a_server_s_user_without_rights_is_told(server_home: Home, postgres: PostgresServer) -> None:
    url = url_of(server_home.address)
    role = f"reader_{url.database}"
    postgres.run(f"CREATE ROLE {role} LOGIN PASSWORD 'word'")
    try:
        address = url.set(username=role, password="word").render_as_string(hide_password=False)
        assert refused(server_home, address) == "DATABASE_UNWRITABLE"
    finally:
        server_home.close()
        postgres.run(f"DROP ROLE {role}")


def test_an_ordinary_user_who_owns_the_database_needs_no_more_rights(server_home: Home, postgres: PostgresServer) -> None:
    url = url_of(server_home.address)
    role = f"owner_{url.database}"
    postgres.run(f"CREATE ROLE {role} LOGIN PASSWORD 'word'")
    postgres.run(f"ALTER DATABASE {url.database} OWNER TO {role}")
    owner = Home("postgresql", url.set(username=role, password="word").render_as_string(hide_password=False), server_home.clock)
    try:
        settled(owner)
        assert written(owner).quarantine_until(SETTLE) is None
        assert owner.rows("SELECT current_user") == [(role,)]
    finally:
        owner.close()
        postgres.run(f'DROP DATABASE "{url.database}" WITH (FORCE)')
        postgres.run(f"DROP ROLE {role}")


def test_an_address_of_another_kind_is_told(file_home: Home) -> None:
    for address in ("mysql://kim:secret-word@host/books", "postgresql://kim:secret-word@host:no-port/books"):
        with pytest.raises(DatabaseProblem) as problem:
            file_home.open(address=address)
        assert problem.value.code == "DATABASE_UNKNOWN"
        assert "secret-word" not in str(problem.value)


def test_an_address_is_a_path_or_an_address(file_home: Home) -> None:
    assert url_of("books/connector.db").database == "books/connector.db"
    assert url_of(":memory:").database is None
    for name in ("postgresql://h/b", "postgres://h/b", "postgresql+psycopg://h/b"):
        assert url_of(name).drivername == "postgresql+psycopg"
    assert file_home.open(address=f"sqlite:///{file_home.path}").path == file_home.path


class PsycopgIsMissing:
    """An installation without the extra 'postgres'."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name.split(".")[0] == "psycopg":
            raise ModuleNotFoundError(name)


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [PsycopgIsMissing(), *sys.meta_path])
    with pytest.raises(DatabaseProblem, match="extra 'postgres'"):
        open_engine(url_of("postgresql://h/b"))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "DATABASE_FULL"),
        (errno.EDQUOT, "DATABASE_FULL"),
        (errno.EROFS, "DATABASE_UNWRITABLE"),
        (errno.EIO, "DATABASE_FAILING"),
    ],
)
def test_what_the_file_system_says_is_told_too(number: int, code: str) -> None:
    with pytest.raises(DatabaseProblem) as problem, told("books.db"):
        raise OSError(number, os.strerror(number))
    assert problem.value.code == code


def test_a_bug_is_not_mistaken_for_a_broken_database(store: ConnectionStore, database: Database) -> None:
    """The words of an error may quote user data: 'full', 'locked', 'connection'."""
    queue(store, "full locked readonly connection malformed")
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.text("UPDATE posting SET state = 'full locked readonly connection malformed'"))
    with pytest.raises(DBAPIError, match="connections"), database.write() as connection:
        connection.execute(sa.text("SELECT full_connections FROM posting"))


def test_the_database_s_own_words_do_not_carry_the_values_of_a_statement(store: ConnectionStore, database: Database) -> None:
    queue(store)
    with pytest.raises(DBAPIError) as bug, database.write() as connection:
        connection.execute(sa.text("UPDATE posting SET nowhere = :value"), {"value": "what a customer paid"})
    assert "what a customer paid" not in str(bug.value)


def test_after_a_problem_the_next_transaction_begins_anew(store: ConnectionStore, database: Database) -> None:
    queue(store)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.text("UPDATE posting SET token = 7"))
        connection.execute(sa.text("UPDATE posting SET state = 'lost'"))
    assert leased(store).token == 1
    with database.write() as connection:
        connection.execute(sa.text("UPDATE posting SET state = 'ready'"))
    assert posted(store).remote_id == "146"
