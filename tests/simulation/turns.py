"""The baton: of several processes exactly one runs, and a seeded choice says who is next at each step."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime

from connector.sandbox.clock import SandboxClock


class Turns:
    """Runs jobs on threads, one at a time; a job hands over at its steps and may name the moment before which it cannot go on."""

    def __init__(self, clock: SandboxClock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._not_before: dict[str, datetime] = {}
        self._signals: dict[str, threading.Semaphore] = {}

    def run(self, jobs: dict[str, Callable[[], None]]) -> None:
        """Run every job to its end; a job must not raise."""
        for name in jobs:
            self._not_before[name] = self._clock.now()
            self._signals[name] = threading.Semaphore(0)
        threads = [threading.Thread(target=self._live, args=(name, job)) for name, job in jobs.items()]
        for thread in threads:
            thread.start()
        self._signals[self._next()].release()
        for thread in threads:
            thread.join()

    def hand_over(self, name: str, not_before: datetime) -> None:
        """Let somebody else run, perhaps; return when it is this job's turn again."""
        self._not_before[name] = not_before
        after = self._next()
        if after != name:
            self._signals[after].release()
            self._signals[name].acquire()

    def _live(self, name: str, job: Callable[[], None]) -> None:
        self._signals[name].acquire()
        try:
            job()
        finally:
            del self._not_before[name]
            if self._not_before:
                self._signals[self._next()].release()

    def _next(self) -> str:
        """Somebody who can run now; when nobody can, time passes until the first one can."""
        first = min(self._not_before.values())
        if first > self._clock.now():
            self._clock.set(first)
        now = self._clock.now()
        return self._chance.choice(sorted(name for name, moment in self._not_before.items() if moment <= now))
