"""Changes for UpKeep: what makes two of them one, and when one whose answer is missing may leave again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connector.core.upkeep_write import (
    KEY_TRUSTED,
    OPEN,
    WORDS,
    Kept,
    NewWorkOrder,
    Next,
    PartsUsed,
    Seen,
    WriteState,
    digest_of,
    is_key_trusted,
    new_key,
    next_of,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEPT = Kept("K", "work order", "D", WriteState.UNKNOWN, NOON, NOON + timedelta(minutes=1))
SETTLE = timedelta(minutes=3)


def test_the_same_change_is_the_same_and_asked_for_later_it_has_another_key() -> None:
    used = PartsUsed("w", "p", Decimal(2))
    assert digest_of(used) == digest_of(replace(used)) != digest_of(replace(used, quantity=Decimal(3)))
    assert digest_of(NewWorkOrder("a", "b")) != digest_of(NewWorkOrder("ab"))
    assert len({new_key("s", used, NOON), new_key("t", used, NOON), new_key("s", used, NOON + timedelta(microseconds=1))}) == 3


@pytest.mark.parametrize(
    ("seen", "minutes", "expected"),
    [
        (Seen.THERE, 0, Next.DONE),
        (Seen.UNCLEAR, 99, Next.ASK),
        (Seen.ABSENT, 3, Next.WAIT),
        (Seen.ABSENT, 4, Next.SEND),
    ],
)
def test_nothing_leaves_again_before_a_look_long_after_the_last_attempt(seen: Seen, minutes: int, expected: Next) -> None:
    assert next_of(KEPT, seen, NOON + timedelta(minutes=minutes), SETTLE) is expected


def test_a_key_is_trusted_while_it_is_young() -> None:
    assert is_key_trusted(KEPT, NOON + KEY_TRUSTED - timedelta(seconds=1))
    assert not is_key_trusted(KEPT, NOON + KEY_TRUSTED)


def test_every_kind_of_change_has_a_word_and_open_is_what_has_no_answer() -> None:
    assert len(set(WORDS.values())) == len(WORDS) == 5
    assert {state.value for state in OPEN} == {"sending", "unknown"}
