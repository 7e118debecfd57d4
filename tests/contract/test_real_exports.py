"""The two real files, read by the columns that ship: every row counted, to the cent, and posted. Needs the reference beside us."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from connector.sandbox.company import Company
from tests.everyday import a_few
from tests.stage import Stage
from tests.upkeep.csv.desk import Desk, codes

ROOT = Path(__file__).parents[2]
REAL = Path(__file__).parents[3] / "shared" / "data" / "workorders"
NIST, CHILLERS = REAL / "nist-excavators.csv", REAL / "assetopsbench-chillers.csv"

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not REAL.exists(), reason="the reference material is not beside the project: contract tests are skipped"),
]


def columns_of(path: Path) -> str:
    return (ROOT / "mappings" / f"{path.stem}-columns.yaml").read_text("utf-8")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "inbox").mkdir()
    yield tmp_path / "inbox"


def desk_with(folder: Path, path: Path) -> Desk:
    desk = Desk(folder, columns_of(path))
    shutil.copy2(path, folder / "inbox" / "a.csv")
    desk.clock.moment = datetime(2099, 1, 1, tzinfo=UTC)  # Nobody writes it any more.
    return desk


@pytest.mark.long
def test_every_mining_work_order_is_read_and_the_broken_cost_alone_is_held(tmp_path: Path) -> None:
    desk, rows = desk_with(tmp_path, NIST), rows_of(NIST)
    assert desk.source.visibility() == []
    read = desk.sync()
    held = {key: codes(one) for key, one in read.items() if one.problems}
    assert len(read) == len(rows) == 5_485
    assert held == {"nist-excavators:3453": ["UNREADABLE_NUMBER work order nist-excavators:3453, inbox/a.csv:3454"]}
    amounts = [cost.amount for one in read.values() if one.work_order for cost in one.work_order.other]
    assert sum(amounts) == sum(_readable(row["Cost"]) for row in rows)


def _readable(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


@pytest.mark.long
def test_every_chillers_hours_are_read_with_and_without_seconds(tmp_path: Path) -> None:
    desk, rows = desk_with(tmp_path, CHILLERS), rows_of(CHILLERS)
    read = desk.sync()
    assert {key: codes(one) for key, one in read.items() if one.problems} == {}
    assert read.keys() == {row["wo_id"] for row in rows}
    seconds = sum(entry.seconds for one in read.values() if one.work_order for entry in one.work_order.labor)
    parts = [[*map(int, row["actual_labor_hours"].split(":")), 0][:3] for row in rows]
    assert seconds == sum(hours * 3600 + minutes * 60 + second for hours, minutes, second in parts)
    assert any(row["actual_labor_hours"].count(":") == 2 for row in rows)


@pytest.mark.parametrize("ledger", a_few(["quickbooks", "xero"]))
def test_chillers_are_posted_at_the_rate_of_the_mapping(tmp_path: Path, inbox: Path, ledger: str) -> None:
    with CHILLERS.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = file.readlines()
    some = [*lines[:40], *(line for line in lines if line.rstrip().count(":") > 4)]
    (inbox / "some.csv").write_text(header + "".join(line.rstrip("\n") + "\n" for line in some), "utf-8")
    stage = Stage(tmp_path, ledger, company=Company())
    (tmp_path / "columns.yaml").write_text(columns_of(CHILLERS), "utf-8")
    mapping, config = tmp_path / "mapping.yaml", tmp_path / "config.yaml"
    mapping.write_text(mapping.read_text("utf-8") + "labor_rates:\n  - {rate_per_hour: 48.50}\n", "utf-8")
    before, _, rest = config.read_text("utf-8").partition("      kind: upkeep\n")
    source = "      kind: csv\n      files: inbox/*.csv\n      columns: columns.yaml\n    ledger:"
    config.write_text(before + source + rest.partition("    ledger:")[2], "utf-8")
    report = stage.sync()
    rows = rows_of(inbox / "some.csv")
    hours = [[*map(int, row["actual_labor_hours"].split(":")), 0][:3] for row in rows]
    cents = [Decimal(h * 3600 + m * 60 + s) * Decimal("48.50") / 3600 for h, m, s in hours]
    assert report.amount_posted == {"USD": sum(amount.quantize(Decimal("0.01")) for amount in cents)}
    assert (report.held, report.posted + report.excluded) == (0, len(rows))
    assert stage.sync().posted == 0
