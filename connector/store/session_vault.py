"""Sessions of a source at rest, encrypted in the database beside the ledgers' tokens (store/keys.py has the keys)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from connector.core.source_session import SourceSession, Stop
from connector.store.database import Database
from connector.store.keys import TOKEN, Keys
from connector.store.upsert import upsert


class StoredSessions:
    """The session of one login (core/source_session.py); rotated with every other secret."""

    def __init__(self, database: Database, name: str, environment: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._name = name
        self._keys = Keys(database, environment)

    def load(self) -> SourceSession:
        """The newest session. One that was written with another key is none: a session costs a sign-in, not a person's consent."""
        with self._keys.held():
            with self._database.write() as connection:
                secret = connection.execute(sa.select(TOKEN.c.secret).where(TOKEN.c.name == self._name)).scalar_one_or_none()
            try:
                told = json.loads(self._keys.box().decrypt(secret)) if secret is not None else None
            except InvalidToken:
                told = None
        if told is None:
            return SourceSession()
        renew_at = datetime.fromisoformat(told["renew_at"]) if told["renew_at"] else None
        return SourceSession(**{**told, "renew_at": renew_at, "stop": Stop(told["stop"]), "methods": tuple(told["methods"])})

    def save(self, session: SourceSession) -> None:
        """Store it; it is durable when this returns."""
        told = {name: getattr(session, name) for name in ("token", "reason", "methods", "pending", "login", "code_step")}
        told |= {"stop": session.stop.value, "renew_at": session.renew_at.isoformat() if session.renew_at else ""}
        with self._keys.held():
            secret = self._keys.box().encrypt(json.dumps(told).encode())
            with self._database.write() as connection:
                upsert(connection, TOKEN, {"name": self._name}, {"secret": secret, "saved_at": self._database.clock.now()})

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the sign-in of this login over all processes."""
        with self._database.locks.hold(f"sign-in {self._name}"):
            yield
