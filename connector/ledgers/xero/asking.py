"""How Xero is asked for a list page by page, and what its answers say of the pages (pure)."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from connector.core.posting import WriteRequest
from connector.ledgers.exact_json import decode
from connector.ledgers.ledger import ServiceUnreachableError

# An answer that does not count its pages ends with one that is shorter than the smallest page that Xero gives.
PAGE_SIZE_MIN = 100


def query_of(request: WriteRequest) -> dict[str, str]:
    """The frozen address's own query, said once more: httpx replaces a query by the parameters it is given, even by none."""
    return dict(httpx.URL(request.url).params)


def object_in(body: bytes) -> dict[str, Any]:
    """The answer's object; raises ServiceUnreachableError on anything else, which proves nothing."""
    try:
        told = decode(body)
    except (ValueError, RecursionError):
        raise ServiceUnreachableError("xero", "it answered with something that is not JSON") from None
    if not isinstance(told, dict):
        raise ServiceUnreachableError("xero", "it answered with something that is not an object")
    return told


def paging(told: Any, page: int, rows: int) -> tuple[int, bool]:
    """How many rows the list counts, and whether this page is its last."""
    if told is None:
        return 0, rows < PAGE_SIZE_MIN
    try:
        pages, count, this = int(told["pageCount"]), int(told["itemCount"]), int(told["page"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise ServiceUnreachableError("xero", "a list does not say how long it is") from None
    if this != page or (rows == 0 and page < pages):
        raise ServiceUnreachableError("xero", f"page {page} of a list was answered with another")
    return count, page >= pages


def between(first_day: date, last_day: date) -> str:
    """A where clause over dates, both days included."""
    first, last = (f"DateTime({day.year},{day.month:02},{day.day:02})" for day in (first_day, last_day))
    return f"Date>={first} AND Date<={last}"
