"""The record of every decision as a chain: each entry's hash covers the hash before it, so none can be changed, removed or put in.

The rules:
1. An entry's number is one more than the number before it; the first is 1.
2. Its hash covers the hash before it, its number and every field, as canonical bytes: the same on every database and machine.
3. How far the chain reaches (its head) is kept apart from the entries, so that a tail that was cut off is missed.
4. The chain proves that nothing was altered since an entry was written, not that what was written was true; and who may write all of
   the database and the file beside it can make a new chain. A head that a person noted elsewhere proves against that too.

Nothing secret goes into an entry: no token, no key of an account, no bytes of a request beyond their hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from connector.core.problem import Problem

# The hash "before" the first entry.
NOTHING = "0" * 64

_ASK_WHY = "Somebody changed the records past the connector. Find out who and why, and restore a backup from before it; then run reconcile."
_CUT_OFF = (
    "The newest entries were cut off, or an older database was put back. If you restored a backup, run sync: it records that, looks in "
    "the ledger before it posts, and this check is whole again. If you did not, find out who did."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision: when, who or what, about what, which event, what stood before and after, why, and under which mapping."""

    at: datetime
    actor: str  # "sync", "reconcile", "run", or the person's user name
    event: str
    ledger_company: str = ""
    source_company: str = ""
    site: str = ""
    work_order: str = ""
    marker: str = ""
    token: int = 0  # the fencing token of the lease, 0 when there is none
    before: str = ""
    after: str = ""
    reason: str = ""
    mapping: str = ""  # digest of the mapping that was in force


# The order is part of every hash that was ever written: a new field goes to the end, and under a chain of a new kind.
_WORDS = attrgetter(
    *("actor", "event", "ledger_company", "source_company", "site", "work_order", "marker"),
    *("token", "before", "after", "reason", "mapping"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain reaches: the number and the hash of its last entry."""

    number: int = 0
    hash: str = NOTHING

    def text(self) -> str:
        """As it is stored, printed and noted elsewhere: NUMBER:HASH."""
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place in the chain, as it is stored."""

    number: int
    entry: Entry
    previous: str
    hash: str


def head_of(text: str) -> Head | None:
    """The head that a text names; None when it names none."""
    number, _, digest = text.strip().partition(":")
    is_hash = len(digest) == len(NOTHING) and not set(digest) - set("0123456789abcdef")
    return Head(int(number), digest) if number.isascii() and number.isdigit() and is_hash else None


def linked(head: Head, entry: Entry) -> Link:
    """The entry as the next link after a head."""
    number = head.number + 1
    return Link(number, entry, head.hash, _hash(number, head.hash, entry))


def _hash(number: int, previous: str, entry: Entry) -> str:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps([number, previous, at, *_WORDS(entry)], ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Chain:
    """A chain read from its first entry on, which names the first that does not fit."""

    def __init__(self, *known: Head) -> None:
        self.head = Head()
        self._known: dict[int, set[str]] = {}
        for head in known:
            self._known.setdefault(head.number, set()).add(head.hash)

    def problem_of(self, link: Link) -> Problem | None:
        """What is wrong with the next link; None when it fits, and then it is the head."""
        number = self.head.number + 1
        if link.number != number:
            return _broken(number, f"Entry {number} is missing: after entry {self.head.number} comes entry {link.number}.")
        if link.previous != self.head.hash:
            return _broken(number, f"It follows an entry with the hash {link.previous}; expected {self.head.hash}.")
        expected = _hash(number, link.previous, link.entry)
        if link.hash != expected:
            return _broken(number, f"Its fields do not have the hash that is stored, {link.hash}; expected {expected}.")
        if self._known.pop(number, set()) - {expected}:
            return _broken(number, f"Its hash is {link.hash}; another one was noted when it was written. The chain was written anew.")
        self.head = Head(number, expected)
        return None

    def problem_of_unreadable(self) -> Problem:
        """The next link cannot be read at all."""
        return _broken(self.head.number + 1, "What is stored is no entry.")

    def problem_at_end(self, stored: Head | None) -> Problem | None:
        """What is wrong once all links were read: the chain must end where the database says, and reach every head that was noted."""
        noted = max(self._known, default=0)
        if noted > self.head.number:
            return _cut(f"Entry {noted} was noted beside the database or by you, and the chain ends at entry {self.head.number}.")
        if stored is None:
            return _broken(self.head.number, "The database does not say where its chain ends.")
        if stored.number > self.head.number:
            return _cut(f"The database says that it ends at entry {stored.number}, and it ends at entry {self.head.number}.")
        if stored != self.head:
            return _broken(stored.number + 1, f"The database says that its chain ends at entry {stored.number} with {stored.hash}.")
        return None


def _broken(number: int, message: str) -> Problem:
    return Problem("AUDIT_BROKEN", f"audit entry {number}", message, _ASK_WHY)


def _cut(message: str) -> Problem:
    return Problem("AUDIT_CUT_OFF", "audit", message, _CUT_OFF)
