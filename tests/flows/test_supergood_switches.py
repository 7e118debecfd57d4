"""The main flow through the normalised API under every switch of its stand-in: the same books, or nothing of what cannot be known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from connector.flows.unreachable import UNREACHABLE_ERRORS
from tests.everyday import a_few
from tests.flows.test_supergood import books, filled
from tests.stage import Stage
from tests.upkeep.supergood_stage import supergood_stage

ORDERS = 9
# Every other value of every switch that reading meets; what writing meets is in test_supergood_writes.py.
SAME: dict[str, list[Any]] = {
    "leaks": [True],
    "first_page": [0, "either"],
    "limit_cap": [3],
    "order": ["updated_desc", "created", "id"],
    "updated_filter": ["ignored", "400"],
    "status_filter": ["ignored", "400"],
    "wrapper": ["results", "items"],
    "lines": ["list"],
    "detail_wrapper": ["data"],
    "line_ids": [False],
    "ids": ["own"],
    "hours_digits": [2],
    "numbers": ["string"],
    "status_word": ["complete", "Complete"],
    "errors": ["text"],
    "inline_code": [False],
    "mfa_answer": [401],
    "session_answer": [200],
    "token_ttl_seconds": [60],
    "token_calls": [3],
    "expires_at": ["absent", "epoch_ms", "expires_in"],
    "refresh": ["401", "404"],
    "retry_after": ["date", "absent"],
    "moving_sort": [2],
    "repeats": [1],
    "empty_list": ["404"],
}
# No cost line can be had, or none with a price: nothing is posted as zero.
HELD: dict[str, list[Any]] = {"lines": ["nowhere"], "detail": ["404", "405"], "labor": ["hours"]}
# The list cannot be read safely, or not at all.
STOPPED: dict[str, list[Any]] = {"endless": [True], "forbidden": [True]}


def cases(values: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, some in values.items() for value in some]


def stage_under(folder: Path, ledger: str, **switches: Any) -> Stage:
    paging = {"paging": "page", "limit_cap": 4} if "first_page" in switches else {}
    return filled(supergood_stage(folder, ledger, more="      paging: page\n" if paging else "", **(paging | switches)), ORDERS)


@cache
def undisturbed(ledger: str) -> tuple[int, int, Any]:
    """What is posted, held and in the books where nothing is out of the ordinary."""
    with TemporaryDirectory() as folder:
        stage = stage_under(Path(folder), ledger)
        report = stage.sync()
        return report.posted, report.held, books(stage)


@pytest.mark.parametrize("ledger", a_few(["quickbooks", "xero"]))
@pytest.mark.parametrize(("switch", "value"), a_few(cases(SAME), 2))
def test_the_books_are_the_same_under_every_switch(switch: str, value: Any, ledger: str, tmp_path: Path) -> None:
    stage = stage_under(tmp_path, ledger, **{switch: value})
    report = stage.sync()
    assert (report.posted, report.held, books(stage)) == undisturbed(ledger)
    assert stage.sync().posted == 0


@pytest.mark.parametrize(("switch", "value"), a_few(cases(HELD)))
def test_what_has_no_lines_or_no_price_is_held_and_never_posted_as_zero(switch: str, value: Any, tmp_path: Path) -> None:
    stage = stage_under(tmp_path, "quickbooks", **{switch: value})
    report = stage.sync()
    assert (report.posted, report.held, stage.documents()) == (0, ORDERS, [])


@pytest.mark.parametrize(("switch", "value"), a_few(cases(STOPPED)))
def test_a_list_that_cannot_be_relied_on_stops_the_run_and_posts_nothing(switch: str, value: Any, tmp_path: Path) -> None:
    stage = stage_under(tmp_path, "quickbooks", **{switch: value})
    with pytest.raises(UNREACHABLE_ERRORS):
        stage.sync()
    assert stage.documents() == []
