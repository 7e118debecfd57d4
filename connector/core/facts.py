"""What a fact of the mapping holds for, which of several decides, and how it is found: by an index, never by a scan.

The one precedence: of two facts in different files, that of the nearer file wins (a file is nearer than those that it includes). In one
layer of files, read ORDER from its beginning; at the first key that only one of two facts compares, that fact wins. Two facts that
compare the same keys can hold for the same cost only where their values are the same: that is a tie, and a mapping with one is refused.
So the order of the lines in a file never decides anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from connector.core.keys import LEVELS


class Target(StrEnum):
    """What a fact can give; a dimension of tracking is a target too, of its own name (see `tracking`)."""

    ACCOUNT = "account"  # the debit of a journal entry
    CREDIT = "credit"  # where the money came from
    REVENUE_ACCOUNT = "revenue_account"  # what a line of an invoice is booked to
    ITEM = "item"
    TAX_CODE = "tax_code"
    CUSTOMER = "customer"
    BOOKED = "booked"  # "no": a cost that is counted only, in no journal entry
    BURDEN = "burden"  # which burden labor carries in a journal entry, or "none"
    USE_TAX = "use_tax"  # which use tax parts carry in a journal entry, or "none"
    HOLD_ABOVE = "hold_above"  # a document of more waits for a person, or "none"


ACCOUNTS = frozenset({Target.ACCOUNT, Target.CREDIT, Target.REVENUE_ACCOUNT})
TRACKING = "tracking "
CREDIT_TRACKING = "credit tracking "

AMOUNT, BILL_TO, COST_CODE, KIND = "amount", "bill_to", "cost_code", "kind"
CUSTOM_FIELDS = "(custom fields)"


def _levels(owner: str) -> tuple[str, ...]:
    """The keys of a hierarchy, the lowest place first."""
    return (f"{owner}.parent", *(f"{owner}.level{level}" for level in range(LEVELS, 0, -1)), f"{owner}.top")


# The most specific first. Where the custom fields stand, those that the mapping lists do, in its own order, and then every other.
ORDER = (
    AMOUNT,  # amount_above and amount_up_to
    CUSTOM_FIELDS,
    BILL_TO,  # the customer who is billed, by the mapping's own name
    "number",
    "title",
    *("customer", "asset.customer", "location.customer"),
    *("vendor", "asset.vendor", "location.vendor"),
    *("asset", "asset.path", *_levels("asset")),
    COST_CODE,
    "category",
    "asset.category",
    *("location", "location.path", *_levels("location")),
    "site",
    "team",
    "assigned to",
    "completed by",
    "priority",
    "status",
    *("checklist", "signature", "approved", "request", "meter reading"),
    KIND,
)
# Keys that no work order has: a short form that goes by one of these words means the custom field of that name.
OF_THE_MAPPING = frozenset({AMOUNT, BILL_TO, COST_CODE, KIND})


@dataclass(frozen=True, slots=True)
class Fact:
    """One scalar of the mapping with the place ("file:line") where it is written, and the rule that it is ("cost_codes: HVAC")."""

    value: str
    place: str
    rule: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class WhenFact:
    """A fact and what it holds for. `when`: folded values by key; `above` < amount ≤ `up_to`, without its sign, where they are written.

    `layer` counts the files between it and the mapping itself: a fact wins over every one in a file that its own file includes.
    """

    target: str
    fact: Fact
    when: tuple[tuple[str, str], ...] = ()
    above: Decimal | None = None
    up_to: Decimal | None = None
    layer: int = 0

    @property
    def compares_amount(self) -> bool:
        """Whether it holds for some amounts only."""
        return self.above is not None or self.up_to is not None

    def told(self) -> str:
        """What it holds for, in words."""
        words = [f"{key} {value}" for key, value in self.when]
        words += [f"amount above {self.above}"] if self.above is not None else []
        words += [f"amount up to {self.up_to}"] if self.up_to is not None else []
        return ", ".join(words) or "everything"


def folded(value: str) -> str:
    """A value as it is compared: capitals and blanks around it do not count."""
    return value.strip().casefold()


def tracking(dimension: str) -> str:
    """The target of one dimension of tracking."""
    return TRACKING + dimension


def credit_tracking(dimension: str) -> str:
    """The target of one dimension of tracking on the credit side of a journal entry, where it differs."""
    return CREDIT_TRACKING + dimension


def weight(keys: Iterable[str], custom_fields: Sequence[str] = ()) -> int:
    """How specific a set of keys is: the higher wins, and each key counts more than all of those after it together."""
    order = [*ORDER[: ORDER.index(CUSTOM_FIELDS)], *custom_fields, *ORDER[ORDER.index(CUSTOM_FIELDS) :]]
    ranks = {key: len(order) - number for number, key in enumerate(order)}
    return sum({1 << ranks.get(key, ranks[CUSTOM_FIELDS]) for key in keys})


@dataclass(slots=True)
class _Table:
    """The facts of one target and layer that compare the same keys, by their values; those of one cell hold for different amounts."""

    layer: int
    keys: tuple[str, ...]
    by_amount: bool
    cells: dict[tuple[str, ...], list[WhenFact]] = field(default_factory=dict)
    bounds: dict[tuple[str, ...], list[Decimal]] = field(default_factory=dict)  # the upper one of each fact of a cell

    def find(self, values: Mapping[str, str], amount: Decimal) -> WhenFact | None:
        """The fact that holds for these values and that amount."""
        cell = tuple([values.get(key, "") for key in self.keys])
        found = self.cells.get(cell)
        if found is None:
            return None
        if not self.by_amount:
            return found[0]
        number = bisect_left(self.bounds[cell], amount)
        fact = found[number] if number < len(found) else None
        return fact if fact is not None and (fact.above is None or amount > fact.above) else None


_NO_LIMIT = Decimal("Infinity")
_NO_AMOUNT = Decimal(0)


def _overridden(facts: Sequence[WhenFact]) -> list[tuple[WhenFact, WhenFact]]:
    """The facts of which a nearer file has one for exactly the same, each with that one."""
    if not any(fact.layer for fact in facts):
        return []
    nearest: dict[object, WhenFact] = {}
    for fact in facts:
        first = nearest.setdefault(_same(fact), fact)
        if fact.layer < first.layer:
            nearest[_same(fact)] = fact
    return [(fact, first) for fact in facts if (first := nearest[_same(fact)]).layer < fact.layer]


def _same(fact: WhenFact) -> tuple[object, ...]:
    return (fact.target, fact.when, fact.above, fact.up_to)


class Index:
    """Every fact of a mapping, found by the values of its keys. `ties` are pairs of facts of which neither wins.

    `overridden` are pairs of a fact and the one of a nearer file that holds for exactly the same.
    """

    def __init__(self, facts: Iterable[WhenFact], custom_fields: Sequence[str] = ()) -> None:
        self.facts = tuple(facts)
        self.ties: list[tuple[WhenFact, WhenFact]] = []
        self.overridden = _overridden(self.facts)
        self._overridden = {id(fact) for fact, _ in self.overridden}
        self._tables: dict[str, list[_Table]] = {}
        grouped: dict[tuple[str, int, tuple[str, ...], bool], _Table] = {}
        for fact in self.facts:
            when = sorted(fact.when)
            keys = tuple([key for key, _ in when])
            which = (fact.target, fact.layer, keys, fact.compares_amount)
            table = grouped.get(which) or grouped.setdefault(which, _Table(fact.layer, keys, fact.compares_amount))
            table.cells.setdefault(tuple([value for _, value in when]), []).append(fact)
        for (target, *_), table in grouped.items():
            self._settle(table)
            self._tables.setdefault(target, []).append(table)
        for tables in self._tables.values():
            tables.sort(key=lambda table: (table.layer, -weight((*table.keys, *([AMOUNT] if table.by_amount else [])), custom_fields)))
        named = frozenset(key for table in grouped.values() for key in table.keys)
        self.keys, self.compares_customer = named - {KIND, BILL_TO}, BILL_TO in named
        self.targets = frozenset(self._tables)
        self.dimensions = sorted(target.removeprefix(TRACKING) for target in self._tables if target.startswith(TRACKING))
        self.credit_dimensions = sorted(one.removeprefix(CREDIT_TRACKING) for one in self._tables if one.startswith(CREDIT_TRACKING))

    def _settle(self, table: _Table) -> None:
        """Put each cell in the order of its amounts, without what ties with another."""
        for cell, facts in table.cells.items():
            if len(facts) > 1:
                facts.sort(key=lambda fact: (fact.above or _NO_AMOUNT, fact.up_to or _NO_LIMIT))
                table.cells[cell] = self._alone(facts)
            if table.by_amount:
                table.bounds[cell] = [fact.up_to if fact.up_to is not None else _NO_LIMIT for fact in table.cells[cell]]

    def _alone(self, facts: list[WhenFact]) -> list[WhenFact]:
        kept = [facts[0]]
        for fact in facts[1:]:
            last = kept[-1]
            is_same = (fact.above, fact.up_to) == (last.above, last.up_to)
            if is_same or last.up_to is None or (fact.above or _NO_AMOUNT) < last.up_to:
                self.ties.append((last, fact))
                continue
            kept.append(fact)
        return kept

    def find(self, target: str, values: Mapping[str, str], amount: Decimal = _NO_AMOUNT) -> WhenFact | None:
        """The most specific fact that gives the target for these values (folded, by key) and this amount (without its sign)."""
        for table in self._tables.get(target, ()):
            found = table.find(values, amount)
            if found is not None:
                return found
        return None

    def every(self, target: str, values: Mapping[str, str], amount: Decimal = _NO_AMOUNT) -> Iterator[WhenFact]:
        """All facts that hold, the most specific first."""
        for table in self._tables.get(target, ()):
            found = table.find(values, amount)
            if found is not None:
                yield found

    def of(self, target: str) -> list[WhenFact]:
        """Every fact that gives the target, in the order in which they are written; not those that a nearer file overrides."""
        return [fact for fact in self.facts if fact.target == target and id(fact) not in self._overridden]

    def unreachable(self, aliases: Mapping[str, str], kinds: Sequence[str], separator: str = "") -> Iterator[tuple[WhenFact, WhenFact]]:
        """The facts that nothing is ever mapped by, each with one that is chosen instead.

        The work order that suits a fact best has its values and no others. `aliases`: a key and another that always has its value.
        """
        for fact in self.facts:
            instead = self._instead(fact, aliases, kinds, separator) if id(fact) not in self._overridden else None
            if instead is not None:
                yield fact, instead

    def _instead(self, fact: WhenFact, aliases: Mapping[str, str], kinds: Sequence[str], separator: str) -> WhenFact | None:
        values = dict(fact.when)
        values |= {other: values[key] for key, other in aliases.items() if key in values and other not in values}
        chosen: WhenFact | None = None
        for kind in [values[KIND]] if KIND in values else [*kinds]:
            for amount in self._amounts(fact, values | {KIND: kind}):
                for chosen in self.every(fact.target, values | {KIND: kind}, amount):
                    if chosen is fact:
                        return None
                    # An account with an open segment is filled by the next.
                    if fact.target not in ACCOUNTS or not is_open(chosen.fact.value, separator):
                        break
        return chosen

    def _amounts(self, fact: WhenFact, values: Mapping[str, str]) -> set[Decimal]:
        """One amount of each range that the facts for these values divide its own into."""
        bounds = {fact.above or _NO_AMOUNT, fact.up_to if fact.up_to is not None else _NO_LIMIT}
        for table in self._tables[fact.target]:
            for other in table.cells.get(tuple(values.get(key, "") for key in table.keys), ()) if table.by_amount else ():
                bounds |= {other.above or _NO_AMOUNT, other.up_to if other.up_to is not None else _NO_LIMIT}
        lowest, highest = fact.above or _NO_AMOUNT, fact.up_to if fact.up_to is not None else _NO_LIMIT
        return {bound for bound in bounds if lowest < bound <= highest}


# --- accounts made of segments ------------------------------------------------------------------------------------------------


def is_open(value: str, separator: str) -> bool:
    """Whether a segment of the account is left to a less specific fact: it is nothing but question marks."""
    return bool(separator) and any(segment and not segment.strip("?") for segment in value.split(separator))


def merged(facts: Iterable[Fact], separator: str) -> Fact | None:
    """The account that facts make together, the most specific first: each fills the segments that those before it left open.

    The first gives the place, all of them are the rule. A segment that nobody fills stays open, and so does what another shape would fill.
    """
    made: Fact | None = None
    for fact in facts:
        made = fact if made is None else _filled(made, fact, separator)
        if not is_open(made.value, separator):
            break
    return made


def _filled(made: Fact, fact: Fact, separator: str) -> Fact:
    have, give = made.value.split(separator), fact.value.split(separator)
    if len(have) != len(give):
        return made
    value = separator.join(b if not a.strip("?") else a for a, b in zip(have, give, strict=True))
    return replace(made, value=value, rule=" + ".join(rule for rule in (made.rule, fact.rule) if rule))
