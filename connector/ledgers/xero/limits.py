"""What Xero allows a tenant, and what its answers say of that (pure).

5 calls under way, 60 a minute and 1,000 (Starter) or 5,000 (Core and up) a day a tenant and app; 10,000 a minute over all tenants of
the app. Each answer says what is left; a 429 says which limit was reached, and for a minute and a day also how long to wait. Source:
Xero's page "limits"; the headers as recorded by others. Whether a window is fixed or slides is told both ways.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.ledgers.limits import PAUSE_SECONDS_MAX, Rate, Told, VendorLimits

# Without a Retry-After (concurrent, appminute) a minute's wait is always long enough; a call that ends frees its place at once.
PAUSE_SECONDS = 60.0
CONCURRENT_SECONDS = 1.0
# A day without a word of how long it lasts is tried again after an hour.
DAY_SECONDS = 3600.0
_REASONS = {
    "concurrent": "Xero has too many calls of this company under way",
    "minute": "Xero's calls of this minute are used up",
    "day": "Xero's calls of this day are used up",
    "appminute": "Xero's calls of this minute are used up for all companies of the app",
}
_UNNAMED = {"concurrent": CONCURRENT_SECONDS, "day": DAY_SECONDS}
_LEFT = {"minute": "x-minlimit-remaining", "app": "x-appminlimit-remaining"}


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Told:
    """What an answer says of the limits; a 429 has no body."""
    left = {name: number for name, header in _LEFT.items() if (number := _number(headers, header)) is not None}
    day_left = _number(headers, "x-daylimit-remaining")
    if status != 429:
        return Told(left=left, day_left=day_left)
    problem = headers.get("x-rate-limit-problem", "").lower()
    told = _number(headers, "retry-after") or 0
    is_named = 0 < told <= PAUSE_SECONDS_MAX
    seconds = float(told) if is_named else _UNNAMED.get(problem, PAUSE_SECONDS)
    reason = _REASONS.get(problem, "Xero throttled the request")
    # Of the minute the wait says enough: what is left of it would keep us for a whole minute more.
    return Told(seconds, reason, is_named, seconds if problem == "appminute" else 0.0, day_left=day_left)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    try:
        return int(float(headers[name]))
    except (KeyError, ValueError, OverflowError):
        return None


LIMITS = VendorLimits(
    service="xero",
    rates=(Rate("minute", 60, 60),),
    read_answer=read_answer,
    in_flight=5,
    day_tiers={"Starter": 1_000, "Core and above": 5_000},
    has_app_limit=True,
)
