"""The lists of a ledger company (accounts, items, customers, …) as it told them: values that can be kept, and how a change is taken in.

An entry is known by the ledger's id, which a rename does not change; the names that it had before stay with it, so that a mapping
which still has one of them can be told the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

# What is kept of an entry has this shape. Raise it with every change of it: a copy of another shape is never used, but read anew.
SHAPE = 2
# So many earlier names of one entry are remembered, the latest first.
FORMER_NAMES_MAX = 10


class ListKind(StrEnum):
    """The lists that a ledger company may have; the company's own settings and facts are lists of one entry."""

    SETTINGS = "settings"  # preferences and period lock; asked anew whenever anything is
    COMPANY = "company"
    ACCOUNTS = "accounts"
    ITEMS = "items"
    CUSTOMERS = "customers"
    VENDORS = "vendors"
    CLASSES = "classes"
    DEPARTMENTS = "departments"
    TRACKING = "tracking"  # Xero's tracking categories with their options
    TERMS = "terms"
    TAX_CODES = "tax_codes"
    TAX_RATES = "tax_rates"
    CURRENCIES = "currencies"


# Kept for people and for what comes later; no document of ours names one of their entries.
NAMED_BY_NO_DOCUMENT = frozenset({ListKind.VENDORS, ListKind.TERMS, ListKind.CURRENCIES})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list. `names` are all that a mapping may call it, the full one first (`Parent:Child` where there is a hierarchy).

    `leaf` is its own name without those above it, `parent` the id of the entry that it stands under; `facts` are plain words.
    """

    id: str
    names: tuple[str, ...]
    leaf: str = ""
    parent: str = ""
    is_active: bool = True
    is_gone: bool = False  # the ledger no longer has it at all
    facts: Mapping[str, str] = field(default_factory=dict)
    former: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The full name."""
        return self.names[0]

    @property
    def every_name(self) -> tuple[str, ...]:
        """All that a mapping may call it, its short name too."""
        return (*self.names, self.leaf) if self.leaf else self.names

    def fact(self, name: str) -> str:
        """A fact of it; "" when the ledger told none."""
        return self.facts.get(name, "")


@dataclass(frozen=True, slots=True)
class Told:
    """What a ledger said of one list just now: all of it, or what changed since the moment that it was asked for."""

    entries: tuple[Entry, ...]
    as_of: str  # the ledger's own moment of the answer, ISO; "" when it told none
    is_whole: bool = True
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as it is kept. `as_of` is the ledger's moment from which changes are asked for next; "" asks for all of it.

    `kept_at` and `whole_at` are moments of our own clock: when it was last brought up to date, and when it was last read as a whole.
    """

    entries: Mapping[str, Entry]
    as_of: str
    kept_at: datetime
    whole_at: datetime

    @property
    def everything(self) -> tuple[Entry, ...]:
        """Its entries, those that are inactive or gone too."""
        return tuple(self.entries.values())

    @property
    def present(self) -> tuple[Entry, ...]:
        """The entries that the ledger has, inactive ones too."""
        return tuple(entry for entry in self.entries.values() if not entry.is_gone)


Lists = Mapping[ListKind, Listing]


def taken_in(kept: Listing | None, told: Told, now: datetime) -> Listing:
    """The list after an answer: new entries and new facts are taken over, old names stay with their entry, what is gone is marked."""
    before = kept.entries if kept else {}
    entries = dict(before)
    for entry in told.entries:
        entries[entry.id] = _with_history(before.get(entry.id), entry)
    is_told = {entry.id for entry in told.entries}
    gone = before.keys() - is_told if told.is_whole else told.gone & before.keys()
    for identifier in gone:
        entries[identifier] = replace(entries[identifier], is_active=False, is_gone=True)
    return Listing(entries, told.as_of, now, now if told.is_whole or kept is None else kept.whole_at)


def _with_history(before: Entry | None, now: Entry) -> Entry:
    if before is None:
        return now
    present = {name.casefold() for name in now.every_name}
    former = dict.fromkeys(name for name in (*before.every_name, *before.former) if name.casefold() not in present)
    return replace(now, former=tuple(former)[:FORMER_NAMES_MAX])


def changes_others(kept: Listing, told: Told) -> bool:
    """Whether an entry that others stand under was renamed or made inactive: whether its children are told too is documented nowhere."""
    parents = {entry.parent for entry in kept.entries.values() if entry.parent}
    changed = (entry for entry in told.entries if entry.id in parents and entry.id in kept.entries)
    return bool(parents & told.gone) or any(_differ(kept.entries[entry.id], entry) for entry in changed)


def _differ(before: Entry, now: Entry) -> bool:
    return (before.name, before.is_active) != (now.name, now.is_active)


# --- names --------------------------------------------------------------------------------------------------------------------


def called(entries: Iterable[Entry], written: str) -> list[Entry]:
    """The entries that a name can mean, inactive ones too: by number or code, else by full name, else by both, else by short name.

    The first way that finds any decides: a short name never wins over an entry whose full name it is, not even over an inactive one.
    """
    wanted = written.strip().casefold()
    ways: tuple[list[Entry], ...] = ([], [], [], [])
    for entry in entries:
        for way, names in zip(ways, _ways(entry), strict=True):
            if any(name.casefold() == wanted for name in names):
                way.append(entry)
    return next((way for way in ways if way), [])


def _ways(entry: Entry) -> tuple[Sequence[str], ...]:
    others = entry.names[1:]
    return others, entry.names[:1], [f"{other} {entry.name}" for other in others], [entry.leaf] if entry.leaf else []


def by_name(entries: Sequence[Entry], value: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each name leads to that means one active entry: its id, or its value by id. Case-folded; a name of several leads nowhere."""
    ways: tuple[dict[str, list[Entry]], ...] = ({}, {}, {}, {})
    for entry in entries:
        for way, names in zip(ways, _ways(entry), strict=True):
            for name in dict.fromkeys(name.casefold() for name in names):
                way.setdefault(name, []).append(entry)
    found: dict[str, str] = {}
    for way in reversed(ways):
        for name, meant in way.items():
            active = {entry.id for entry in meant if entry.is_active}
            found.pop(name, None)
            if len(active) == 1:
                identifier = active.pop()
                found[name] = (value or {}).get(identifier, identifier)
    return found


def formerly(entries: Iterable[Entry], written: str) -> list[Entry]:
    """The active entries that had this name before."""
    wanted = written.strip().casefold()
    return [entry for entry in entries if entry.is_active and any(name.casefold() == wanted for name in entry.former)]
