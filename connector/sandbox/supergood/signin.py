"""Sessions of the normalised API: username and password, a second factor, short-lived tokens, and an account that locks itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.supergood.answers import RefusedError, moment_told

# 160 bits, as authenticator apps give it.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 it opens nothing but the sandbox
TOTP_SECONDS = 30


def totp(secret: str, moment: datetime) -> str:
    """The six digits of RFC 6238 at that moment."""
    counter = int(moment.timestamp()) // TOTP_SECONDS
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass(slots=True)
class Session:
    """One token, and until when it holds."""

    id: str
    ends: datetime
    calls_left: int | None


class SignIn:
    """Who may use the API. `sent` are the codes that went to a person's telephone or mailbox, the newest last."""

    def __init__(self, clock: SandboxClock, switches: dict[str, Any], username: str, password: str) -> None:
        self._clock, self._switches = clock, switches
        self._username, self._password = username, password
        self._count = 0
        self._sessions: dict[str, Session] = {}
        self._pending: dict[str, str] = {}  # session id → the code that was sent ("" for TOTP)
        self._used: set[tuple[str, str]] = set()
        self.sent: list[str] = []
        self.refused = 0  # in a row
        self.attempts = 0

    @property
    def methods(self) -> list[str]:
        """The second factors of the account."""
        told = self._switches["mfa"]
        return [] if told == "none" else [told] if isinstance(told, str) else list(told)

    @property
    def is_locked(self) -> bool:
        """Whether a person must unlock the account at UpKeep."""
        return self.refused >= int(self._switches["lock_after"])

    def unlock(self) -> None:
        """A person unlocked the account."""
        self.refused = 0

    def sign_in(self, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and content of the answer to POST /sessions; raises RefusedError."""
        self.attempts += 1
        if self.is_locked:
            raise RefusedError(423, "account_locked", "the account is locked; an administrator must unlock it")
        if "session_id" in told:
            return self._second_factor(told)
        if (told.get("username"), told.get("password")) != (self._username, self._password):
            raise self._counted("invalid_credentials", "wrong username or password")
        code = told.get("totp")
        if code is not None and "totp" in self.methods and self._switches["inline_code"]:
            self._check(str(code), "", "totp")
            return self._given()
        if not self.methods:
            return self._given()
        return self._asked()

    def _asked(self) -> tuple[int, dict[str, Any]]:
        self._count += 1
        identifier, code = f"pending-{self._count}", ""
        if "totp" not in self.methods:
            code = f"{self._count * 7_919 % 1_000_000:06d}"
            self.sent.append(code)
        self._pending[identifier] = code
        error = {"code": "mfa_required", "methods": self.methods, "message": "a second factor is needed"}
        return int(self._switches["mfa_answer"]), {"error": error, "session_id": identifier}

    def _second_factor(self, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        expected = self._pending.get(str(told["session_id"]))
        if expected is None:
            raise RefusedError(401, "session_expired", "no such pending session")
        self._check(str(told.get("mfa_code", "")), expected, "totp" if not expected else "sent")
        del self._pending[str(told["session_id"])]
        return self._given()

    def _check(self, code: str, expected: str, kind: str) -> None:
        now = self._clock.now()
        good = {totp(TOTP_SECRET, now + timedelta(seconds=s)) for s in (-TOTP_SECONDS, 0, TOTP_SECONDS)} if kind == "totp" else {expected}
        if code not in good or (kind, code) in self._used:
            raise self._counted("mfa_invalid", "the code is wrong")
        self._used.add((kind, code))  # A code is good once.

    def _counted(self, code: str, message: str) -> RefusedError:
        self.refused += 1
        return RefusedError(401, code, message)

    def _given(self) -> tuple[int, dict[str, Any]]:
        self.refused = 0
        self._count += 1
        token = "sg_" + hashlib.sha256(f"session {self._count}".encode()).hexdigest()[:32]
        ends = self._clock.now() + timedelta(seconds=self._switches["token_ttl_seconds"])
        self._sessions[token] = Session(f"session-{self._count}", ends, self._switches["token_calls"] or None)
        content: dict[str, Any] = {"token": token, "session_id": f"session-{self._count}"}
        content |= moment_told(ends, self._clock.now(), self._switches["expires_at"])
        return int(self._switches["session_answer"]), content

    def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """A new token for one that still holds; the old one is dead."""
        if self._switches["refresh"] == "404":
            raise RefusedError(404, "not_found", "not found")
        session = self.session(token)
        if session is None or self._switches["refresh"] == "401":
            raise RefusedError(401, "session_expired", "the session has ended")
        del self._sessions[token]
        return self._given()

    def session(self, token: str) -> Session | None:
        """The session of a token that still holds; the call is counted."""
        session = self._sessions.get(token)
        if session is None or session.ends <= self._clock.now() or session.calls_left == 0:
            return None
        if session.calls_left is not None:
            session.calls_left -= 1
        return session

    def end_every_session(self) -> None:
        """The platform rotated its cookies: every token is dead before its time."""
        self._sessions.clear()
