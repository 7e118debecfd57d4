"""What stands against taking an invoice back, each shown by what a person did before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connector.flows.reversing import reverse
from tests.flows.test_reversal import invoice_of, invoiced, taken_back
from tests.stage import Stage


def nothing(stage: Stage) -> None:
    """Nobody did anything."""


CASES: list[tuple[str, str, Callable[[Stage], None]]] = [
    ("REVERSAL_OF_NOTHING", "2", nothing),
    ("REVERSAL_OF_DEAD", "1", lambda stage: stage.vendor.void(invoice_of(stage))),
    ("REVERSAL_OF_CHANGED", "1", lambda stage: stage.vendor.edit_amount(invoice_of(stage), 2)),
    ("REVERSAL_OF_PAID", "1", lambda stage: stage.vendor.pay(invoice_of(stage), "10.00")),
]


@pytest.mark.parametrize(("code", "number", "does"), CASES, ids=[code for code, *_ in CASES])
def test_what_stands_against_a_reversal_has_its_code_and_next_step(
    code: str, number: str, does: Callable[[Stage], None], tmp_path: Path
) -> None:
    stage = invoiced(tmp_path, "quickbooks")
    does(stage)
    (problem,) = taken_back(stage, number).problems
    assert problem.code == code
    assert problem.next_step


def test_a_journal_entry_is_told_as_another_kind(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    assert [problem.code for problem in taken_back(stage).problems] == ["REVERSAL_OF_OTHER_KIND"]


def test_an_invoice_in_another_currency_is_told(tmp_path: Path) -> None:
    """A connection's currency was changed after the invoice was posted."""
    stage = invoiced(tmp_path, "xero")
    with stage.world() as world:
        changed = replace(world, policy=replace(world.policy, currency="EUR"))
        assert [problem.code for problem in reverse(changed, "1", "wrong").problems] == ["REVERSAL_OTHER_CURRENCY"]
