"""The vendor's own name for an answer, kept with what became of the document: their support asks for it first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connector.core.posting import Outcome, Posted, Rejected

TRACE_LENGTH_MAX = 60


def traced(outcome: Outcome, headers: Mapping[str, str], name: str) -> Outcome:
    """The outcome with the header of that name (lower case) behind its words; a posted document is known by its id."""
    trace = "".join(character for character in headers.get(name, "") if character.isprintable())[:TRACE_LENGTH_MAX]
    if isinstance(outcome, Posted) or not trace:
        return outcome
    if isinstance(outcome, Rejected):
        return replace(outcome, message=f"{outcome.message} [{name} {trace}]")
    return replace(outcome, reason=f"{outcome.reason} [{name} {trace}]")
