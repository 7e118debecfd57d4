"""QuickBooks' refusals in its own words, and its JSON with exact numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks import catalogue
from connector.sandbox.wire import Response

JSON = {"content-type": "application/json;charset=UTF-8", "intuit_tid": "1-sandbox"}
THROTTLED = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
MESSAGES = {
    "500": "Unsupported Operation",
    "600": "Duplicate Request ID",
    "610": "Object Not Found",
    "1040": "Batch size exceeds allowed limit",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2050": "String is too long",
    "2110": "Invalid Decimal",
    "2130": "Invalid Request Id Format",
    "2170": "Invalid Enumeration",
    "2240": "Invalid date format",
    "2260": "PostingType is missing",
    "2290": "Negative amount is not allowed",
    "2300": "Debits and credits are not equal",
    "2500": "Invalid Reference Id",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6070": "Amount is not equal to UnitPrice * Qty",
    "6100": "Invalid Tax Code",
    "6140": "Duplicate Document Number Error",
    "6170": "Invalid Tax Detail",
    "6210": "Account Period Closed, Cannot Update Through Services API",
    "6240": "Duplicate Name Exists Error",
    "10100": "The result of the request is too large",
    "6470": "Invalid Tax Rate",
}
# Recorded without the element at fault, not even an empty one.
WITHOUT_ELEMENT = frozenset({"500", "2010", "4000", "4001", "6240"})
NULLS = ("warnings", "intuitObject", "report", "queryResponse", "syncErrorResponse", "requestId", "status")
LISTS = ("batchItemResponse", "attachableResponse", "cdcresponse")


class Refusal(Exception):
    """A vendor fault: its code, the detail, and the element that it names."""

    def __init__(self, code: str, detail: str, element: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.element = code, detail, element
        self.status = catalogue.STATUSES.get(code, 400)

    def response(self, time: str) -> Response:
        """The fault as QuickBooks sends it: HTTP 400 and a ValidationFault for what is wrong with a document."""
        error = {"Message": MESSAGES.get(self.code) or catalogue.MESSAGES[self.code], "Detail": self.detail, "code": self.code}
        if self.code not in WITHOUT_ELEMENT:
            error["element"] = self.element
        kind = catalogue.TYPES.get(self.code, "ValidationFault")
        return Response(self.status, encode({"Fault": {"Error": [error], "type": kind}, "time": time}), JSON)


def encode(content: Any) -> bytes:
    """JSON in which Decimals are the numbers they are."""
    text = json.dumps(content, ensure_ascii=False, default=lambda value: f"\x02{value}" if isinstance(value, Decimal) else str(value))
    pieces = text.split('"\\u0002')
    return (pieces[0] + "".join(number + rest for number, _, rest in (piece.partition('"') for piece in pieces[1:]))).encode()


def decode(body: bytes) -> Any:
    """JSON with its numbers as Decimals."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


def signed_out() -> Response:
    """The 401's envelope is another one, in lower case."""
    error = {"message": "message=AuthenticationFailed; errorCode=003200; statusCode=401", "detail": "Token expired", "code": "3200"}
    fault = {"error": [{**error, "element": None}], "type": "AUTHENTICATION"}
    told: dict[str, Any] = {**dict.fromkeys(NULLS), **{name: [] for name in LISTS}, "fault": fault, "time": 0}
    return Response(401, encode(told), JSON)


def throttled(form: str, headers: dict[str, str]) -> Response:
    """A 429 may be XML although JSON was asked for."""
    detail = "The request limit was reached.  Try again later"
    if form == "xml":
        text = (
            f'<IntuitResponse time="2026-01-01T00:00:00.000-08:00"><Fault type="SERVICE"><Error code="3001"><Message>{THROTTLED}</Message>'
            f"<Detail>{detail}</Detail></Error></Fault></IntuitResponse>"
        )
        return Response(429, text.encode(), {"content-type": "text/xml", **headers})
    fault = {"Error": [{"Message": THROTTLED, "Detail": detail, "code": "3001"}], "type": "SERVICE"}
    return Response(429, encode({"Fault": fault}), {**JSON, **headers})
