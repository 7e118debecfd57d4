"""The part of a mapping about prices: markup by tiers, bill rates, billed hours, a limit, and what a contract covers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

from connector.config.mapping_values import KINDS, read_fact, read_lookup
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.billing_rules import AboveLimit, BillingRules, BillRate, Coverage, HoursRule, Per, Tier, Tiers
from connector.core.costing import CostKind
from connector.core.mapping import Lookup
from connector.core.money import parse_decimal

BILLING_KEYS = ("bill_rates", "minimum_hours", "round_hours_up", "not_to_exceed")
COVERAGE_KEYS = ("covers", "show", "because")
LIMIT_KEYS = ("by", "values", "default", "above")
_BY_UNIT_COST, _BY_AMOUNT = "unit_cost_up_to", "amount_up_to"
_WHOSE = ("worker", "trade", "category")
BILL_RATE_KEYS = (*_WHOSE, "from", "rate_per_hour")
TIER_KEYS = (_BY_UNIT_COST, _BY_AMOUNT, "percent")
SHOW = ("nothing", "zero_line")
_ALWAYS = date(1900, 1, 1)
# A day's work: what is billed beyond that at the least, or in steps of that, is a slip of the pen.
HOURS_MAX = Decimal(24)


def read_billing(reader: Reader, entries: Mapping[str, Node], node: Node | None) -> tuple[dict[CostKind, Decimal], BillingRules]:
    """The markup in percent of each kind that has one, and every other rule about prices under `invoice:`."""
    percents: dict[CostKind, Decimal] = {}
    places: dict[CostKind, str] = {}
    tiers: dict[CostKind, Tiers] = {}
    for name, value in reader.table(entries.get("markup_percent"), KINDS).items():
        kind = CostKind(name) if name in KINDS else None
        if value.items is not None:
            found = _tiers(reader, value, name)
            tiers |= {kind: found} if kind is not None and found is not None else {}
            continue
        number = reader.decimal(value, f"markup of {name}", minimum=Decimal(-100))
        if number is not None and kind is not None:
            percents[kind], places[kind] = number, value.place
    above = _above(reader, entries.get("not_to_exceed"))
    minimum, rounding = (
        _hours(reader, entries.get(key), key, word) for key, word in (("minimum_hours", "hours"), ("round_hours_up", "to"))
    )
    return percents, BillingRules(places, tiers, _bill_rates(reader, entries.get("bill_rates")), minimum, rounding, above)


def read_limit(reader: Reader, node: Node | None) -> Lookup:
    """Where a work order's limit is found: a key that holds it, or amounts by key, or one for all."""
    if node is None or node.entries is None:
        reader.table(node)
        return Lookup()
    reader.table(node, LIMIT_KEYS)
    rest = {key: value for key, value in node.entries.items() if key in ("by", "values", "default")}
    lookup = read_lookup(reader, Node(node.place, entries=rest, keys=node.keys), may_take_value=True)
    for fact in lookup.facts:
        number = parse_decimal(fact.value)
        if number is None or number <= 0:
            reader.add("BAD_NUMBER", fact.place, f"The limit is '{fact.value}'; it must be an amount above zero.", "Write it like 500.00.")
    return lookup


def read_coverage(reader: Reader, node: Node) -> Coverage:
    """What one entry of `coverage:` covers, and whether the invoice names it; its condition is read elsewhere."""
    entries = reader.table(node)
    covers = entries.get("covers")
    if covers is None and node.entries is not None:
        reader.add("MISSING", node.place, "'covers' is missing.", f"Add `covers:` with some of: {', '.join(KINDS)}.")
    kinds: set[CostKind] = set()
    for item in (covers,) if covers is not None and covers.items is None else reader.items(covers):
        fact = read_fact(reader, item, "'covers'") if item is not None else None
        if fact is not None and fact.value in KINDS:
            kinds.add(CostKind(fact.value))
        elif fact is not None:
            reader.add("BAD_CHOICE", fact.place, f"covers has '{fact.value}'.", f"It must be one of: {', '.join(KINDS)}.")
    return Coverage(frozenset(kinds), reader.choice(entries, "show", node, SHOW, "nothing") == "zero_line")


def _above(reader: Reader, node: Node | None) -> AboveLimit:
    if node is None or node.entries is None:
        return AboveLimit.HOLD
    words = [above.value for above in AboveLimit]
    word = reader.choice(node.entries, "above", node, words, AboveLimit.HOLD.value)
    return AboveLimit(word) if word in words else AboveLimit.HOLD


