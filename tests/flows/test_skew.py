"""Clocks that differ: ours ahead of UpKeep's or behind it, a row dated in the future, a clock set back. No change is ever lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stage import Stage


@pytest.mark.parametrize("switches", [{}, {"unknown_filters": "ignored"}])
@pytest.mark.parametrize("hours", [-5, 5])
def test_every_change_is_met_whatever_our_clock_says(hours: int, switches: dict[str, Any], tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches=switches)
    stage.ahead = timedelta(hours=hours)
    posted = 0
    for number in range(1, 4):
        stage.work_order(str(number))
        posted += stage.sync().posted
    stage.clock.advance(6 * 3600)
    posted += stage.sync().posted
    assert posted == 3
    assert set(stage.numbers().values()) == {1}


def test_a_row_dated_in_the_future_does_not_carry_the_cursor_there(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1", updatedAt="2027-01-01T00:00:00.000Z")
    assert stage.sync().posted == 1
    stage.clock.advance(3600)
    stage.work_order("2")
    assert stage.sync().posted == 1
    stage.clock.advance(3600)
    before = len(stage.sandbox.upkeep.log)
    assert stage.sync().posted == 0
    assert not any("/work-orders/" in entry["path"] for entry in list(stage.sandbox.upkeep.log)[before:])


def test_a_cursor_that_an_earlier_release_carried_into_the_future_is_brought_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    with stage.world() as world:
        world.store.mark_seen([], world.clock.now() + timedelta(days=300))
    stage.work_order("2")
    assert stage.sync().posted == 1
