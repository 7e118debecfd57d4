"""Tokens at rest: encrypted in the database, the key in the environment or in a file that only its owner may read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.core.tokens import Token, UnreadableTokenError
from connector.store.database import Database
from connector.store.tables import TokenRow
from connector.store.trouble import told
from connector.store.upsert import upsert

KEY_VARIABLE = "CONNECTOR_KEY"
TOKEN = TokenRow.__table__  # type: ignore[attr-defined]


class KeyMismatchError(UnreadableTokenError):
    """The stored tokens cannot be read with the key at hand."""

    def __init__(self, where: str, message: str = "", next_step: str = "") -> None:
        message = message or "KEY_MISMATCH The stored sign-in cannot be read with this key."
        next_step = next_step or f"Bring back the key file or {KEY_VARIABLE} that wrote it, or connect the account again."
        super().__init__(f"{where}: {message} {next_step}")


class KeyMissingError(KeyMismatchError):
    """A database without a file has no key file beside it, and the environment has no key either."""

    def __init__(self, where: str) -> None:
        command = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        super().__init__(
            where, "KEY_MISSING The sign-in is not stored without encryption.", f"Set {KEY_VARIABLE}; make a key with {command}"
        )


class TokenVault:
    """The tokens of one ledger company (core/tokens.py)."""

    def __init__(self, database: Database, name: str, environment: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._name = name
        self._environment = os.environ if environment is None else environment
        self._box: MultiFernet | None = None

    def load(self) -> Token | None:
        """The newest token; raises KeyMismatchError when it was written with another key."""
        with self._database.write() as connection:
            secret = connection.execute(sa.select(TOKEN.c.secret).where(TOKEN.c.name == self._name)).scalar_one_or_none()
        if secret is None:
            return None
        try:
            told = json.loads(self._fernet().decrypt(secret))
        except InvalidToken:
            raise KeyMismatchError(self._database.where) from None
        return Token(
            told["access"],
            told["refresh"],
            datetime.fromisoformat(told["expires_at"]),
            _moment(told["refresh_expires_at"]),
            _moment(told.get("hard_expires_at")),  # Tokens that an older connector stored do not have it.
        )

    def save(self, token: Token) -> None:
        """Store a token; it is durable when this returns."""
        told = {
            "access": token.access,
            "refresh": token.refresh,
            "expires_at": token.expires_at.isoformat(),
            "refresh_expires_at": _written(token.refresh_expires_at),
            "hard_expires_at": _written(token.hard_expires_at),
        }
        secret = self._fernet().encrypt(json.dumps(told).encode())
        values = {"secret": secret, "saved_at": self._database.clock.now()}
        with self._database.write() as connection:
            upsert(connection, TOKEN, {"name": self._name}, values)

    def delete(self) -> None:
        """Forget the token, also one that cannot be read."""
        with self._database.write() as connection:
            connection.execute(sa.delete(TOKEN).where(TOKEN.c.name == self._name))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the sign-in of this ledger company over all processes."""
        with self._database.locks.hold(f"sign-in {self._name}"):
            yield

    def _fernet(self) -> MultiFernet:
        if self._box is None:
            keys = self._environment.get(KEY_VARIABLE, "").split(",") if self._environment.get(KEY_VARIABLE) else [self._key_from_file()]
            try:
                self._box = MultiFernet([Fernet(key.strip()) for key in keys])
            except ValueError:
                raise KeyMismatchError(self._database.where) from None
        return self._box

    def _key_from_file(self) -> str:
        """Read the key beside the database, or make it, readable by its owner only."""
        if self._database.path is None:
            raise KeyMissingError(self._database.where)
        path = Path(f"{self._database.path}.key")
        with self._database.locks.hold("key file"), told(str(path)):
            if not path.exists():
                _write_key(path)
            return path.read_text(encoding="ascii")


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _write_key(path: Path) -> None:
    """Whole or not at all: half a key, left by a full disk or a killed process, would shut the tokens away for ever."""
    draft = Path(f"{path}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    # The name must outlive a power cut as surely as the tokens that only this key opens.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
