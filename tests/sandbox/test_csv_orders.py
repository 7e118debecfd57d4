"""A CSV of real work orders: every row is served, its strings as they are, by the columns that a person chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.cli.running_sandbox import Filling, running_sandbox
from connector.sandbox.clock import SandboxClock
from connector.sandbox.csv_orders import ColumnsError, fill_from_csv, find_columns, read_columns
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from tests.stage import START

SHIPPED_HEADER = "BscStartDate,Asset,OriginalShorttext,PMType,Cost"
OWN = """
header: [Nr, Done, What, Kind, Machine, Amount]
currency: EUR
timezone: Europe/Berlin
completed_format: "%d.%m.%Y"
columns: {number: Nr, completed: Done, title: What, category: Kind, asset: Machine, cost: Amount}
"""
HEADER = "Nr,Done,What,Kind,Machine,Amount"


def written(folder: Path, text: str | bytes, columns: str = OWN) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    if columns:
        path.with_suffix(".yaml").write_text(columns, "utf-8")
    return path


def served(path: Path, columns: Path | None = None) -> list[dict[str, Any]]:
    """The work orders as UpKeep's stand-in serves them, in the order of the rows."""
    sandbox = Sandbox.create(clock=SandboxClock(START, frozen=True))
    with httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox") as client:
        count = fill_from_csv(client, path, columns or find_columns(path))
        rows = client.get("/api/v2/work-orders", params={"limit": 200}).json()["results"]
        found = [client.get(f"/api/v2/work-orders/{row['id']}", params={"includes": "asset"}).json()["result"] for row in rows]
    assert count == len(found)
    order = list(sandbox.vendors.upkeep.records.by_kind["work-orders"])
    return sorted(found, key=lambda work_order: order.index(work_order["id"]))


def costs(path: Path) -> list[str]:
    return [order["additionalCosts"][0]["cost"] for order in served(path)]


