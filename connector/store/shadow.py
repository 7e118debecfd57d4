"""When a connection was a shadow: one fact about the database for each connection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from connector.core.shadow import ShadowTime
from connector.store.audit import Scope
from connector.store.database import Database


@dataclass(slots=True)
class ShadowStore:
    """The shadow time of one ledger company fed from one UpKeep company and site (flows/shadow_records.py).

    It is read once: only the writer changes it, before the first decision of its run, and every decision asks for it.
    """

    database: Database
    scope: Scope
    _known: ShadowTime | None = None
    _is_read: bool = False

    @property
    def _key(self) -> str:
        return f"shadow {json.dumps(sorted(self.scope.items()))}"

    def time(self) -> ShadowTime | None:
        """The last one; None when it never was a shadow."""
        if not self._is_read:
            self._known, self._is_read = self._read(), True
        return self._known

    def _read(self) -> ShadowTime | None:
        with self.database.write() as connection:
            told = self.database.meta(connection, self._key)
        if told is None:
            return None
        kept = json.loads(told)
        return ShadowTime(date.fromisoformat(kept["start_date"]), date.fromisoformat(kept["until"]) if kept["until"] else None)

    def keep(self, time: ShadowTime) -> None:
        """Keep it in the place of the last one."""
        told = {"start_date": time.start_date.isoformat(), "until": time.until.isoformat() if time.until else ""}
        with self.database.write() as connection:
            self.database.set_meta(connection, self._key, json.dumps(told))
        self._known, self._is_read = time, True
