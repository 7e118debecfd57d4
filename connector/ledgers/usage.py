"""How much of its limits a ledger company has used: the state that all processes share, as a value with its rules (no I/O).

A window slides: within any `seconds` there are at most `limit`. That also keeps within Xero's fixed windows, whose beginnings nobody
knows. Times are seconds since 1970, by the one clock of whoever keeps the state; a moment that lies ahead of it was written before
that clock was set back, and counts as now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.ledgers.limits import Rate

# What leaves us evenly arrives less evenly: a window of ours is a little longer than the vendor's.
MARGIN_SHARE = 0.2
MARGIN_SECONDS_MAX = 1.0
# The turns of a long window are kept in so many pieces, each as young as its youngest turn: the state stays small.
PIECES = 60
MONTHS_KEPT = 2
# A call that has not ended by then was one of a process that died.
FLIGHT_SECONDS_MAX = 200.0
# Without a word from the vendor, a pause doubles with each refusal in a row, up to an hour.
PAUSE_DOUBLED_MAX = 3600.0
REFUSALS_COUNTED_MAX = 12


@dataclass(frozen=True, slots=True)
class Wait:
    """So long until it is worth asking again, and why."""

    seconds: float
    reason: str


@dataclass(slots=True)
class Usage:
    """One company's use of its limits, as the processes share it."""

    turns: dict[str, list[list[float]]] = field(default_factory=dict)  # [moment, weight] by rate, oldest first
    paused_at: float = 0.0
    paused_until: float = 0.0
    reason: str = ""
    refusals: int = 0  # 429s since the last answer that was none
    in_flight: dict[str, float] = field(default_factory=dict)  # by call: when it counts no more, whatever became of its process
    reads: dict[str, int] = field(default_factory=dict)  # by month
    day_left: int | None = None
    day_left_at: float = 0.0

    @staticmethod
    def read(text: str) -> Usage:
        """As it was written; what cannot be read (an older or newer connector wrote it) begins anew."""
        try:
            told: dict[str, Any] = json.loads(text) if text else {}
            return Usage(**told) if told else Usage()
        except (ValueError, TypeError):
            return Usage()

    def written(self) -> str:
        """As text; nothing used is no text."""
        unused = Usage()
        told = {name: value for name in self.__slots__ if (value := getattr(self, name)) != getattr(unused, name)}
        return json.dumps(told, separators=(",", ":")) if told else ""

    def bring_back(self, now: float) -> None:
        """Count moments ahead of the clock as now, and forget what has ended."""
        for turns in self.turns.values():
            for turn in turns:
                turn[0] = min(turn[0], now)
        if self.paused_at > now:
            self.paused_at, self.paused_until = now, now + (self.paused_until - self.paused_at)
        if self.paused_until <= now:
            self.paused_at, self.paused_until, self.reason = 0.0, 0.0, ""
        self.in_flight = {call: min(ends, now + FLIGHT_SECONDS_MAX) for call, ends in self.in_flight.items() if ends > now}
        self.day_left_at = min(self.day_left_at, now)

    # --- may a call go? ---------------------------------------------------------------------------------------------------------

    def wait(self, wanted: Mapping[str, tuple[Rate, int]], in_flight_max: int | None, now: float) -> Wait | None:
        """None when the call may go now; else how long to wait. `wanted` has the weight of the call by the key of each rate."""
        if self.paused_until > now:
            return Wait(self.paused_until - now, self.reason)
        if in_flight_max is not None and len(self.in_flight) >= in_flight_max:
            return Wait(0.0, f"{in_flight_max} calls are under way already")
        waits = [Wait(self._seconds_until(key, rate, weight, now), _words(rate)) for key, (rate, weight) in wanted.items() if weight]
        longest = max(waits, key=lambda wait: wait.seconds, default=None)
        return longest if longest is not None and longest.seconds > 0 else None

    def _seconds_until(self, key: str, rate: Rate, weight: int, now: float) -> float:
        turns = _inside(self.turns.get(key, ()), rate, now)
        surplus = sum(turn[1] for turn in turns) + min(weight, rate.limit) - rate.limit
        for moment, freed in turns:
            if surplus <= 0:
                break
            surplus -= freed
            ends = moment + _length(rate)
            if surplus <= 0:
                return max(0.001, ends - now)
        return 0.0

    def take(self, wanted: Mapping[str, tuple[Rate, int]], now: float) -> None:
        """Count a call."""
        for key, (rate, weight) in wanted.items():
            if weight:
                self._add(key, rate, weight, now)

    def _add(self, key: str, rate: Rate, weight: int, now: float) -> None:
        turns = _inside(self.turns.get(key, ()), rate, now)
        piece = rate.seconds / PIECES if rate.limit > PIECES else 0.0
        if piece and turns and int(turns[-1][0] / piece) == int(now / piece):
            turns[-1] = [now, turns[-1][1] + weight]
        else:
            turns.append([now, weight])
        self.turns[key] = turns

    # --- what an answer says ----------------------------------------------------------------------------------------------------

    def note_left(self, key: str, rate: Rate, left: int, now: float) -> None:
        """The vendor has counted more calls than we did: somebody else's calls count as ours of this moment."""
        unknown = rate.limit - left - sum(turn[1] for turn in _inside(self.turns.get(key, ()), rate, now))
        if unknown > 0:
            self._add(key, rate, int(unknown), now)

    def refuse(self, seconds: float, reason: str, now: float, *, is_named: bool) -> None:
        """The vendor refused: everything pauses, the longer the more often it refuses without a word of how long."""
        if self.paused_until > now:
            self.pause(seconds, reason, now)  # It was under way when another one was refused: that is no second refusal.
            return
        grown = seconds if is_named else max(seconds, min(PAUSE_DOUBLED_MAX, seconds * 2**self.refusals))
        self.refusals = min(self.refusals + 1, REFUSALS_COUNTED_MAX)
        self.pause(grown, reason, now)

    def pause(self, seconds: float, reason: str, now: float) -> None:
        """Pause until then; a pause that ends later stays."""
        if now + seconds > self.paused_until:
            self.paused_at, self.paused_until, self.reason = now, now + seconds, reason

    def count_reads(self, month: str, count: int) -> None:
        """So many more metered reads; only the newest months are kept."""
        self.reads[month] = self.reads.get(month, 0) + count
        for old in sorted(self.reads)[:-MONTHS_KEPT]:
            del self.reads[old]


def _length(rate: Rate) -> float:
    return rate.seconds + min(rate.seconds * MARGIN_SHARE, MARGIN_SECONDS_MAX)


def _inside(turns: Iterable[list[float]], rate: Rate, now: float) -> list[list[float]]:
    """The turns that still count."""
    return [turn for turn in turns if turn[0] > now - _length(rate)]


def _words(rate: Rate) -> str:
    per = {1: "second", 60: "minute"}.get(int(rate.seconds), f"{rate.seconds:.0f} seconds")
    what = "batches" if rate.counts == "batches" else "calls"
    return f"its {rate.limit} {what} a {per} are used up"
