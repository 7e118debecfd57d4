"""How the stored sign-in of a connection stands, from our own records alone, and what keeps it from ending unused."""

from __future__ import annotations

from datetime import timedelta

from connector.core.expiry import ending
from connector.core.problem import Problem
from connector.core.source_session import Stop
from connector.core.tokens import UnreadableTokenError
from connector.flows.unreachable import stopped_problem
from connector.flows.world import World
from connector.ledgers.ledger import ServiceUnreachableError

# Well before a person would be warned of the idle end: quiet weeks alone shall never cost a consent.
RENEW_AHEAD = timedelta(days=30)


def keep_signed_in(world: World) -> list[str]:
    """Refresh a sign-in that is near its idle end; a run with nothing to post asks the ledger nothing. What stood in the way."""
    token = world.tokens.load()
    if token is None or token.refresh_expires_at is None or token.refresh_expires_at - world.clock.now() > RENEW_AHEAD:
        return []
    try:
        world.sign_in.access()
    except ServiceUnreachableError as error:
        return [str(error)]
    return []


def sign_in_problems(world: World) -> list[Problem]:
    """Which of its two ends is near, or that nobody can read it."""
    connection = world.policy.connection
    try:
        token = world.tokens.load()
    except UnreadableTokenError:
        next_step = f"Bring back the key that wrote it, or run `connector connect {connection}`."
        return [Problem("KEY_MISMATCH", connection, "The stored sign-in cannot be read with this key.", next_step)]
    return ending(token, world.clock.now(), connection)


def source_problems(world: World) -> list[Problem]:
    """That the sign-in at the source waits for a person, from our own records alone."""
    session = world.sessions.load() if world.sessions is not None else None
    if session is None or session.stop is Stop.NONE:
        return []
    return [stopped_problem(world.policy.connection, session.stop, session.reason)]
