"""How a company stands with its vendor's limits, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.ledgers.limits import Standing


def limit_lines(standing: Standing) -> list[str]:
    """How the company stands with its vendor's limits; nothing where there is nothing to tell."""
    lines = []
    if standing.pause is not None:
        lines.append(f"paused until {standing.pause.until:%Y-%m-%d %H:%M:%S UTC}: {standing.pause.reason}; a later run goes on by itself")
    if standing.reads is not None:
        of_all = f", {standing.reads_of_all:,} by all companies here" if standing.reads_of_all != standing.reads else ""
        of = f" of {standing.allowance:,}" if standing.allowance else ""
        lines.append(f"reads in {standing.month}: {standing.reads:,} by this company{of_all}{of}")
    if standing.day_left is not None and standing.day_left_at is not None:
        lines.append(f"calls left today: {standing.day_left:,}, as told at {standing.day_left_at:%Y-%m-%d %H:%M:%S UTC}")
    return lines
