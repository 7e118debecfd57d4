"""Real work orders from a CSV file, entered as they are: a YAML says which column is what, the raw strings are served unchanged."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connector.sandbox.client import UpKeepClient

SHIPPED = Path(__file__).parent / "columns"
ROW_NUMBER = "(row)"
# A description may be long; Python's own limit would end the file there.
FIELD_LENGTH_MAX = 64_000_000
MINUTE_EXACT = Decimal("0.000001")
_HOURS = re.compile(r"([0-9]{1,4})(?:(\.[0-9]{1,6})|:([0-5][0-9])(?::([0-5][0-9]))?)?")


class ColumnsError(Exception):
    """The columns file does not fit the CSV: the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a CSV is what. `number` may be "(row)": the row's number is the work order's.

    `labor` has hours, as H:MM, H:MM:SS or a decimal number; one invented worker with `rate_per_hour` has logged them.
    `fields` are custom fields of the work order: name → column.
    """

    currency: str
    timezone: str
    header: tuple[str, ...]
    number: str
    completed: str
    completed_format: str
    title: str
    category: str
    cost: str
    asset: str
    labor: str = ""
    rate_per_hour: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def named(self) -> set[str]:
        """Every column that must be in the file."""
        own = {self.number, self.completed, self.title, self.category, self.cost, self.asset, self.labor}
        return (own | {column for _, column in self.fields}) - {"", ROW_NUMBER}


def read_columns(path: Path) -> Columns:
    """Read a columns YAML; raises ColumnsError with what is wrong."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ColumnsError(f"{path}: is not readable YAML: {error}") from None
    told = content if isinstance(content, dict) else {}
    listed = told.get("columns")
    columns = {key: str(name) for key, name in listed.items() if name is not None} if isinstance(listed, dict) else {}
    missing = [key for key in ("completed", "title") if key not in columns]
    missing += [] if {"cost", "labor"} & columns.keys() else ["cost"]
    if missing:
        raise ColumnsError(f"{path}: under columns: {', '.join(missing)} is missing.")
    if "labor" in columns and "rate_per_hour" not in told:
        raise ColumnsError(f"{path}: rate_per_hour is missing: without it nobody knows what the hours cost.")
    zone, header, fields = str(told.get("timezone", "UTC")), told.get("header"), told.get("fields")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ColumnsError(f"{path}: {zone} is no time zone.") from None
    return Columns(
        currency=str(told.get("currency", "USD")),
        timezone=zone,
        header=tuple(str(name) for name in header) if isinstance(header, list) else (),
        number=columns.get("number", ROW_NUMBER),
        completed=columns["completed"],
        completed_format=str(told.get("completed_format", "%Y-%m-%d")),
        title=columns["title"],
        category=columns.get("category", ""),
        cost=columns.get("cost", ""),
        asset=columns.get("asset", ""),
        labor=columns.get("labor", ""),
        rate_per_hour=str(told.get("rate_per_hour", "")),
        fields=tuple((str(name), str(column)) for name, column in fields.items()) if isinstance(fields, dict) else (),
    )


def find_columns(csv_path: Path) -> Path:
    """The YAML beside the file, else the shipped one whose header row is the file's."""
    beside = csv_path.with_suffix(".yaml")
    if beside.exists():
        return beside
    header = _header(csv_path)
    for path in sorted(SHIPPED.glob("*.yaml")):
        if read_columns(path).header == header:
            return path
    raise ColumnsError(f"{csv_path}: no columns file fits its header {', '.join(header)}. Put {beside.name} beside it, or use --columns.")


def fill_from_csv(
    client: httpx.Client,
    csv_path: Path,
    columns_path: Path,
    *,
    email: str = "admin@sandbox.example",
    password: str = "Sandbox-Pass-1",  # noqa: S107 the sandbox's own
) -> int:
    """Enter every row as a completed work order; how many."""
    columns = read_columns(columns_path)
    _check_header(csv_path, columns_path, columns)
    upkeep = UpKeepClient(client)
    upkeep.sign_in(email, password)
    worker = _worker(upkeep, columns) if columns.labor else ""
    count = 0
    assets: dict[str, str] = {}
    for count, row in enumerate(_rows(csv_path), 1):
        name = row.get(columns.asset, "")
        if name and name not in assets:
            assets[name] = upkeep.enter("assets", {"name": name})["id"]
        upkeep.enter("work-orders", _order(row, count, columns, worker) | ({"asset": assets[name]} if name else {}))
    return count


def _worker(upkeep: UpKeepClient, columns: Columns) -> str:
    """Whoever logged the hours: such files do not say."""
    user = {"email": "crew@sandbox.example", "accountType": "TECHNICIAN", "firstName": "Maintenance", "lastName": "Crew"}
    return str(upkeep.enter("users", user | {"hourlyRate": columns.rate_per_hour})["id"])


def _header(csv_path: Path) -> tuple[str, ...]:
    """The first row; the byte order mark that spreadsheets write is no part of it."""
    with csv_path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return tuple(next(csv.reader(file), []))


def _check_header(csv_path: Path, columns_path: Path, columns: Columns) -> None:
    """A misspelled column would make every cost empty; a file without any row has nothing to misspell."""
    header = _header(csv_path)
    unknown = sorted(columns.named() - set(header)) if header else []
    if unknown:
        raise ColumnsError(f"{columns_path}: {csv_path.name} has no column {', '.join(unknown)}.")


def _rows(csv_path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(FIELD_LENGTH_MAX)
    with csv_path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        for row in csv.DictReader(file):
            yield {str(name): (value or "").encode("utf-8", "replace").decode("utf-8") for name, value in row.items() if name is not None}


def _order(row: dict[str, str], number: int, columns: Columns, worker: str) -> dict[str, Any]:
    completed = _moment(row.get(columns.completed, ""), columns)
    order: dict[str, Any] = {
        "workOrderNo": str(number) if columns.number == ROW_NUMBER else row.get(columns.number, ""),
        "title": row.get(columns.title) or "(no text)",
        "category": row.get(columns.category, ""),
        "status": "complete",
        "dateCompleted": completed,
        **({"updatedAt": completed} if completed.endswith("Z") else {}),
    }
    if columns.cost:
        order["additionalCosts"] = [{"description": row.get(columns.title, ""), "category": "", "cost": row.get(columns.cost, "")}]
    if columns.labor:
        order["timeLogs"] = [{"user": worker, "duration": _minutes(row.get(columns.labor, "")), "category": "Wrench Time"}]
    if columns.fields:
        order["customFields"] = [{"name": name, "value": row.get(column, "")} for name, column in columns.fields]
    return order


def _minutes(text: str) -> int | str:
    """Hours as UpKeep takes them, in minutes; what are no hours stays as it is, for the connector to meet."""
    told = _HOURS.fullmatch(text.strip())
    if told is None:
        return text
    hours, fraction, minutes, seconds = (Decimal(piece or 0) for piece in told.groups())
    exact = ((hours + fraction) * 60 + minutes + seconds / 60).quantize(MINUTE_EXACT)
    return int(exact) if exact == int(exact) else str(exact)


def _moment(text: str, columns: Columns) -> str:
    """That moment at the company, in UTC; noon where only the day is told. What is no date stays, for the connector to meet."""
    try:
        day = datetime.strptime(text.strip(), columns.completed_format)  # noqa: DTZ007 the zone is put on in the next line
    except ValueError:
        return text
    told = day if "%H" in columns.completed_format else day.replace(hour=12)
    return told.replace(tzinfo=ZoneInfo(columns.timezone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
