"""The shape of a JSON answer: which places it has, and which kind of value stands in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

_KINDS: dict[type, str] = {dict: "object", list: "list", str: "text", Decimal: "number", bool: "yes or no", type(None): "nothing"}


def shape(told: Any) -> dict[str, str]:
    """Every place with its kind of value; the elements of a list are one place. An empty list has no elements to speak of."""
    found: dict[str, set[str]] = {}
    for place, kind in _places("", told):
        found.setdefault(place, set()).add(kind)
    return {place: " or ".join(sorted(kinds)) for place, kinds in found.items()}


def _places(place: str, told: Any) -> Iterator[tuple[str, str]]:
    yield place, _KINDS[type(told)]
    if isinstance(told, Mapping):
        for key, value in told.items():
            yield from _places(f"{place}.{key}".lstrip("."), value)
    elif isinstance(told, list):
        for value in told:
            yield from _places(f"{place}[]", value)


def differences(theirs: Any, ours: Any) -> dict[str, str]:
    """Where our answer has another shape than theirs, outermost places only: what stands there instead."""
    wanted, given = shape(theirs), shape(ours)
    found = dict.fromkeys(wanted.keys() - given.keys(), "missing")
    found |= dict.fromkeys(given.keys() - wanted.keys(), "added")
    found |= {
        place: f"{given[place]} instead of {wanted[place]}" for place in wanted.keys() & given.keys() if given[place] != wanted[place]
    }
    return {place: what for place, what in sorted(found.items()) if not any(_is_inside(place, other) for other in found)}


def _is_inside(place: str, other: str) -> bool:
    return place.startswith((f"{other}.", f"{other}[]"))
