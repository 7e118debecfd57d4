"""One reproducer for each mistake that config.yaml can hold: the code, the line that it names, and a next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import load_config
from connector.core.problem import Problem

GOOD = """\
database: books.db
connections:
  - name: plant
    timezone: America/Chicago
    currency: USD
    start_date: 2026-01-01
    source: {kind: upkeep, base_url: "https://api.onupkeep.com", email: kim@example.com, password: pump}
    ledger: {kind: xero, base_url: "https://api.xero.com", token_url: "https://identity.xero.com/connect/token",
             tenant_id: t1, client_id: c1, client_secret: s1}
    mapping: mapping.yaml
    document: journal_entry
"""
TWIN = GOOD + GOOD.partition("connections:\n")[2]
DEEP = "database: " + "[" * 25 + "]" * 25 + "\n"

# code, what is written instead of what, and the line that the problem names.
MISTAKES = [
    ("CONFIG_UNKNOWN_KEY", ("timezone:", "timezome:"), 4),
    ("CONFIG_MISSING", ("    currency: USD\n", ""), 3),
    ("CONFIG_BAD_TIMEZONE", ("America/Chicago", "Chicago"), 4),
    ("CONFIG_BAD_CURRENCY", ("USD", "dollars"), 5),
    ("CONFIG_BAD_DATE", ("2026-01-01", "01/02/2026"), 6),
    ("CONFIG_BAD_ADDRESS", ("https://api.onupkeep.com", "http://api.onupkeep.com"), 7),
    ("CONFIG_BAD_CHOICE", ("journal_entry", "journal"), 11),
    ("CONFIG_BAD_SCHEDULE", ("document:", "schedule: every night\n    document:"), 11),
    ("CONFIG_BAD_NUMBER", ("document:", "settle_seconds: ten\n    document:"), 11),
    ("CONFIG_NOT_A_TABLE", ("- name: plant", "- plant\n  - name: plant"), 3),
    ("CONFIG_NOT_A_LIST", (GOOD.partition("connections:")[2], " plant\n"), 2),
    ("CONFIG_NOT_A_VALUE", ("name: plant", "name: [plant]"), 3),
    ("CONFIG_ENV_MISSING", ("pump", '"${UPKEEP_PASSWORD}"'), 7),
    ("CONFIG_BAD_VARIABLE", ("pump", '"${UPKEEP PASSWORD}"'), 7),
    ("CONFIG_BAD_DATABASE", ("books.db", "mysql://host/books"), 1),
    ("CONFIG_BAD_COMPANY", ("tenant_id: t1", "tenant_id: t1/../t2"), 9),
    ("YAML_KEY", ("name: plant", "[name]: plant"), 3),
    ("CONFIG_NAME_TWICE", (GOOD, TWIN), 12),
    ("CONFIG_SCOPE_TWICE", (GOOD, TWIN), 12),
    ("YAML_SYNTAX", ("name: plant", "name: 'plant"), 12),
    ("YAML_DUPLICATE", ("    currency: USD\n", "    currency: USD\n    currency: AUD\n"), 6),
    ("YAML_ALIAS", ("currency: USD", "currency: &c USD\n    name: *c"), 0),
    ("YAML_TOO_DEEP", (GOOD, DEEP), 1),
]


def problems_of(folder: Path, text: str) -> list[Problem]:
    (folder / "config.yaml").write_text(text, "utf-8")
    config, problems = load_config(folder / "config.yaml", {})
    assert (config is None) == bool(problems)
    return problems


def test_the_configuration_that_the_mistakes_are_made_in_is_good(tmp_path: Path) -> None:
    assert problems_of(tmp_path, GOOD) == []


@pytest.mark.parametrize(("code", "change", "line"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_a_next_step(code: str, change: tuple[str, str], line: int, tmp_path: Path) -> None:
    problems = [p for p in problems_of(tmp_path, GOOD.replace(*change)) if p.code == code]
    assert problems, "nothing was noticed"
    file = tmp_path / "config.yaml"
    assert str(file) in problems[0].place
    if line:
        assert f"{file}:{line}" in {p.place for p in problems}
    assert problems[0].message.endswith(".")
    assert problems[0].next_step


def test_a_secret_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(GOOD.replace("pump", '"${PUMP}"'), "utf-8")
    _, problems = load_config(tmp_path / "config.yaml", {"PUMP_FILE": str(tmp_path / "nowhere")})
    assert [p.code for p in problems] == ["CONFIG_ENV_FILE_UNREADABLE"]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert [p.code for p in load_config(tmp_path / "none.yaml", {})[1]] == ["FILE_MISSING"]


def test_a_file_that_is_not_utf_8_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"database: \xff\xfe")
    assert [p.code for p in load_config(tmp_path / "config.yaml", {})[1]] == ["FILE_UNREADABLE"]


def test_a_file_of_many_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert [p.code for p in problems_of(tmp_path, "# \n" * 2_000_000)] == ["YAML_TOO_LARGE"]
