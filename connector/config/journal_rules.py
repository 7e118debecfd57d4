"""`burden:`, `use_tax:` and `hold_above:` of a mapping: what is added to costs in journal entries, and what waits for a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.config.mapping_values import read_fact
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.additions import ADDED_TO, NONE, Addition, AdditionRate, Schedules
from connector.core.facts import Fact, Target, WhenFact, folded
from connector.core.mapping import NOT_BOOKED
from connector.core.money import parse_decimal

_ALWAYS = date(1900, 1, 1)
_PERCENT, _PER_HOUR = "percent", "rate_per_hour"
ADDITION_KEYS = ("account", "credit", "rates")
WAYS = {Target.BURDEN: (_PERCENT, _PER_HOUR), Target.USE_TAX: (_PERCENT,)}


def read_additions(reader: Reader, entries: dict[str, Node]) -> Schedules:
    """The schedules of each addition that the mapping has, by folded name."""
    found: dict[str, dict[str, Addition]] = {}
    for target in ADDED_TO:
        node = entries.get(target.value)
        for name, value in reader.table(node).items():
            place = ((node.keys if node else None) or {}).get(name, value.place)
            addition = _addition(reader, target, name, value, place)
            schedules = found.setdefault(target.value, {})
            if folded(name) == NONE or folded(name) in schedules:
                what = "means that nothing is added" if folded(name) == NONE else "is written twice: capitals do not count"
                reader.add("TWICE", place, f"'{name}' {what}.", "Give it another name.")
            elif addition is not None:
                schedules[folded(name)] = addition
    return found


def _addition(reader: Reader, target: Target, name: str, node: Node, place: str) -> Addition | None:
    entries = reader.table(node, ADDITION_KEYS)
    rule = f"{target.value}: {name}"
    account = read_fact(reader, entries["account"], "'account'", rule) if "account" in entries else None
    if "credit" not in entries:
        reader.add("MISSING", place, "'credit' is missing.", "Add the account that it is credited to.")
        return None
    credit = read_fact(reader, entries["credit"], "'credit'", rule)
    rates = [rate for item in reader.items(entries.get("rates")) if (rate := _rate(reader, target, item)) is not None]
    if not reader.items(entries.get("rates")):
        reader.add("MISSING", place, "'rates' is missing.", "Add them, such as rates: [{from: 2026-01-01, percent: 32}].")
    first: dict[date, str] = {}
    for rate in rates:
        if rate.valid_from in first:
            reader.add("TWICE", rate.place, f"A second rate from the same day (first at {first[rate.valid_from]}).", "Keep one.")
        first.setdefault(rate.valid_from, rate.place)
    return Addition(name, account, credit, tuple(rates), place) if credit is not None else None


def _rate(reader: Reader, target: Target, node: Node) -> AdditionRate | None:
    ways = WAYS[target]
    entries = reader.table(node, ("from", *ways))
    told = [way for way in ways if way in entries]
    if len(told) != 1:
        if told:
            reader.add("BAD_CHOICE", node.place, "This rate is told twice.", f"It must be one of: {', '.join(ways)}.")
        else:
            reader.add("MISSING", node.place, "This rate says no amount.", f"Add one of: {', '.join(ways)}.")
        return None
    amount = reader.decimal(entries[told[0]], told[0], minimum=Decimal(0))
    start = reader.day(entries["from"], "from") if "from" in entries else _ALWAYS
    if amount is None or start is None:
        return None
    return AdditionRate(start, amount, None, node.place) if told[0] == _PERCENT else AdditionRate(start, None, amount, node.place)


def read_hold_above(reader: Reader, node: Node | None) -> Fact | None:
    """The amount above which every document waits for a person."""
    return read_fact(reader, node, "'hold_above'", "hold_above") if node is not None else None


def refuse_unknown_words(reader: Reader, facts: list[WhenFact], additions: Schedules) -> None:
    """A fact names a schedule that there is, says yes or no, or an amount."""
    for fact in facts:
        if fact.target in list(ADDED_TO):
            _one_of(reader, fact, (*(one.name for one in additions.get(fact.target, {}).values()), NONE))
        elif fact.target == Target.BOOKED:
            _one_of(reader, fact, ("yes", NOT_BOOKED))
        elif fact.target == Target.HOLD_ABOVE and not _is_limit(fact.fact.value):
            message = f"hold_above is '{fact.fact.value}', an amount was expected."
            reader.add("BAD_NUMBER", fact.fact.place, message, f"Write it like 5000, or {NONE}.")


def _is_limit(written: str) -> bool:
    number = parse_decimal(written)
    return folded(written) == NONE or (number is not None and number >= 0)


def _one_of(reader: Reader, fact: WhenFact, known: tuple[str, ...]) -> None:
    if folded(fact.fact.value) not in [folded(one) for one in known]:
        message = f"{fact.target} is '{fact.fact.value}'."
        reader.add("BAD_CHOICE", fact.fact.place, message, f"It must be one of: {', '.join(known)}.")
