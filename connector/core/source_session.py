"""A session at a source of work orders, and what the sign-in asks of the place that keeps it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Stop(StrEnum):
    """Why nothing is sent to the sign-in until a person acts: another refused attempt may lock the account."""

    NONE = ""
    CODE_NEEDED = "code needed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SourceSession:
    """What is known of one login: its token and when to renew it, or why no sign-in may be tried. Moments are aware, UTC.

    `pending` is the sign-in that waits for a second factor; `login` a digest of what was configured when it stopped, so that a corrected
    configuration is a person's act; `code_step` the half minute of the last code that was sent, because a code is good once.
    """

    token: str = ""
    renew_at: datetime | None = None
    stop: Stop = Stop.NONE
    reason: str = ""
    methods: tuple[str, ...] = ()
    pending: str = ""
    login: str = ""
    code_step: int = 0

    def __repr__(self) -> str:
        return f"SourceSession(stop={self.stop.value!r})"  # The secrets stay out of every log and traceback.


class SessionVault(Protocol):
    """Where the session of one login is kept, encrypted, for all processes of a database."""

    def load(self) -> SourceSession:
        """The newest session; an empty one before the first sign-in."""
        ...

    def save(self, session: SourceSession) -> None:
        """Store it durably; it is used only after this returns."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the sign-in of this login, over all processes."""
        ...
