"""Exports come again and again: whole, overlapping, renamed, edited, after a kill. Nothing is read twice, and nothing is passed over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.upkeep.csv.notes import NoNotes
from connector.upkeep.csv.source import CsvSource
from tests.store.examples import CHANGED_AT
from tests.upkeep.csv.desk import HEADER, ROW, Desk, codes

ROWS = [f"w{n},{n},Job {n},2026-02-{n % 28 + 1:02},,,,,,{n}.00\n" for n in range(1, 41)]
WITH_UPDATED = "columns: {id: ID, completed: Done, updated: Changed, additional_cost: Cost}\n"
BY_ROW = "name: mine\ncolumns: {id: (row), completed: Done, additional_cost: Cost}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def file_of(*rows: str) -> str:
    return HEADER + "".join(rows)


# --- once, and on after a kill ------------------------------------------------------------------------------------------------


def test_heads_come_in_the_order_of_their_change_each_once(desk: Desk) -> None:
    desk.put(file_of(*ROWS[20:], *ROWS[:20]), "b.csv")
    desk.put(file_of(*ROWS[10:30]), "a.csv")
    heads = desk.heads()
    assert [head.updated_at for head in heads] == sorted(head.updated_at for head in heads)
    assert sorted(head.id for head in heads) == sorted(f"w{n}" for n in range(1, 41))
    assert all(timedelta(0) <= head.updated_at - desk.source.read(head).work_order.completed_at < timedelta(minutes=1) for head in heads)  # type: ignore[union-attr, operator]


def test_a_run_that_was_killed_in_the_middle_goes_on_with_the_rest(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    first = desk.sync(limit=15)
    assert desk.sync().keys() == {f"w{n}" for n in range(1, 41)} - first.keys()
    assert desk.sync() == {}


def test_a_file_is_read_whole_only_when_a_decision_about_each_of_its_work_orders_is_stored(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    desk.sync(limit=39)
    assert desk.whole() == set()
    desk.sync()
    assert desk.whole() == set()
    desk.sync()
    assert desk.whole() == {"inbox/a.csv"}


def test_a_file_that_was_read_is_skipped_and_said_so_under_another_name_too(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    path = desk.put(file_of(*ROWS))
    desk.sync()
    desk.sync()
    path.rename(path.with_name("renamed.csv"))
    with caplog.at_level("INFO", "connector.upkeep"):
        assert desk.sync() == {}
    assert "action=file_skipped file=inbox/renamed.csv reason=already_read" in caplog.text
    assert "already read, first seen" in desk.source.detected()[0]


def test_a_file_that_was_read_is_read_again_with_other_columns(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    desk.sync()
    desk.sync()
    desk.map("columns: {id: ID, completed: Done, additional_cost: Price}\n")
    assert len(desk.sync()) == 40


def test_what_is_held_is_found_in_a_file_that_was_read_long_ago(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    head = desk.sync()["w7"].head
    desk.sync()
    desk.put(file_of("n1,1001,New,2026-03-01,,,,,,1.00\n"), "b.csv")
    assert list(desk.sync()) == ["n1"]
    assert desk.source.read(head).head == head
    found = desk.source.find("7")
    assert found is not None
    assert found.head == head
    assert desk.source.find("nowhere") is None


def test_a_work_order_of_a_file_that_went_away_is_held_and_not_gone(desk: Desk) -> None:
    path = desk.put(file_of(ROWS[0]))
    head = desk.one().head
    path.unlink()
    assert desk.sync() == {}
    assert codes(desk.source.read(head)) == ["UNREADABLE_WORK_ORDER work order 1"]


def test_there_are_no_files_on_a_work_order(desk: Desk) -> None:
    from connector.upkeep.source import FileGoneError

    assert desk.source.files("w1") == []
    assert desk.source.calls == {}
    with pytest.raises(FileGoneError):
        desk.source.file("w1", "f1", 100)


def test_more_work_orders_than_are_kept_in_memory_are_each_told_of_once(desk: Desk) -> None:
    desk.put(file_of(*(f"w{n},{n},Job,2026-02-01,,,,,,1.00\n" for n in range(1_100))))
    assert len({head.id for head in desk.heads()}) == len(desk.heads()) == 1_100


def test_who_only_reads_along_remembers_nothing_and_is_told_everything(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    desk.sync()
    desk.sync()
    desk.source = CsvSource(desk.export, site="", currency="USD", clock=desk.clock, notes=NoNotes())
    assert len(list(desk.source.changed_since(CHANGED_AT))) == len(desk.heads()) == 40


# --- exports that overlap -----------------------------------------------------------------------------------------------------


def test_the_next_export_tells_only_of_what_is_new_or_edited(desk: Desk) -> None:
    desk.put(file_of(*ROWS[:30]))
    desk.sync()
    edited = ROWS[5].replace("6.00", "66.00")
    desk.put(file_of(*ROWS[:5], edited, *ROWS[6:]), "b.csv")
    assert desk.sync().keys() == {"w6", *(f"w{n}" for n in range(31, 41))}
    assert desk.sync() == {}


def test_an_unmapped_column_that_changes_is_no_change(desk: Desk) -> None:
    desk.put(HEADER.replace("\n", ",Exported at\n") + ROW.replace("\n", ",Monday\n"))
    desk.sync()
    desk.put(HEADER.replace("\n", ",Exported at\n") + ROW.replace("\n", ",Tuesday\n"), "b.csv")
    assert desk.sync() == {}


def test_an_export_of_last_year_that_comes_today_is_read(desk: Desk) -> None:
    desk.put(file_of(*ROWS))
    desk.sync()
    desk.put(file_of("o1,1,Old,2025-02-01,,,,,,1.00\n"), "old.csv")
    assert list(desk.sync()) == ["o1"]


def test_where_a_column_says_when_it_was_changed_an_older_export_undoes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WITH_UPDATED)
    path = desk.put("ID,Done,Changed,Cost\nw1,2026-02-01,2026-02-10,10.00\nw2,2026-02-01,2026-02-10,10.00\n", "new.csv")
    desk.sync()
    desk.sync()
    path.unlink()
    desk.put("ID,Done,Changed,Cost\nw1,2026-02-01,2026-02-05,99.00\nw3,2026-02-01,2026-02-05,1.00\n", "old.csv")
    assert list(desk.sync()) == ["w3"]
    desk.sync()
    assert "inbox/old.csv" in desk.whole()


def test_of_two_new_exports_the_later_change_counts_whatever_they_are_called(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WITH_UPDATED)
    desk.put("ID,Done,Changed,Cost\nw1,2026-02-01,2026-02-10,10.00\n", "a.csv")
    desk.put("ID,Done,Changed,Cost\nw1,2026-02-01,2026-02-05,99.00\n", "b.csv")
    assert str(desk.work_order().other[0].amount) == "10.00"


def test_two_new_exports_that_contradict_each_other_hold_the_work_order_until_one_is_gone(desk: Desk) -> None:
    desk.put(file_of(ROWS[0], ROWS[1]), "a.csv")
    path = desk.put(file_of(ROWS[0].replace("1.00", "11.00"), ROWS[1]), "b.csv")
    read = desk.sync()
    assert codes(read["w1"])[0].startswith("CSV_FILES_DISAGREE work order 1, inbox/")
    assert read["w2"].problems == ()
    desk.sync()
    assert desk.whole() == set()
    path.unlink()
    assert desk.one().problems == ()


def test_an_export_that_was_seen_later_counts_where_no_column_tells(desk: Desk) -> None:
    desk.put(file_of(ROWS[0]), "z.csv")
    desk.sync()
    desk.clock.sleep(60)
    desk.put(file_of(ROWS[0].replace("1.00", "11.00")), "a.csv")
    read = desk.one()
    assert read.work_order is not None
    assert (str(read.work_order.other[0].amount), read.problems) == ("11.00", ())
    assert desk.sync() == {}
    assert desk.source.read(read.head) == read


def test_a_file_with_a_total_at_its_end_was_seen_before_the_next_one_too(desk: Desk) -> None:
    desk.put(file_of(ROWS[0], ",,Total,,,,,,,1.00\n"))
    desk.sync()
    desk.put(file_of(ROWS[0].replace("1.00", "11.00")), "b.csv")
    read = desk.sync()
    assert (list(read), read["w1"].problems) == (["w1"], ())
    assert desk.sync() == {}


# --- the place of a row as its id ---------------------------------------------------------------------------------------------


def test_the_place_of_a_row_stays_its_id_in_a_longer_export_of_another_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BY_ROW)
    desk.put(file_of(*ROWS[:3]), "january.csv")
    assert list(desk.sync()) == ["mine:1", "mine:2", "mine:3"]
    desk.put(file_of(*ROWS[:5]), "february.csv")
    assert list(desk.sync()) == ["mine:4", "mine:5"]


def test_equal_rows_are_different_work_orders_where_the_place_is_the_id(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BY_ROW)
    desk.put(file_of(ROWS[0], ROWS[0]))
    assert sorted(desk.sync()) == ["mine:1", "mine:2"]


@pytest.mark.parametrize("kept_before", [False, True], ids=["after a decision", "in one run"])
def test_rows_that_moved_are_refused_because_nobody_can_tell_which_is_which(tmp_path: Path, kept_before: bool) -> None:
    desk = Desk(tmp_path, BY_ROW)
    desk.put(file_of(*ROWS[:3]))
    if not kept_before:
        desk.sync()
    desk.put(file_of(ROWS[9], *ROWS[:3]), "b.csv")
    read = desk.sync()
    assert codes(read["file:inbox/b.csv"]) == ["CSV_ROWS_MOVED inbox/b.csv"]
    assert set(read) - {"file:inbox/b.csv"} == ({"mine:1", "mine:2", "mine:3"} if kept_before else set())


def test_a_shorter_export_is_refused_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BY_ROW)
    path = desk.put(file_of(*ROWS[:3]))
    desk.sync()
    path.unlink()
    desk.put(file_of(*ROWS[:2]), "b.csv")
    assert list(desk.sync()) == ["file:inbox/b.csv"]


def test_rows_that_moved_are_refused_although_a_kill_left_the_first_row_undecided(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BY_ROW)
    path = desk.put(file_of(*reversed(ROWS[:5])))
    assert list(desk.sync(limit=1)) == ["mine:5"]
    path.unlink()
    desk.put(file_of(*ROWS[:5]), "b.csv")
    assert list(desk.sync()) == ["file:inbox/b.csv"]


def test_before_anything_is_decided_no_order_is_remembered(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BY_ROW)
    path = desk.put(file_of(*ROWS[:3]))
    desk.heads()
    path.unlink()
    desk.put(file_of(*reversed(ROWS[:3])), "b.csv")
    assert len(desk.sync()) == 3


# --- whatever happens ---------------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20), st.integers(0, 12)), min_size=1, max_size=5), st.randoms())
def test_however_exports_overlap_and_runs_are_killed_each_work_order_is_decided_once(
    tmp_path_factory: pytest.TempPathFactory, exports: list[tuple[int, int, int]], chance: object
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    decided: list[str] = []
    wanted: set[str] = set()
    for number, (first, count, limit) in enumerate(exports):
        rows = ROWS[first : first + count]
        wanted |= {row.partition(",")[0] for row in rows}
        chance.shuffle(rows)  # type: ignore[attr-defined]
        desk.put(file_of(*rows), f"{number}.csv")
        decided += desk.sync(limit=limit)
    decided += desk.sync()
    assert sorted(decided) == sorted(wanted)
    assert desk.sync() == {}
