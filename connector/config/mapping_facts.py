"""`facts:` of a mapping: one fact a line, each with the keys that it compares (`when`) and what it gives."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import product

from connector.config.mapping_values import KINDS, read_fact
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.facts import (
    AMOUNT,
    BILL_TO,
    CUSTOM_FIELDS,
    KIND,
    ORDER,
    Fact,
    Index,
    Target,
    WhenFact,
    credit_tracking,
    folded,
    tracking,
)
from connector.core.keys import FIELDS

ABOVE, UP_TO = "amount_above", "amount_up_to"
DIMENSIONS = ("class", "department")
WHEN = "when"
_CREDIT = "credit_"  # before a dimension: the tracking of the credit side
GIVES = (*(target.value for target in Target), *DIMENSIONS, "tracking", *(f"{_CREDIT}{name}" for name in (*DIMENSIONS, "tracking")))
FACT_KEYS = (WHEN, *GIVES)
WHEN_KEYS = (ABOVE, UP_TO, *(key for key in ORDER if key not in (AMOUNT, CUSTOM_FIELDS)))
# One entry with lists stands for every combination of their values; more than so many are no longer facts that a person reviews.
COMBINATIONS_MAX = 1000
_OF_A_COST = (KIND, BILL_TO, ABOVE, UP_TO)


def read_custom_fields(reader: Reader, node: Node | None) -> tuple[str, ...]:
    """The custom fields that `when` may name, the more specific first."""
    found: dict[str, str] = {}
    for item in reader.items(node):
        fact = read_fact(reader, item, "a custom field")
        if fact is None:
            continue
        word = folded(fact.value)
        if word in WHEN_KEYS:
            reader.add("BAD_CHOICE", item.place, f"'{fact.value}' is a key already.", f"Write '{FIELDS}{fact.value}' for the custom field.")
        elif word in found:
            reader.add("TWICE", item.place, f"'{fact.value}' is written twice (first at {found[word]}).", "Keep one.")
        found.setdefault(word, item.place)
    return tuple(found)


def read_facts_of(reader: Reader, nodes: Sequence[tuple[int, Node]], custom_fields: Sequence[str]) -> tuple[WhenFact, ...]:
    """Every fact of the lists, each with the number of files between it and the mapping itself."""
    known = {*WHEN_KEYS, *custom_fields}
    return tuple(fact for layer, node in nodes for item in reader.items(node) for fact in _facts(reader, item, layer, known))


def _facts(reader: Reader, node: Node, layer: int, known: Collection[str]) -> Iterator[WhenFact]:
    before = len(reader.problems)
    entries = reader.table(node, FACT_KEYS)
    when = reader.table(entries.get("when"))
    above, up_to = _amount(reader, when, ABOVE), _amount(reader, when, UP_TO)
    if above is not None and up_to is not None and above >= up_to:
        reader.add("BAD_NUMBER", when[UP_TO].place, f"No amount is above {above} and up to {up_to}.", "Correct one of the two.")
    values = _values(reader, entries.get("when"), when, known)
    given = list(_given(reader, entries, _told(when)))
    if not given and len(reader.problems) == before:
        reader.add("FACT_EMPTY", node.place, "This fact gives nothing.", f"Add one of: {', '.join(GIVES)}.")
    _refuse_costs(reader, when, given)
    if len(reader.problems) == before:
        for combination in values:
            yield from (WhenFact(target, fact, combination, above, up_to, layer) for target, fact in given)


def _told(when: dict[str, Node]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_written(node)}" for key, node in when.items()) or "everything"


def _written(node: Node) -> str:
    return (node.scalar or "").strip() if node.items is None else " or ".join((item.scalar or "").strip() for item in node.items)


def _amount(reader: Reader, when: dict[str, Node], key: str) -> Decimal | None:
    return reader.decimal(when[key], key, minimum=Decimal(0)) if key in when else None


def _values(reader: Reader, node: Node | None, when: dict[str, Node], known: Collection[str]) -> list[tuple[tuple[str, str], ...]]:
    """Every combination of the values that a `when` lists, its keys in the order of the alphabet."""
    lists: dict[str, list[str]] = {}
    count = 1
    for written, value in when.items():
        key, place = folded(written), ((node.keys if node else None) or {}).get(written, value.place)
        if key not in known:
            reader.add("UNKNOWN_KEY", place, f"'{written}' is not known here.", _nearest(written, known))
        elif key in lists:
            reader.add("TWICE", place, f"'{written}' is written twice: capitals do not count.", "Keep one.")
        elif key not in (ABOVE, UP_TO):
            lists[key] = _words(reader, key, value)
            count *= len(lists[key]) or 1
    if count > COMBINATIONS_MAX and node is not None:
        message = f"It stands for {count} facts, more than {COMBINATIONS_MAX}."
        reader.add("FACT_TOO_WIDE", node.place, message, "Write fewer values on one line.")
        return []
    keys = sorted(lists)
    return [tuple(zip(keys, combination, strict=True)) for combination in product(*(lists[key] for key in keys))]


def _words(reader: Reader, key: str, node: Node) -> list[str]:
    found: dict[str, str] = {}
    for item in reader.items(node) if node.items is not None else (node,):
        fact = read_fact(reader, item, f"'{key}'")
        if fact is None:
            continue
        word = folded(fact.value)
        if key == KIND and word not in KINDS:
            reader.add("BAD_CHOICE", item.place, f"kind is '{fact.value}'.", f"It must be one of: {', '.join(KINDS)}.")
        if word in found:
            reader.add("TWICE", item.place, f"'{fact.value}' is written twice.", "Keep one.")
        found.setdefault(word, item.place)
    return list(found)


def _given(reader: Reader, entries: dict[str, Node], when: str) -> Iterator[tuple[str, Fact]]:
    """What a fact gives, by target; each name is the rule "facts: category HVAC"."""
    sides = {"tracking": tracking, f"{_CREDIT}tracking": credit_tracking}
    places = [(_target(key), key, node) for key, node in entries.items()]
    for key, of in sides.items():
        places += [(of(dimension), dimension, node) for dimension, node in reader.table(entries.get(key)).items()]
    for target, key, node in places:
        fact = read_fact(reader, node, f"'{key}'", f"facts: {when}") if target else None
        if fact is not None:
            yield target, fact


def _target(key: str) -> str:
    """What a key of a fact gives; "" where it gives several things, or nothing."""
    if key.removeprefix(_CREDIT) in DIMENSIONS:
        return credit_tracking(key.removeprefix(_CREDIT)) if key.startswith(_CREDIT) else tracking(key)
    return key if key in list(Target) else ""


def _refuse_costs(reader: Reader, when: dict[str, Node], given: Sequence[tuple[str, Fact]]) -> None:
    """A work order has one customer and one document, whatever its single costs are."""
    of_all = {Target.CUSTOMER: "customer", Target.HOLD_ABOVE: "document"}
    whole = next((word for target, word in of_all.items() if any(target == one for one, _ in given)), None)
    for key, node in when.items():
        if whole and folded(key) in _OF_A_COST:
            message = f"'{key}' differs from cost to cost; a work order has one {whole}."
            reader.add("KEY_NOT_HERE", node.place, message, f"Take '{key}' out of this fact.")


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(folded(word), known, n=1, cutoff=0.6)
    meant = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(key for key in WHEN_KEYS if '.' not in key)}."
    return f"{meant} A custom field is listed under `custom_fields:` first."


def refuse_ties(reader: Reader, index: Index) -> None:
    """Two facts of which neither is more specific: nobody could tell which of them wins."""
    for first, second in index.ties:
        message = f"Two facts give the {second.target.removeprefix('tracking ')} for {second.told()} (the other at {first.fact.place})."
        reader.add("FACT_TIE", second.fact.place, message, "Keep one, or add a key to one of them.")
