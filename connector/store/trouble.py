"""Why a database cannot be used, in words and with the next step: from SQLite's and PostgreSQL's codes, never from user data."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from connector.store.engine import DatabaseProblem

Words = tuple[str, str, str]  # code, what is wrong, next step

_CORRUPT = ("DATABASE_CORRUPT", "The database is damaged.", "Restore a backup; nothing is posted twice by that.")
_NO_DATABASE = ("DATABASE_CORRUPT", "The file is not a database.", "Restore a backup, or name another file.")
_FULL = ("DATABASE_FULL", "The disk is full.", "Free some space and run again; nothing was lost.")
_NO_FILE = ("DATABASE_UNWRITABLE", "The file cannot be opened.", "Check that its folder exists and is writable.")
_READ_ONLY = ("DATABASE_UNWRITABLE", "It cannot be read or written.", "Check its owner and permissions, and those of its folder.")
_BUSY = ("DATABASE_BUSY", "Another process holds the database.", "Run again when it has finished.")
_FAILING = ("DATABASE_FAILING", "The disk could not be read or written.", "Check the disk and its free space, then run again.")
_SILENT = ("DATABASE_UNREACHABLE", "The database server does not answer.", "Start it, or check the address.")
_CROWDED = ("DATABASE_BUSY", "The database server takes no more connections.", "Run again later, or raise its max_connections.")
_REFUSED = ("DATABASE_REFUSED", "The database server refuses the sign-in.", "Check user, password and database name in the address.")

_SQLITE: dict[int, Words] = {
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _NO_DATABASE,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: _NO_FILE,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_IOERR: _FAILING,
}
# The longest beginning of an SQLSTATE that is here decides.
_POSTGRESQL: dict[str, Words] = {
    "08": _SILENT,
    "57P": _SILENT,
    "28": _REFUSED,
    "3D": _REFUSED,
    "53": _CROWDED,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "40P01": _BUSY,
    "40001": _BUSY,
    "55P03": _BUSY,
    "58030": _FAILING,
    "XX001": _CORRUPT,
    "XX002": _CORRUPT,
}
_FILES: dict[int, Words] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.ENOENT: _NO_FILE,
    errno.ENOTDIR: _NO_FILE,
    errno.EISDIR: _NO_FILE,
    errno.EIO: _FAILING,
}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the database says of its own state into a clear problem; what a bug makes it say stays as it is."""
    try:
        yield
    except DBAPIError as error:
        words = _of_driver(error)
        if words is None:
            raise
        raise DatabaseProblem(words[0], where, words[1], words[2]) from error
    except OSError as error:
        words = _FILES.get(error.errno or 0)
        if words is None:
            raise
        raise DatabaseProblem(words[0], where, words[1], words[2]) from error


def _of_driver(error: DBAPIError) -> Words | None:
    number = getattr(error.orig, "sqlite_errorcode", None)
    if number is not None:
        return _SQLITE.get(number & 0xFF)  # The low byte of an extended code is the plain one.
    if isinstance(error.orig, sqlite3.Error):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return next((_POSTGRESQL[state[:length]] for length in (5, 3, 2) if state[:length] in _POSTGRESQL), None)
    return _of_sign_in(str(error.orig)) if isinstance(error, OperationalError) else None


def _of_sign_in(text: str) -> Words:
    """A connection that never was, or that is lost, has no SQLSTATE: libpq's words are all there is."""
    if "too many" in text or "remaining connection slots" in text:
        return _CROWDED
    if "authentication failed" in text or "no password supplied" in text or ("does not exist" in text and "FATAL" in text):
        return _REFUSED
    return _SILENT
