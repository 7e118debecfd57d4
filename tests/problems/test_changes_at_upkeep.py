"""One reproducer for each problem that comes from a change at UpKeep itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.core import field_watch
from connector.flows.status import status
from tests.flows.test_moved import at_second, known, move, staged
from tests.stage import Stage

CRANE = {"additionalCosts": [{"description": "Crane", "cost": "100.00"}]}


def test_a_work_order_posted_under_another_site_is_held(tmp_path: Path) -> None:
    stage, identifier = staged(tmp_path, "quickbooks")
    stage.sync()
    move(stage, identifier)
    at_second(stage)
    stage.sync()
    held, _ = known(stage, "1")
    assert held is not None
    assert held.codes == ("MOVED_BETWEEN_SITES",)
    assert "`connector reverse`" in held.problems[0].next_step


def test_a_field_that_costs_are_read_from_and_that_disappears_is_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_watch, "EXPECTED_MIN", 3)
    stage = Stage(tmp_path)
    for number in range(1, 4):
        stage.work_order(str(number))
    assert stage.sync().findings == 0
    for number in range(4, 7):
        # UpKeep calls it otherwise from now on.
        stage.work_order(str(number), additionalCosts=None, extraCosts=[{"cost": "100.00"}], cost=None)
    report = stage.sync()
    assert report.needs_a_person()
    with stage.world() as world:
        [finding] = world.store.findings()
        told = status(world)
    assert (finding.code, finding.number) == ("FIELD_GONE", "additionalCosts")
    assert "was on 3 of 3 records (work order) of UpKeep, and is on none of the last 3" in finding.message
    assert "work order: additionalCosts" in told.fields["gone"]
    assert "work order: extraCosts" in told.fields["new"]
    # A person says that it is right so, and nobody is told again.
    with stage.world() as world:
        assert world.store.release("additionalCosts")
    stage.work_order("7", additionalCosts=None, cost=None)
    assert stage.sync().findings == 0


def test_the_alarm_ends_by_itself_when_the_field_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_watch, "EXPECTED_MIN", 3)
    stage = Stage(tmp_path)
    for number, costs in enumerate(
        (CRANE, CRANE, CRANE, {"additionalCosts": None}, {"additionalCosts": None}, {"additionalCosts": None}), 1
    ):
        stage.work_order(str(number), **costs)
        stage.sync()
    assert stage.sync().findings == 1
    stage.work_order("7", **CRANE)
    assert stage.sync().findings == 0
