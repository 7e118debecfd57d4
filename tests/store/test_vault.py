"""A sign-in is stored encrypted, and only the key that wrote it reads it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from connector.core.tokens import Token
from connector.store.engine import DatabaseProblem
from connector.store.vault import KEY_VARIABLE, KeyMismatchError, TokenVault
from tests.store.databases import START, Home

TOKEN = Token("access-in-plain-words", "refresh-in-plain-words", START + timedelta(hours=1), START + timedelta(days=100))
KEY = Fernet.generate_key().decode()
ENVIRONMENT = {KEY_VARIABLE: KEY}


def vault(home: Home, environment: dict[str, str] | None = None, name: str = "quickbooks:realm-1") -> TokenVault:
    return TokenVault(home.open(), name, ENVIRONMENT if environment is None else environment)


def test_a_token_comes_back_as_it_was_saved_in_another_process_too(home: Home) -> None:
    assert vault(home).load() is None
    vault(home).save(TOKEN)
    assert vault(home).load() == TOKEN
    endless = Token("a", "r", START)
    vault(home).save(endless)
    assert vault(home).load() == endless
    for_five_years = Token("a", "r", START, None, START + timedelta(days=1825))
    vault(home).save(for_five_years)
    assert vault(home).load() == for_five_years
    assert home.rows("SELECT count(*) FROM token") == [(1,)]


def test_a_token_that_an_older_connector_stored_is_read(home: Home) -> None:
    told = {"access": "a", "refresh": "r", "expires_at": START.isoformat(), "refresh_expires_at": None}
    secret = Fernet(KEY).encrypt(json.dumps(told).encode())
    vault(home).save(TOKEN)
    with home.open().write() as connection:
        connection.execute(sa.text("UPDATE token SET secret = :secret"), {"secret": secret})
    assert vault(home).load() == Token("a", "r", START)


def test_a_forgotten_token_is_gone_even_if_its_key_is(home: Home) -> None:
    vault(home).save(TOKEN)
    vault(home, {KEY_VARIABLE: Fernet.generate_key().decode()}).delete("disconnected")
    vault(home).delete("disconnected")
    assert home.rows("SELECT count(*) FROM token") == [(0,)]


def test_ledger_companies_have_sign_ins_of_their_own(home: Home) -> None:
    vault(home).save(TOKEN)
    assert vault(home, name="xero:tenant-1").load() is None


def test_no_byte_of_a_token_is_readable_in_the_database(home: Home) -> None:
    vault(home).save(TOKEN)
    ((secret,),) = home.rows("SELECT secret FROM token")
    assert b"plain-words" not in bytes(secret)
    assert "plain-words" not in repr(TOKEN)


def test_no_byte_of_a_token_is_in_any_file_beside_the_database(file_home: Home) -> None:
    for environment in ({}, ENVIRONMENT):
        vault(file_home, environment, name=f"xero:{len(environment)}").save(TOKEN)
        files = [path for path in file_home.path.parent.iterdir() if path.is_file()]
        assert [path.name for path in files if b"plain-words" in path.read_bytes()] == []
        assert any(b"xero" in path.read_bytes() for path in files)


def test_the_key_beside_the_database_is_for_its_owner_only(file_home: Home) -> None:
    vault(file_home, {}).save(TOKEN)
    key = Path(f"{file_home.path}.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in file_home.path.read_bytes()
    assert vault(file_home, {}).load() == TOKEN


def test_the_database_and_its_journals_are_for_their_owner_only(file_home: Home) -> None:
    vault(file_home).save(TOKEN)
    names = [file_home.path, Path(f"{file_home.path}-wal"), Path(f"{file_home.path}-shm")]
    assert [oct(path.stat().st_mode & 0o777) for path in names] == ["0o600"] * 3


def test_another_key_is_told_and_what_was_stored_stays(home: Home) -> None:
    vault(home).save(TOKEN)
    with pytest.raises(KeyMismatchError, match=r"KEY_MISMATCH.*connect the account again") as told:
        vault(home, {KEY_VARIABLE: Fernet.generate_key().decode()}).load()
    assert KEY not in str(told.value)
    assert vault(home).load() == TOKEN


@pytest.mark.parametrize("key", ["no key", "ключ", KEY[:-4], "é" * 44], ids=["words", "no ascii", "cut off", "as long as one"])
def test_a_key_that_is_none_is_told_without_being_printed(key: str, home: Home) -> None:
    with pytest.raises(KeyMismatchError, match="KEY_MISMATCH") as told:
        vault(home, {KEY_VARIABLE: key}).save(TOKEN)
    assert key not in str(told.value)


def test_a_lost_key_file_is_told(file_home: Home) -> None:
    vault(file_home, {}).save(TOKEN)
    Path(f"{file_home.path}.key").unlink()
    with pytest.raises(KeyMismatchError, match="KEY_MISMATCH"):
        vault(file_home, {}).load()


def test_a_new_key_in_front_of_the_old_one_reads_both_and_writes_the_new(home: Home) -> None:
    vault(home).save(TOKEN)
    new = Fernet.generate_key().decode()
    both = {KEY_VARIABLE: f"{new}, {KEY}"}
    rotating = vault(home, both)
    assert rotating.load() == TOKEN
    rotating.save(TOKEN)
    assert vault(home, {KEY_VARIABLE: new}).load() == TOKEN


def test_a_server_s_database_asks_for_a_key_of_the_environment(server_home: Home) -> None:
    with pytest.raises(KeyMismatchError, match=f"KEY_MISSING.*{KEY_VARIABLE}"):
        vault(server_home, {}).save(TOKEN)
    assert server_home.rows("SELECT count(*) FROM token") == [(0,)]


def test_a_key_that_could_not_be_written_whole_does_not_count(file_home: Home) -> None:
    """What a killed process or a full disk leaves behind."""
    Path(f"{file_home.path}.key.new").write_bytes(b"half a k")
    vault(file_home, {}).save(TOKEN)
    assert vault(file_home, {}).load() == TOKEN


def test_a_key_file_that_cannot_be_read_is_told(file_home: Home) -> None:
    Path(f"{file_home.path}.key").mkdir()
    with pytest.raises(DatabaseProblem) as told:
        vault(file_home, {}).save(TOKEN)
    assert told.value.code == "DATABASE_UNWRITABLE"
    assert f"{file_home.path}.key: " in str(told.value)
