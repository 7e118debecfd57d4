"""One reproducer for each problem of an export: the file or the work order is held by itself, and the next one is posted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.everyday import a_few
from tests.flows.test_csv import stage_of
from tests.stage import Stage

# What the columns of the stage are called (tests/flows/test_csv.py).
HEADER = "ID,No,Title,Done,Kind,Who,Hours,Rate,Part,Qty,Price,Cost\n"
GOOD = "ok,900,Good,2026-02-20,HVAC,,,,,,,100.00\n"
BAD = "w1,150,Pump,2026-02-20,HVAC,,,,,,,50.00\n"

# The code, what stands in the bad file, and whether the file itself is held.
CASES = [
    ("CSV_UNREADABLE", HEADER + BAD.replace("Pump", '"Pump'), True),
    ("CSV_EMPTY", "", True),
    ("CSV_STILL_WRITTEN", HEADER + BAD.rstrip("\n"), True),
    ("CSV_COLUMN_MISSING", HEADER.replace("Cost", "Costs") + BAD, True),
    ("CSV_COLUMN_TWICE", HEADER.replace("Kind", "Cost") + BAD, True),
    ("CSV_ROW_WITHOUT_ID", HEADER + BAD.replace("w1", ""), True),
    ("CSV_ROW_LENGTH", HEADER + BAD.replace("Pump", "Pump, big"), False),
    ("CSV_ROWS_DISAGREE", HEADER + BAD + BAD.replace("Pump", "Fan"), False),
    ("CSV_ROW_TWICE", HEADER + BAD + BAD, False),
    ("CSV_TOO_MANY_ROWS", HEADER + BAD * 5_001, False),
]


def stage(folder: Path, bad: str, ledger: str) -> Stage:
    found = stage_of(folder, ledger)
    (folder / "inbox" / "bad.csv").write_text(bad, "utf-8")
    (folder / "inbox" / "good.csv").write_text(HEADER + GOOD, "utf-8")
    return found


def held(of: Stage, key: str) -> tuple[str, ...]:
    with of.world() as world:
        row = world.store.remembered([key])[key]
    assert all(problem.message and problem.next_step for problem in row.problems)
    return row.codes


@pytest.mark.parametrize(("code", "bad", "is_file"), a_few(CASES, 5))
def test_what_is_wrong_is_held_and_the_good_file_is_posted(tmp_path: Path, code: str, bad: str, is_file: bool) -> None:
    of = stage(tmp_path, bad, "quickbooks" if is_file else "xero")
    report = of.sync()
    assert (report.posted, report.held) == (1, 1)
    assert code in held(of, "file:inbox/bad.csv" if is_file else "w1")


def test_two_exports_that_contradict_each_other_are_held_csv_files_disagree(tmp_path: Path) -> None:
    of = stage(tmp_path, HEADER + BAD, "quickbooks")
    (tmp_path / "inbox" / "other.csv").write_text(HEADER + BAD.replace("50.00", "55.00"), "utf-8")
    assert (of.sync().posted, held(of, "w1")) == (1, ("CSV_FILES_DISAGREE",))


def test_rows_whose_place_is_their_id_and_which_moved_are_held_csv_rows_moved(tmp_path: Path) -> None:
    of = stage(tmp_path, HEADER + BAD, "quickbooks")
    change(of, "{id: ID, number: No,", "{id: (row),", "      columns:\n", "      columns:\n        name: mine\n")
    of.sync()
    assert held(of, "file:inbox/good.csv") == ("CSV_ROWS_MOVED",)


def test_amounts_in_another_currency_are_held_csv_other_currency(tmp_path: Path) -> None:
    of = stage(tmp_path, HEADER + BAD.replace("HVAC", "EUR"), "xero")
    change(of, "category: Kind", "currency: Kind")
    (tmp_path / "inbox" / "good.csv").write_text(HEADER + GOOD.replace("HVAC", "USD"), "utf-8")
    assert (of.sync().posted, held(of, "w1")) == (1, ("CSV_OTHER_CURRENCY",))


def test_a_pattern_without_a_file_is_told_csv_no_file(tmp_path: Path) -> None:
    of = stage_of(tmp_path, "quickbooks")
    with of.world() as world:
        assert [problem.code for problem in world.source.visibility()] == ["CSV_NO_FILE"]


def change(of: Stage, *pairs: str) -> None:
    config = of.folder / "config.yaml"
    text = config.read_text("utf-8")
    for before, after in zip(pairs[::2], pairs[1::2], strict=True):
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, "utf-8")
