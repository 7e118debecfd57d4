"""A session at a source is kept encrypted, for every process, and rotated with every other secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from connector.clock import SystemClock
from connector.core.source_session import SourceSession, Stop
from connector.store.database import Database
from connector.store.keys import Keys
from connector.store.session_vault import StoredSessions
from tests.store.databases import migrated_file

SESSION = SourceSession(
    "planted-token", datetime(2026, 3, 2, 15, tzinfo=UTC), Stop.CODE_NEEDED, "planted-reason", ("sms",), "planted-pending", "login", 7
)


def opened(folder: Path) -> Database:
    path = folder / "connector.db"
    if not path.exists():
        path.write_bytes(migrated_file())
    return Database.open(str(path), SystemClock())


def test_what_one_process_stores_another_reads_and_the_file_does_not_tell(tmp_path: Path) -> None:
    database, other = opened(tmp_path), opened(tmp_path)
    vault = StoredSessions(database, "supergood:a", {})
    assert vault.load() == SourceSession()
    with vault.exclusive():
        vault.save(SESSION)
    assert StoredSessions(other, "supergood:a", {}).load() == SESSION
    assert StoredSessions(other, "supergood:b", {}).load() == SourceSession()
    vault.save(replace(SESSION, renew_at=None, stop=Stop.NONE))
    assert StoredSessions(other, "supergood:a", {}).load().renew_at is None
    database.close()
    other.close()
    assert b"planted" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".key")
    assert "planted" not in repr(SESSION)


def test_a_new_key_opens_it_and_a_lost_key_costs_one_sign_in(tmp_path: Path) -> None:
    database = opened(tmp_path)
    vault = StoredSessions(database, "supergood:a", {})
    vault.save(SESSION)
    assert Keys(database, {}).rotate() == 1
    assert vault.load() == SESSION
    stranger = StoredSessions(database, "supergood:a", {"CONNECTOR_KEY": Fernet.generate_key().decode()})
    assert stranger.load() == SourceSession()
    database.close()
