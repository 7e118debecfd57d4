"""An export from UpKeep's own screens: which of its columns is what, and what is remembered of a file that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

# Instead of a column: the place of the row in the export is its id.
BY_ROW = "(row)"


class Word(StrEnum):
    """What a column can be. HEAD_WORDS are of the work order and say the same in each of its rows; the others are of one row."""

    ID = "id"
    NUMBER = "number"
    TITLE = "title"
    STATUS = "status"
    COMPLETED = "completed"
    UPDATED = "updated"
    CATEGORY = "category"
    PRIORITY = "priority"
    ASSET = "asset"
    LOCATION = "location"
    TEAM = "team"
    ASSIGNED = "assigned"
    CURRENCY = "currency"
    LABOR_COST = "labor_cost"
    COST_TOTAL = "additional_cost_total"
    WORKER = "worker"
    WORKED = "worked"
    LABOR_HOURS = "labor_hours"
    LABOR_MINUTES = "labor_minutes"
    LABOR_SECONDS = "labor_seconds"
    LABOR_RATE = "labor_rate"
    LABOR_CATEGORY = "labor_category"
    PART_NUMBER = "part_number"
    PART_NAME = "part_name"
    QUANTITY = "quantity"
    UNIT_COST = "unit_cost"
    COST = "additional_cost"
    COST_CATEGORY = "additional_cost_category"
    COST_DESCRIPTION = "additional_cost_description"


HEAD_WORDS = tuple(Word)[: tuple(Word).index(Word.WORKER)]
DURATIONS = {Word.LABOR_HOURS: 3600, Word.LABOR_MINUTES: 60, Word.LABOR_SECONDS: 1}
# A row carries money of its own when one of these cells says something.
ROW_MONEY = (*DURATIONS, Word.PART_NUMBER, Word.PART_NAME, Word.COST)


@dataclass(frozen=True, slots=True)
class ExportColumns:
    """Which column of an export is what. `named` gives the header for each Word, `fields` for each custom field.

    `timezone` is that of dates without one. `decimal` is "point", "comma" or "" (told by each number itself, else held).
    `delimiter` and `encoding` are "" where they are to be detected. `series` names the export where the rows' places are the ids.
    `digest` is of everything here: with other columns a file is read again.
    """

    place: str
    digest: str
    named: Mapping[Word, str]
    fields: Mapping[str, str]
    dates: tuple[str, ...]
    timezone: str
    decimal: str = ""
    delimiter: str = ""
    encoding: str = ""
    series: str = ""
    counts_repeated_rows: bool = False

    @property
    def is_by_row(self) -> bool:
        """Whether the place of a row is its id."""
        return self.named.get(Word.ID) == BY_ROW


@dataclass(frozen=True, slots=True)
class Export:
    """Where the exports lie (a path, or a pattern for several, from `folder` on) and how they are read."""

    folder: Path
    files: str
    columns: ExportColumns


@dataclass(frozen=True, slots=True)
class ExportFile:
    """What is remembered of one file: `key` is the digest of its bytes and columns, `order` that of its rows, one after the other.

    `columns` is the digest of the columns that it was read with, `noted_at` when it was first seen. `is_whole` says that a decision
    about each of its work orders is stored; such a file is not read again.
    """

    key: str
    name: str
    columns: str
    series: str
    rows: int
    order: str
    is_whole: bool
    noted_at: datetime
