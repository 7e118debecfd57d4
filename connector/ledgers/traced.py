"""The vendor's own name for an answer, kept with what became of the document: their support asks for it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.core.posting import Outcome, Posted, Rejected

TRACE_LENGTH_MAX = 60


def traced(outcome: Outcome, headers: Mapping[str, str], names: Sequence[str]) -> Outcome:
    """The outcome with the first of these headers (small letters) behind its words; a posted document is known by its id."""
    told = next((headers[name] for name in names if name in headers), "")
    trace = "".join(character for character in told if character.isprintable())[:TRACE_LENGTH_MAX]
    if isinstance(outcome, Posted) or not trace:
        return outcome
    if isinstance(outcome, Rejected):
        return replace(outcome, message=f"{outcome.message} [{names[0]} {trace}]")
    return replace(outcome, reason=f"{outcome.reason} [{names[0]} {trace}]")
