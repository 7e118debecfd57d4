"""Real mining work orders, dirty as they are, reach both ledgers to the cent. Needs the reference material beside the project."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from connector.sandbox.company import Company
from connector.sandbox.csv_orders import fill_from_csv, find_columns
from tests.stage import Stage

REAL = Path(__file__).parents[3] / "shared" / "data" / "workorders" / "nist-excavators.csv"
# Around the broken row 3,453, so that it is among them.
FIRST, LAST = 3_300, 3_600

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not REAL.exists(), reason="the reference material is not beside the project: contract tests are skipped"),
]


def amounts(rows: list[list[str]]) -> tuple[Decimal, int]:
    """The sum of the readable costs, and how many cannot be read."""
    total, unreadable = Decimal(0), 0
    for row in rows:
        try:
            total += Decimal(row[4])
        except InvalidOperation:
            unreadable += 1
    return total, unreadable


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_the_ledger_has_the_files_total_and_the_broken_row_is_held_by_number(ledger: str, tmp_path: Path) -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    some = tmp_path / "some.csv"
    with some.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows[FIRST:LAST]])
    stage = Stage(tmp_path, ledger, company=Company(currency="AUD", country="AU", timezone="Australia/Perth"))
    assert fill_from_csv(stage.upkeep, some, find_columns(some)) == LAST - FIRST
    report = stage.sync()
    total, unreadable = amounts(rows[FIRST:LAST])
    assert unreadable == 1
    assert (report.posted + report.held + report.excluded, report.held) == (LAST - FIRST, 1)
    assert report.amount_posted == {"AUD": total}
    assert stage.sync().posted == 0
    with stage.world() as world:
        row = world.store.find(str(3_453 - FIRST))
    assert row is not None
    assert row.codes == ("UNREADABLE_NUMBER",)
