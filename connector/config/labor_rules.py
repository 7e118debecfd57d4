"""The mapping's rules about labor: the dated rates, overtime, and which counts when labor was entered twice."""

from __future__ import annotations

from decimal import Decimal

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.cost_rules import Overtime
from connector.core.labor_rates import ALWAYS, LaborRate

_WHOSE = ("worker", "vendor", "trade")
_WHICH = ("category", "weekday", "hours_a_day", "hours_a_week")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MULTIPLIER_MAX = Decimal(10)
_HOURS_MAX = {"hours_a_day": Decimal(24), "hours_a_week": Decimal(168)}


def read_labor_rates(reader: Reader, node: Node | None) -> tuple[LaborRate, ...]:
    """Rates by worker, vendor, trade or for everyone, each from a day on."""
    rates: list[LaborRate] = []
    seen: dict[tuple[str, ...], str] = {}
    for item in reader.items(node):
        rate = _labor_rate(reader, item)
        if rate is None:
            continue
        scope = (*(name.strip().casefold() for name in (rate.worker, rate.vendor, rate.trade)), rate.valid_from.isoformat())
        if scope in seen:
            name = rate.worker or rate.vendor or rate.trade
            whose = f"'{name}'" if name else "everyone"
            message = f"A second rate for {whose} from the same day (first at {seen[scope]})."
            reader.add("TWICE", rate.place, message, "Keep one, or give it another `from:`.")
        seen.setdefault(scope, rate.place)
        rates.append(rate)
    return tuple(rates)


def _labor_rate(reader: Reader, node: Node) -> LaborRate | None:
    entries = reader.table(node, (*_WHOSE, "from", "rate_per_hour"))
    _at_most_one(reader, node, entries, _WHOSE)
    if "rate_per_hour" not in entries:
        reader.add("MISSING", node.place, "'rate_per_hour' is missing.", "Add it, such as rate_per_hour: 48.50.")
        return None
    rate = reader.decimal(entries["rate_per_hour"], "rate_per_hour")
    if rate is not None and rate <= 0:
        reader.add(
            "RATE_NOT_POSITIVE", entries["rate_per_hour"].place, f"rate_per_hour is {rate}.", "A rate is above zero, or not written."
        )
    start = reader.day(entries.get("from"), "from") if "from" in entries else ALWAYS
    worker, vendor, trade = (reader.text(entries, key, node, "") for key in _WHOSE)
    return None if rate is None or start is None else LaborRate(worker, start, rate, node.place, vendor, trade)


def read_overtime(reader: Reader, node: Node | None) -> tuple[Overtime, ...]:
    """What makes time cost more; each entry goes by exactly one thing."""
    return tuple(rule for item in reader.items(node) if (rule := _overtime(reader, item)) is not None)


def _overtime(reader: Reader, node: Node) -> Overtime | None:
    entries = reader.table(node, ("multiplier", *_WHICH))
    before = len(reader.problems)
    named = _at_most_one(reader, node, entries, _WHICH)
    if not named:
        message = "This entry names nothing to compare."
        reader.add("EMPTY_CONDITION", node.place, message, "Write one of category, weekday, hours_a_day and hours_a_week.")
    if "multiplier" not in entries:
        reader.add("MISSING", node.place, "'multiplier' is missing.", "Add it, such as multiplier: 1.5.")
    if len(reader.problems) > before:
        return None
    multiplier = reader.decimal(entries["multiplier"], "multiplier", minimum=Decimal(1), maximum=_MULTIPLIER_MAX)
    found = entries[named[0]]
    hours = reader.decimal(found, named[0], minimum=Decimal(0), maximum=_HOURS_MAX[named[0]]) if named[0] in _HOURS_MAX else None
    words = frozenset() if named[0] in _HOURS_MAX else _words(reader, found, named[0])
    if multiplier is None or len(reader.problems) > before:
        return None
    return Overtime(
        multiplier,
        node.place,
        words if named[0] == "category" else frozenset(),
        frozenset(_WEEKDAYS.index(word) for word in words) if named[0] == "weekday" else frozenset(),
        hours if named[0] == "hours_a_day" else None,
        hours if named[0] == "hours_a_week" else None,
    )


def _words(reader: Reader, node: Node, key: str) -> frozenset[str]:
    """One word or a list of them, without capitals; a day of the week is one."""
    values = [node] if node.items is None else list(node.items)
    for item in values:
        word = (item.scalar or "").strip().casefold()
        if not word:
            reader.add("NOT_A_VALUE", item.place, f"'{key}' is {item.what()}, words were expected.", "Write one word, or [a, list].")
        elif key == "weekday" and word not in _WEEKDAYS:
            reader.add("BAD_CHOICE", item.place, f"weekday is '{word}'.", f"It must be one of: {', '.join(_WEEKDAYS)}.")
    return frozenset((item.scalar or "").strip().casefold() for item in values)


def _at_most_one(reader: Reader, node: Node, entries: dict[str, Node], keys: tuple[str, ...]) -> list[str]:
    """Those of the keys that are written: with two, nobody could tell whether both must hold or one is enough."""
    named = [key for key in keys if key in entries]
    if len(named) > 1:
        words = " and ".join(f"'{key}'" for key in named)
        reader.add("TWO_CONDITIONS", entries[named[1]].place, f"This entry compares {words}.", "Compare one key in each entry.")
    return named
