"""Several sends at a time, on threads: what the live services' latency needs, within what they allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """Runs a wave of sends side by side (flows/world.py, Sends); close it at the end."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._pool = ThreadPoolExecutor(max_workers=width, thread_name_prefix="send")

    def run(self, work: Callable[[T], R], wave: Sequence[T]) -> list[R]:
        """Each one's result, in order; what one raises is raised when all have ended, so that no answer is left unrecorded."""
        under_way = [self._pool.submit(work, one) for one in wave]
        wait(under_way)
        return [future.result() for future in under_way]

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
