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
# What is no Unicode is taken for western Windows', and called a guess; another one must be named. charset-normalizer 3.5.2 was tried on
# Spanish, German, Portuguese, Polish, Czech and Hungarian rows: it told one page of Windows' from another by luck (German as cp1250), and
# a Mac's in two of four languages. A guess that depends on what happens to be in the file is worse than one that is always the same.
_GUESS = "cp1252"
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
        return _GUESS, True
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
