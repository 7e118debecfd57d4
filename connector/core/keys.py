"""What a mapping may call a work order by: the named keys, what each stands for, and what the source has to look up for it.

Precedence, written once: a key named below, except that `title`, `number`, `site`, `vendor`, `customer`, `completed by`, `assigned to`
and the criteria of completion give way to a custom field of that name; any other word is the custom field of that name. `fields.NAME` is
always the custom field.
Capitals do not count. A custom field of the asset or the location is `asset.fields.NAME` or `location.fields.NAME`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from connector.core.work_order import Context, WorkOrder

# Levels of a hierarchy that have a key of their own, from the top.
LEVELS = 6
BETWEEN_LEVELS = " > "
# Above this two words are taken for one with a slip of the pen; "PO number" is not "number".
NEAR = 0.87


class Need(StrEnum):
    """What the source must look up beyond the work order itself, because the mapping goes by it. Each may cost calls."""

    ASSET = "asset"  # category and custom fields of the asset
    ASSET_PARENTS = "asset parents"
    ASSET_CUSTOMER = "asset customer"
    ASSET_VENDOR = "asset vendor"
    LOCATION = "location"
    LOCATION_PARENTS = "location parents"
    LOCATION_CUSTOMER = "location customer"
    LOCATION_VENDOR = "location vendor"
    REQUEST = "request"  # the status of the request that the work order came from
    METER = "meter reading"  # the last reading of the asset's meter


Value = Callable[[WorkOrder], str]

# First those that every release knew: they come before a custom field of the same name.
_FIRST: dict[str, Value] = {
    "status": lambda one: one.status,
    "category": lambda one: one.category,
    "priority": lambda one: one.priority,
    "asset": lambda one: str(one.asset or ""),
    "location": lambda one: str(one.location or ""),
    "team": lambda one: str(one.team or ""),
}
# These came later: a custom field of the same name, which a mapping may have gone by before, comes first.
_AFTER_FIELDS: dict[str, Value] = {
    "number": lambda one: one.number,
    "title": lambda one: one.title,
    "site": lambda one: one.site,
    "completed by": lambda one: str(one.completed_by or ""),
    "assigned to": lambda one: str(one.assigned_to or ""),
    "vendor": lambda one: str(one.vendor or one.asset_context.vendor or one.location_context.vendor or ""),
    "customer": lambda one: str(one.customer or one.asset_context.customer or one.location_context.customer or ""),
}
_OF_CONTEXT: dict[str, Callable[[Context], str]] = {
    "category": lambda found: found.category,
    "parent": lambda found: _level(found, -2),
    "top": lambda found: _level(found, 0),
    "path": lambda found: BETWEEN_LEVELS.join(found.path),
    "customer": lambda found: str(found.customer or ""),
    "vendor": lambda found: str(found.vendor or ""),
    **{f"level{level}": (lambda found, place=level - 1: _level(found, place)) for level in range(1, LEVELS + 1)},  # type: ignore[misc]
}
_CONTEXTS: dict[str, Callable[[WorkOrder], Context]] = {
    "asset": lambda one: one.asset_context,
    "location": lambda one: one.location_context,
}
FIELDS = "fields."
# Whether a job is finished as the company wants it; the result of one step is `checklist.NAME`.
_CRITERIA = ("checklist", "signature", "approved", "request", "meter reading")
CHECKLIST_ITEM = "checklist."
_AFTER_FIELDS |= {key: (lambda one, key=key: one.criteria.get(key, "")) for key in _CRITERIA}  # type: ignore[misc]
_BESIDE = {f"{owner}.{key}" for owner in _CONTEXTS for key in _OF_CONTEXT if not (owner == "location" and key == "category")}
KNOWN: frozenset[str] = frozenset({*_FIRST, *_AFTER_FIELDS, *_BESIDE})
_PARENTS = {"parent", "top", "path", *(f"level{level}" for level in range(1, LEVELS + 1))}


def value_of(work_order: WorkOrder, key: str) -> str:
    """What the work order has under a mapping key; "" when absent. The precedence is written above."""
    word = key.strip().casefold()
    if word in _FIRST:
        return _FIRST[word](work_order)
    owner, _, rest = word.partition(".")
    if owner in _CONTEXTS and rest:
        context = _CONTEXTS[owner](work_order)
        if rest.startswith(FIELDS):
            return _field(context.fields, rest.removeprefix(FIELDS))
        if rest in _OF_CONTEXT:
            return _OF_CONTEXT[rest](context)
    found = _field(work_order.fields, word.removeprefix(FIELDS)) or _field(work_order.fields, word)
    if word.startswith(CHECKLIST_ITEM):
        return found or work_order.criteria.get(word, "")
    return found or (_AFTER_FIELDS[word](work_order) if word in _AFTER_FIELDS else "")


def needs_of(keys: Iterable[str]) -> frozenset[Need]:
    """What has to be looked up so that each of these keys has its value."""
    return frozenset(need for key in keys for need in _needs(key.strip().casefold()))


def slip_in(key: str) -> str:
    """The known key that was probably meant, in words for a next step; "" where the key is one, or may be a custom field."""
    word = key.strip().casefold()
    owner, _, rest = word.partition(".")
    if word in KNOWN or word.startswith((FIELDS, CHECKLIST_ITEM)) or (owner in _CONTEXTS and rest.startswith(FIELDS)):
        return ""
    if owner in _CONTEXTS and rest:
        of_owner = [known for known in sorted(KNOWN) if known.startswith(f"{owner}.")]
        name = key.strip()[len(owner) + 1 :]
        return f"Did you mean '{_near(word, of_owner) or of_owner[0]}'? A custom field of it is '{owner}.{FIELDS}{name}'."
    near = _near(word, KNOWN)
    return f"Did you mean '{near}'? A custom field of that name is '{FIELDS}{key.strip()}'." if near else ""


def _near(word: str, known: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=NEAR)), "")


def _needs(word: str) -> set[Need]:
    if word in (Need.REQUEST, Need.METER):
        return {Need(word)}
    if word in ("customer", "vendor"):
        return {Need(f"asset {word}"), Need(f"location {word}")}
    owner, _, rest = word.partition(".")
    if owner not in _CONTEXTS or not (rest in _OF_CONTEXT or rest.startswith(FIELDS)):
        return set()
    if rest in ("customer", "vendor"):
        return {Need(f"{owner} {rest}")}
    return {Need(f"{owner} parents") if rest in _PARENTS else Need(owner)}


def _level(context: Context, place: int) -> str:
    """The name at a place of the path; "" where it has none."""
    path = context.path
    return path[place] if -len(path) <= place < len(path) else ""


def _field(fields: Mapping[str, str], folded: str) -> str:
    return next((value for name, value in fields.items() if name.strip().casefold() == folded), "")
