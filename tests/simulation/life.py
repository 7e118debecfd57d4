"""One process of the connector: it takes steps, and it may die before any of them, or freeze."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox.clock import SandboxClock
from tests.simulation.turns import Turns

# What a call costs in time: enough that no two calls happen at one moment.
CALL_SECONDS = 0.11
FREEZE_AT_FIRST_BYTE_SECONDS_MAX = 15.0


class Died(BaseException):
    """The process is gone: no handler of an Exception sees it, and nothing that it tries afterwards has an effect."""


@dataclass
class Life:
    """One process. `dies_at` and `freezes_at` are steps; `at_step` lets people act between any two of them."""

    name: str
    clock: SandboxClock
    skew: timedelta = timedelta(0)  # its host's clock minus the world's
    dies_at: int | None = None
    freezes_at: int | None = None
    freeze_seconds: float = 0.0
    on_freeze: Callable[[Life], None] = lambda life: None
    at_step: dict[int, list[Callable[[], None]]] = field(default_factory=dict)
    turns: Turns | None = None
    steps: int = 0
    is_dead: bool = False
    trace: list[str] = field(default_factory=list)

    def step(self, what: str, *, hands_over: bool = True) -> None:
        """Take one step; `hands_over` is false inside a database transaction, where another process could only wait."""
        self.check()
        self.steps += 1
        self.trace.append(what)
        for act in self.at_step.get(self.steps, ()):
            act()
        if self.steps == self.dies_at:
            self.is_dead = True
        self.check()
        if hands_over:
            self._hand_over(what)

    def _hand_over(self, what: str) -> None:
        frozen = self.freezes_at is not None and self.steps >= self.freezes_at
        if frozen:
            self.freezes_at = None
            self.on_freeze(self)
        seconds = self.freeze_seconds if frozen else 0.0
        if frozen and what == "first byte":
            # Between the last check and the first byte a process thaws within D or not at all (docs/exactly-once.md).
            seconds = min(seconds, FREEZE_AT_FIRST_BYTE_SECONDS_MAX)
        if self.turns is not None:
            self.turns.hand_over(self.name, self.clock.now() + timedelta(seconds=seconds))
        elif seconds:
            self.clock.advance(seconds)

    def check(self) -> None:
        """A dead process does nothing more."""
        if self.is_dead:
            raise Died

    def wait(self, seconds: float) -> None:
        """Let time pass, and other processes work meanwhile."""
        self.check()
        if self.turns is not None:
            self.turns.hand_over(self.name, self.clock.now() + timedelta(seconds=max(0.0, seconds)))
        else:
            self.clock.advance(max(0.0, seconds))


class HostClock:
    """The clock of the host on which a process runs (connector/core/clock.py)."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def now(self) -> datetime:
        """The host's idea of the present moment."""
        return self._life.clock.now() + self._life.skew

    def monotonic(self) -> float:
        """Seconds that run on while the process is frozen, whatever the host's clock is set to."""
        self._life.step("clock")
        return self._life.clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Wait; the world moves on."""
        self._life.step("sleep", hands_over=False)
        self._life.wait(seconds)
