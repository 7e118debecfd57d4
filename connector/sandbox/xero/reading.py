"""Reading what a client sent: keys in any case, numbers that may be text, dates in three spellings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.sandbox.xero.answers import Broken, Unreadable

_MS_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:\d{2})?)?$")
_LARGEST = Decimal("9999999999.99")


class Fields:
    """One JSON object with its keys read in any case."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._values = {key.lower(): value for key, value in raw.items()}

    def has(self, name: str) -> bool:
        """Whether the key was sent with something other than null."""
        return self._values.get(name.lower()) is not None

    def names(self) -> set[str]:
        """Lower-case names of the keys that carry something other than null or false."""
        return {name for name, value in self._values.items() if value is not None and value is not False}

    def text(self, name: str) -> str:
        """The text under that key, stripped, or nothing."""
        value = self._values.get(name.lower())
        if isinstance(value, dict | list):
            raise Unreadable(name)
        text = "" if value is None else str(value).strip()
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise Unreadable(name)  # Half a character: no UTF-8 can carry it back.
        return text

    def flag(self, name: str, default: bool) -> bool:
        """The boolean under that key."""
        value = self._values.get(name.lower())
        return default if value is None else str(value).lower() == "true"

    def number(self, name: str) -> Decimal | None:
        """The number under that key, which may be sent as text."""
        value = self._values.get(name.lower())
        if value is None or value == "":
            return None
        if isinstance(value, bool | dict | list):
            raise Unreadable(name)
        try:
            found = Decimal(str(value))
        except InvalidOperation as error:
            raise Unreadable(name) from error
        if not found.is_finite() or abs(found) > _LARGEST:
            raise Unreadable(name)
        return found

    def day(self, *names: str) -> date | None:
        """The calendar date under the first of the keys that was sent."""
        for name in names:
            text = self.text(name)
            if text:
                return read_day(text)
        return None

    def child(self, name: str) -> Fields | None:
        """The object under that key."""
        value = self._values.get(name.lower())
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise Broken(name)
        return Fields(value)

    def children(self, name: str) -> list[Fields]:
        """The objects in the list under that key; one bare object counts as a list."""
        value = self._values.get(name.lower())
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, Mapping) for item in items):
            raise Unreadable(name)
        return [Fields(item) for item in items]


def read_day(text: str) -> date:
    """A calendar date from YYYY-MM-DD, a date with time, or the vendor's millisecond form."""
    found = _MS_DATE.match(text)
    try:
        if found:
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found.group(1)))).date()
        if _DAY.match(text):
            return date.fromisoformat(text[:10])
    except (ValueError, OverflowError) as error:
        raise Unreadable(text) from error
    raise Unreadable(text)


def read_elements(body: bytes, plural: str) -> list[Fields]:
    """The elements of a request: under the plural name, as a bare list, or one bare object."""
    try:
        content = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable("JSON for post data was invalid") from error
    if isinstance(content, Mapping):
        found = Fields(content)
        items = found.children(plural) if found.has(plural) else [found]
    elif isinstance(content, list) and all(isinstance(item, Mapping) for item in content):
        items = [Fields(item) for item in content]
    else:
        raise Unreadable("JSON for post data was invalid")
    if not items:
        raise Unreadable("JSON for post data was invalid")
    return items
