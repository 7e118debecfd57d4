"""The race against the SDKs counts right: what a program posts twice or not at all is told, whoever the program is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.bench.head_to_head import CONTENDERS, Tally, first_with_a_cost, tally, twice
from tests.bench.peers import Job

HEADER = "BscStartDate,Asset,OriginalShorttext,PMType,Cost"
ROWS = ["2004-07-01,A,Bucket won't open,PM01,183.05", "2004-07-02,A,Nothing spent,PM01,0", "2004-07-02,B,Replace tooth,PM01,20"]
ROWS += [
    "2004-07-03,B,Half a cent,PM01,0.005",
    "2004-07-03,B,No cost yet,PM01,",
    "2004-07-04,A,Oil leak,PM01,7.5",
    "2004-07-05,B,Paint,PM01,1",
]


@pytest.fixture
def work_orders(tmp_path: Path) -> Path:
    """Four work orders that cost something, among three that do not."""
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "orders.csv").write_text("\n".join([HEADER, *ROWS, ""]), "utf-8")
    return first_with_a_cost(tmp_path / "all" / "orders.csv", 10, tmp_path)


def document(number: str, total: str, name: str = "Work order") -> dict[str, str]:
    return {"number": "", "memo": f"{name} {number}: pump", "total": total}


def test_what_was_posted_twice_or_not_at_all_is_counted_by_work_order() -> None:
    jobs = [Job(str(number), date(2026, 2, 20), "pump", Decimal(number)) for number in (1, 2, 3, 11)]
    books = [document("1", "1.00"), *[document("2", "2.00")] * 3, document("11", "11.00", "UpKeep work order")]
    assert tally(jobs, books) == Tally(expected=4, documents=5, duplicates=2, lost=1, unknown=0)
    assert tally(jobs, []) == Tally(expected=4, documents=0, duplicates=0, lost=4, unknown=0)


def test_a_document_of_another_amount_or_of_nobody_is_counted_too() -> None:
    jobs = [Job("1", date(2026, 2, 20), "pump", Decimal("1.00"))]
    assert tally(jobs, [document("1", "1.01"), document("7", "1.00"), {"number": "", "memo": "", "total": "1.00"}]).unknown == 3


def test_a_narration_names_its_work_order_as_a_memo_does() -> None:
    jobs = [Job("1", date(2026, 2, 20), "pump", Decimal(1))]
    assert tally(jobs, [{"number": "UpKeep work order 1 [1-K7Q2M9XWTAB4P]", "total": "1.00"}]) == Tally(1, 1, 0, 0, 0)


@pytest.mark.sockets
@pytest.mark.parametrize(
    ("peer", "ended_well", "after_the_cut", "after_the_second_run"),
    [
        ("quickbooks-save", False, Tally(4, 2, 0, 2, 0), Tally(4, 6, 2, 0, 0)),
        ("xero-fifties", True, Tally(4, 8, 4, 0, 0), Tally(4, 12, 8, 0, 0)),
        ("quickbooks-save-keyed", False, Tally(4, 2, 0, 2, 0), Tally(4, 4, 0, 0, 0)),
    ],
)
def test_a_program_that_posts_twice_is_reported_and_one_that_does_not_is_not(
    peer: str, ended_well: bool, after_the_cut: Tally, after_the_second_run: Tally, work_orders: Path
) -> None:
    """Real programs over real sockets: one stops at the cut and starts anew, one sends again by itself, one has request ids."""
    contender = next(one for one in CONTENDERS if one.peer == peer)
    first, again, _ = twice(contender, work_orders)
    assert (first.ended_well, first.tally) == (ended_well, after_the_cut)
    assert (again.ended_well, again.tally) == (True, after_the_second_run)
