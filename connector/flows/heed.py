"""What the ledger's own messages name is looked at now, and not only by the next sweep. It raises doubts, as the sweep does.

A hint may be late, doubled, lost or invented, so it decides nothing but when to look. A few documents are read by their ids, which a
ledger shows at once; where many are named, one sweep is cheaper. What was looked at is forgotten only after its doubts are stored, so
that a process that dies in between looks again.
"""

from __future__ import annotations

from connector.core.drift import sighting
from connector.flows.sweep import sweep
from connector.flows.world import World
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError

# More than these are not read one by one: a sweep asks one question, or two.
READ_BY_ID_MAX = 5


def heed(world: World) -> list[str]:
    """Read the few documents that are named; many are left to the sweep. What stood in the way, for the report."""
    hints = world.hints.waiting(READ_BY_ID_MAX + 1) if world.policy.listens else []
    if len(hints) > READ_BY_ID_MAX:
        return []
    for hint in hints:
        if world.stopping():
            break
        try:
            seen = sighting(hint.known, world.ledger.read(hint.known.posting))
        except ReconnectRequiredError:
            raise
        except ServiceUnreachableError as error:
            return [f"a document that the ledger named was not compared: {error}"]
        world.store.keep_sweep([seen] if seen is not None else [], None)
        world.hints.drop([hint])
    return []


def heed_early(world: World) -> list[str]:
    """Between two scheduled runs, as the ledger company's only writer: look at what is named. What stood in the way."""
    with world.store.writer():
        return sweep(world) if len(world.hints.waiting(READ_BY_ID_MAX + 1)) > READ_BY_ID_MAX else heed(world)
