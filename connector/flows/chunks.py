"""Work through a long list in bounded pieces (itertools.batched comes with Python 3.12; we start at 3.11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunked(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most `size`; nothing is read ahead."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
