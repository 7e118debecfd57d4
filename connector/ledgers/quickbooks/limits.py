"""What Intuit allows a realm, and what its answers say of that (pure).

500 requests a minute a realm, 10 a second and 40 batches a minute a realm and app, 120 batches a minute a realm; after a 429, wait 60
seconds. Reads are metered by the month under the partner programme ("CorePlus": 500,000 in the free Builder tier, then 429 until the
month ends), creates are not. Sources: Intuit's pages "limits and throttles" and "App Partner Program". How the items of a batch count
against the 500 stands nowhere; where a month begins, and what a 429 for a month looks like, neither.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.ledgers.limits import PAUSE_SECONDS_MAX, Counts, Rate, Told, VendorLimits

PAUSE_SECONDS = 60.0
READS_A_MONTH = 500_000


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Told:
    """What an answer says of the limits: a throttle is a 429, in JSON or XML, or a 403 as it was once."""
    if status != 429 and not (status == 403 and b"ThrottleExceeded" in body):
        return Told()
    try:
        seconds = float(headers.get("retry-after", "0"))
    except ValueError:
        seconds = 0.0
    is_named = 0 < seconds <= PAUSE_SECONDS_MAX
    return Told(seconds if is_named else PAUSE_SECONDS, "QuickBooks throttled the request", is_named)


LIMITS = VendorLimits(
    service="quickbooks",
    rates=(
        Rate("second", 10, 1),
        Rate("minute", 500, 60, Counts.ITEMS, per_app=False),
        Rate("batches", 40, 60, Counts.BATCHES),
        Rate("batches of all apps", 120, 60, Counts.BATCHES, per_app=False),
    ),
    read_answer=read_answer,
    meters_reads=True,
)
