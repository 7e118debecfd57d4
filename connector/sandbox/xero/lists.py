"""Reading lists of documents: filters, order, pages and If-Modified-Since, without sorting all of them each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import BadQuery, envelope
from connector.sandbox.xero.books import Books, Document, Kind
from connector.sandbox.xero.where import Getter, Query, parse_order, parse_where

HIGH_VOLUME = 100_000
_ALWAYS_PAGED = ("ids", "invoicenumbers", "contactids", "statuses", "searchterm", "summaryonly")

_COMMON: dict[str, Getter] = {
    "status": lambda doc: doc.status,
    "date": lambda doc: doc.day,
    "updateddateutc": lambda doc: doc.updated.date(),
    "url": lambda doc: doc.url,
}
JOURNAL_FIELDS: dict[str, Getter] = _COMMON | {"narration": lambda doc: doc.number, "manualjournalid": lambda doc: doc.id}
INVOICE_FIELDS: dict[str, Getter] = _COMMON | {
    "type": lambda doc: doc.type,
    "reference": lambda doc: doc.reference,
    "invoicenumber": lambda doc: doc.number,
    "invoiceid": lambda doc: doc.id,
    "creditnotenumber": lambda doc: doc.number,
    "creditnoteid": lambda doc: doc.id,
    "duedate": lambda doc: doc.due,
    "total": lambda doc: doc.total,
    "amountdue": lambda doc: doc.total - doc.paid - doc.credited,
    "amountpaid": lambda doc: doc.paid,
    "contact.contactid": lambda doc: doc.contact.id if doc.contact else None,
    "contact.name": lambda doc: doc.contact.name if doc.contact else None,
    "contact.contactnumber": lambda doc: doc.contact.number if doc.contact else None,
}
_ORDER: dict[str, Getter] = {"updateddateutc": lambda doc: (doc.updated, doc.stamp)}


@dataclass(frozen=True, slots=True)
class Listing:
    """How one kind of document is listed."""

    kind: Kind
    plural: str
    fields: Mapping[str, Getter]
    render: Callable[[Books, Document, int, bool], dict[str, Any]]


def modified_since(request: Request) -> datetime | None:
    """The moment in If-Modified-Since, in UTC and whole seconds; one that cannot be read raises BadQuery."""
    text = request.headers.get("if-modified-since", "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    except (ValueError, TypeError) as error:
        raise BadQuery(f"If-Modified-Since cannot be read: {text}") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0)


def _params(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.params().items()}


def _wanted(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def _candidates(books: Books, listing: Listing, params: Mapping[str, str], query: Query | None, since: datetime | None) -> list[Document]:
    shelf = books.shelves[listing.kind]
    equals = query.equals if query is not None else {}
    numbers: frozenset[str] | None = None
    for name in ("narration", "invoicenumber", "creditnotenumber"):
        if name in equals and name in listing.fields:
            numbers = frozenset({equals[name]})
    if numbers is None and params.get("invoicenumbers"):
        numbers = _wanted(params["invoicenumbers"])
    if numbers is not None:
        found = [doc for number in numbers for doc in shelf.numbered(number)]
    elif params.get("ids"):
        found = [shelf.by_id[key] for key in _wanted(params["ids"]) if key in shelf.by_id]
    else:
        return shelf.changed(since)
    return sorted((doc for doc in found if since is None or doc.updated >= since), key=lambda doc: doc.stamp)


_FILTERS: dict[str, Callable[[Document], str]] = {
    "ids": lambda doc: doc.id,
    "invoicenumbers": lambda doc: doc.number.lower(),
    "statuses": lambda doc: doc.status.lower(),
    "contactids": lambda doc: doc.contact.id if doc.contact else "",
}


def _tests(params: Mapping[str, str], query: Query | None) -> list[Callable[[Document], bool]]:
    tests: list[Callable[[Document], bool]] = [query.test] if query is not None else []
    for name, getter in _FILTERS.items():
        if params.get(name):
            tests.append(lambda doc, getter=getter, wanted=_wanted(params[name]): getter(doc) in wanted)  # type: ignore[misc]  # noqa: B008 bound now, on purpose
    term = params.get("searchterm", "").lower()
    if term:
        tests.append(lambda doc: term in doc.number.lower() or term in doc.reference.lower())
    return tests


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    try:
        return int(text) if text else default
    except ValueError as error:
        raise BadQuery(f"{name} is not a number: {text}") from error


def select(books: Books, listing: Listing, request: Request) -> list[Document]:
    """The visible documents that meet all filters, in the asked order."""
    params = _params(request)
    query = parse_where(params["where"], listing.fields) if params.get("where") else None
    found = _candidates(books, listing, params, query, modified_since(request))
    for test in _tests(params, query):
        found = [doc for doc in found if test(doc)]
    if books.number_switch("lookup_lag_seconds"):
        found = [doc for doc in found if books.visible(doc)]
    order = params.get("order", "")
    if order and order.upper() not in ("UPDATEDDATEUTC", "UPDATEDDATEUTC ASC"):
        for getter, down in reversed(parse_order(order, {**listing.fields, **_ORDER})):
            found = sorted(found, key=getter, reverse=down)
    return found


def list_documents(books: Books, listing: Listing, request: Request) -> Response:
    """Answer a list: a page with lines where pages were asked for, else all of it without lines."""
    params = _params(request)
    found = select(books, listing, request)
    if not found and modified_since(request) is not None and books.number_switch("nothing_modified") == 304:
        return Response(304, b"", {})
    places = 4 if params.get("unitdp") == "4" else 2
    journal = listing.kind == "journal_entry"
    paged = "page" in params or "pagesize" in params or (not journal and any(params.get(name) for name in _ALWAYS_PAGED))
    now, answer_id = books.clock.now(), books.guid("answer")
    if not paged:
        if len(found) > HIGH_VOLUME:
            raise BadQuery("HighVolumeException")
        return envelope(now, answer_id, listing.plural, [listing.render(books, doc, places, False) for doc in found])
    size = min(1000, max(1, _number(params, "pagesize", 100)))
    page = max(1, _number(params, "page", 1))
    pagination = {"page": page, "pageSize": size, "pageCount": math.ceil(len(found) / size), "itemCount": len(found)}
    lines = params.get("summaryonly", "").lower() != "true"
    shown = [listing.render(books, doc, places, lines) for doc in found[(page - 1) * size : page * size]]
    return envelope(now, answer_id, listing.plural, shown, pagination)
