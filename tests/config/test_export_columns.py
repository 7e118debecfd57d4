"""`source: {kind: csv}` and its columns: each mistake is told at its line with its next step, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import Config, load_config
from connector.core.export import Export, Word
from connector.core.problem import Problem
from tests.config.test_settings import GOOD

ROOT = Path(__file__).parents[2]
SOURCE = """\
    source:
      kind: csv
      files: inbox/*.csv
      columns: columns.yaml
"""
COLUMNS = """\
columns:
  id: Work Order ID
  completed: Date Completed
  labor_hours: Hours
fields:
  Building: Building Name
"""
CONFIG = GOOD.partition("    source:\n")[0] + SOURCE + "    ledger:\n" + GOOD.partition("    ledger:\n")[2]


def load(folder: Path, columns: str = COLUMNS, config: str = CONFIG) -> tuple[Config | None, list[Problem]]:
    (folder / "config.yaml").write_text(config, "utf-8")
    (folder / "columns.yaml").write_text(columns, "utf-8")
    return load_config(folder / "config.yaml", {})


def export(folder: Path, columns: str = COLUMNS, config: str = CONFIG) -> Export:
    found, problems = load(folder, columns, config)
    assert found is not None, problems
    assert found.connections[0].source.export is not None
    return found.connections[0].source.export


def told(folder: Path, columns: str = COLUMNS, config: str = CONFIG) -> list[str]:
    found, problems = load(folder, columns, config)
    assert found is None
    assert all(problem.message and problem.next_step for problem in problems)
    return [f"{problem.place.removeprefix(str(folder) + '/')} {problem.code}" for problem in problems]


def test_the_columns_are_read_with_their_defaults(tmp_path: Path) -> None:
    found = export(tmp_path)
    assert (found.folder, found.files) == (tmp_path, "inbox/*.csv")
    columns = found.columns
    assert columns.named == {Word.ID: "Work Order ID", Word.COMPLETED: "Date Completed", Word.LABOR_HOURS: "Hours"}
    assert (columns.fields, columns.dates, columns.timezone) == ({"Building": "Building Name"}, ("iso",), "America/Chicago")
    assert (columns.decimal, columns.delimiter, columns.encoding, columns.counts_repeated_rows) == ("", "", "", False)


def test_formats_that_cannot_be_mistaken_for_each_other_may_stand_together(tmp_path: Path) -> None:
    found = export(tmp_path, COLUMNS + 'dates: [iso, "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%d.%m.%Y"]\n').columns.dates
    assert found == ("iso", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%d.%m.%Y")


def test_columns_may_stand_in_the_configuration_itself(tmp_path: Path) -> None:
    inline = CONFIG.replace("columns: columns.yaml", "columns: {columns: {number: No, completed: Done}, decimal: comma, delimiter: tab}")
    found = export(tmp_path, config=inline).columns
    assert (found.named[Word.NUMBER], found.decimal, found.delimiter) == ("No", "comma", "\t")


def test_other_columns_have_another_digest_and_the_same_ones_the_same(tmp_path: Path) -> None:
    digests = {export(tmp_path, text).columns.digest for text in (COLUMNS, "# said anew\n" + COLUMNS, COLUMNS + "decimal: point\n")}
    assert len(digests) == 2


@pytest.mark.parametrize("path", sorted((ROOT / "mappings").glob("*-columns.yaml")), ids=lambda path: path.name)
def test_each_file_of_columns_that_ships_loads(tmp_path: Path, path: Path) -> None:
    assert Word.COMPLETED in export(tmp_path, path.read_text("utf-8")).columns.named


@pytest.mark.parametrize(
    ("before", "after", "problems"),
    [
        ("  id: Work Order ID\n", "", ["columns.yaml:2 CONFIG_MISSING"]),
        ("  completed: Date Completed\n", "", ["columns.yaml:2 CONFIG_MISSING"]),
        ("Work Order ID", "(row)", ["columns.yaml:2 CONFIG_MISSING"]),
        ("Work Order ID", "", ["columns.yaml:2 CONFIG_MISSING"]),
        ("  labor_hours:", "  labour_hours:", ["columns.yaml:4 CONFIG_UNKNOWN_KEY"]),
        ("  labor_hours:", "  labor_minutes: Min\n  labor_hours:", ["columns.yaml:2 CONFIG_BAD_CHOICE"]),
        ("fields:", "dates: MM/DD/YYYY\nfields:", ["columns.yaml:5 CONFIG_BAD_DATE"]),
        ("fields:", "dates: [iso, '%H:%M', '%Q']\nfields:", ["columns.yaml:5 CONFIG_BAD_DATE"] * 2),
        ("fields:", "dates: ['%m/%d/%Y', iso, '%d/%m/%Y']\nfields:", ["columns.yaml:5 CONFIG_BAD_DATE"]),
        ("fields:", "timezone: Chicago\nfields:", ["columns.yaml:5 CONFIG_BAD_TIMEZONE"]),
        ("fields:", "decimal: dot\ndelimiter: colon\nfields:", ["columns.yaml:6 CONFIG_BAD_CHOICE", "columns.yaml:5 CONFIG_BAD_CHOICE"]),
        ("fields:", "encoding: base64\nfields:", ["columns.yaml:5 CONFIG_BAD_CHOICE"]),
        ("fields:", "encoding: latin-one\nfields:", ["columns.yaml:5 CONFIG_BAD_CHOICE"]),
        ("columns:\n", "column:\n", ["columns.yaml:1 CONFIG_UNKNOWN_KEY", "columns.yaml:1 CONFIG_MISSING"]),
        ("columns:\n", "columns: [\n", ["columns.yaml:3 YAML_SYNTAX"]),
    ],
)
def test_a_mistake_in_the_columns_is_told_at_its_line(tmp_path: Path, before: str, after: str, problems: list[str]) -> None:
    assert told(tmp_path, COLUMNS.replace(before, after)) == problems


@pytest.mark.parametrize(
    ("before", "after", "problems"),
    [
        ("      files: inbox/*.csv\n", "", ["config.yaml:8 CONFIG_MISSING"]),
        ("      columns: columns.yaml\n", "", ["config.yaml:8 CONFIG_MISSING"]),
        ("columns.yaml", "elsewhere.yaml", ["elsewhere.yaml FILE_MISSING"]),
        ("      kind: csv\n", "      kind: csv\n      email: kim@example.com\n", ["config.yaml:9 CONFIG_UNKNOWN_KEY"]),
        ("kind: csv", "kind: excel", None),
    ],
)
def test_a_mistake_in_the_source_is_told_at_its_line(tmp_path: Path, before: str, after: str, problems: list[str] | None) -> None:
    found = told(tmp_path, config=CONFIG.replace(before, after))
    assert "config.yaml:8 CONFIG_BAD_CHOICE" in found if problems is None else found == problems
