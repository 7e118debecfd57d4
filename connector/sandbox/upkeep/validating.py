"""What a request body must hold before UpKeep takes it; each refusal is a 400 with its message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from connector.sandbox.upkeep.catalogue import CUSTOM_FIELD_TYPES, RESOURCES
from connector.sandbox.upkeep.records import Record, iso, milliseconds, number_of
from connector.sandbox.upkeep.webhooks import EVENTS
from connector.sandbox.wire import Request

MOMENTS = ("createdAt", "updatedAt")
EPOCH_IN = ("dueDate", "endDueDate")


class RefusedError(Exception):
    """The request is not accepted."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def body_of(request: Request) -> Record:
    """A JSON or a form body; a form's repeated keys are a list."""
    if "form" in request.headers.get("content-type", ""):
        told = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {key.removesuffix("[]"): values if key.endswith("[]") or len(values) > 1 else values[0] for key, values in told.items()}
    try:
        content = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        raise RefusedError("invalid JSON body") from None
    if not isinstance(content, dict):
        raise RefusedError("invalid JSON body")
    return content


def checked(kind: str, fields: Record, before: Record | None = None) -> Record:
    """The fields as they are stored; `before` is the record that a PATCH changes."""
    for key in RESOURCES[kind].required:
        if fields.get(key, (before or {}).get(key)) in (None, ""):
            raise RefusedError(f"{key} cannot be null")
    for key in MOMENTS:
        if key in fields:
            _check_moment(key, fields[key])
    if kind == "work-orders":
        return _work_order(fields, before or {})
    if kind.startswith("custom-fields/") and fields.get("type", CUSTOM_FIELD_TYPES[0]) not in CUSTOM_FIELD_TYPES:
        raise RefusedError(f"type must be one of {', '.join(CUSTOM_FIELD_TYPES)}")
    if kind == "webhooks":
        _check_events(fields.get("events", list(EVENTS)))
    return fields


def _check_moment(key: str, raw: Any) -> None:
    try:
        milliseconds(raw)
    except (ValueError, AttributeError, TypeError):
        raise RefusedError(f"{key} is not a date") from None


def _check_events(events: Any) -> None:
    if not isinstance(events, list) or not events or any(event not in EVENTS for event in events):
        raise RefusedError("events has an unknown event")


def _work_order(fields: Record, before: Record) -> Record:
    if not isinstance(fields.get("title", ""), str):
        raise RefusedError("title is not a string")
    if "status" in fields and (not isinstance(fields["status"], str) or not fields["status"]):
        raise RefusedError("status is not a string")
    if fields.get("priority") is not None and number_of(fields["priority"]) not in (0, 1, 2, 3):
        raise RefusedError("priority must be 0, 1, 2 or 3")
    if fields.get("decreaseInventory", "auto") not in ("auto", "manual"):
        raise RefusedError("decreaseInventory must be auto or manual")
    quantities, parts = fields.get("respectivePartQuantityUsed"), fields.get("parts", before.get("parts"))
    if quantities is not None and not _is_pair(parts, quantities):
        raise RefusedError("parts and respectivePartQuantityUsed differ in length")
    return {key: _due(key, value) if key in EPOCH_IN else value for key, value in fields.items()}


def _is_pair(parts: Any, quantities: Any) -> bool:
    return (
        isinstance(parts, list)
        and isinstance(quantities, list)
        and len(parts) == len(quantities)
        and all(isinstance(part, str) for part in parts)
    )


def _due(key: str, raw: Any) -> Any:  # a date goes in as epoch milliseconds and comes out as ISO
    number = number_of(raw)
    if raw in (None, ""):
        return None
    if number is None:
        raise RefusedError(f"{key} is not a number of milliseconds")
    try:
        return iso(datetime.fromtimestamp(int(number) // 1000, UTC).replace(microsecond=int(number) % 1000 * 1000))
    except (ValueError, OverflowError, OSError):
        raise RefusedError(f"{key} is not a number of milliseconds") from None
