"""The checkers see what they are there for: each is shown a world with the fault in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from tests.simulation import judge
from tests.simulation.people import create_simple
from tests.simulation.scene import Process, Scene, Setting


@pytest.fixture(params=["quickbooks", "xero"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    """One work order, posted, and nothing wrong."""
    scene = Scene(Setting(request.param), tmp_path)
    create_simple(scene, "1", 10_000)
    assert scene.run(Process()).how == "done"
    assert judge.at_rest(scene) == []
    return scene


def change(scene: Scene, statement: str) -> None:
    """Somebody writes past the connector, and past what the database forbids."""
    with closing(sqlite3.connect(scene.path)) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)


def test_an_audit_entry_changed_by_hand_is_seen(scene: Scene) -> None:
    change(scene, "UPDATE audit SET reason = 'nothing' WHERE number = 3")
    assert [words for words in judge.at_rest(scene) if "audit is broken" in words]


def test_audit_entries_cut_off_at_the_end_are_seen(scene: Scene) -> None:
    change(scene, "DELETE FROM audit WHERE number > 3")
    assert [words for words in judge.at_rest(scene) if "audit is broken" in words]


def test_a_call_over_a_limit_is_seen(scene: Scene) -> None:
    over = scene.vendor.limits.over
    over["minute"] += 1
    assert judge.at_rest(scene) == ["over a limit: 1 calls beyond minute"]


def test_a_document_in_a_locked_period_is_seen(scene: Scene) -> None:
    scene.locked_through = date(2026, 12, 31)
    scene.seen.clear()
    scene.watch()
    assert len(judge.at_rest(scene)) == 1
    assert "in the period locked through 2026-12-31" in judge.at_rest(scene)[0]


def test_a_work_order_without_its_document_is_seen(scene: Scene) -> None:
    create_simple(scene, "2", 5_000)
    assert "lost: work order 2 has no document" in judge.at_rest(scene)


def test_a_work_order_of_which_nothing_is_said_is_seen(scene: Scene) -> None:
    change(scene, "UPDATE work_order SET disposition = 'held', problems = '[]'")
    assert [words for words in judge.at_rest(scene) if words.startswith("silent: work order 1")]


def test_a_removed_document_that_nobody_was_told_of_is_seen(scene: Scene) -> None:
    ((identifier, *_),) = scene.every_document()
    if scene.setting.ledger == "xero":
        scene.vendor.void(identifier)
    else:
        scene.vendor.delete("JournalEntry", identifier)
    judge.killed_by_a_person(scene, identifier, "1")
    assert [words for words in judge.at_rest(scene) if words.startswith("untold: posting 1-")]
    assert scene.run(Process()).how == "done"
    assert judge.at_rest(scene) == []
