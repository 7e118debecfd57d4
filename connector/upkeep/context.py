"""What stands around an asset or a location: the hierarchy above it, its category and custom fields, and whose it is.

Only what the mapping goes by is looked up (core/keys.py). UpKeep lets assets and locations be nested (its help centre says six levels); the
key of the one above is not documented, so every spelling met in public clients is read. Customers and vendors hang off assets and
locations (the API's paths say so), never off work orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.core.keys import Need
from connector.core.work_order import NO_CONTEXT, Context, Reference
from connector.upkeep.reading import Reading, identifier_text, is_absent, label_of, text_of

# Deeper than UpKeep's own screens let anybody nest.
LEVELS_MAX = 10
_PARENT_KEYS = {
    "assets": ("parentAssetId", "parentAsset", "parent", "parentId"),
    "locations": ("parentLocationId", "parentLocation", "parent", "parentId"),
}
_OWNERS = {"assets": "asset", "locations": "location"}
_PARTNERS = {"customer": ("customers", "name"), "vendor": ("vendors", "businessName")}


def context_of(reading: Reading, kind: str, reference: Reference | None) -> Context:
    """The context of an asset or location as far as it is needed; what cannot be told is a problem."""
    owner = _OWNERS[kind]
    needed = {need for need in reading.look_ups.needs if need.value.split()[0] == owner}
    if reference is None or not needed:
        return NO_CONTEXT
    record = reading.look_ups.record(kind, reference.id) if Need(owner) in needed else {}
    path: tuple[str, ...] = ()
    if Need(f"{owner} parents") in needed:
        names = [text_of(above.get("name")) or identifier for identifier, above in _upwards(reading, kind, reference)]
        path = tuple(reversed(names))
    customer = _partner(reading, kind, reference, "customer") if Need(f"{owner} customer") in needed else None
    vendor = _partner(reading, kind, reference, "vendor") if Need(f"{owner} vendor") in needed else None
    return Context(path, reading.label(record, "category"), customer, vendor, custom_fields(record, reading))


def custom_fields(raw: Mapping[str, Any], reading: Reading) -> dict[str, str]:
    """Custom fields by name."""
    rows = reading.rows_of(raw, ("customFields",))
    return {text_of(row["name"]): text_of(row.get("value")) for row in rows if isinstance(row, dict) and text_of(row.get("name"))}


def _upwards(reading: Reading, kind: str, reference: Reference) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """It and what it is part of, from itself to the top; a circle, or a tower without an end, is a problem once."""
    identifier, met = reference.id, set[str]()
    while identifier:
        if identifier in met or len(met) == LEVELS_MAX:
            what = "is part of itself" if identifier in met else f"has more than {LEVELS_MAX} levels above it"
            reading.add("HIERARCHY_UNREADABLE", f"{_OWNERS[kind]} {reference}", f"It {what}.", "Correct what it is part of in UpKeep.")
            return
        met.add(identifier)
        record = reading.look_ups.record(kind, identifier)
        yield identifier, record
        told = next((record[key] for key in _PARENT_KEYS[kind] if not is_absent(record.get(key))), None)
        identifier = reading.identifier_of(told, f"{_OWNERS[kind]} {reference}, what it is part of")


def _partner(reading: Reading, kind: str, reference: Reference, word: str) -> Reference | None:
    """Its customer or vendor, else that of the nearest one above that has any. Where there are two, nobody can say which is meant."""
    key, name_key = _PARTNERS[word]
    for _, record in _upwards(reading, kind, reference):
        told = reading.rows_of(record, (key,))
        found = [_named(reading, key, name_key, one) for one in told]
        if len({one.id for one in found}) > 1:
            names = ", ".join(map(str, found))
            message = f"{text_of(record.get('name')) or reference} has {len(found)} {key}: {names}."
            reading.add(
                "PARTNER_AMBIGUOUS", f"{_OWNERS[kind]} {reference}", message, f"Leave it one {word} in UpKeep, or map by another key."
            )
        if found:
            return found[0]
    return None


def _named(reading: Reading, key: str, name_key: str, raw: Any) -> Reference:
    inlined = raw if isinstance(raw, dict) else {}
    identifier = identifier_text(inlined.get("id", "") if inlined else raw)
    if not identifier:
        reading.add("UNREADABLE_WORK_ORDER", key, "Whose it is cannot be read.", "Choose it again in UpKeep.")
    name = label_of(inlined.get(name_key))
    if identifier and not name:
        name = text_of(reading.look_ups.record(key, identifier).get(name_key))
    return Reference(identifier, name)
