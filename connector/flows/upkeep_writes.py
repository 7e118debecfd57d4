"""Have a change written into UpKeep, once: store the intent, send it, and after a lost answer look before anything is sent again.

The rules are in core/upkeep_write.py. A person gives the command, so nothing here waits for long: what is unknown is told, with how to
look, and the same command given again goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, assert_never

from connector.core.clock import Clock
from connector.core.problem import Problem
from connector.core.upkeep_write import (
    OPEN,
    WORDS,
    Change,
    Kept,
    Next,
    Seen,
    WriteState,
    digest_of,
    is_key_trusted,
    new_key,
    next_of,
)
from connector.upkeep.changing import Done, Look, Lost, NotOffered, NotSent, Outcome, Refused, Writer
from connector.upkeep.source import SourceUnreachableError

# Under one key, and only where the API takes one.
ATTEMPTS_MAX = 3
RETRY_SECONDS = 1.0


class WriteRecords(Protocol):
    """The stored intents of one UpKeep company and site. Each method is one transaction, noted in the audit."""

    scope: dict[str, str]

    def begin(self, intent: Kept) -> Kept:
        """Store an intent before a byte of it leaves; the one that is open for the same change, where there is one."""
        ...

    def find(self, key: str) -> Kept | None:
        """The intent with that key."""
        ...

    def sending(self, kept: Kept, before: str) -> Kept:
        """Another attempt of an open intent leaves now; raises WriterBusyError when another process has moved it."""
        ...

    def end(self, kept: Kept, state: WriteState, told: str, reason: str) -> None:
        """What became of it."""
        ...

    def open(self) -> list[Kept]:
        """Every intent whose answer is missing, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs: the writer, the records, the clock, the connection's name, and how long a slow server may take."""

    writer: Writer
    records: WriteRecords
    clock: Clock
    connection: str
    settle: timedelta
    content: Callable[[], bytes] = bytes  # the bytes of a file, read when they are needed


@dataclass(frozen=True, slots=True)
class WrittenThere:
    """It is in UpKeep: the key under which it was written, the new record's id, and whether this call wrote it."""

    key: str
    id: str
    number: str = ""
    is_new: bool = True


def carry_out(desk: Desk, change: Change, key: str = "") -> WrittenThere | Problem:
    """Write the change once; raises SourceUnreachableError when UpKeep is away and nothing left."""
    now = desk.clock.now()
    kept = desk.records.find(key) if key else None
    if kept is not None and (kept.digest != digest_of(change) or kept.state not in OPEN):
        return _known(desk, change, kept)
    if kept is None:
        before = desk.writer.prepare(change)
        if not isinstance(before, str):
            return _said_no(desk, change, before)
        words = WORDS[type(change)]
        name = key or new_key("|".join(desk.records.scope.values()), change, now)
        fresh = Kept(name, words, digest_of(change), WriteState.SENDING, now, now, before)
        kept = desk.records.begin(fresh)
        if kept is fresh:
            return _sent(desk, change, kept)
    return _again(desk, change, kept)


def _known(desk: Desk, change: Change, kept: Kept) -> WrittenThere | Problem:
    if kept.digest == digest_of(change) and kept.state is WriteState.DONE:
        return WrittenThere(kept.key, kept.told, is_new=False)
    told = f"it was {kept.state.value.replace('_', ' ')}" if kept.digest == digest_of(change) else f"it was for another {kept.kind}"
    message = f"The key {kept.key} was used before: {told}."
    return Problem("UPKEEP_KEY_USED", desk.connection, message, "Nothing was sent. Leave --key out for a new one.")


def _again(desk: Desk, change: Change, kept: Kept) -> WrittenThere | Problem:
    """An earlier answer is missing: repeat a young key, otherwise look first."""
    if desk.writer.takes_key and is_key_trusted(kept, desk.clock.now()):
        return _sent(desk, change, desk.records.sending(kept, kept.before), was_lost=True)
    begun = desk.clock.now()
    found = desk.writer.look(change, kept)
    match next_of(kept, found.seen, begun, desk.settle):
        case Next.DONE:
            return _there(desk, kept, found)
        case Next.SEND:
            before = desk.writer.prepare(change)
            if not isinstance(before, str):
                return _said_no(desk, change, before)
            return _sent(desk, change, desk.records.sending(kept, before))
        case Next.WAIT:
            until = kept.sent_at + desk.settle
            step = f"A slow server may write it until {until:%H:%M:%S} UTC. Give the same command again after that: it looks, then goes on."
            return _unknown(desk, change, kept, "nothing is there yet", step)
        case Next.ASK:
            return _unknown(desk, change, kept, "what is there does not show it")
        case never:
            assert_never(never)


