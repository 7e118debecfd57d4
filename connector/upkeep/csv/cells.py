"""The leaves of reading an export: what a spreadsheet wrote into one cell, as text, number, time or moment (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.core.money import parse_decimal
from connector.upkeep.reading import TEXT_LENGTH_MAX, has_zone, parse_moment, text_of

ISO = "iso"
# What spreadsheets write so that a number stays text, or is a link; the text that a person sees is what is meant.
_WRAPPED = re.compile(r'=(?:HYPERLINK\(\s*"[^"]*"\s*[,;]\s*)?"([^"]*)"\s*\)?', re.IGNORECASE)
_SIGNS = re.compile(r"^[\s$€£¥]+|[\s$€£¥]+$|\s+|'")
_SIGNED = re.compile(r"(?P<sign>[-+\u2212]?)(?P<plain>[^-+\u2212()]+(?:[eE][-+]?\d+)?)|\((?P<bracketed>[^-+\u2212()]+)\)")
_MINUS = ("-", "\u2212")
_CURRENCY_WORD = re.compile(r"^[A-Z]{3}\s+|\s+[A-Z]{3}$")
_GROUPED = {"point": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"), "comma": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")}
_PLAIN = {"point": re.compile(r"\d*\.?\d+(?:[eE][+-]?\d+)?|\d+\."), "comma": re.compile(r"\d*,?\d+|\d+,")}
# 1,234 and 1.234 are a thousand to one and a bit more than one to another.
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_CLOCK = re.compile(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d))?")
_NOON = time(12)
_YEARS = range(1970, 2200)


def shown(cell: str) -> str:
    """What a person sees in the cell: a link's text, a guarded number, without the blanks around it."""
    text = cell.strip()
    match = _WRAPPED.fullmatch(text) if text.startswith("=") else None
    return match.group(1).strip() if match else text


def text_in(cell: str) -> str:
    """The cell as text within bounds, fit for a database; most cells are so as they stand."""
    return cell if len(cell) <= TEXT_LENGTH_MAX and cell.isprintable() else text_of(cell)


def number_of(cell: str, decimal: str) -> Decimal | None:
    """A number as people write it: signs of currency, groups of thousands, brackets for less than nothing.

    `decimal` is "point", "comma" or "" for told by the number itself; None when it is no number, or could be two.
    """
    text = _SIGNS.sub("", _CURRENCY_WORD.sub("", cell.strip()))
    match = _SIGNED.fullmatch(text)
    if match is None:
        return None
    is_negative, text = match["sign"] in _MINUS or bool(match["bracketed"]), _SIGNS.sub("", match["bracketed"] or match["plain"])
    if not decimal and _AMBIGUOUS.fullmatch(text):
        return None
    plain = next((found for way in ([decimal] if decimal else ("point", "comma")) if (found := _plain(text, way))), "")
    number = parse_decimal(plain)
    return -number if number is not None and is_negative else number


def _plain(text: str, decimal: str) -> str:
    """With a point and without groups; "" when it is not written in that way."""
    if not (_PLAIN[decimal].fullmatch(text) or _GROUPED[decimal].fullmatch(text)):
        return ""
    return text.replace(",", "") if decimal == "point" else text.replace(".", "").replace(",", ".")


def seconds_of(cell: str, seconds_per_unit: int, decimal: str) -> Decimal | None:
    """A time worked: H:MM and H:MM:SS whatever the column's unit, else a number of that unit. None when it is none of them."""
    clock = _CLOCK.fullmatch(cell.strip())
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return Decimal(hours * 3600 + minutes * 60 + seconds)
    number = number_of(cell, decimal)
    return None if number is None else number * seconds_per_unit


def moment_of(cell: str, formats: Sequence[str], zone: ZoneInfo) -> datetime | None:
    """A moment in UTC by the first format that fits. A day alone is its noon, so that no zone makes another day of it.

    A year in which nobody can have completed anything is a slip of the pen, and no moment.
    """
    for written in formats:
        found = _by_iso(cell, zone) if written == ISO else _by_format(cell, written, zone)
        if found is not None and found.year in _YEARS:
            return found
    return None


def _by_iso(cell: str, zone: ZoneInfo) -> datetime | None:
    found = parse_moment(cell)
    if found is None or has_zone(cell):
        return found
    return _placed(found.replace(tzinfo=None), ":" in cell, zone)


def _by_format(cell: str, written: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.strptime(cell.strip(), written)  # noqa: DTZ007 the zone is put on below
    except ValueError:
        return None
    return _placed(found, any(part in written for part in ("%H", "%I", "%X", "%c", "%T")), zone)


def _placed(found: datetime, has_time: bool, zone: ZoneInfo) -> datetime | None:
    local = found if has_time else datetime.combine(found.date(), _NOON)
    try:
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None
