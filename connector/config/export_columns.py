"""`source: {kind: csv}` of config.yaml: where exports lie, and which of their columns is what, written there or in a file of its own."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node, read_yaml
from connector.core.export import BY_ROW, DURATIONS, Export, ExportColumns, Word

CSV_KEYS = ("kind", "files", "columns", "company", "site", "work_order_url")
_KEYS = ("columns", "fields", "dates", "timezone", "decimal", "delimiter", "encoding", "name", "repeated_rows")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_DETECT = "detect"
ISO = "iso"
# Of a day that was never: a format that cannot write it, or cannot read what it wrote, is none.
_TRIAL = datetime(2026, 11, 27, 16, 45, 59)  # noqa: DTZ001 only its digits count
_DOUBTFUL = datetime(2005, 3, 4)  # noqa: DTZ001 the fourth of March to some, the third of April to others


def read_export(reader: Reader, entries: Mapping[str, Node], owner: Node, folder: Path, timezone: str) -> Export | None:
    """The exports of one connection; None when something is missing. Paths are relative to `folder`."""
    files = reader.text(entries, "files", owner)
    node = entries.get("columns")
    if node is None:
        reader.add("MISSING", owner.place, "'columns' is missing.", "Name a file with them; docs/csv.md shows one.")
        return None
    if node.scalar is not None:
        path = folder / reader.text(entries, "columns", owner)
        root, _, problems = read_yaml(path)
        reader.problems.extend(problems)
        if root is None:
            return None
        node = root
    before = len(reader.problems)
    columns = _columns(reader, node, timezone)
    return Export(folder, files, columns) if len(reader.problems) == before else None


def _columns(reader: Reader, node: Node, timezone: str) -> ExportColumns:
    entries = reader.table(node, _KEYS)
    named = _named(reader, entries.get("columns"), node)
    fields = _headers(reader, entries.get("fields"), None)
    _check_ids(reader, entries, node, named)
    delimiter = reader.choice(entries, "delimiter", node, (_DETECT, *_DELIMITERS), _DETECT)
    decimal = reader.choice(entries, "decimal", node, (_DETECT, "point", "comma"), _DETECT)
    repeated = reader.choice(entries, "repeated_rows", node, ("hold", "count"), "hold")
    found = {
        "dates": _dates(reader, entries.get("dates")),
        "timezone": reader.timezone(entries, "timezone", node) if "timezone" in entries else timezone,
        "decimal": "" if decimal == _DETECT else decimal,
        "delimiter": _DELIMITERS.get(delimiter, ""),
        "encoding": _encoding(reader, entries, node),
        "series": reader.text(entries, "name", node, ""),
        "counts_repeated_rows": repeated == "count",
    }
    told = repr((sorted(named.items()), sorted(fields.items()), sorted(found.items())))
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return ExportColumns(node.place, digest, named, fields, **found)  # type: ignore[arg-type]


def _named(reader: Reader, node: Node | None, owner: Node) -> dict[Word, str]:
    if node is None:
        reader.add("MISSING", owner.place, "'columns' is missing.", "Add `columns:` with one line for each: `title: Work Order Title`.")
        return {}
    return {Word(word): header for word, header in _headers(reader, node, tuple(Word)).items() if word in tuple(Word)}


def _headers(reader: Reader, node: Node | None, known: tuple[str, ...] | None) -> dict[str, str]:
    entries = reader.table(node, known)
    return {key: reader.text(entries, key, value).strip() for key, value in entries.items()}


def _check_ids(reader: Reader, entries: Mapping[str, Node], node: Node, named: Mapping[Word, str]) -> None:
    place = entries["columns"].place if "columns" in entries else node.place
    if named and Word.ID not in named and Word.NUMBER not in named:
        message = "Neither 'id' nor 'number' names a column: nobody could tell one work order from another."
        reader.add("MISSING", place, message, f"Add `id:`; where the export has no such column, `id: {BY_ROW}` takes the rows' places.")
    if named.get(Word.ID) == BY_ROW and "name" not in entries:
        message = f"With `id: {BY_ROW}` the export needs a name of its own: its file may be renamed, its work orders may not."
        reader.add("MISSING", place, message, "Add `name:` beside `columns:`, and never change it.")
    if named and Word.COMPLETED not in named:
        reader.add("MISSING", place, "'completed' names no column: nothing could be dated.", "Add `completed:`.")
    times = [word.value for word in DURATIONS if word in named]
    if len(times) > 1:
        reader.add("BAD_CHOICE", place, f"The same time would be counted as {' and '.join(times)}.", "Keep one of them.")


def _dates(reader: Reader, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return (ISO,)
    nodes = [node] if node.scalar is not None else reader.items(node)
    formats: list[str] = []
    for item in nodes:
        written = item.scalar or ""
        if written != ISO and not _is_date_format(written):
            step = f"Write {ISO}, or a format such as '%m/%d/%Y %H:%M': %Y year, %m month, %d day, %H:%M time, %I:%M %p with AM or PM."
            reader.add("BAD_DATE", item.place, f"{item.what()} is no format of dates.", step)
        elif other := next((one for one in formats if _reads_otherwise(one, written)), ""):
            message = f"{item.what()} and '{other}' read the same text as different days."
            reader.add("BAD_DATE", item.place, message, "Keep the one that your export is written in.")
        formats.append(written)
    return tuple(formats)


def _is_date_format(written: str) -> bool:
    return _read(_TRIAL.strftime(written), written) == _TRIAL.date()


def _reads_otherwise(one: str, other: str) -> bool:
    """Whether some day that is written in one format is another day in the other."""
    found = None if ISO in (one, other) else _read(_DOUBTFUL.strftime(one), other)
    return found is not None and found != _DOUBTFUL.date()


def _read(text: str, written: str) -> date | None:
    try:
        return datetime.strptime(text, written).date()  # noqa: DTZ007
    except ValueError:
        return None


def _encoding(reader: Reader, entries: Mapping[str, Node], node: Node) -> str:
    told = reader.text(entries, "encoding", node, _DETECT)
    if told == _DETECT:
        return ""
    try:
        found = codecs.lookup(told)
        "".encode(found.name)  # What is none of text, such as base64, is refused here.
        return found.name
    except (LookupError, UnicodeError):
        reader.add("BAD_CHOICE", entries["encoding"].place, f"encoding is '{told}'.", "Write detect, utf-8, utf-16 or cp1252.")
        return ""
