"""Real chiller work orders with their labor hours reach both ledgers to the cent. Needs the reference material beside the project."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from connector.sandbox.csv_orders import fill_from_csv, find_columns, read_columns
from tests.everyday import a_few
from tests.stage import Stage

REAL = Path(__file__).parents[3] / "shared" / "data" / "workorders" / "assetopsbench-chillers.csv"
CENT = Decimal("0.01")

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not REAL.exists(), reason="the reference material is not beside the project: contract tests are skipped"),
]


def costs(rows: list[list[str]]) -> list[Decimal]:
    """What each row's hours cost, worked out here and in nothing of the product: whole seconds × rate, rounded once."""
    rate = Decimal(read_columns(find_columns(REAL)).rate_per_hour)
    found = []
    for row in rows:
        hours, minutes, *seconds = (int(piece) for piece in row[13].split(":"))
        worked = hours * 3600 + minutes * 60 + sum(seconds)
        found.append((Decimal(worked) * rate / 3600).quantize(CENT, ROUND_HALF_UP))
    return found


def part_of(rows: list[list[str]], every: int) -> list[list[str]]:
    """Every so-many-th row, and each one whose hours are unlike the others'."""
    return [row for index, row in enumerate(rows) if index % every == 0 or (row[13] != "1:00" and row[13] != "0:00")]


@pytest.mark.parametrize(("every", "ledger"), a_few([(80, "quickbooks"), (50, "xero"), (10, "quickbooks")]))
def test_every_row_is_posted_or_left_out_with_a_reason_and_the_sum_is_the_files(every: int, ledger: str, tmp_path: Path) -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    some, path = part_of(rows, every), tmp_path / "chillers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *some])
    due = costs(some)
    assert any(row[13].count(":") == 2 for row in some)
    stage = Stage(tmp_path, ledger)
    assert fill_from_csv(stage.upkeep, path, find_columns(path)) == len(some)
    report = stage.sync()
    assert (report.posted, report.excluded, report.held) == (sum(map(bool, due)), due.count(Decimal(0)), 0)
    assert report.amount_posted == {"USD": sum(due)}
    assert stage.total() == sum(due)
    assert stage.sync().posted == 0
    with stage.world() as world:
        told = {row[0]: world.store.find(row[0]) for row, cost in zip(some, due, strict=True) if not cost}
    assert all(found is not None and found.codes for found in told.values())
