"""Xero's own OpenAPI files as a judge of requests and answers.

The schemas know names, kinds, lengths and enumerations, and nothing of what a document needs. As they stand they let everything pass
that they do not name; here they refuse it. Of a request they also refuse what the file calls read-only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from ruamel.yaml import YAML

from connector.sandbox.wire import Request
from tests.contract.reference import CONTRACTS

URN = "urn:xero"
BASE = "/api.xro/2.0"
# Every HTTP client sends these; all others must be the operation's own.
PROTOCOL_HEADERS = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
)


def decode(body: bytes) -> Any:
    """A JSON document with every number exact."""
    return json.loads(body, parse_float=Decimal)


# --- the files ----------------------------------------------------------------------------------------------------------------


@cache
def _text(name: str) -> str:
    """A file, whose references within itself become absolute: its parts are read, and judged by, on their own."""
    return (CONTRACTS / "xero" / name).read_text("utf-8").replace('"#/components/', f'"{URN}#/components/')


def _load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@cache
def _paths() -> dict[str, str]:
    """The text of each path; to read all of them as YAML would take seconds."""
    text = _text("xero_accounting.yaml").partition("\npaths:\n")[2].partition("\ncomponents:\n")[0]
    pieces = re.split(r"^  (/\S+|\"/[^\"]+\"):\n", text, flags=re.MULTILINE)
    return {name.strip('"'): body for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}


@cache
def path_item(path: str) -> dict[str, Any]:
    """What the file says of one path."""
    item: dict[str, Any] = _load(_paths()[path])
    return item


@cache
def components() -> dict[str, Any]:
    """The shared schemas, parameters and answers, closed to what they do not name."""
    text = _text("xero_accounting.yaml")
    told: dict[str, Any] = _load(text[text.index("\ncomponents:\n") :])["components"]
    _close(told["schemas"])
    return told


@cache
def identity_schemas() -> dict[str, Any]:
    """The schemas of the sign-in, closed as well."""
    told: dict[str, Any] = _load(_text("xero-identity.yaml"))["components"]["schemas"]
    _close(told)
    return told


def _close(told: Any) -> None:
    if isinstance(told, dict):
        if isinstance(told.get("properties"), dict):
            told["additionalProperties"] = False
        for value in told.values():
            _close(value)
    elif isinstance(told, list):
        for value in told:
            _close(value)


# --- judging values -----------------------------------------------------------------------------------------------------------


def _refuse_read_only(_validator: Any, is_read_only: Any, _told: Any, _schema: Any) -> Iterator[ValidationError]:
    if is_read_only:
        yield ValidationError("it is read-only")


_OfAnswers = jsonschema.Draft4Validator
_OfRequests = jsonschema.validators.extend(_OfAnswers, {"readOnly": _refuse_read_only})


@cache
def _registry() -> Registry[Any]:
    contents = {"components": components()}
    return Registry().with_resource(URN, Resource(contents=contents, specification=DRAFT4))


def _faults(schema: Mapping[str, Any], told: Any, *, of_request: bool) -> list[ValidationError]:
    of = _OfRequests if of_request else _OfAnswers
    return list(of(schema, registry=_registry(), format_checker=jsonschema.FormatChecker()).iter_errors(told))


def _place(error: ValidationError) -> str:
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")


def _words(error: ValidationError) -> str:
    return f"{_place(error)}: {error.message[:200]}"


def _resolved(told: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = told.get("$ref")
    if reference is None:
        return told
    _, _, kind, name = str(reference).split("/")
    found: Mapping[str, Any] = components()[kind][name]
    return found


# --- judging requests ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """One operation of the file, and how the request's address fits its path."""

    path: str
    method: str
    values: Mapping[str, str]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = path_item(self.path)[self.method]
        return told

    def parameters(self, place: str) -> dict[str, Mapping[str, Any]]:
        rows = [_resolved(row) for row in [*path_item(self.path).get("parameters", []), *self.told.get("parameters", [])]]
        return {(row["name"].lower() if place == "header" else row["name"]): row for row in rows if row["in"] == place}


def operation_of(method: str, path: str) -> Operation | None:
    """The operation at an address; a literal path goes before one with a parameter."""
    assert path.startswith(BASE), path
    for template in sorted(_paths(), key=lambda one: one.count("{")):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        found = re.fullmatch(pattern, path.removeprefix(BASE))
        if found and method.lower() in path_item(template):
            return Operation(template, method.lower(), found.groupdict())
    return None


def faults_of_request(request: Request) -> list[str]:
    """Everything that Xero's file would say against a request; nothing when it is in order."""
    operation = operation_of(request.method, request.path)
    if operation is None:
        return [f"the file has no {request.method} {request.path}"]
    headers = {name: value for name, value in request.headers.items() if name not in PROTOCOL_HEADERS}
    return [
        *_of_parameters("path", operation, operation.values),
        *_of_parameters("query", operation, request.params()),
        *_of_parameters("header", operation, headers),
        *_of_body(operation, request),
    ]


def _of_parameters(place: str, operation: Operation, given: Mapping[str, str]) -> Iterator[str]:
    known = operation.parameters(place)
    for name, row in known.items():
        if row.get("required") and name not in given:
            yield f"{place} {name} is required"
    for name, value in given.items():
        if name not in known:
            yield f"{operation.path} has no {place} {name}"
            continue
        schema = _resolved(known[name]["schema"])
        yield from (f"{place} {name}{_words(error)}" for error in _faults(schema, _typed(value, schema), of_request=True))
        if len(value) > (128 if name == "idempotency-key" else 4000):
            yield f"{place} {name} is too long"


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """The text of a parameter as the kind of value that it stands for; left as it is where it cannot be."""
    kind = schema.get("type")
    if kind == "array":
        return value.split(",")
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return int(value) if kind == "integer" and value.isdigit() else value


def _of_body(operation: Operation, request: Request) -> Iterator[str]:
    told = operation.told.get("requestBody")
    if told is None:
        if request.body:
            yield f"{request.method} {operation.path} takes no body"
        return
    if request.headers.get("content-type") != "application/json":
        yield "the body is not called JSON"
    schema = _resolved(told)["content"]["application/json"]["schema"]
    yield from (_words(error) for error in _faults(schema, decode(request.body), of_request=True))


# --- judging answers ----------------------------------------------------------------------------------------------------------


def judge_answer(operation: Operation, status: int, told: Any) -> tuple[list[str], set[str]]:
    """What the file would say against an answer to an operation, and the places of the answer that it does not name."""
    schema = _resolved(operation.told["responses"][str(status)])["content"]["application/json"]["schema"]
    wrong, beyond = [], set()
    for error in _faults(schema, told, of_request=False):
        if error.validator == "additionalProperties":
            names = error.instance.keys() - error.schema["properties"].keys()
            beyond |= {f"{_place(error)}.{name}".lstrip(".") for name in names}
        else:
            wrong.append(_words(error))
    return wrong, beyond


def faults_of_sign_in(name: str, told: Any) -> list[str]:
    """What the sign-in's schema of that name would say."""
    return [_words(error) for error in _faults(identity_schemas()[name], told, of_request=False)]
