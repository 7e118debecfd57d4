"""What UpKeep's own messages name (pure): a work order that is to be read again soon, and nothing that is believed.

Nobody signs these messages and they do not say what happened, so only the address, which nobody can guess, says whose one is, and only
the id is taken from it. What became of the work order is what UpKeep then shows when it is asked.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# The documentation has no "completed", and none that tells everything; a deletion is told by its own event alone.
EVENTS = (
    "WORK_ORDER_UPDATED", "WORK_ORDER_STATUS_UPDATED", "WORK_ORDER_DELETED", "PM_WORK_ORDER_UPDATED", "PM_WORK_ORDER_DELETED",
)  # fmt: skip
PATH = "/webhooks/upkeep/"


@dataclass(frozen=True, slots=True)
class SourceHint:
    """A work order that is to be read again; `arrivals` tells whether it was named again since this was read."""

    source_id: str
    arrivals: int


@dataclass(frozen=True, slots=True)
class Hooked:
    """The secret; UpKeep's ids of what was registered with it; whether a registration left whose answer was never read."""

    secret: str
    ids: tuple[str, ...] = ()
    is_asked: bool = False


def path_token(secret: str, scope: Mapping[str, str]) -> str:
    """The last part of a connection's address: nobody can guess it, and one connection's tells nothing of another's."""
    return hmac.new(secret.encode(), "\0".join(scope.values()).encode(), hashlib.sha256).hexdigest()


def is_token(told: str, token: str) -> bool:
    """Compared in constant time, so that an answer's time tells nothing."""
    return hmac.compare_digest(told.encode(), token.encode())


@dataclass(frozen=True, slots=True)
class Registered:
    """A webhook as UpKeep has it; `events` is empty where it does not say, and then they are taken to be all."""

    id: str
    endpoint: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HookPlan:
    """What is to be done so that each event is told once at our address: register these events, remove those webhooks."""

    missing: tuple[str, ...]
    surplus: tuple[Registered, ...]


def plan_of(listed: Iterable[Registered], endpoint: str, base: str, others: Sequence[str]) -> HookPlan:
    """One webhook for each event at `endpoint`. Under our own `base`, what leads to no connection (`others` do) is stale."""
    covered: set[str] = set()
    surplus = []
    for hook in listed:
        if hook.endpoint == endpoint:
            told = set(hook.events or EVENTS)
            surplus += [hook] if told <= covered else []
            covered |= told
        elif hook.endpoint.startswith(base) and hook.endpoint not in others:
            surplus.append(hook)
    return HookPlan(tuple(event for event in EVENTS if event not in covered), tuple(surplus))
