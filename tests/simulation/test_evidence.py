"""Evidence in the random histories: never twice, never on another document, and in the end there, or a person was told."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.beside import missing, twice, with_evidence
from tests.simulation.history import history_of, play
from tests.simulation.scene import Process, Setting
from tests.simulation.small import scene_of


@pytest.mark.long
@pytest.mark.parametrize("seed", [5, 12, 19, 26, 33, 40, 47, 54])
def test_no_history_puts_a_piece_twice_or_leaves_one_out_in_silence(seed: int) -> None:
    assert history_of(seed).setting.evidence.summary
    assert play(history_of(seed)).violations == []


def test_the_checkers_miss_neither_a_second_piece_nor_a_missing_one_nor_other_bytes(tmp_path: Path) -> None:
    scene = scene_of(with_evidence(Setting("xero", "invoice"), random.Random(0)), 1, tmp_path)
    assert scene.run(Process()).how == "done"
    assert twice(scene) == missing(scene) == []
    (document,) = scene.vendor.books.shelves["invoice"].by_id.values()
    (file,) = document.files
    document.files.append(file)
    assert "summary" in twice(scene)[0]
    document.files[:] = [replace(file, name="work-order-9-AAAAAAAAAAAAA.pdf")]
    assert "evidence of another" in twice(scene)[0]
    document.files[:] = [replace(file, content=b"other")]
    assert "other bytes" in missing(scene)[0]
    document.history.clear()
    assert "has no ['note']" in missing(scene)[0]
