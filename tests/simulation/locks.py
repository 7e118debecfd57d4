"""Named locks among simulated processes: freed by death, and on a server also by a lost connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector.core.writer import WriterBusyError
from tests.simulation.life import Life

WAIT_SECONDS = 0.5


@dataclass
class Holders:
    """Who holds which lock."""

    by_name: dict[str, Life] = field(default_factory=dict)

    def release(self, life: Life) -> None:
        """The process is gone, and its locks with it."""
        self.by_name = {name: holder for name, holder in self.by_name.items() if holder is not life}

    def cut(self, life: Life) -> None:
        """Its connection to the database server is lost while it is frozen: the locks go, the process lives on."""
        self.release(life)


class SimulatedLocks:
    """The locks as one process sees them (connector/store/locks.py); a wait hands the baton over instead of blocking."""

    def __init__(self, holders: Holders, life: Life, *, prove_death: bool) -> None:
        self.prove_death = prove_death
        self._holders = holders
        self._life = life

    @contextmanager
    def hold(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Hold the lock; without `wait`, raises WriterBusyError when another process has it."""
        while (holder := self._holders.by_name.get(name)) is not None and holder is not self._life:
            if not wait:
                raise WriterBusyError(f"Another process is working on {name}.")
            self._life.wait(WAIT_SECONDS)
        self._holders.by_name[name] = self._life
        try:
            yield
        finally:
            if self._holders.by_name.get(name) is self._life:
                del self._holders.by_name[name]

    def until_commit(self, connection: object, name: str) -> None:
        """The simulation's transactions follow one another anyway."""
