"""What came in from UpKeep by itself, and what its work orders were told, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.core.evidence import EvidenceState
    from connector.core.hint import Heard

_WORDS = {"attached": "written", "due": "to write", "sending": "leaving", "uncertain": "uncertain", "left_out": "left out"}


def from_upkeep_lines(heard: Heard | None) -> Iterator[str]:
    """One line; none where nothing is to come in."""
    if heard is None:
        return
    last = f"last delivery {heard.last_at:%Y-%m-%d %H:%M:%S %Z}" if heard.last_at else "none came yet"
    counts = (
        (heard.refused, "at addresses that are nobody's"),
        (heard.unreadable, "not understood"),
        (heard.strangers, "too many at once, left to the schedule"),
        (heard.waiting, "waiting to be read"),
    )
    yield "; ".join([f"webhooks of UpKeep: {last}", *(f"{count} {what}" for count, what in counts if count)])


def message_lines(counts: Mapping[EvidenceState, int]) -> Iterator[str]:
    """One line; none where work orders are told nothing."""
    if counts:
        told = {state.value: count for state, count in counts.items()}
        yield "messages on work orders: " + ", ".join(f"{told[name]} {words}" for name, words in _WORDS.items() if name in told)
