"""A writing call as a whole: its elements one by one, and both ways of telling about those that failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import NotFound, envelope, to_json, validation
from connector.sandbox.xero.books import Books, Plan
from connector.sandbox.xero.reading import Fields, read_elements

T = TypeVar("T")
MOST_ELEMENTS = 50


@dataclass(slots=True)
class Call:
    """What holds for every element of a call: create only or upsert, decimals of a price, id in the path, numbers taken."""

    creating: bool
    places: int = 2
    path_key: str = ""
    alone: bool = True
    claimed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Entity(Generic[T]):
    """How one kind of thing is planned, committed and shown."""

    plural: str
    id_key: str
    plan: Callable[[Books, Fields, Call], Plan[T]]
    commit: Callable[[Books, T], T]
    render: Callable[[Books, T, int], dict[str, Any]]
    tells_of_errors: bool = False  # whether each element says HasErrors, with or without errors


def _call(books: Books, request: Request, entity: Entity[T], path_key: str, elements: list[Fields]) -> Call:
    params = request.params()
    if ("summarizeErrors" in params) == bool(path_key):  # Xero's interface has it where several may be sent.
        books.violate(f"{'needless' if path_key else 'missing explicit'} summarizeErrors: {request.method} {request.path}")
    if len(elements) > MOST_ELEMENTS:
        books.violate(f"more than {MOST_ELEMENTS} elements: {request.method} {request.path}")
    if request.method == "POST" and not path_key and not all(element.has(entity.id_key) for element in elements):
        books.violate(f"POST where PUT creates: {request.path}")
    places = 4 if params.get("unitdp") == "4" else 2
    return Call(request.method == "PUT", places, path_key, len(elements) == 1)


def write(books: Books, request: Request, entity: Entity[T], path_key: str = "") -> Response:
    """Plan all elements, commit what may be committed, and answer."""
    elements = read_elements(request.body, entity.plural)
    call = _call(books, request, entity, path_key, elements)
    plans = [entity.plan(books, element, call) for element in elements]
    for plan in plans if books.planned_refusal else []:
        plan.refuse(books.planned_refusal)
    whole = request.params().get("summarizeErrors", "true").lower() != "false"
    failed = [plan for plan in plans if plan.errors]
    if whole and failed:
        if books.switch("partial_commit_on_400"):
            _commit(books, entity, plans)
        return validation([_show(books, entity, plan, call, whole) for plan in failed])
    _commit(books, entity, plans)
    shown = [_show(books, entity, plan, call, whole) for plan in plans]
    if books.switch("shuffle_batch"):
        shown.reverse()
    return envelope(books.clock.now(), books.guid("answer"), entity.plural, shown)


def first_half(request: Request) -> Request | None:
    """The same call with the first half of its elements; None when it does not write several."""
    if request.method not in ("PUT", "POST") or not request.body.startswith(b"{"):
        return None
    told = json.loads(request.body, parse_float=Decimal)
    name = next((name for name, rows in told.items() if isinstance(rows, list) and len(rows) > 1), None)
    if name is None:
        return None
    # Under a key of its own: what the call's key remembers is the answer to all of it.
    headers = {**request.headers, "idempotency-key": f"half of {request.headers.get('idempotency-key', '')}"}
    return replace(request, headers=headers, body=to_json({**told, name: told[name][: len(told[name]) // 2]}))


def _commit(books: Books, entity: Entity[T], plans: list[Plan[T]]) -> None:
    for plan in plans:
        if not plan.errors:
            for step in plan.before_commit:
                step()
            entity.commit(books, plan.subject)


def _show(books: Books, entity: Entity[T], plan: Plan[T], call: Call, whole: bool) -> dict[str, Any]:
    shown = entity.render(books, plan.subject, call.places)
    if entity.tells_of_errors:
        shown["HasErrors"] = bool(plan.errors)
    if plan.errors:
        shown["HasValidationErrors"] = True
        shown["ValidationErrors"] = _messages(plan.errors)
    if plan.warnings:
        shown["Warnings"] = _messages(plan.warnings)
    if not whole:
        shown["StatusAttributeString"] = "ERROR" if plan.errors else "WARNING" if plan.warnings else "OK"
    if not plan.errors and books.switch("unknown_enum_in_answer"):
        shown["Status"] = "SETASIDE"
        shown["FieldOfTomorrow"] = True
    return shown


def _messages(texts: list[str]) -> list[Mapping[str, str]]:
    return [{"Message": text} for text in texts]


def missing(call: Call, plan: Plan[T], message: str) -> None:
    """An id that is not there: 404 when it is all that the call is about, else a complaint about the element."""
    if call.alone:
        raise NotFound
    plan.refuse(message)
