"""The shelf of the limits in memory, for tests that own the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    def now(self) -> datetime: ...


@dataclass
class MemoryShelf:
    clock: Watch
    kept: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    is_closed: bool = False

    def change(self, name: str, step: Callable[[str, datetime], tuple[str, T]]) -> T:
        before = self.kept.get(name, "")
        after, result = step(before, self.clock.now())
        if after != before:
            self.kept[name] = after
            self.writes += 1
        return result

    def texts(self, prefix: str) -> dict[str, str]:
        return {name: text for name, text in self.kept.items() if name.startswith(prefix)}

    def close(self) -> None:
        self.is_closed = True
