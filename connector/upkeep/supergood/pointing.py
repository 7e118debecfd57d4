"""JSON pointers (RFC 6901) into an answer: where a contract says that something stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Nothing:
    """What a pointer leads to when there is nothing, not even null."""

    def __bool__(self) -> bool:
        return False


NOTHING = Nothing()


def at(document: Any, pointer: str) -> Any:
    """What stands there; NOTHING when the way ends before."""
    found = document
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return NOTHING
    return found


def first(document: Any, pointers: Iterable[str]) -> Any:
    """What the first pointer that leads anywhere shows; null where only null is found, NOTHING where nothing is."""
    found: Any = NOTHING
    for pointer in pointers:
        told = at(document, pointer)
        if told is not NOTHING and told is not None:
            return told
        found = told if found is NOTHING else found
    return found
