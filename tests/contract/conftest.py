"""Each scene is run once at each ledger; requests and answers are judged by several tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.contract.scenes import Scene
from tests.contract.wire import WatchedStage

Run = Callable[[Scene, str], WatchedStage]
DAY = date(2025, 12, 31)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A scene's run at a ledger, then the reads that a run without trouble does not need, with the books closed to a day."""
    known: dict[tuple[Scene, str], WatchedStage] = {}

    def once(scene: Scene, ledger: str) -> WatchedStage:
        if (scene, ledger) not in known:
            known[scene, ledger] = _run(scene.stage(tmp_path_factory.mktemp("scene"), ledger))
        return known[scene, ledger]

    return once


def _run(stage: WatchedStage) -> WatchedStage:
    report = stage.sync()
    assert (report.posted, report.held) == (6, 0)
    stage.vendor.set_lock(*([DAY, DAY] if stage.ledger == "xero" else [DAY]))
    with stage.world() as world:
        assert world.ledger.period_lock().last_locked_day == DAY
        assert len(list(world.ledger.documents(date(2026, 1, 1), date(2026, 3, 31)))) == 6
        assert world.ledger.read(next(world.store.every_posting()))
    return stage
