"""What the flows ask of a source of work orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from connector.core.field_watch import FieldSeen
from connector.core.problem import Problem
from connector.core.source_session import Stop
from connector.core.work_order import WorkOrder


class SourceUnreachableError(Exception):
    """UpKeep could not be reached or refused the sign-in. Exit code 3."""


class UnreadableAnswerError(SourceUnreachableError):
    """UpKeep answered, but not with what was asked for: the fault of one record, as long as other answers are whole."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class LimitedLoginError(SourceUnreachableError):
    """The login sees its own work orders only: what it does not see would look as if it were not there."""


class SignInStoppedError(SourceUnreachableError):
    """A person must act before the source is signed in to again: give a code, or correct the login."""

    def __init__(self, stop: Stop, reason: str) -> None:
        super().__init__(reason)
        self.stop = stop


class FileGoneError(Exception):
    """The file is not on the work order any more."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on a work order: UpKeep's id, its name, the address that gives it for a while, its size and SHA-256 where they are told."""

    id: str
    name: str
    address: str
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class WorkOrderHead:
    """A row of the list: enough to know whether the detail must be read. Moments are aware, UTC.

    `digest` is of everything on the row that may matter to the books ("" where the source has no such row), `shown_cost` the money on it.
    """

    id: str
    number: str
    status: str
    updated_at: datetime
    completed_at: datetime | None = None
    digest: str = ""
    shown_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WorkOrderRead:
    """A work order as far as it was readable, and every problem met on the way. Missing means that it no longer exists."""

    head: WorkOrderHead
    work_order: WorkOrder | None
    problems: tuple[Problem, ...] = ()


class Source(Protocol):
    """Where completed work orders come from. Reading has no side effects at the source."""

    site: str

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far, by service."""
        ...

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads with updated_at >= since in ascending order of updated_at, each id once; None is everything."""
        ...

    def read(self, head: WorkOrderHead) -> WorkOrderRead:
        """The whole work order with time log, parts, costs and the names of what it points at."""
        ...

    def find(self, number: str) -> WorkOrderRead | None:
        """The work order with that number, None when there is none."""
        ...

    def files(self, work_order_id: str) -> list[SourceFile]:
        """The files that lie on a work order now."""
        ...

    def file(self, work_order_id: str, file_id: str, bytes_max: int) -> bytes | None:
        """A whole file, None when it has more bytes than that; raises FileGoneError when the work order does not have it any more."""
        ...

    def close(self) -> None:
        """Give back every socket."""
        ...

    def visibility(self) -> list[Problem]:
        """Sign in and tell what this login cannot see (not an administrator, one site of several)."""
        ...


@runtime_checkable
class WindowedSource(Protocol):
    """A source that can also list by the day of completion, so that a window of days can be compared with our records."""

    def completed_since(self, moment: datetime) -> Iterator[WorkOrderHead]:
        """Heads with completed_at >= moment, each id once, in no promised order; it relies on no filter and no moment of change."""
        ...


@runtime_checkable
class TellsRole(Protocol):
    """A source whose login has a role."""

    def role(self) -> Mapping[str, str]:
        """What the login is and sees, in words; {} where that is not told. Raises SourceUnreachableError."""
        ...


@runtime_checkable
class WatchedSource(Protocol):
    """A source that counts the fields of what it read."""

    def watched(self) -> list[FieldSeen]:
        """What was seen since this was last asked."""
        ...


@runtime_checkable
class Renews(Protocol):
    """A source whose session can be renewed before it ends."""

    def renew(self) -> datetime | None:
        """Have a new session now; until when it is used, None where that is not told. Raises SourceUnreachableError."""
        ...


@runtime_checkable
class TellsWhatItFound(Protocol):
    """A source that had to find out how to read what is there; `check` shows it."""

    def detected(self) -> list[str]:
        """What it found out, a line each; none of it is a problem."""
        ...
