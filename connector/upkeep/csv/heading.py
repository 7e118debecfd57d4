"""Where in a file each mapped column stands, and every column that is missing or there twice, told at once (pure)."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from connector.core.export import BY_ROW, ExportColumns, Word
from connector.core.problem import Problem

_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """The places of the mapped columns: `keys` are words, and custom fields as "field NAME"; `places` are their positions."""

    keys: tuple[str, ...]
    places: tuple[int, ...]
    width: int


def field_key(name: str) -> str:
    """How a custom field is called beside the words."""
    return f"field {name}"


def keys_of(columns: ExportColumns) -> dict[str, str]:
    """The header of each mapped column, by word or field, in an order that is always the same."""
    words = {word.value: columns.named[word] for word in Word if word in columns.named and columns.named[word] != BY_ROW}
    return words | {field_key(name): columns.fields[name] for name in sorted(columns.fields)}


def heading_of(cells: Sequence[str], columns: ExportColumns, place: str) -> tuple[Heading | None, list[Problem]]:
    """Find the mapped columns in the header row; None when any is not there exactly once."""
    names = [cell.strip().casefold() for cell in cells]
    problems, places = [], []
    wanted = keys_of(columns)
    for key, header in wanted.items():
        found = [index for index, name in enumerate(names) if name == header.casefold()]
        if not found:
            problems.append(_missing(key, header, cells, columns, place))
        elif len(found) > 1:
            message = f"'{header}' stands {len(found)} times in its header: nobody can tell which one is '{key}'."
            problems.append(Problem("CSV_COLUMN_TWICE", place, message, "Rename one of them in the export, or take the column out."))
        places.append(found[0] if found else 0)
    return (None, problems) if problems else (Heading(tuple(wanted), tuple(places), len(cells)), [])


def _missing(key: str, header: str, cells: Sequence[str], columns: ExportColumns, place: str) -> Problem:
    near = difflib.get_close_matches(header, cells, n=1, cutoff=0.6)
    there = f"'{near[0].strip()}' is" if near else f"{', '.join(cell.strip() for cell in cells[:_SHOWN_MAX])} are"
    message = f"It has no column '{header}' for '{key}'; {there} there."
    step = f"Write its header as it is in the export, at {columns.place}; or add it to the export."
    return Problem("CSV_COLUMN_MISSING", place, message, step)
