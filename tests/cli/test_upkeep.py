"""`connector upkeep` as a person meets it: what it writes, what it refuses, and files whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.store.databases import migrated_file

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=3)) as running:
        yield running


class Person:
    """A person at the command line of one connection."""

    def __init__(self, running: RunningSandbox, folder: Path, *, allows: str = "true") -> None:
        self.vendor, self.shell = running.sandbox.vendors.upkeep, running.sandbox.upkeep
        self.config = folder / "config.yaml"
        (folder / "xero-journal_entry.db").write_bytes(migrated_file())
        text = running.config["xero"].replace(str(running.folder / "xero-"), str(folder / "xero-"))
        self.config.write_text(text.replace("      kind: upkeep\n", f"      kind: upkeep\n      allow_writes: {allows}\n"), "utf-8")

    def says(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["upkeep", *words, "--config", str(self.config)])

    def told(self, *words: str) -> dict[str, Any]:
        answer = self.says(*words, "--json")
        assert answer.exit_code in (0, 1), answer.output
        return dict(json.loads(answer.stdout))


@pytest.fixture
def person(running: RunningSandbox, tmp_path: Path) -> Person:
    running.sandbox.upkeep.plan.clear()
    return Person(running, tmp_path)


WRITING = [
    ("work-order", "Fix it"),
    ("asset", "Pump"),
    ("schedule", "a1", "Oil", "--every", "3", "--unit", "months"),
    ("use-part", "1001", "--part", "p1", "--quantity", "1"),
    ("upload", "1001", __file__),
]


@pytest.mark.parametrize("words", a_few([(words,) for words in WRITING]), ids=[words[0] for words in WRITING])
def test_nothing_is_written_where_the_configuration_does_not_allow_it(
    words: tuple[str, ...], running: RunningSandbox, tmp_path: Path
) -> None:
    person = Person(running, tmp_path, allows="false")
    calls = len(person.shell.log)
    answer = person.says(*words)
    assert (answer.exit_code, "UPKEEP_WRITES_OFF" in answer.output) == (2, True)
    assert len(person.shell.log) == calls, "nobody even signs in"


def test_reading_is_allowed_without(running: RunningSandbox, tmp_path: Path) -> None:
    person = Person(running, tmp_path, allows="false")
    rows = person.told("list")["work_orders"]
    assert [row["number"] for row in rows][:3] == ["1001", "1002", "1003"]
    assert "1001" in person.says("list", "--since", "2020-01-01", "--limit", "1").output
    assert person.told("files", "1001") == {"files": []}
    assert person.told("open") == {"open": []}
    assert person.told("refresh")["signed_in"] is True
    assert "the session is used until" in person.says("refresh").output


def test_a_work_order_is_written_once_under_its_key(person: Person) -> None:
    made = person.told("work-order", "Replace the belt", "--due", "2026-03-09", "--key", "K1")["written"]
    assert made["new"] is True
    assert person.vendor.records.by_kind["work-orders"][made["id"]]["title"] == "Replace the belt"
    again = person.says("work-order", "Replace the belt", "--due", "2026-03-09", "--key", "K1")
    assert "was in UpKeep already; nothing was written again" in again.output
    other = person.says("work-order", "Something else", "--key", "K1")
    assert (other.exit_code, "UPKEEP_KEY_USED" in other.output) == (1, True)


def test_parts_used_leave_the_stock(person: Person) -> None:
    part = person.vendor.records.create("parts", {"name": "Belt", "cost": "12.50", "quantity": 10})
    job = person.told("work-order", "Replace the belt")["written"]
    assert person.says("use-part", job["number"], "--part", part["id"], "--quantity", "2").exit_code == 0
    assert person.says("use-part", job["id"], "--by-id", "--part", part["id"], "--quantity", "2").exit_code == 0
    assert part["quantity"] == 6
    assert person.says("use-part", "999999", "--part", part["id"], "--quantity", "2").exit_code == 2


def test_a_file_goes_up_and_comes_down_whole_and_over_nothing(person: Person, tmp_path: Path) -> None:
    file, folder = tmp_path / "report.pdf", tmp_path / "down"
    file.write_bytes(bytes(range(256)))
    job = person.told("work-order", "With a report")["written"]["id"]
    assert person.says("upload", job, str(file), "--by-id", "--first").exit_code == 0
    for _ in range(2):
        assert person.says("download", job, "--by-id", "--to", str(folder)).exit_code == 0
        assert (folder / "report.pdf").read_bytes() == bytes(range(256))
    (folder / "report.pdf").write_bytes(b"mine")
    again = person.says("download", job, "--by-id", "--to", str(folder))
    assert (again.exit_code, "UPKEEP_FILE_NOT_FETCHED" in again.output) == (1, True)
    assert (folder / "report.pdf").read_bytes() == b"mine"


def test_a_file_that_comes_cut_or_whose_address_has_expired_is_not_kept(person: Person, tmp_path: Path) -> None:
    job = person.told("work-order", "With files")["written"]["id"]
    files = person.vendor.files
    names = {"../../out.txt": b"out", "cut.pdf": b"0123456789"}
    ids = [files.put(name, content) for name, content in names.items()]
    person.vendor.records.by_kind["work-orders"][job]["files"] = ids
    files.cut(ids[1], 4)
    told = person.told("download", job, "--by-id", "--to", str(tmp_path / "down"))
    assert [Path(row["path"]).parent for row in told["files"]] == [tmp_path / "down"]
    assert [problem["code"] for problem in told["problems"]] == ["UPKEEP_FILE_NOT_FETCHED"]
    assert [path.read_bytes() for path in (tmp_path / "down").iterdir()] == [b"out"]
    person.vendor.switches["file_address_seconds"] = -1
    try:
        expired = person.told("download", job, "--by-id", "--to", str(tmp_path / "other"))
    finally:
        person.vendor.switches["file_address_seconds"] = 900
    assert [problem["message"].endswith("it answered 403.") for problem in expired["problems"]] == [True, True]


def test_a_lost_answer_is_told_listed_and_closed_by_who_looked(person: Person) -> None:
    person.shell.plan.plan([Fault("5xx", method="POST", path="*/work-orders")])
    told = person.told("work-order", "Lost")["problem"]
    assert told["code"] == "UPKEEP_WRITE_UNKNOWN"
    (row,) = person.told("open")["open"]
    assert row["key"] in told["message"]
    assert row["key"] in person.says("open").output
    assert person.says("close", row["key"], "--not-written").exit_code == 0
    assert person.says("close", row["key"], "--not-written").exit_code == 1
    assert person.says("open").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("schedule", "a1", "Oil", "--every", "3"),
        ("schedule", "a1", "Oil", "--every", "3", "--unit", "moons"),
        ("schedule", "a1", "Oil", "--every", "0", "--unit", "days"),
        ("work-order", "Fix", "--due", "tomorrow"),
        ("use-part", "1001", "--part", "p", "--quantity", "two"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_words(words: tuple[str, ...], person: Person) -> None:
    answer = person.says(*words)
    assert (answer.exit_code, "USAGE" in answer.output) == (2, True)


def test_what_upkeep_does_not_offer_or_answer_is_told(person: Person) -> None:
    answer = person.says("schedule", "a1", "Oil", "--every", "3", "--unit", "months")
    assert (answer.exit_code, "UPKEEP_NOT_OFFERED" in answer.output) == (1, True)
    person.shell.plan.plan([Fault("429", method="POST", path="*/assets")])
    assert person.says("asset", "Pump").exit_code == 3
