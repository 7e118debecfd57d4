"""Answers of the normalised API: JSON, errors in the contract's shape or in plain text, and moments as the switch says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from connector.sandbox.upkeep.records import iso
from connector.sandbox.upkeep.showing import to_json
from connector.sandbox.wire import Request, Response

JSON = {"content-type": "application/json"}
RETRY_SECONDS = 7


class RefusedError(Exception):
    """The request is not accepted."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def answer(status: int, content: Any) -> Response:
    """Any JSON, Decimals as the numbers they are."""
    return Response(status, to_json(content).encode(), JSON)


def failure(switches: dict[str, Any], status: int, code: str, message: str, number: int) -> Response:
    """An error with its code, message and request id, or the message alone."""
    if switches["errors"] == "text":
        return Response(status, message.encode(), {"content-type": "text/plain"})
    return answer(status, {"error": {"code": code, "message": message, "request_id": f"req-{number}"}})


def retry_after(switches: dict[str, Any], now: datetime) -> dict[str, str]:
    """What a 429 says about the time to wait."""
    if switches["retry_after"] == "absent":
        return {}
    if switches["retry_after"] == "date":
        return {"retry-after": format_datetime(now.astimezone(UTC) + timedelta(seconds=RETRY_SECONDS), usegmt=True)}
    return {"retry-after": str(RETRY_SECONDS)}


def moment_told(ends: datetime, now: datetime, how: str) -> dict[str, Any]:
    """The end of a session."""
    if how == "absent":
        return {}
    if how == "epoch_ms":
        return {"expires_at": int(ends.timestamp() * 1000)}
    if how == "expires_in":
        return {"expires_in": int((ends - now).total_seconds())}
    return {"expires_at": iso(ends)}


def json_of(request: Request) -> dict[str, Any]:
    """The JSON object of a body; raises RefusedError."""
    try:
        content = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise RefusedError(400, "invalid_request", "the body is not a JSON object")
    return content
