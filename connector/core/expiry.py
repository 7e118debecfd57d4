"""When a sign-in ends, told early enough that a person can renew it in office hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.core.problem import Problem
from connector.core.tokens import Token

# Two weeks: the connector refreshes at every run, so that a sign-in comes near its idle end only where no run gets through.
IDLE_WARNING = timedelta(days=14)
# Two months: nothing but a person's consent moves the hard end, and the person may be away.
HARD_WARNING = timedelta(days=60)


def ending(token: Token | None, now: datetime, connection: str) -> list[Problem]:
    """What a person must know of the two ends of a stored sign-in; nothing while both are far."""
    problems = []
    if token is not None and token.refresh_expires_at is not None and token.refresh_expires_at - now <= IDLE_WARNING:
        words = "because it is not used" if token.refresh_expires_at > now else "because it was not used"
        message = f"The sign-in {_ends(token.refresh_expires_at, now)}, {words}: no run has refreshed it."
        next_step = f"See that `connector sync` reaches the ledger; when it cannot sign in any more, run `connector connect {connection}`."
        problems.append(Problem("SIGN_IN_UNUSED", connection, message, next_step))
    if token is not None and token.hard_expires_at is not None and token.hard_expires_at - now <= HARD_WARNING:
        message = f"The sign-in {_ends(token.hard_expires_at, now)}, so long after the consent; no refresh moves that."
        problems.append(Problem("SIGN_IN_ENDS", connection, message, f"Run `connector connect {connection}` before that day."))
    return problems


def _ends(moment: datetime, now: datetime) -> str:
    return f"{'ends' if moment > now else 'ended'} on {moment:%Y-%m-%d}"
