"""In which encoding a file is written and what stands between its columns, told by its bytes and by the headers that are expected.

csv.Sniffer guesses from any text; we know which columns there must be, and what separates them is what makes them appear.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

SAMPLE_BYTES_MAX = 256_000
CHUNK_BYTES = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
# Longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# What spreadsheets of the Americas and of Europe save when it is no Unicode; others must be named.
_GUESSED = ["cp1252", "cp1250", "mac_roman"]
_FALLBACK = "cp1252"
_FIRST_LINE = "sep="  # Excel's way to say what separates the columns


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read a file, and what of it was guessed."""

    encoding: str
    delimiter: str
    is_guess: bool = False

    def __str__(self) -> str:
        return f"{self.encoding}{' (guessed)' if self.is_guess else ''}, {NAMES.get(self.delimiter, self.delimiter)} between the columns"


def encoding_of(path: Path, told: str) -> tuple[str, bool]:
    """The encoding and whether it is a guess; raises UnicodeError when the told one does not fit."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES_MAX)
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), "")
    name = marked or told or _wide(sample) or "utf-8"
    try:
        _decode_whole(path, name)
    except UnicodeDecodeError:
        if marked or told:
            raise
        return _guessed(sample), True
    return name, False


def _wide(sample: bytes) -> str:
    """UTF-16 without its mark: half of the bytes of plain text are zero."""
    head = sample[:4096]
    if len(head) >= 4 and head[1::2].count(0) > 0.7 * len(head[1::2]):
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 4 and head[::2].count(0) > 0.7 * len(head[::2]) else ""


def _decode_whole(path: Path, name: str) -> None:
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            decoder.decode(chunk)
    decoder.decode(b"", final=True)


def _guessed(sample: bytes) -> str:
    # Imported here: it costs a tenth of a second, and almost every file is UTF-8.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_GUESSED).best()
    return best.encoding if best else _FALLBACK


def delimiter_of(path: Path, encoding: str, expected: Collection[str], told: str) -> str:
    """The one with which most of the expected headers appear; what Excel or the configuration says stands above it."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline(SAMPLE_BYTES_MAX)
        if first.lower().startswith(_FIRST_LINE):
            return told or first.strip()[len(_FIRST_LINE) :][:1] or ("\t" if "\t" in first else ",")
        first += file.read(SAMPLE_BYTES_MAX // 8)
    if told:
        return told
    return max(DELIMITERS, key=lambda one: _fit(first, one, expected))


def _fit(text: str, delimiter: str, expected: Collection[str]) -> tuple[int, int]:
    try:
        header = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return 0, 0
    names = {name.strip().casefold() for name in header}
    return len(names & {name.casefold() for name in expected}), len(header)


def is_preface(cells: list[str]) -> bool:
    """Whether a first row is Excel's note of the delimiter and no header."""
    return bool(cells) and cells[0].strip().lower().startswith(_FIRST_LINE) and not any(cells[1:])
