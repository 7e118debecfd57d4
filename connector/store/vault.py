"""Tokens at rest, encrypted in the database (store/keys.py has the keys)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.engine import Connection

from connector.core.tokens import Token
from connector.store.audit import Trail
from connector.store.database import Database
from connector.store.keys import KEY_VARIABLE, TOKEN, KeyMismatchError, KeyMissingError, Keys
from connector.store.upsert import upsert

__all__ = ["KEY_VARIABLE", "KeyMismatchError", "KeyMissingError", "TokenVault"]


class TokenVault:
    """The tokens of one ledger company (core/tokens.py)."""

    def __init__(self, database: Database, name: str, environment: Mapping[str, str] | None = None, *, actor: str = "connector") -> None:
        self._database = database
        self._name = name
        self._actor = actor
        self._keys = Keys(database, environment)

    def load(self) -> Token | None:
        """The newest token; raises KeyMismatchError when it was written with another key."""
        with self._keys.held():
            with self._database.write() as connection:
                secret = connection.execute(sa.select(TOKEN.c.secret).where(TOKEN.c.name == self._name)).scalar_one_or_none()
            if secret is None:
                return None
            try:
                told = json.loads(self._keys.box().decrypt(secret))
            except InvalidToken:
                raise KeyMismatchError(self._database.where) from None
        return Token(
            told["access"],
            told["refresh"],
            datetime.fromisoformat(told["expires_at"]),
            _moment(told["refresh_expires_at"]),
            _moment(told.get("hard_expires_at")),  # Tokens that an older connector stored do not have it.
        )

    def save(self, token: Token, decision: str = "") -> None:
        """Store a token; it is durable when this returns, and so is the audit of the decision that brought it."""
        told = {
            "access": token.access,
            "refresh": token.refresh,
            "expires_at": token.expires_at.isoformat(),
            "refresh_expires_at": _written(token.refresh_expires_at),
            "hard_expires_at": _written(token.hard_expires_at),
        }
        with self._keys.held():
            secret = self._keys.box().encrypt(json.dumps(told).encode())
            values = {"secret": secret, "saved_at": self._database.clock.now()}
            with self._database.write() as connection:
                upsert(connection, TOKEN, {"name": self._name}, values)
                if decision:
                    self._note(connection, decision)

    def prepare(self) -> None:
        """See that a token could be stored: there is a key, or one can be made."""
        with self._keys.held():
            self._keys.box()

    def delete(self, decision: str) -> None:
        """Forget the token, also one that cannot be read."""
        with self._database.write() as connection:
            if connection.execute(sa.delete(TOKEN).where(TOKEN.c.name == self._name)).rowcount:
                self._note(connection, decision)

    def _note(self, connection: Connection, decision: str) -> None:
        trail = Trail(self._actor, self._database.clock.now())
        ledger, _, company = self._name.partition(":")
        trail.note(decision, ledger_company=company, reason=f"the sign-in at {ledger}")
        self._database.audit.append(connection, trail.entries)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the sign-in of this ledger company over all processes."""
        with self._database.locks.hold(f"sign-in {self._name}"):
            yield


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
