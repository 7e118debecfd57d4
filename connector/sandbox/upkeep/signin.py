"""Who may use the API and for how long: sessions, organisation tokens, sites, and what a login sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.upkeep.records import Record, Records


@dataclass(slots=True)
class Session:
    """One signed-in user at one site; `ends` is None for an organisation token."""

    user: Record
    records: Records
    ends: datetime | None
    calls_left: int | None = None
    sees_everybody: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether the user's account type limits what it sees."""
        return "LIMITED" in str(self.user.get("accountType", "")).upper()

    def sees(self, kind: str, record: Record) -> bool:
        """A limited user sees the work orders only that are assigned to it, and perhaps nobody else."""
        if kind == "users" and self.is_limited and not self.sees_everybody:
            return bool(record["id"] == self.user["id"])
        if kind != "work-orders" or not self.is_limited:
            return True
        additional = record.get("additionalUsers")
        return self.user["id"] == record.get("assignedToUser") or (isinstance(additional, list) and self.user["id"] in additional)


class SignIn:
    """The tokens that UpKeep gave out; every site is a data set of its own, with a user record of its own for each person."""

    def __init__(self, clock: SandboxClock, sites: list[Records], organization_token: str, switches: dict[str, Any]) -> None:
        self._clock = clock
        self._sites = sites
        self._switches = switches
        self._count = 0
        self._sessions: dict[str, Session] = {}
        admin = next(iter(sites[0].by_kind["users"].values()))
        self._sessions[organization_token] = Session(admin, sites[0], None)

    def sign_in(self, email: Any, password: Any) -> tuple[str, datetime] | None:
        """A token for the first site that knows the person; None for a wrong e-mail address or password."""
        for records in self._sites:
            for user in records.by_kind["users"].values():
                if password and (user.get("email"), user.get("password")) == (email, password):
                    return self._new(user, records)
        return None

    def switch(self, session: Session, user_id: Any) -> str | None:
        """A token for the site where the same person has that user record."""
        for records in self._sites:
            user = records.by_kind["users"].get(str(user_id))
            if user is not None and user.get("email") == session.user.get("email"):
                return self._new(user, records)[0]
        return None

    def _new(self, user: Record, records: Records) -> tuple[str, datetime]:
        if self._switches["sessions"] == "one":
            ended = [token for token, session in self._sessions.items() if session.ends is not None and session.user is user]
            for token in ended:
                del self._sessions[token]
        self._count += 1
        token = "r:" + hashlib.sha256(f"session {self._count}".encode()).hexdigest()[:32]
        ends = self._clock.now() + timedelta(seconds=self._switches["token_ttl_seconds"])
        self._sessions[token] = Session(
            user, records, ends, self._switches["token_calls"] or None, self._switches["limited_users"] == "all"
        )
        return token, ends

    def session(self, token: str) -> Session | None:
        """The session of a token that still holds; the call is counted."""
        session = self._sessions.get(token)
        if session is None or (session.ends is not None and session.ends <= self._clock.now()) or session.calls_left == 0:
            return None
        if session.calls_left is not None:
            session.calls_left -= 1
        return session

    def sign_out(self, token: str) -> None:
        """The token is worth nothing from now on."""
        self._sessions.pop(token, None)
