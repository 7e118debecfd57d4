"""What the flows ask of a source of work orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from connector.core.problem import Problem
from connector.core.work_order import WorkOrder


class SourceUnreachableError(Exception):
    """UpKeep could not be reached or refused the sign-in. Exit code 3."""


class UnreadableAnswerError(SourceUnreachableError):
    """UpKeep answered, but not with what was asked for: the fault of one record, as long as other answers are whole."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class FileGoneError(Exception):
    """The file is not on the work order any more."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on a work order: UpKeep's id, its name, the address that gives it for a while, and its size where that is told."""

    id: str
    name: str
    address: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class WorkOrderHead:
    """A row of the list: enough to know whether the detail must be read. `updated_at` is aware, UTC."""

    id: str
    number: str
    status: str
    updated_at: datetime


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
class TellsWhatItFound(Protocol):
    """A source that had to find out how to read what is there; `check` shows it."""

    def detected(self) -> list[str]:
        """What it found out, a line each; none of it is a problem."""
        ...
