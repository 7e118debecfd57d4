"""How Xero answers: exact JSON, its dates, and its own shapes for every kind of refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from json.encoder import encode_basestring
from typing import Any

from connector.sandbox.wire import Response

ZERO_ID = "00000000-0000-0000-0000-000000000000"
CENT = Decimal("0.01")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN_503 = "The Xero API is temporarily unavailable"
_JSON = {"content-type": "application/json; charset=utf-8", "cache-control": "max-age=0, no-cache, no-store"}


class NotFound(Exception):
    """The path or the body names something that is not there: 404 with an empty body."""


class Unreadable(Exception):
    """The body cannot be read as what the endpoint takes: 400 before any business rule."""


class Broken(Exception):
    """A body that the vendor answers with an internal error each time it is sent."""


class BadQuery(Exception):
    """A where, order or date filter that the vendor cannot parse: 400."""


def money(value: Decimal, places: int = 2) -> Decimal:
    """Round half up to so many decimal places."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ms_date(moment: date | datetime) -> str:
    """A date or moment in the vendor's JSON form; plain dates are midnight in UTC."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def _pieces(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        yield encode_basestring(value)
    elif isinstance(value, Decimal):
        yield format(value, "f")
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _members(value)
    elif isinstance(value, Sequence):
        yield "[" + ",".join("".join(_pieces(item)) for item in value) + "]"
    else:
        raise TypeError(f"cannot be written as JSON: {type(value).__name__}")


def _members(value: Mapping[str, Any]) -> Iterator[str]:
    yield "{" + ",".join(f"{encode_basestring(key)}:{''.join(_pieces(item))}" for key, item in value.items()) + "}"


def to_json(value: Any) -> bytes:
    """JSON text in which every Decimal stands digit for digit as it is."""
    return "".join(_pieces(value)).encode()


def answer(status: int, content: Any) -> Response:
    """A JSON answer with that status."""
    return Response(status, to_json(content), _JSON)


def envelope(now: datetime, answer_id: str, plural: str, items: Any, pagination: Mapping[str, int] | None = None) -> Response:
    """The answer around a list of things, with the pagination in front of the list when there is one."""
    content: dict[str, Any] = {"Id": answer_id, "Status": "OK", "ProviderName": "Sandbox", "DateTimeUTC": ms_date(now)}
    if pagination is not None:
        content["pagination"] = dict(pagination)
    content[plural] = items
    return answer(200, content)


def validation(elements: Sequence[Mapping[str, Any]]) -> Response:
    """400: the elements that broke a rule, each with its messages."""
    return answer(
        400,
        {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred", "Elements": list(elements)},
    )


def refusal(number: int, kind: str, message: str) -> Response:
    """400 without elements."""
    return answer(400, {"ErrorNumber": number, "Type": kind, "Message": message})


def problem(status: int, title: str, detail: str, instance: str) -> Response:
    """401 and 403 in the vendor's problem shape."""
    content: dict[str, Any] = {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": instance, "Extensions": {}}
    return answer(status, content)


def internal_error(instance: str, status: int = 500) -> Response:
    """The vendor's own words for an error inside."""
    detail = "An error occurred in Xero. Check the API Status page http://status.developer.xero.com for current service status."
    return answer(status, {"Title": "An error occurred", "Detail": detail, "Status": status, "Instance": instance})


def not_found() -> Response:
    """404: an empty page of text/html."""
    return Response(404, b"", {"content-type": "text/html; charset=utf-8"})


def unavailable(status: int = 503, text: str = _PLAIN_503) -> Response:
    """503 and its neighbours: plain text."""
    return Response(status, text.encode(), {"content-type": "text/plain; charset=utf-8"})
