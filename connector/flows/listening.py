"""Whether the ledger's messages come in: what stands in their way, from our own records alone."""

from __future__ import annotations

from connector.core.hint import Heard
from connector.core.problem import Problem
from connector.flows.world import World

# Xero signs some of its first requests wrongly on purpose, to see that they are refused; a wrong key has every one refused.
REFUSED_MANY = 10


def listening_problems(world: World) -> list[Problem]:
    """That none ever came, or that many were refused."""
    if not world.policy.listens:
        return []
    heard, connection, ledger = world.hints.heard(), world.policy.connection, world.ledger.kind
    refused = refusal_problems(connection, ledger, heard)
    if heard.deliveries or refused:
        return refused
    message = f"Nothing ever came in at /webhooks/{ledger}, although the connection has a webhook_key."
    next_step = "Start `connector run`, and enter its public address at the vendor (docs/webhooks.md). Until then the schedule alone looks."
    return [Problem("WEBHOOK_SILENT", connection, message, next_step)]


def refusal_problems(connection: str, ledger: str, heard: Heard | None) -> list[Problem]:
    """Many deliveries in a row whose signature is not that of the configured key."""
    if heard is None or heard.refused_in_a_row < REFUSED_MANY:
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