def _tiers(reader: Reader, node: Node, name: str) -> Tiers | None:
    """The tiers of one kind: by one measure, rising, and the last for all the rest."""
    before = len(reader.problems)
    rows = [(item, reader.table(item, TIER_KEYS)) for item in reader.items(node)]
    tiers = [_tier(reader, item, entries, name) for item, entries in rows]
    measures = {key for _, entries in rows for key in (_BY_UNIT_COST, _BY_AMOUNT) if key in entries}
    if len(reader.problems) > before:
        return None
    limits = [tier.up_to for tier in tiers]
    rising = all(a is not None and (b is None or a < b) for a, b in pairwise(limits))
    if not rising or not limits or limits[-1] is not None or len(measures) > 1:
        message = f"The tiers of {name} leave costs without a markup, or give some two."
        step = f"Write them by {_BY_UNIT_COST} or by {_BY_AMOUNT}, from the lowest to the highest, and a last one of percent alone."
        reader.add("TIERS", node.place, message, step)
        return None
    return Tiers(tuple(tiers), measures != {_BY_AMOUNT})


def _tier(reader: Reader, node: Node, entries: Mapping[str, Node], name: str) -> Tier:
    percent = None
    if "percent" in entries:
        percent = reader.decimal(entries["percent"], f"markup of {name}", minimum=Decimal(-100))
    else:
        reader.add("MISSING", node.place, "'percent' is missing.", "Add it, such as percent: 25.")
    limits = [reader.decimal(entries[key], key, minimum=Decimal(0)) for key in (_BY_UNIT_COST, _BY_AMOUNT) if key in entries]
    if len(limits) > 1:
        reader.add("TIERS", node.place, "This tier goes by two measures.", f"Keep {_BY_UNIT_COST} or {_BY_AMOUNT}.")
    return Tier(limits[0] if limits else None, percent or Decimal(0), node.place)


def _hours(reader: Reader, node: Node | None, key: str, word: str) -> HoursRule | None:
    """So many hours of an entry, a worker or the whole work order."""
    if node is None:
        return None
    entries = reader.table(node, (word, "per"))
    per = reader.choice(entries, "per", node, [per.value for per in Per]) if node.entries is not None else ""
    if word not in entries:
        if node.entries is not None:
            reader.add("MISSING", node.place, f"'{word}' is missing.", f"Add it, such as {word}: {'1' if word == 'hours' else '0.25'}.")
        return None
    hours = reader.decimal(entries[word], f"{key}: {word}", minimum=Decimal(0), maximum=HOURS_MAX)
    if hours == 0:
        reader.add("BAD_NUMBER", entries[word].place, f"{key}: {word} is {hours}; it must be above zero.", "Correct it, or leave it out.")
    return HoursRule(hours, Per(per), node.place) if hours and per in list(Per) else None


def _bill_rates(reader: Reader, node: Node | None) -> tuple[BillRate, ...]:
    rates: list[BillRate] = []
    seen: dict[tuple[str, ...], str] = {}
    for item in reader.items(node):
        rate = _bill_rate(reader, item)
        if rate is None:
            continue
        whose = [word for word in (rate.worker, rate.trade, rate.category) if word]
        scope = (*(word.strip().casefold() for word in (rate.worker, rate.trade, rate.category)), rate.valid_from.isoformat())
        if scope in seen:
            message = f"A second rate for {', '.join(whose) or 'everyone'} from the same day (first at {seen[scope]})."
            reader.add("TWICE", rate.place, message, "Keep one, or give it another `from:`.")
        seen.setdefault(scope, rate.place)
        rates.append(rate)
    return tuple(rates)


def _bill_rate(reader: Reader, node: Node) -> BillRate | None:
    entries = reader.table(node, BILL_RATE_KEYS)
    if "rate_per_hour" not in entries:
        reader.add("MISSING", node.place, "'rate_per_hour' is missing.", "Add it, such as rate_per_hour: 95.00.")
        return None
    rate = reader.decimal(entries["rate_per_hour"], "rate_per_hour")
    if rate is not None and rate <= 0:
        message = f"rate_per_hour is {rate}."
        reader.add(
            "RATE_NOT_POSITIVE", entries["rate_per_hour"].place, message, "A rate is above zero; time that is not billed is covered."
        )
    start = reader.day(entries["from"], "from") if "from" in entries else _ALWAYS
    worker, trade, category = (reader.text(entries, key, node, "") for key in _WHOSE)
    return None if rate is None or start is None else BillRate(start, rate, node.place, worker, trade, category)
