"""One writer for each ledger company; a lock dies with the process that held it."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from connector.core.posting import Posted, State
from connector.core.writer import WriterBusyError
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from connector.store.engine import DatabaseProblem
from connector.store.vault import TokenVault
from tests.store.databases import Home
from tests.store.examples import document, queue
from tests.store.processes import IN_TRANSACTION, SENDER, SIGNING_IN, WRITER, another_process, kill


def test_a_second_writer_of_the_same_ledger_company_is_refused(home: Home, store: ConnectionStore) -> None:
    with store.writer():
        with pytest.raises(WriterBusyError, match="ledger company realm-1"), home.store().writer():
            pass
        with home.store("realm-2").writer():
            pass
    with home.store().writer():
        assert store.expire_leases() == 0


def test_a_writer_in_another_process_shuts_us_out_until_it_is_killed(home: Home) -> None:
    store = home.store()
    with another_process(home.address, WRITER) as process:
        with pytest.raises(WriterBusyError), store.writer():
            pass
        kill(process)
        wait_until_free(home)
        with store.writer():
            assert store.postings(State.SENDING) == []


def wait_until_free(home: Home) -> None:
    """A killed process's server session ends by itself, as soon as the server has seen its socket close."""
    with home.opened[-1].locks.hold("ledger company realm-1"):
        pass


def test_what_a_killed_writer_was_sending_is_uncertain_and_is_looked_up(home: Home) -> None:
    store = home.store()
    queue(store)
    with another_process(home.address, SENDER) as process:
        assert [p.token for p in store.postings(State.SENDING)] == [1]
        kill(process)
    wait_until_free(home)
    with store.writer():
        (posting,) = store.postings(State.UNCERTAIN)
    assert (posting.token, posting.attempted) == (2, True)


def test_a_transaction_of_a_killed_process_leaves_nothing(home: Home) -> None:
    database = home.open()
    with another_process(home.address, IN_TRANSACTION) as process:
        kill(process)
    with database.write() as connection:
        database.set_meta(connection, "whole", "yes")
    assert home.rows("SELECT key FROM meta WHERE key IN ('half done', 'whole')") == [("whole",)]


def test_two_processes_never_refresh_one_sign_in_at_once(home: Home) -> None:
    database = home.open()
    vault = TokenVault(database, "quickbooks:realm-1", {})
    with another_process(home.address, SIGNING_IN) as process:
        with pytest.raises(WriterBusyError), database.locks.hold("sign-in quickbooks:realm-1", wait=False):
            pass
        kill(process)
        with vault.exclusive(), pytest.raises(WriterBusyError), home.open().locks.hold("sign-in quickbooks:realm-1", wait=False):
            pass


def test_threads_of_one_process_exclude_each_other(database: Database) -> None:
    busy: list[bool] = []

    def second() -> None:
        try:
            with database.locks.hold("ledger company realm-1", wait=False):
                busy.append(False)
        except WriterBusyError:
            busy.append(True)

    with database.locks.hold("ledger company realm-1"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    second()
    assert busy == [True, False]


def test_a_database_in_memory_has_one_writer_too(file_home: Home) -> None:
    database = file_home.open(address=":memory:")
    store = file_home.store(database=database)
    with store.writer(), pytest.raises(WriterBusyError), file_home.store(database=database).writer():
        pass
    with store.writer():
        assert store.cursor() is None


def test_as_many_companies_as_there_are_have_their_writers_at_once(home: Home, database: Database) -> None:
    """A lock on a server takes a connection for as long as it is held: the transactions must not wait for them."""
    with ExitStack() as writers:
        for number in range(20):
            writers.enter_context(home.store(f"realm-{number}", database).writer())
        assert home.store(database=database).cursor() is None


def test_work_that_fails_gives_the_lock_back(home: Home, store: ConnectionStore) -> None:
    with pytest.raises(ZeroDivisionError), store.writer():
        raise ZeroDivisionError
    with home.store().writer():
        assert store.cursor() is None


def end_lock_sessions(home: Home) -> None:
    """What a fail-over does: the sessions that hold locks end, and their processes live on."""
    home.rows(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE locktype = 'advisory' AND datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_losing_the_lock_s_session_does_not_hide_what_happened_inside(server_home: Home) -> None:
    store = server_home.store()
    server_home.open()
    with pytest.raises(ZeroDivisionError), store.writer():
        end_lock_sessions(server_home)
        raise ZeroDivisionError
    with store.writer():
        assert store.cursor() is None


def test_a_writer_that_lost_its_lock_is_fenced_out_by_the_next(server_home: Home) -> None:
    first, second = server_home.store(), server_home.store()
    server_home.open()
    (ready,) = queue(first)
    with first.writer():
        leased = first.lease(ready, 180)
        assert leased is not None
        end_lock_sessions(server_home)
        with second.writer():
            assert first.record(leased, Posted(document(leased))).state is State.UNCERTAIN
            assert [p.token for p in second.postings(State.UNCERTAIN)] == [2]


def test_a_server_that_is_gone_is_told_and_not_mistaken_for_a_busy_writer(server_home: Home) -> None:
    database = server_home.open()
    gone = Database(sa.create_engine("postgresql+psycopg://nobody@/nothing?host=/nonexistent"), "server", None, server_home.clock)
    with pytest.raises(DatabaseProblem) as told, gone.locks.hold("ledger company realm-1", wait=False):
        pass
    assert told.value.code == "DATABASE_UNREACHABLE"
    assert database.locks.prove_death is False
