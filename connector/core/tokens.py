"""A ledger's tokens as a value, and what the sign-in asks of the place that keeps them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """An access token with the refresh token that came with it; moments are aware, UTC.

    A sign-in has two ends: `refresh_expires_at` moves with every refresh, `hard_expires_at` only with a person's consent.
    """

    access: str
    refresh: str
    expires_at: datetime
    refresh_expires_at: datetime | None = None
    hard_expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()})"  # The secrets stay out of every log and traceback.


class UnreadableTokenError(Exception):
    """A token is stored, but it cannot be read with the key at hand."""


class TokenVault(Protocol):
    """Where one ledger company's token is kept, encrypted."""

    def load(self) -> Token | None:
        """The newest token, None before the first sign-in; raises UnreadableTokenError."""
        ...

    def save(self, token: Token, decision: str = "") -> None:
        """Store a token durably; it is used only after this returns. `decision` is a person's, for the audit; a refresh is nobody's."""
        ...

    def prepare(self) -> None:
        """See that a token could be stored; raises UnreadableTokenError where there is no key for it."""
        ...

    def delete(self, decision: str) -> None:
        """Forget the token, by a person's decision; nothing happens when there is none."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the sign-in of this ledger company, over all processes on the machine."""
        ...
