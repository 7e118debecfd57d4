"""Files as they come: in any encoding, half written, broken, with the wrong columns. Each says what is wrong, and costs no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.upkeep.csv.desk import HEADER, ROW, Desk, codes

TEXT = HEADER + ROW.replace("Leaking pump", "Café “roof” pump")
PLAIN_COLUMNS = "columns: {id: ID, completed: Done, additional_cost: Cost}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def long_ago(path: Path) -> None:
    os.utime(path, (1_500_000_000, 1_500_000_000))


# --- how it is written --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_encoding_and_what_stands_between_the_columns_are_found(desk: Desk, encoding: str, delimiter: str) -> None:
    desk.put(TEXT.replace(",", delimiter).encode(encoding))
    assert desk.work_order().title == "Café “roof” pump"


def test_check_says_how_each_file_is_written_and_what_makes_the_id(desk: Desk) -> None:
    desk.put(TEXT.replace(",", ";").encode("utf-16"))
    assert desk.source.visibility() == []
    assert desk.source.detected() == ["inbox/a.csv: utf-16, semicolon between the columns; 1 rows, 1 work orders by ID"]


@pytest.mark.parametrize("title", ["Reparación señal, año", "Réparer la fenêtre côté façade à l'étage", "Türschloß im Büro", "Manutenção"])
def test_a_guessed_encoding_is_called_a_guess(desk: Desk, title: str) -> None:
    desk.put((HEADER + ROW.replace("Leaking pump", f'"{title}"')).encode("cp1252"))
    assert "(guessed)" in desk.source.detected()[0]
    assert desk.work_order().title == title


def test_excels_own_first_line_says_what_stands_between_the_columns(desk: Desk) -> None:
    desk.put("sep=;\n" + TEXT.replace(",", ";"))
    assert desk.work_order().number == "150"


def test_commas_in_quotes_do_not_hide_the_semicolons(desk: Desk) -> None:
    desk.put(TEXT.replace(",", ";").replace("Café", '"a,b,c,d,e,f,g ""so""\nCafé').replace("pump", 'pump"'))
    assert desk.work_order().title.startswith('a,b,c,d,e,f,g "so"')


def test_what_the_columns_say_goes_before_what_is_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path, PLAIN_COLUMNS + "delimiter: pipe\nencoding: cp1250\n")
    desk.put("ID|Done|Cost\nŁ1|2026-02-20|5.00\n".encode("cp1250"))
    assert desk.work_order().id == "Ł1"


def test_an_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path, PLAIN_COLUMNS + "encoding: utf-8\n")
    desk.put("ID,Done,Cost\nÉ,2026-02-20,5.00\n".encode("cp1252"))
    assert codes(desk.one()) == ["CSV_UNREADABLE inbox/a.csv"]


def test_a_link_in_the_column_of_the_number_is_its_text(desk: Desk) -> None:
    desk.put(HEADER + ROW.replace("150", '"=HYPERLINK(""https://app.onupkeep.com/1"",""150"")"'))
    assert desk.work_order().number == "150"


# --- what cannot be read ------------------------------------------------------------------------------------------------------


def test_every_missing_column_of_every_file_is_told_at_once_with_its_line(desk: Desk) -> None:
    desk.put("ID,No,Title,Dones,Hours,Who,Part,Qty,Price\nw1,1,x,2026-02-20,,,,,\n", "a.csv")
    desk.put("\n\nNumber,Something\n1,2\n", "b.csv")
    desk.put(HEADER + ROW, "c.csv")
    told = [(problem.code, problem.place) for problem in desk.source.visibility()]
    assert told[:2] == [("CSV_COLUMN_MISSING", "inbox/a.csv:1")] * 2
    assert told[2:] == [("CSV_COLUMN_MISSING", "inbox/b.csv:3")] * 10
    assert "'Dones' is there" in desk.source.visibility()[0].message
    assert codes(desk.sync()["w1"]) == []


def test_a_header_that_stands_twice_is_no_mapped_column(desk: Desk) -> None:
    desk.put(HEADER.replace("Title", "Title,cost") + ROW)
    assert codes(desk.one()) == ["CSV_COLUMN_TWICE inbox/a.csv:1"]


def test_other_headers_may_stand_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path, PLAIN_COLUMNS)
    desk.put("ID,Done,Note,Note,Cost\nw1,2026-02-20,,,5.00\n")
    assert desk.work_order().id == "w1"


def test_an_empty_file_is_said_to_be_empty(desk: Desk) -> None:
    desk.put("")
    assert codes(desk.one()) == ["CSV_EMPTY inbox/a.csv"]


def test_an_export_of_nothing_is_no_problem(desk: Desk) -> None:
    desk.put(HEADER)
    assert desk.sync() == {}
    assert desk.source.visibility() == []


def test_a_last_line_that_is_not_ended_waits_until_nobody_writes_any_more(desk: Desk) -> None:
    path = desk.put(HEADER + ROW + "w2,151,Pump,2026-02-20,,,,,,12")
    assert codes(desk.one()) == ["CSV_STILL_WRITTEN inbox/a.csv"]
    desk.put(HEADER + ROW + "w2,151,Pump,2026-02-20,,,,,,1234.00")
    long_ago(path)
    assert sorted(desk.sync()) == ["w1", "w2"]


def test_a_file_that_grows_while_it_is_read_gives_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import connector.upkeep.csv.filling as filling

    path, read = desk.put(HEADER + ROW), filling.rows_of

    def growing(*args: object) -> object:
        yield from read(*args)  # type: ignore[arg-type]
        with path.open("a") as file:
            file.write(ROW.replace("w1", "w2"))

    monkeypatch.setattr(filling, "rows_of", growing)
    assert codes(desk.one()) == ["CSV_STILL_WRITTEN inbox/a.csv"]
    monkeypatch.undo()
    assert sorted(desk.sync()) == ["w1", "w2"]


def test_a_file_that_may_not_be_opened_or_goes_away_costs_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import connector.upkeep.csv.files as files
    import connector.upkeep.csv.filling as filling

    desk.put(HEADER + ROW)
    path, read, look = desk.put(HEADER + ROW, "b.csv"), filling.rows_of, files.print_of

    def refused(one: Path) -> object:
        if one == path:
            raise PermissionError(13, "Permission denied")
        return look(one)

    def breaking(one: Path, dialect: object) -> object:
        if one == path:
            raise OSError(5, "Input/output error")
        return read(one, dialect)  # type: ignore[arg-type]

    def going(one: Path, dialect: object) -> object:
        if one == path:
            path.unlink()
        return read(one, dialect) if one != path else iter([(1, HEADER.strip().split(","))])  # type: ignore[arg-type]

    for module, name, double, code in (
        (files, "print_of", refused, "CSV_UNREADABLE"),
        (filling, "rows_of", breaking, "CSV_UNREADABLE"),
        (filling, "rows_of", going, "CSV_STILL_WRITTEN"),
    ):
        monkeypatch.setattr(module, name, double)
        found = desk.sync()
        assert codes(found["file:inbox/b.csv"]) == [f"{code} inbox/b.csv"]
        monkeypatch.undo()
        desk.notes.decided.clear()
    assert list(desk.sync()) == ["w1"]


def test_a_folder_that_is_called_like_an_export_is_none(desk: Desk) -> None:
    (desk.folder / "inbox" / "folder.csv").mkdir()
    assert [problem.code for problem in desk.source.visibility()] == ["CSV_NO_FILE"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEADER + ROW + 'w2,151,"never closed,2026-02-20,,,,,,5.00\n' + ROW, 3),
        (HEADER + ROW + 'w2,151,"half" closed,2026-02-20,,,,,,5.00\n' + ROW, 3),
        (HEADER + "w2,151," + "x" * 1_000_001 + ",2026-02-20,,,,,,5.00\n", 2),
        (HEADER + "w2" + "," * 2_001 + "\n", 2),
    ],
    ids=["open quote", "text after a quote", "a cell beyond the limit", "columns beyond the limit"],
)
def test_a_file_that_breaks_off_gives_nothing_and_names_the_line(desk: Desk, text: str, line: int) -> None:
    desk.put(text)
    assert codes(desk.one()) == [f"CSV_UNREADABLE inbox/a.csv:{line}"]


def test_rows_without_an_id_are_told_together_and_cost_no_other_row(desk: Desk) -> None:
    desk.put(HEADER + ROW + ",,Total,,,,,,,100.00\n" + "w\x00x,1,,,,,,,,\n" + "x" * 101 + ",1,,,,,,,,\n" + ",9,,,,,,,,\n" * 30)
    read = desk.sync()
    assert read["w1"].problems == ()
    told = codes(read["file:inbox/a.csv"])
    assert told[:3] == [f"CSV_ROW_WITHOUT_ID inbox/a.csv:{line}" for line in (3, 4, 5)]
    assert (len(told), told[-1]) == (21, "CSV_ROW_WITHOUT_ID inbox/a.csv")


def test_a_file_that_was_mended_is_no_problem_any_more(desk: Desk) -> None:
    desk.put(HEADER + ROW + ",,Total,,,,,,,100.00\n")
    bad = desk.sync()["file:inbox/a.csv"]
    desk.put(HEADER + ROW)
    assert desk.sync() == {}
    again = desk.source.read(bad.head)
    assert (again.work_order, again.problems) == (None, ())


def test_no_file_at_all_is_said(desk: Desk) -> None:
    assert [problem.code for problem in desk.source.visibility()] == ["CSV_NO_FILE"]
    assert desk.heads() == []


def test_a_file_whose_name_has_the_signs_of_a_pattern_is_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path, files="inbox/export [1].csv")
    desk.put(HEADER + ROW, "export [1].csv")
    assert desk.work_order().number == "150"
