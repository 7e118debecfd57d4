"""One session at UpKeep for all processes: kept encrypted, shared, and asked for by one of them at a time.

UpKeep has no refresh, and does not say whether a second sign-in ends the first session. So whoever finds the session refused first looks
whether another process has a newer one, and signs in only when there is none: then no process signs another out again and again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connector.core.clock import Clock
from connector.core.tokens import Token

# UpKeep states no lifetime beside expiresAt; a session that ends sooner than this is renewed first.
EXPIRY_MARGIN = timedelta(minutes=2)
# A session whose end is not known is used until it is refused.
NO_END = datetime(9999, 1, 1, tzinfo=UTC)


class SessionVault(Protocol):
    """Where the session of one login is kept, encrypted; the same for all processes."""

    def load(self) -> Token | None:
        """The newest session, None before the first sign-in."""
        ...

    def save(self, token: Token) -> None:
        """Keep a session; it is durable when this returns."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Be the only one who signs in with this login."""
        ...


def login_name(base_url: str, email: str, site_user: str) -> str:
    """What the session of a login is called: another address, person or site has another one."""
    return "upkeep " + hashlib.sha256("\n".join((base_url, email.casefold(), site_user)).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Session:
    """The session in use, until when it is used, and what its login sees ("" before anybody has found out)."""

    clock: Clock
    vault: SessionVault | None = None
    text: str = ""
    renew_at: datetime = NO_END
    sight: str = ""

    @property
    def is_due(self) -> bool:
        """Whether there is none, or its end is near."""
        return not self.text or self.renew_at <= self.clock.now()

    def renew(self, refused: str, sign_in: Callable[[], tuple[str, datetime | None]]) -> None:
        """Take over what another process has, if it is not the one that was refused; else sign in, and keep what that gives."""
        with self.vault.exclusive() if self.vault is not None else nullcontext():
            kept = self.vault.load() if self.vault is not None else None
            if kept is not None and kept.access != refused and kept.expires_at > self.clock.now():
                self.text, self.renew_at, self.sight = kept.access, kept.expires_at, kept.refresh
                return
            self._use(*sign_in())

    def anew(self, sign_in: Callable[[], tuple[str, datetime | None]]) -> None:
        """Sign in whatever is kept: a person asks whether the login is right."""
        with self.vault.exclusive() if self.vault is not None else nullcontext():
            self._use(*sign_in())

    def _use(self, text: str, ends: datetime | None) -> None:
        renew_at = _renewal(ends, self.clock.now())
        if self.vault is not None:
            self.vault.save(Token(text, "", renew_at))
        self.text, self.renew_at, self.sight = text, renew_at, ""

    def found_out(self, sight: str) -> None:
        """Keep with the session what its login sees, so that it is asked for once a sign-in, by whichever process."""
        self.sight = sight
        with self.vault.exclusive() if self.vault is not None else nullcontext():
            kept = self.vault.load() if self.vault is not None else None
            if self.vault is not None and kept is not None and kept.access == self.text:
                # UpKeep has no refresh token: its place in the vault has this word.
                self.vault.save(Token(kept.access, sight, kept.expires_at))


def _renewal(ends: datetime | None, now: datetime) -> datetime:
    """When to sign in anew: a margin before the end, or half-way through a shorter session; a 401 tells of clocks that differ."""
    if ends is None or ends <= now:
        return NO_END
    return ends - min(EXPIRY_MARGIN, (ends - now) / 2)
