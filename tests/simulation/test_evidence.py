"""Evidence in the random histories: never twice, never on another document, and in the end there, or a person was told."""

from __future__ import annotations

import pytest

from tests.everyday import a_few
from tests.simulation.history import history_of, play


@pytest.mark.parametrize("seed", a_few([5, 12, 19, 26, 33, 40, 47, 54], 2))
def test_no_history_puts_a_piece_twice_or_leaves_one_out_in_silence(seed: int) -> None:
    assert history_of(seed).setting.evidence.summary
    assert play(history_of(seed)).violations == []
