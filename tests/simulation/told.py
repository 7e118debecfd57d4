"""The checkers of the write-back: what work orders were told about their documents, asked of UpKeep past its API, and our record of it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.scene import Scene, Setting

# Whether a message can be read back, and where: nobody has documented it.
MESSAGES = ("hidden", "detail", "detail_always", "path")


def with_write_back(setting: Setting, chance: random.Random) -> Setting:
    """The same world, in which work orders are told where their documents are."""
    return replace(setting, write_back=chance.choice(MESSAGES))


def texts(scene: Scene) -> list[tuple[str, str]]:
    """Every message: the work order's number, what it says."""
    return [(order.number, str(one["text"])) for order in scene.orders.values() for one in order.record.get("update-messages", [])]


def told_twice(scene: Scene) -> list[str]:
    """No work order ever has two messages for one document, nor one about another's."""
    if not scene.setting.write_back:
        return []
    found = [
        f"told twice: work order {number} reads {count} times: {text}" for (number, text), count in _counts(scene).items() if count > 1
    ]
    return found + [
        f"told of another: work order {number} reads: {text}" for number, text in _counts(scene) if f"[{number}-" not in text.upper()
    ]


def _counts(scene: Scene) -> Counter[tuple[str, str]]:
    return Counter(texts(scene))


def told_in_vain(scene: Scene) -> list[str]:
    """At rest, what our record calls told is there, and what may not be is a doubt that a person knows of, once."""
    if not scene.setting.write_back:
        return []
    there = {text for _, text in texts(scene)}
    gone = {f"[{order.number}-" for order in scene.orders.values() if order.is_deleted}
    rows = scene.rows("SELECT text FROM message WHERE state = 'attached'")
    return [f"not told: {text}" for (text,) in rows if text not in there and not any(number in text.upper() for number in gone)]


def open_messages(scene: Scene) -> list[Any]:
    """Messages that are still on their way."""
    if not scene.setting.write_back:
        return []
    return scene.rows("SELECT id, state, problem FROM message WHERE state IN ('due', 'sending', 'uncertain')")
