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

from connector.core.tokens import Token
from connector.store.database import Database
from connector.store.tables import TokenRow

KEY_VARIABLE = "CONNECTOR_KEY"
TOKEN = TokenRow.__table__  # type: ignore[attr-defined]


class KeyMismatchError(Exception):
    """The stored tokens cannot be read with the key at hand."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where}: KEY_MISMATCH The stored sign-in cannot be read with this key. "
            f"Bring back the key file or {KEY_VARIABLE} that wrote it, or connect the account again."
        )


class KeyMissingError(KeyMismatchError):
    """The database is not a file, so there is no place beside it for a key, and the environment has none."""

    def __init__(self, where: str) -> None:
        Exception.__init__(
            self,
            f"{where}: KEY_MISSING The sign-in is stored encrypted, and a database server keeps no key file beside it. "
            f"Set {KEY_VARIABLE} to a key made by: "
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
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
        ends = told["refresh_expires_at"]
        return Token(
            told["access"], told["refresh"], datetime.fromisoformat(told["expires_at"]), datetime.fromisoformat(ends) if ends else None
        )

    def save(self, token: Token) -> None:
        """Store a token; it is durable when this returns."""
        ends = token.refresh_expires_at
        told = {
            "access": token.access,
            "refresh": token.refresh,
            "expires_at": token.expires_at.isoformat(),
            "refresh_expires_at": ends.isoformat() if ends else None,
        }
        secret = self._fernet().encrypt(json.dumps(told).encode())
        values = {"secret": secret, "saved_at": self._database.clock.now()}
        with self._database.write() as connection:
            if connection.execute(sa.update(TOKEN).where(TOKEN.c.name == self._name).values(values)).rowcount == 0:
                connection.execute(sa.insert(TOKEN).values(name=self._name, **values))

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
        with self._database.locks.hold("key file"):
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(Fernet.generate_key())
                    file.flush()
                    os.fsync(file.fileno())
        return path.read_text(encoding="ascii")
