"""What stands under most keys of a mapping: a name with its line, a table of names, a look-up by a key of the work order."""

from __future__ import annotations

from collections.abc import Mapping as MappingType

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.costing import CostKind
from connector.core.keys import slip_in
from connector.core.mapping import Fact, Lookup

KINDS = tuple(kind.value for kind in CostKind)
LOOKUP_KEYS = ("by", "values", "default")


def read_fact(reader: Reader, node: Node, what: str, rule: str = "") -> Fact | None:
    """One name with the place where it is written, and the rule that it is."""
    if node.scalar is None or node.scalar.strip() == "":
        reader.add("NOT_A_NAME", node.place, f"{what} is {node.what()}, a name was expected.", "Write the name on one line.")
        return None
    return Fact(node.scalar.strip(), node.place, rule)


def read_facts(reader: Reader, node: Node | None, known: tuple[str, ...] | None = None, *, under: str = "") -> dict[str, Fact]:
    """The names of a table; `under` is what the table is called, for the rule that each of them is."""
    found = {name: read_fact(reader, value, f"'{name}'", f"{under} {name}".strip()) for name, value in reader.table(node, known).items()}
    return {name: fact for name, fact in found.items() if fact is not None}


def read_by_kind(reader: Reader, node: Node | None, under: str) -> dict[CostKind, Fact]:
    """A name for each kind of cost."""
    return {CostKind(name): fact for name, fact in read_facts(reader, node, KINDS, under=under).items() if name in KINDS}


def refuse_equal(reader: Reader, node: Node | None, entries: MappingType[str, Node]) -> None:
    """Names that differ in capitals or blanks only are one name when work orders are compared, and one of the two would be lost."""
    first: dict[str, str] = {}
    for name in entries:
        folded = name.strip().casefold()
        place = ((node.keys if node else None) or {}).get(name, "")
        if folded in first:
            reader.add("TWICE", place, f"'{name}' is the same as '{first[folded]}': capitals do not count.", "Keep one.")
        first.setdefault(folded, name)


def refuse_slip(reader: Reader, key: str, place: str) -> None:
    """A key of the work order that is nearly a known one would be taken for a custom field that nobody has."""
    meant = slip_in(key)
    if meant:
        reader.add("UNKNOWN_KEY", place, f"'{key}' is no key of a work order.", meant)


def read_lookup(reader: Reader, node: Node | None, *, may_take_value: bool = False) -> Lookup:
    """A value by a key of the work order, with a default. `may_take_value`: without values, it is what stands under the key itself."""
    before = len(reader.problems)
    entries = reader.table(node, LOOKUP_KEYS)
    by = reader.text(entries, "by", node, "") if node is not None else ""
    refuse_slip(reader, by, entries["by"].place if by else "")
    default = read_fact(reader, entries["default"], "'default'") if "default" in entries else None
    facts = read_facts(reader, entries.get("values"))
    refuse_equal(reader, entries.get("values"), (entries["values"].entries or {}) if "values" in entries else {})
    values = {name.strip().casefold(): fact for name, fact in facts.items()}
    if values and not by and node is not None:
        reader.add("LOOKUP_WITHOUT_KEY", node.place, "It lists values but not by which key.", "Add `by: location` (or asset, category, …).")
    takes_value = may_take_value and bool(by) and "values" not in entries
    if node is not None and not values and default is None and not takes_value and len(reader.problems) == before:
        reader.add("LOOKUP_EMPTY", node.place, "It gives no value at all.", "Add `values:` or a `default:`.")
    return Lookup(by, values, default, takes_value, node.place if node is not None else "")
