"""Intuit's own words for a document, as a judge: its XSDs, and the field limits of its reference.

The XSDs know names, enumerations, dates, numbers and what excludes what, but require nothing and limit no length; the limits know
the rest. JSON becomes XML as Intuit's own programs map it: a property is an element, `{"value", "name"}` is an element's text and
attribute, and `domain`, `sparse` and `status` are attributes. Elements are put into the schema's order, because JSON has none; one
that the schema does not know stays where it is, and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any
from xml.etree import ElementTree

import xmlschema

from tests.contract.reference import CONTRACTS

FOLDER = CONTRACTS / "quickbooks"
NAMESPACE = "{http://schema.intuit.com/finance/v3}"
ATTRIBUTES = frozenset({"domain", "sparse", "status"})
MINOR_VERSION = 75
DIGITS_BEFORE_THE_POINT_MAX, DIGITS_AFTER_IT_MAX = 10, 5
# What the reference calls required and is not, for our documents. An entry that is no longer needed fails a test.
NOT_REQUIRED_HERE = {"JournalEntry_Line_JournalEntryLineDetail.JournalCodeRef": "French companies only, which have journal codes"}


def decode(body: bytes) -> Any:
    """A JSON document with every number exact and told from a text."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


def faults_of(kind: str, told: Mapping[str, Any]) -> list[str]:
    """Everything that Intuit's schemas and limits would say against an entity; nothing when it is in order."""
    return [*against_the_schema(kind, told), *against_the_limits(kind, told)]


def operations() -> set[str]:
    """The words that an item of a batch may name its operation by."""
    return set(_schema().types["OperationEnum"].enumeration or ())


# --- the XSDs -----------------------------------------------------------------------------------------------------------------


@cache
def _schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(FOLDER / "xsd" / "IntuitRestServiceDef.xsd"))


def against_the_schema(kind: str, told: Mapping[str, Any]) -> list[str]:
    """What the XSDs say against an entity."""
    declared = _schema().elements[kind]
    wrong: list[str] = []
    element = _element(declared, kind, told, wrong)
    wrong += [f"{error.path}: {error.reason}" for error in _schema().iter_errors(element)]
    return wrong


def _element(declared: Any, name: str, told: Any, wrong: list[str]) -> ElementTree.Element:
    element = ElementTree.Element(NAMESPACE + name)
    if isinstance(told, Mapping):
        if _is_reference(declared):
            element.text = str(told.get("value", ""))
            told = {key: value for key, value in told.items() if key != "value"}
            _set_attributes(element, told, told)
        else:
            _set_attributes(element, told, ATTRIBUTES)
            element.extend(_children(declared, {k: v for k, v in told.items() if k not in ATTRIBUTES}, wrong))
        return element
    element.text = _text(declared, name, told, wrong)
    return element


def _set_attributes(element: ElementTree.Element, told: Mapping[str, Any], names: Any) -> None:
    for name in names:
        if name in told:
            element.set(name, str(told[name]).lower() if isinstance(told[name], bool) else str(told[name]))


def _children(declared: Any, told: Mapping[str, Any], wrong: list[str]) -> Iterator[ElementTree.Element]:
    content = declared.type.content if declared is not None and declared.type.is_complex() else ()
    known = {child.local_name: (place, child) for place, child in enumerate(getattr(content, "iter_elements", tuple)()) if child.local_name}
    for name in sorted(told, key=lambda one: known.get(one, (len(known), None))[0]):
        values = told[name] if isinstance(told[name], list) else [told[name]]
        for value in values:
            yield _element(known.get(name, (0, None))[1], name, value, wrong)


def _is_reference(declared: Any) -> bool:
    return declared is not None and declared.type.is_complex() and declared.type.has_simple_content()


def _text(declared: Any, name: str, told: Any, wrong: list[str]) -> str:
    """The value's text; JSON's kinds of values must be those of the schema's types."""
    simple = declared.type if declared is not None and declared.type.is_simple() else None
    wanted: type | tuple[type, ...] = str
    if simple is not None and simple.is_decimal():
        wanted = Decimal
    elif simple is not None and simple.is_boolean():
        wanted = bool
    if not isinstance(told, wanted):
        wrong.append(f"{name}: {told!r} is not a JSON value of the schema's kind")
    return str(told).lower() if isinstance(told, bool) else format(told, "f") if isinstance(told, Decimal) else str(told)


# --- the limits ---------------------------------------------------------------------------------------------------------------


@cache
def _types() -> dict[str, dict[str, dict[str, Any]]]:
    types: dict[str, dict[str, dict[str, Any]]] = json.loads((FOLDER / "field-constraints.json").read_text("utf-8"))["types"]
    return types


def against_the_limits(kind: str, told: Mapping[str, Any], excused: set[str] | None = None) -> list[str]:
    """What the reference's field limits say against an entity; what is excused is added to the set."""
    return list(_of_object(kind, told, set() if excused is None else excused))


def _of_object(type_name: str, told: Mapping[str, Any], excused: set[str]) -> Iterator[str]:
    fields = _types()[type_name]
    for name, field in fields.items():
        if field.get("required") and name not in told:
            if f"{type_name}.{name}" in NOT_REQUIRED_HERE:
                excused.add(f"{type_name}.{name}")
            else:
                yield f"{type_name}.{name} is required"
    for name, value in told.items():
        if name not in fields:
            yield f"{type_name} has no {name}"
            continue
        for one in value if isinstance(value, list) else [value]:
            yield from _of_value(f"{type_name}.{name}", fields[name], one, excused)


def _of_value(place: str, field: Mapping[str, Any], value: Any, excused: set[str]) -> Iterator[str]:
    if field.get("readOnly") or field.get("deprecated"):
        yield f"{place} is not ours to send"
    if field.get("minorVersion", 0) > MINOR_VERSION:
        yield f"{place} came with a later minor version"
    if isinstance(value, str) and len(value) > field.get("maxLen", 1_000_000):
        yield f"{place} is longer than {field['maxLen']}"
    if "10.5 format" in field.get("maxRaw", "") and not _fits(value):
        yield f"{place} is not a number of 10 digits and 5 after the point"
    if isinstance(value, Mapping):
        yield from _of_object(_alternative(str(field["type"]), value), value, excused)


def _fits(value: Any) -> bool:
    if not isinstance(value, Decimal):
        return False
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return len(digits) + exponent <= DIGITS_BEFORE_THE_POINT_MAX and -exponent <= DIGITS_AFTER_IT_MAX


def _alternative(types: str, value: Mapping[str, Any]) -> str:
    """Of several types the one that has the detail which the value names."""
    names = types.split(" | ")
    return next((name for name in names if value.get("DetailType") in _types()[name]), names[0])
