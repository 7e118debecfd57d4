"""Intuit's webhooks: the lists and documents that it tells of, as CloudEvents or in the older shape, for several realms at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.courier import SWITCHES as COURIERS
from connector.sandbox.courier import Courier, Event, Manners

VERIFIER_TOKEN = "sandbox-verifier-token"  # noqa: S105 it opens nothing but the sandbox
SWITCHES: dict[str, Any] = {
    **COURIERS,
    "webhook_shape": "cloudevents",  # or older: that of before 2026
}
TOLD = frozenset({"Invoice", "JournalEntry", "CreditMemo", "Customer", "Vendor", "Item", "Account", "Class", "Department"})
MANNERS = Manners("intuit-signature", (1200, 1800, 3000), frozenset({500, 502, 503, 504, 408}), wants_nothing=False, answer_seconds=3)
# The older shape's word for what happened, by that of the newer one.
OLDER = {"created": "Create", "updated": "Update", "deleted": "Delete", "voided": "Void", "merged": "Merge"}


def courier(clock: SandboxClock, switches: dict[str, Any]) -> Courier:
    """The app's address at Intuit."""

    def write(events: list[Event]) -> bytes:
        return json.dumps(_older(events) if switches["webhook_shape"] == "older" else _cloud_events(events)).encode()

    return Courier(clock, VERIFIER_TOKEN, MANNERS, write, switches.__getitem__)


def teller(courier: Courier, realm_id: str) -> Callable[[str, str, str], None]:
    """Where the books tell what happened."""

    def tell(kind: str, identifier: str, what: str) -> None:
        if kind in TOLD:
            courier.tell(realm_id, kind, identifier, what)

    return tell


def _cloud_events(events: list[Event]) -> list[dict[str, Any]]:
    return [
        {
            "specversion": "1.0",
            "id": f"88cd52aa-33b6-4351-9aa4-{event.number:012d}",
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
            "type": f"qbo.{event.kind.lower()}.{event.what}.v1",
            "datacontenttype": "application/json",
            "time": event.at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
            "intuitentityid": event.identifier,
            "intuitaccountid": event.company,
            "data": {},
        }
        for event in events
    ]


def _older(events: list[Event]) -> dict[str, Any]:
    realms: dict[str, list[dict[str, str]]] = {}
    for event in events:
        moment = event.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        told = {"name": event.kind, "id": event.identifier, "operation": OLDER[event.what], "lastUpdated": moment}
        realms.setdefault(event.company, []).append(told)
    return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": told}} for realm, told in realms.items()]}
