"""The key changes, and at every moment of it every sign-in can be read."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector.core.tokens import Token
from connector.store import keys as module
from connector.store.database import Database
from connector.store.keys import KEY_VARIABLE, KeyAloneError, KeyMismatchError, KeyMissingError, Keys
from connector.store.vault import TokenVault
from tests.store.databases import START, Home

NAMES = ("quickbooks:realm-1", "xero:tenant-1", "xero:tenant-2")
NEW, OLD = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def token(name: str) -> Token:
    return Token(f"access of {name}", f"refresh of {name}", START + timedelta(hours=1))


def filled(home: Home, environment: dict[str, str]) -> Database:
    database = home.open()
    for name in NAMES:
        TokenVault(database, name, environment).save(token(name))
    return database


def readable(home: Home, environment: dict[str, str]) -> bool:
    return are_readable(home.open(), environment)


def are_readable(database: Database, environment: dict[str, str]) -> bool:
    return all(TokenVault(database, name, environment).load() == token(name) for name in NAMES)


def key_file(home: Home) -> Path:
    return Path(f"{home.path}.key")


def test_a_rotation_leaves_a_new_key_and_every_sign_in(file_home: Home) -> None:
    filled(file_home, {})
    old = key_file(file_home).read_text("ascii")
    assert Keys(file_home.open(), {}).rotate() == 3
    new = key_file(file_home).read_text("ascii")
    assert (new != old, len(new.split()), key_file(file_home).stat().st_mode & 0o777) == (True, 1, 0o600)
    assert readable(file_home, {})
    with pytest.raises(KeyMismatchError):
        TokenVault(file_home.open(), NAMES[0], {KEY_VARIABLE: old}).load()


class Killed(BaseException):
    """The process is gone at this line."""


def killed_at(line_number: int, work: Callable[[], object]) -> bool:
    """Do the work, and die before its n-th line in the module of the keys; whether it died."""
    left = line_number

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Killed:
        return True
    finally:
        sys.settrace(before)
    return False


# A process that is killed closes no file either.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_rotation_that_dies_between_any_two_lines_leaves_everything_readable(file_home: Home) -> None:
    database = filled(file_home, {})
    deaths, found = 0, set()
    while killed_at(deaths + 1, Keys(database, {}).rotate):
        deaths += 1
        found.add(len(key_file(file_home).read_text("ascii").split()))
        assert are_readable(database, {}), deaths
        assert Keys(database, {}).rotate() == 3
        assert are_readable(database, {}), deaths
    assert deaths > 40
    assert found == {1, 2}
    assert len(key_file(file_home).read_text("ascii").split()) == 1


def test_a_rotation_that_died_is_finished_by_the_next(file_home: Home) -> None:
    filled(file_home, {})
    old = key_file(file_home).read_text("ascii").strip()
    key_file(file_home).write_text(f"{NEW}\n{old}", "ascii")
    assert readable(file_home, {})
    Keys(file_home.open(), {}).rotate()
    assert key_file(file_home).read_text("ascii") == NEW
    assert readable(file_home, {})


@contextmanager
def keys_that_change(home: Home, environment: dict[str, str]) -> Iterator[None]:
    """Somebody rotates the keys again and again while the block runs."""
    stop = threading.Event()

    def rotate_on() -> None:
        ring = Keys(home.open(), environment)
        for _ in range(400):
            if stop.is_set():
                return
            ring.rotate()

    rotating = threading.Thread(target=rotate_on)
    rotating.start()
    try:
        yield
    finally:
        stop.set()
        rotating.join()


def save_and_load(vault: TokenVault, *, times: int) -> None:
    for number in range(times):
        saved = Token(f"access {number}", f"refresh {number}", START)
        vault.save(saved)
        assert vault.load() == saved


def test_a_token_that_is_saved_while_the_key_changes_is_not_lost(file_home: Home) -> None:
    """The process that posts knows the old key only; it must neither write with it afterwards nor find its token put back."""
    filled(file_home, {})
    newer = Token("newer", "newer", START)
    with keys_that_change(file_home, {}):
        vault = TokenVault(file_home.open(), NAMES[0], {})
        save_and_load(vault, times=40)
        vault.save(newer)
    assert TokenVault(file_home.open(), NAMES[0], {}).load() == newer


def test_the_environments_first_key_takes_over_and_the_others_may_go(home: Home) -> None:
    filled(home, {KEY_VARIABLE: OLD})
    assert Keys(home.open(), {KEY_VARIABLE: f"{NEW},{OLD}"}).rotate() == 3
    assert readable(home, {KEY_VARIABLE: NEW})


def test_a_token_that_is_saved_during_the_environments_rotation_is_not_put_back(home: Home) -> None:
    """The rows are locked while they are written anew: an older token put back would be dead at the vendor."""
    both = {KEY_VARIABLE: f"{NEW},{OLD}"}
    filled(home, both)
    vault = TokenVault(home.open(), NAMES[0], both)
    with keys_that_change(home, both):
        save_and_load(vault, times=60)


def test_one_key_alone_is_no_rotation(home: Home) -> None:
    filled(home, {KEY_VARIABLE: OLD})
    with pytest.raises(KeyAloneError, match="KEY_ALONE"):
        Keys(home.open(), {KEY_VARIABLE: OLD}).rotate()
    assert readable(home, {KEY_VARIABLE: OLD})


def test_a_sign_in_that_no_key_opens_stops_the_rotation_and_changes_nothing(home: Home) -> None:
    filled(home, {KEY_VARIABLE: OLD})
    TokenVault(home.open(), "xero:tenant-9", {KEY_VARIABLE: Fernet.generate_key().decode()}).save(token("lost"))
    before = home.rows("SELECT name, secret FROM token ORDER BY name")
    with pytest.raises(KeyMismatchError, match="KEY_MISMATCH"):
        Keys(home.open(), {KEY_VARIABLE: f"{NEW},{OLD}"}).rotate()
    assert home.rows("SELECT name, secret FROM token ORDER BY name") == before


def test_a_server_without_a_key_has_nothing_to_rotate(server_home: Home) -> None:
    with pytest.raises(KeyMissingError):
        Keys(server_home.open(), {}).rotate()