def test_every_row_is_a_completed_work_order(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\nWO-1,20.02.2026,Pump leaks,Repair,P-7,100.50\nWO-2,21.02.2026,Belt slips,,P-7,7\n")
    first, second = served(path)
    assert (first["workOrderNo"], first["title"], first["category"], first["status"]) == ("WO-1", "Pump leaks", "Repair", "complete")
    assert first["dateCompleted"] == first["updatedAt"] == "2026-02-20T11:00:00.000Z"  # noon in Berlin
    assert (first["asset"]["name"], first["asset"]["id"]) == ("P-7", second["asset"]["id"])
    assert [first["additionalCosts"][0]["cost"], second["additionalCosts"][0]["cost"]] == ["100.50", "7"]


def test_the_strings_are_served_raw(tmp_path: Path) -> None:
    raw = ["1,234.50", " 7 ", "N/A", "", "-3", "1e999", "$12", "٣", "=1+1", "00012.50"]
    rows = "".join(f'{n},20.02.2026,x,y,z,"{value}"\n' for n, value in enumerate(raw))
    assert costs(written(tmp_path, f"{HEADER}\n{rows}")) == raw


@pytest.mark.parametrize("told", ["", "yesterday", "2026-02-20", "32.01.2026"])
def test_a_date_that_is_none_stays_for_the_connector_to_meet(told: str, tmp_path: Path) -> None:
    [order] = served(written(tmp_path, f"{HEADER}\n1,{told},x,y,z,1\n"))
    assert order["dateCompleted"] == told
    assert order["updatedAt"] == "2026-03-02T15:00:00.000Z"


def test_short_long_and_strange_rows_are_served_too(tmp_path: Path) -> None:
    lines = [
        b"1",
        b"2,20.02.2026,x,y,z,5,surplus",
        b"3,20.02.2026,\xff\xfe broken,y,z,6",
        '4,20.02.2026,"two\nlines 🔧",y,z,7'.encode(),
        b'5,20.02.2026,,"",z,8',
    ]
    found = served(written(tmp_path, HEADER.encode() + b"\n" + b"\n".join(lines) + b"\n"))
    assert [order["workOrderNo"] for order in found] == ["1", "2", "3", "4", "5"]
    assert [order["title"] for order in found] == ["(no text)", "x", "?? broken", "two\nlines 🔧", "(no text)"]
    assert [order["additionalCosts"][0]["cost"] for order in found] == ["", "5", "6", "7", "8"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    [order] = served(written(tmp_path, "\ufeff" + f"{HEADER}\nWO-1,20.02.2026,x,y,z,1\n"))
    assert order["workOrderNo"] == "WO-1"
    assert find_columns(written(tmp_path, f"\ufeff{SHIPPED_HEADER}\n", columns="")).exists()


def test_without_a_number_column_the_rows_number_is_the_work_orders(tmp_path: Path) -> None:
    found = served(written(tmp_path, f"{HEADER}\n" + "9,20.02.2026,x,y,z,1\n" * 3, OWN.replace("number: Nr, ", "")))
    assert [order["workOrderNo"] for order in found] == ["1", "2", "3"]


def test_a_very_long_text_does_not_end_the_file(tmp_path: Path) -> None:
    found = served(written(tmp_path, f"{HEADER}\n1,20.02.2026,{'x' * 2_000_000},y,z,1\n2,20.02.2026,x,y,z,2\n"))
    assert [len(order["title"]) for order in found] == [2_000_000, 1]


def test_an_empty_file_has_no_work_orders(tmp_path: Path) -> None:
    assert served(written(tmp_path, "")) == served(written(tmp_path, HEADER + "\n")) == []


# --- which columns ---------------------------------------------------------------------------------------------------------------------


def test_the_columns_file_beside_the_csv_comes_first(tmp_path: Path) -> None:
    path = written(tmp_path, SHIPPED_HEADER + "\n")
    assert find_columns(path) == path.with_suffix(".yaml")


def test_a_shipped_columns_file_is_found_by_its_header(tmp_path: Path) -> None:
    path = written(tmp_path, f"{SHIPPED_HEADER}\n2004-07-01,A,Bucket won't open,Breakdown,183.05\n", columns="")
    assert find_columns(path).name == "nist-excavators.yaml"
    [order] = served(path)
    assert (order["workOrderNo"], order["dateCompleted"], order["asset"]["name"]) == ("1", "2004-07-01T04:00:00.000Z", "A")
    assert order["additionalCosts"][0]["cost"] == "183.05"


@pytest.mark.parametrize("header", ["", "Cost,PMType,OriginalShorttext,Asset,BscStartDate", "Date,Text"])
def test_a_header_that_nobody_knows_says_where_a_columns_file_is_looked_for(header: str, tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match=r"Put orders\.yaml beside it, or use --columns"):
        find_columns(written(tmp_path, header + "\n", columns=""))


def test_the_columns_option_comes_before_both(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\nWO-1,20.02.2026,Pump leaks,Repair,P-7,100.50\n")
    other = tmp_path / "other.yaml"
    other.write_text(OWN.replace("title: What", "title: Machine").replace("EUR", "AUD"), "utf-8")
    assert served(path, other)[0]["title"] == "P-7"
    with running_sandbox(Filling(work_orders=path, columns=other)) as running:
        assert (running.sandbox.company.currency, running.sandbox.company.timezone) == ("AUD", "Europe/Berlin")
        [order] = running.sandbox.vendors.upkeep.records.by_kind["work-orders"].values()
        assert order["title"] == "P-7"


def test_what_is_not_told_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("columns: {completed: D, title: T, cost: C}", "utf-8")
    columns = read_columns(path)
    assert (columns.currency, columns.timezone, columns.number, columns.category, columns.asset) == ("USD", "UTC", "(row)", "", "")
    assert columns.completed_format == "%Y-%m-%d"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns: {title: T}", "completed, cost is missing"),
        ("columns: {completed: D, title: T, cost: null}", "cost is missing"),
        ("currency: USD", "completed, title, cost is missing"),
        ("", "completed, title, cost is missing"),
        ("- a\n- b", "completed, title, cost is missing"),
        ("columns: [a, b]", "completed, title, cost is missing"),
        ("columns: {completed: D", "is not readable YAML"),
        ("timezone: Mars/Olympus\ncolumns: {completed: D, title: T, cost: C}", "Mars/Olympus is no time zone"),
    ],
)
def test_a_columns_file_with_a_mistake_says_what_it_is(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ColumnsError, match=message) as found:
        read_columns(path)
    assert str(path) in str(found.value)


def test_a_column_that_the_csv_does_not_have_is_a_mistake_and_not_an_empty_cost(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n1,20.02.2026,x,y,z,1\n", OWN.replace("cost: Amount", "cost: Price"))
    with pytest.raises(ColumnsError, match="has no column Price"):
        served(path)


# --- labor hours ---------------------------------------------------------------------------------------------------------------------

HOURS = """
header: [Nr, Done, What, Code, Hours]
timezone: America/Chicago
completed_format: "%m/%d/%y %H:%M"
rate_per_hour: "60.00"
columns: {number: Nr, completed: Done, title: What, labor: Hours}
fields: {Failure code: Code}
"""
HOURS_HEADER = "Nr,Done,What,Code,Hours"


def logged(folder: Path, *hours: str) -> list[Any]:
    rows = "".join(f'{n},4/6/16 0:05,x,MT1,"{value}"\n' for n, value in enumerate(hours))
    return [order["timeLogs"][0]["duration"] for order in served(written(folder, f"{HOURS_HEADER}\n{rows}", HOURS))]


def test_hours_are_logged_as_minutes_by_one_worker_who_has_the_files_rate(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HOURS_HEADER}\nWO-1,4/6/16 0:05,Oil,MT010b,1:30\n", HOURS)
    [order] = served(path)
    assert order["dateCompleted"] == "2016-04-06T05:05:00.000Z"  # five past midnight in Chicago, and not noon
    assert order["customFields"] == [{"name": "Failure code", "value": "MT010b"}]
    assert "additionalCosts" not in order
    [entry] = order["timeLogs"]
    assert (entry["duration"], entry["user"] == order["completedByUser"], entry["category"]) == (90, False, "Wrench Time")


def test_hours_come_in_every_way_of_writing_and_what_are_none_stay_raw(tmp_path: Path) -> None:
    assert logged(tmp_path, "0:00", "1:00", "37:30:00", " 7:30 ", "0:00:20", "1.5") == [0, 60, 2250, 450, "0.333333", 90]
    raw = ["", "1:60", "1:2:3:4", "-1:00", "an hour", "1e999999999", "NaN"]
    assert logged(tmp_path, *raw) == raw


def test_hours_without_a_rate_are_a_mistake_of_the_columns_file(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match="rate_per_hour is missing"):
        served(written(tmp_path, f"{HOURS_HEADER}\n", HOURS.replace('rate_per_hour: "60.00"', "")))


def test_the_chillers_columns_are_found_by_their_header(tmp_path: Path) -> None:
    header = (
        "wo_id,wo_description,collection,primary_code,primary_code_description,secondary_code,secondary_code_description,"
        "equipment_id,equipment_name,preventive,work_priority,actual_finish,duration,actual_labor_hours"
    )
    row = "WO1,Oil Analysis,compressor,MT010,Oil Analysis,MT010b,Routine,CWC1,Chiller 1,TRUE,5,12/7/10 15:30,3:00,37:30:00"
    [order] = served(written(tmp_path, f"{header}\n{row}\n", columns=""))
    assert (order["workOrderNo"], order["category"], order["asset"]["name"]) == ("WO1", "MT010", "Chiller 1")
    assert (order["dateCompleted"], order["timeLogs"][0]["duration"]) == ("2010-12-07T15:30:00.000Z", 2250)
    assert {"name": "Component", "value": "compressor"} in order["customFields"]
