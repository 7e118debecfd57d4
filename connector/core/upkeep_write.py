"""What a person has written into UpKeep: the intent, its key, and when an intent whose answer is missing may leave again.

The rules:
1. The intent is stored, with its key, before a byte leaves. The same command while its answer is missing is the same intent.
2. A lost answer is unknown, never failed. Where the API takes an idempotency key, the same key is repeated while it is young; otherwise
   UpKeep is looked at first.
3. Nothing leaves a second time before a look has shown that it is not there, begun so long after the last attempt that a slow server
   would have written it.
4. A look that cannot decide leaves it to a person.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from connector.core.identity import fingerprint

# Nobody publishes how long a key is remembered; past this age a look decides.
KEY_TRUSTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewWorkOrder:
    """A job to be done. References are UpKeep's ids; `priority` is 0 to 3."""

    title: str
    description: str = ""
    category: str = ""
    priority: int | None = None
    due: date | None = None
    asset: str = ""
    location: str = ""
    assignee: str = ""


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A thing that is maintained; `meter_unit` asks for a meter in that unit on it."""

    name: str
    description: str = ""
    category: str = ""
    model: str = ""
    serial: str = ""
    location: str = ""
    warranty_until: date | None = None
    meter_unit: str = ""


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """Preventive maintenance of an asset: every so many days, weeks, months or years from a day on, or every so many units of a meter."""

    asset: str
    title: str
    every: Decimal
    unit: str = ""  # days, weeks, months, years; "" when a meter decides
    starts: date | None = None
    meter: str = ""
    checklist: tuple[str, ...] = ()
    makes_work_orders: bool = True


@dataclass(frozen=True, slots=True)
class PartsUsed:
    """So many of a part taken from stock for a work order, by UpKeep's ids."""

    work_order: str
    part: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be put on a work order: its name, size in bytes, and SHA-256 in hex; `is_first` where a person saw no other there."""

    work_order: str
    name: str
    size: int
    sha256: str
    is_first: bool = False


Change = NewWorkOrder | NewAsset | NewSchedule | PartsUsed | NewFile
WORDS: dict[type[Change], str] = {
    NewWorkOrder: "work order",
    NewAsset: "asset",
    NewSchedule: "maintenance schedule",
    PartsUsed: "use of a part",
    NewFile: "file",
}


def digest_of(change: Change) -> str:
    """The change as a short hash: two commands that ask for the same have the same."""
    return fingerprint([type(change).__name__, asdict(change)])


def new_key(scope: str, change: Change, at: datetime) -> str:
    """A key for a change that is asked for at that moment: asked for again later, it is another one."""
    return hashlib.sha256(f"upkeep-write|{scope}|{digest_of(change)}|{at.isoformat()}".encode()).hexdigest()[:32]


class WriteState(StrEnum):
    """Where an intent stands."""

    SENDING = "sending"  # left, or about to; without an answer after its process has ended, it is unknown
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"  # UpKeep said no, and wrote nothing
    NOT_SENT = "not_sent"  # nothing left, or UpKeep was too busy to read it
    CLOSED = "closed"  # a person looked and closed it


OPEN = frozenset({WriteState.SENDING, WriteState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Kept:
    """An intent as it is stored. `before` is what was there before, where that decides a later look; `told` is the new record's id."""

    key: str
    kind: str
    digest: str
    state: WriteState
    begun_at: datetime
    sent_at: datetime
    before: str = ""
    told: str = ""


class Seen(StrEnum):
    """What a look showed."""

    THERE = "there"
    ABSENT = "absent"
    UNCLEAR = "unclear"


class Next(StrEnum):
    """What follows for an intent whose answer is missing."""

    SEND = "send"  # with the same key
    DONE = "done"
    WAIT = "wait"
    ASK = "ask"  # a person


def is_key_trusted(kept: Kept, now: datetime) -> bool:
    """Whether the API surely still knows the key: then the same key may be repeated without a look."""
    return now - kept.begun_at < KEY_TRUSTED


def next_of(kept: Kept, seen: Seen, now: datetime, settle: timedelta) -> Next:
    """What a look decides about an intent whose answer is missing."""
    if seen is Seen.THERE:
        return Next.DONE
    if seen is Seen.UNCLEAR:
        return Next.ASK
    return Next.SEND if now - kept.sent_at >= settle else Next.WAIT
