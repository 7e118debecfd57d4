"""The leaves of reading UpKeep's JSON: text, numbers, moments, lists and references, each with a problem where there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from connector.core.keys import Need
from connector.core.money import parse_decimal
from connector.core.problem import Problem
from connector.core.work_order import Reference

TEXT_LENGTH_MAX = 500
IDENTIFIER_LENGTH_MAX = 100
SHOWN_LENGTH_MAX = 40
# No price, quantity or duration is as large; the product of two stays within the digits that Decimal keeps exactly.
NUMBER_MAX = Decimal(10) ** 12
_CORRECT = "Correct it in UpKeep; it is read again when it changes."
_REPLACED = {"Cc": " ", "Cs": "\ufffd"}  # Control characters and halves of a character: no database and no ledger takes them.


class LookUps(Protocol):
    """The records that a work order points at. `needs` is what the mapping goes by: nothing else of a context is looked up."""

    needs: frozenset[Need]

    def user(self, identifier: str) -> Mapping[str, Any]:
        """A user's record; {} when it is gone."""
        ...

    def part(self, identifier: str) -> Mapping[str, Any]:
        """A part's record; {} when it is gone."""
        ...

    def named(self, kind: str, identifier: str) -> str:
        """The name of an asset, location or team; "" when it is gone."""
        ...

    def record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        """A record of that kind; {} when it is gone."""
        ...


@dataclass(slots=True)
class Reading:
    """One work order being read: its number for the places, and the problems so far."""

    number: str
    look_ups: LookUps
    seconds_per_unit: Decimal
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, what: str, message: str, next_step: str = _CORRECT) -> None:
        """Note what could not be read."""
        self.problems.append(Problem(code, f"work order {self.number}, {what}", message, next_step))

    def number_of(self, raw: Any, what: str) -> Decimal | None:
        """A number, or a problem that quotes what stands there."""
        found = parse_decimal(raw)
        if found is None:
            self.add("UNREADABLE_NUMBER", what, f"'{quoted(raw)}' is not a number.")
        elif abs(found) >= NUMBER_MAX:
            self.add("AMOUNT_TOO_LARGE", what, f"'{quoted(raw)}' is more than any price or quantity.")
            return None
        return found

    def optional_number(self, raw: Any, what: str) -> Decimal | None:
        """A number where there may be none."""
        return None if is_absent(raw) else self.number_of(raw, what)

    def optional_rate(self, raw: Any, what: str) -> Decimal | None:
        """An hourly rate; zero is unknown, because nobody works for nothing by intent, and nobody pays to work."""
        rate = self.optional_number(raw, what)
        if rate is not None and rate < 0:
            self.add("UNREADABLE_NUMBER", what, f"{quoted(raw)} an hour is less than nothing.")
        return rate if rate else None

    def rows_of(self, raw: Mapping[str, Any], keys: tuple[str, ...]) -> list[Any]:
        """The first of these lists that has rows. What stands there and is no list is a problem: it may be money."""
        found: list[Any] = []
        for key in keys:
            told = raw.get(key)
            if isinstance(told, list):
                found = found or told
            elif not is_absent(told):
                self.add("UNREADABLE_WORK_ORDER", key, "A list should stand there.", "Open it in UpKeep; run sync again.")
        return found

    def label(self, raw: Mapping[str, Any], key: str) -> str:
        """A text that the mapping may go by; what stands there and is no text is a problem, not nothing."""
        found = label_of(raw.get(key))
        if not found and not is_absent(raw.get(key)):
            self.add("UNREADABLE_WORK_ORDER", key, f"'{quoted(raw[key])}' is no text.")
        return found

    def identifier_of(self, raw: Any, what: str) -> str:
        """The id of a reference, given as text or as an object that has one; "" when nothing is referred to."""
        if is_absent(raw):
            return ""
        found = identifier_text((raw.get("id") or raw.get("objectId")) if isinstance(raw, dict) else raw)
        if not found:
            self.add("UNREADABLE_WORK_ORDER", what, "What it refers to cannot be read.", "Choose it again in UpKeep.")
        return found

    def reference_of(self, raw: Any, kind: str, what: str) -> Reference | None:
        """What the work order points at, with its name."""
        found = self.identifier_of(raw, what)
        if not found:
            return None
        inlined = text_of(raw.get("name")) if isinstance(raw, dict) else ""
        return Reference(found, inlined or text_of(self.look_ups.named(kind, found)))

    def worker_of(self, raw: Any, what: str) -> Reference | None:
        """A person, with the e-mail address."""
        found = self.identifier_of(raw, what)
        if not found:
            return None
        record = raw if isinstance(raw, dict) and raw.get("email") else self.look_ups.user(found)
        return Reference(found, text_of(record.get("email")))


def is_absent(raw: Any) -> bool:
    """UpKeep omits what is not set; null and empty text mean the same."""
    return raw is None or raw == ""


def text_of(raw: Any) -> str:
    """Text within bounds, fit for a database; a list or table where text should be is none."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return ""
    return "".join(_REPLACED.get(unicodedata.category(c), c) for c in str(raw)[:TEXT_LENGTH_MAX])


def label_of(raw: Any) -> str:
    """A category's name, given as text or inlined as an object."""
    return text_of(raw.get("name")) if isinstance(raw, dict) else text_of(raw)


def quoted(raw: Any) -> str:
    """What stands there, short and printable, for a message."""
    return "".join(c if c.isprintable() else "?" for c in str(raw)[:SHOWN_LENGTH_MAX])


def identifier_text(raw: Any) -> str:
    """An id as UpKeep gives it; "" for what cannot be one, because a shortened or mended id is somebody else's."""
    text = text_of(raw)
    return text if len(text) <= IDENTIFIER_LENGTH_MAX and text == str(raw) else ""


def parse_moment(raw: Any) -> datetime | None:
    """ISO-8601, 13-digit milliseconds, or the same as text; aware, UTC. Without a zone it is taken for UTC (has_zone tells)."""
    text = str(raw).strip() if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool) else ""
    try:
        if text.isascii() and text.isdigit() and len(text) >= 12:
            return datetime.fromtimestamp(int(text) // 1000, UTC).replace(microsecond=int(text) % 1000 * 1000)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def has_zone(raw: Any) -> bool:
    """Whether a readable moment says of which zone it is: without, nobody knows on which day the job was completed."""
    text = str(raw).strip()
    return (text.isdigit() and len(text) >= 12) or datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
