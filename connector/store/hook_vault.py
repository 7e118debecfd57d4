"""The secret behind a connection's webhook address, encrypted beside the sign-ins, and what was registered under it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from connector.core.source_hint import Hooked, path_token
from connector.store.audit import Scope, Trail
from connector.store.database import Database
from connector.store.keys import TOKEN, KeyMismatchError, Keys
from connector.store.upsert import upsert


class HookVault:
    """The webhook secret of one connection."""

    def __init__(self, database: Database, scope: Scope, environment: Mapping[str, str] | None = None, *, actor: str = "connector") -> None:
        self._database = database
        self._scope = scope
        self._name = "webhooks of upkeep:" + "/".join(scope.values())
        self._actor = actor
        self._keys = Keys(database, environment)

    def load(self) -> Hooked | None:
        """What is stored; raises KeyMismatchError when it was written with another key."""
        with self._keys.held():
            with self._database.write() as connection:
                secret = connection.execute(sa.select(TOKEN.c.secret).where(TOKEN.c.name == self._name)).scalar_one_or_none()
            if secret is None:
                return None
            try:
                told = json.loads(self._keys.box().decrypt(secret))
            except InvalidToken:
                raise KeyMismatchError(self._database.where) from None
        return Hooked(told["secret"], tuple(told["ids"]), told["is_asked"])

    def make(self) -> Hooked:
        """A new secret: from now on the earlier address is nobody's."""
        hooked = Hooked(secrets.token_hex(32))
        self.save(hooked, "hooks_secret_made")
        return hooked

    def save(self, hooked: Hooked, event: str) -> None:
        """Store it; it is durable when this returns, and so is the audit of what brought it."""
        told = {"secret": hooked.secret, "ids": list(hooked.ids), "is_asked": hooked.is_asked}
        with self._keys.held():
            values = {"secret": self._keys.box().encrypt(json.dumps(told).encode()), "saved_at": self._database.clock.now()}
            with self._database.write() as connection:
                upsert(connection, TOKEN, {"name": self._name}, values)
                trail = Trail(self._actor, self._database.clock.now(), self._scope)
                trail.note(event, reason="webhooks of UpKeep" + (f": {', '.join(hooked.ids)}" if hooked.ids else ""))
                self._database.audit.append(connection, trail.entries)

    def delete(self) -> None:
        """Forget it: no address is the connection's any more."""
        with self._database.write() as connection:
            if connection.execute(sa.delete(TOKEN).where(TOKEN.c.name == self._name)).rowcount:
                trail = Trail(self._actor, self._database.clock.now(), self._scope)
                trail.note("hooks_secret_deleted", reason="webhooks of UpKeep")
                self._database.audit.append(connection, trail.entries)

    def token(self) -> str:
        """The last part of the connection's address; "" where it has none."""
        hooked = self.load()
        return path_token(hooked.secret, self._scope) if hooked is not None else ""
