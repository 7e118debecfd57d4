"""What came in from the ledger by itself, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.core.hint import Heard


def heard_lines(heard: Heard | None) -> list[str]:
    """One line; none where nothing is to come in."""
    if heard is None:
        return []
    last = f"last delivery {heard.last_at:%Y-%m-%d %H:%M:%S %Z}" if heard.last_at else "none came yet"
    if heard.about_company_at and heard.about_company_at != heard.last_at:
        last += f", about this company {heard.about_company_at:%Y-%m-%d %H:%M:%S %Z}"
    counts = ((heard.refused, "refused"), (heard.unreadable, "not understood"), (heard.waiting, "waiting to be looked at"))
    return ["; ".join([f"webhooks: {last}", *(f"{count} {what}" for count, what in counts if count)])]