def _sent(desk: Desk, change: Change, kept: Kept, *, was_lost: bool = False) -> WrittenThere | Problem:
    outcome = _attempts(desk, change, kept, was_lost=was_lost)
    match outcome:
        case Done():
            desk.records.end(kept, WriteState.DONE, outcome.id, "")
            return WrittenThere(kept.key, outcome.id, outcome.number, outcome.is_new)
        case Refused() | NotOffered():
            desk.records.end(kept, WriteState.REFUSED, "", outcome.message)
            return _said_no(desk, change, outcome)
        case NotSent():
            desk.records.end(kept, WriteState.NOT_SENT, "", outcome.message)
            raise SourceUnreachableError(f"{outcome.message}; nothing was written")
        case Lost():
            return _lost(desk, change, kept, outcome)
        case _:
            assert_never(outcome)


def _attempts(desk: Desk, change: Change, kept: Kept, *, was_lost: bool) -> Outcome:
    """One attempt, or several under one key; a later refusal does not undo what an earlier lost one may have written."""
    content = desk.content()
    outcome = desk.writer.send(change, kept, content)
    for attempt in range(1, ATTEMPTS_MAX if desk.writer.takes_key else 1):
        if not isinstance(outcome, Lost):
            break
        was_lost = True
        desk.clock.sleep(RETRY_SECONDS * 2**attempt)
        outcome = desk.writer.send(change, kept, content)
    if was_lost and isinstance(outcome, Refused | NotSent):
        return Lost(outcome.message)
    return outcome


def _lost(desk: Desk, change: Change, kept: Kept, outcome: Lost) -> WrittenThere | Problem:
    """It may have been written: look at once; only finding it decides."""
    try:
        found = Look(Seen.UNCLEAR) if desk.writer.takes_key else desk.writer.look(change, kept)
    except SourceUnreachableError:
        found = Look(Seen.UNCLEAR)
    if found.seen is Seen.THERE:
        return _there(desk, kept, found)
    return _unknown(desk, change, kept, outcome.message)


def _there(desk: Desk, kept: Kept, found: Look) -> WrittenThere:
    desk.records.end(kept, WriteState.DONE, found.id, "found by a look")
    return WrittenThere(kept.key, found.id, is_new=False)


def _unknown(desk: Desk, change: Change, kept: Kept, why: str, step: str = "") -> Problem:
    desk.records.end(kept, WriteState.UNKNOWN, "", why)
    message = f"Whether the {kept.kind} was written is not known: {why}. Its key is {kept.key}."
    again = step or "Give the same command again: it goes on under the same key, and sends nothing twice."
    return Problem("UPKEEP_WRITE_UNKNOWN", desk.connection, message, f"{desk.writer.how_to_look(change, kept)} {again}")


def _said_no(desk: Desk, change: Change, outcome: Refused | NotOffered) -> Problem:
    what = WORDS[type(change)]
    if isinstance(outcome, NotOffered):
        return Problem("UPKEEP_NOT_OFFERED", desk.connection, outcome.message, outcome.next_step)
    message = f"The {what} was not written: {outcome.message}."
    return Problem("UPKEEP_WRITE_REFUSED", desk.connection, message, outcome.next_step or "Correct the command; nothing was written.")


def close(desk_records: WriteRecords, key: str, *, was_written: bool) -> bool:
    """A person looked at UpKeep and says what became of it; false when no intent of that key is open."""
    kept = desk_records.find(key)
    if kept is None or kept.state not in OPEN:
        return False
    desk_records.end(kept, WriteState.CLOSED, "", "a person saw it there" if was_written else "a person saw that it is not there")
    return True
