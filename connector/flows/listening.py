"""Whether the ledger's messages come in: what stands in their way, from our own records alone."""

from __future__ import annotations

from datetime import timedelta

from connector.core.hint import Heard
from connector.core.problem import Problem
from connector.flows.world import World

# Xero signs some of its first requests wrongly on purpose, to see that they are refused; a wrong key has every one refused.
REFUSED_MANY = 10
# What a sweep finds first is told soon after, where anything is told at all; Intuit tries again for a hundred minutes.
UNHEARD = timedelta(hours=2)


def listening_problems(world: World) -> list[Problem]:
    """That none ever came, or that many were refused."""
    if not world.policy.listens:
        return []
    heard, connection, ledger = world.hints.heard(), world.policy.connection, world.ledger.kind
    found = deafness_problems(world, heard)
    if heard.deliveries or found:
        return found
    message = f"Nothing ever came in at /webhooks/{ledger}, although the connection has a webhook_key."
    next_step = "Start `connector run`, and enter its public address at the vendor (docs/webhooks.md). Until then the schedule alone looks."
    return [Problem("WEBHOOK_SILENT", connection, message, next_step)]


def deafness_problems(world: World, heard: Heard | None) -> list[Problem]:
    """Deliveries that are refused, or come no more: what came in once does not come in now."""
    if heard is None:
        return []
    return _refused(world.policy.connection, world.ledger.kind, heard) or _stopped(world, heard)


def _stopped(world: World, heard: Heard) -> list[Problem]:
    since = heard.unheard_since
    if since is None or world.clock.now() - since < UNHEARD:
        return []
    message = f"A sweep found at {since:%Y-%m-%d %H:%M UTC} what nobody had told, and nothing about this company came in since."
    next_step = "The vendor may have blocked the address: enter it anew there (docs/webhooks.md). Nothing is lost: the schedule looks."
    return [Problem("WEBHOOK_STOPPED", world.policy.connection, message, next_step)]


def _refused(connection: str, ledger: str, heard: Heard) -> list[Problem]:
    if heard.refused_in_a_row < REFUSED_MANY:
        return []
    message = f"The last {heard.refused_in_a_row} deliveries at /webhooks/{ledger} had a signature that fits no webhook_key."
    next_step = "Compare webhook_key with the vendor's page; if it is right, somebody else sends them, and nothing of them is believed."
    return [Problem("WEBHOOK_REFUSED", connection, message, next_step)]


def heard_json(heard: Heard | None) -> dict[str, object] | None:
    """What came in, as JSON values; null where nothing is to."""
    if heard is None:
        return None
    about = heard.about_company_at
    return {
        "last_delivery_at": heard.last_at.isoformat() if heard.last_at else None,
        "last_about_this_company_at": about.isoformat() if about else None,
        "deliveries": heard.deliveries,
        "refused": heard.refused,
        "unreadable": heard.unreadable,
        "about_other_companies": heard.strangers,
        "waiting": heard.waiting,
    }
