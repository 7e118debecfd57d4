"""The write-back in the random histories: no work order has two messages for one document, whatever UpKeep shows of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connector.core import evidence
from connector.core.evidence import EvidenceEvent, EvidenceState
from connector.flows import write_back as flow
from connector.store import messages as store
from tests.everyday import a_few
from tests.simulation.history import TOLD_BACK_FROM, history_of, play
from tests.simulation.scene import Process, Setting
from tests.simulation.small import scene_of
from tests.simulation.told import MESSAGES, open_messages, told_in_vain, told_twice, with_write_back

SEEDS = [seed for seed in range(TOLD_BACK_FROM, TOLD_BACK_FROM + 100) if history_of(seed).setting.write_back]


@pytest.mark.parametrize("seed", a_few([25021, *SEEDS[:10]]))
def test_no_history_tells_a_work_order_twice(seed: int) -> None:
    assert play(history_of(seed)).violations == []


def resent_without_a_look(patch: pytest.MonkeyPatch) -> None:
    """A message that timed out counts as failed and goes out again; nobody looks at the work order."""
    patch.setitem(evidence.NEXT[EvidenceState.SENDING], EvidenceEvent.LOST_ANSWER, EvidenceState.DUE)
    patch.setattr(flow, "_may_go", lambda desk, message: True)


def trusted_by_a_restored_database(patch: pytest.MonkeyPatch) -> None:
    """A new or restored database takes it that nobody has told what it does not remember."""
    message_of = store._message_of
    patch.setattr(store, "_message_of", lambda row, doubted: replace(message_of(row, doubted), is_sure=True))


@pytest.mark.long
@pytest.mark.parametrize("accident", [resent_without_a_look, trusted_by_a_restored_database])
def test_the_histories_catch_what_would_tell_twice(accident: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    accident(monkeypatch)
    assert any("told twice" in words for words in play(history_of(25021)).violations)


def test_the_earlier_histories_are_as_they_were_and_the_later_have_each_way_of_showing_messages() -> None:
    assert not any(history_of(seed).setting.write_back for seed in range(0, TOLD_BACK_FROM, 500))
    assert Counter(history_of(seed).setting.write_back for seed in SEEDS).keys() == set(MESSAGES)


def test_the_checkers_miss_neither_a_second_message_nor_one_that_is_not_there(tmp_path: Path) -> None:
    scene = scene_of(with_write_back(Setting("xero", "invoice"), random.Random(0)), 1, tmp_path)
    assert scene.run(Process()).how == "done"
    (order,) = scene.orders.values()
    messages = order.record["update-messages"]
    assert (len(messages), told_twice(scene), told_in_vain(scene), open_messages(scene)) == (1, [], [], [])
    messages.append({"text": messages[0]["text"]})
    assert "told twice" in told_twice(scene)[0]
    messages[:] = [{"text": "In Xero as invoice [9-ABC]: x"}]
    assert "told of another" in told_twice(scene)[0]
    assert "not told" in told_in_vain(scene)[0]
