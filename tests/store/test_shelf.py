"""What all processes on one database share of the vendors' limits, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.store import shelf as shelf_module
from connector.store.database import Database
from connector.store.engine import DatabaseProblem
from connector.store.shelf import FILE, FileShelf, TableShelf, shelf_of
from tests.store.databases import START, Home
from tests.store.processes import ROOT

ADD_ONE = """
import sys
from connector.clock import SystemClock
from connector.store.database import Database
from connector.store.shelf import shelf_of

database = Database.open(sys.argv[1], SystemClock())
shelf = shelf_of(database, SystemClock())
print("there", flush=True)
sys.stdin.readline()
for _ in range(100):
    shelf.change("count", lambda text, now: (str(int(text or 0) + 1), None))
shelf.close()
database.close()
"""


def put(shelf: FileShelf | TableShelf, name: str, text: str) -> str:
    """Replace a text; what stood there."""
    return shelf.change(name, lambda before, now: (text, before))


def test_what_one_process_puts_there_the_next_one_finds(home: Home) -> None:
    one, two = (shelf_of(home.open(), home.clock) for _ in range(2))
    assert (put(one, "company a", "1"), put(two, "company a", "2"), put(one, "company b", "x")) == ("", "1", "")
    assert two.texts("company ") == {"company a": "2", "company b": "x"}
    assert two.texts("company_") == {}
    for shelf in (one, two):
        shelf.close()
    assert put(one, "company a", "3") == "2"
    one.close()


def test_a_change_that_fails_changes_nothing_and_keeps_nobody_waiting(home: Home) -> None:
    one, two = (shelf_of(home.open(), home.clock) for _ in range(2))
    put(one, "a", "1")

    def broken(text: str, now: datetime) -> tuple[str, None]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one.change("a", broken)
    assert put(two, "a", "2") == "1"
    for shelf in (one, two):
        shelf.close()


def test_two_processes_and_their_threads_lose_no_change(home: Home) -> None:
    shelf_of(home.open(), home.clock).close()
    command = [sys.executable, "-c", ADD_ONE, home.address]
    others = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    shelf = shelf_of(home.open(), home.clock)

    def add() -> None:
        for _ in range(100):
            shelf.change("count", lambda text, now: (str(int(text or 0) + 1), None))

    threads = [threading.Thread(target=add) for _ in range(2)]
    try:
        for other in others:
            assert other.stdout is not None
            assert other.stdin is not None
            assert other.stdout.readline() == "there\n"
            other.stdin.write("go\n")
            other.stdin.flush()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [other.wait(60) for other in others] == [0, 0]
    finally:
        for other in others:
            other.kill()
            other.communicate()
    assert shelf.texts("count") == {"count": "400"}
    shelf.close()


def test_the_time_is_one_for_all_machines(home: Home) -> None:
    """Beside a file that is the machine's; a server's own clock counts where several machines ask it."""
    shelf = shelf_of(home.open(), home.clock)
    told = shelf.change("a", lambda text, now: (text, now))
    shelf.close()
    assert told.tzinfo is not None
    assert (told == START) is (home.kind == "sqlite")


def test_the_file_beside_the_database_is_its_owner_s_and_leaves_the_records_alone(file_home: Home) -> None:
    database = file_home.open()
    shelf = shelf_of(database, file_home.clock)
    put(shelf, "a", "1")
    shelf.close()
    path = file_home.path.parent / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file_home.rows("SELECT * FROM shelf") == []


def test_a_database_in_memory_keeps_it_in_memory(tmp_path: Path, home: Home) -> None:
    database = Database.open(":memory:", home.clock)
    shelf = shelf_of(database, home.clock)
    assert isinstance(shelf, TableShelf)
    put(shelf, "a", "1")
    assert shelf.texts("") == {"a": "1"}
    shelf.close()
    database.close()


@pytest.mark.postgres
def test_a_process_that_stopped_in_the_middle_of_a_change_keeps_nobody_for_ever(server_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (shelf_of(server_home.open(), server_home.clock) for _ in range(2))
    put(one, "a", "1")
    settings = {**shelf_module._SETTINGS, "lock_timeout": "50ms"}
    hurried = sa.select(*(sa.func.set_config(name, value, sa.true()) for name, value in settings.items()))
    monkeypatch.setattr(shelf_module, "_ON_SERVER", hurried)

    def stops(text: str, now: datetime) -> tuple[str, None]:
        with pytest.raises(DatabaseProblem, match="DATABASE_BUSY"):
            put(two, "a", "2")
        return "3", None

    one.change("a", stops)
    assert put(two, "a", "4") == "3"


def test_a_file_of_an_earlier_release_is_taken_over_with_its_other_tables(file_home: Home) -> None:
    path = file_home.path.parent / FILE
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE limit_quickbooks_9130 (name VARCHAR, item_timestamp INTEGER)")
    connection.commit()
    connection.close()
    shelf = FileShelf(path, file_home.clock)
    assert put(shelf, "a", "1") == ""
    shelf.close()
