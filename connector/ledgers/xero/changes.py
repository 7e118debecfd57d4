"""How Xero is asked what was modified since a moment (pure): If-Modified-Since, in UTC and whole seconds, on each list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connector.ledgers.xero.documents import parse_moment

# Asked without a moment of the last time, only Xero's own moment is wanted.
GLANCE = timedelta(minutes=1)


def modified_since(since: datetime | None, now: datetime) -> dict[str, str]:
    """The header of the call. Xero takes the moment without a zone."""
    asked = now - GLANCE if since is None else since
    return {"If-Modified-Since": asked.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")}


def moment_of(told: Mapping[str, Any]) -> datetime | None:
    """When it was answered, by Xero's own clock; None when it does not say."""
    return parse_moment(str(told.get("DateTimeUTC") or ""))


def earliest(moments: Sequence[datetime | None]) -> datetime | None:
    """The moment up to which all of these answers together are complete; None when one of them does not say."""
    told = [one for one in moments if one is not None]
    return min(told, default=None) if len(told) == len(moments) else None


def not_modified(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """An empty list in place of a 304, which has no body; its moment stands in its Date."""
    try:
        milliseconds = int(parsedate_to_datetime(headers.get("date", "")).timestamp()) * 1000
    except ValueError:
        return {path: []}
    return {path: [], "DateTimeUTC": f"/Date({milliseconds}+0000)/"}
