"""Xero's webhooks: contacts, invoices and credit notes, numbered, after the app has shown that it means to listen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.courier import SWITCHES as COURIERS
from connector.sandbox.courier import Courier, Event, Manners, Post

KEY = "sandbox-webhook-key"
SWITCHES: dict[str, Any] = {
    **COURIERS,
    "webhook_intent": (True, False, False, True),  # which of the first requests are signed rightly
}
PATHS = {"INVOICE": "Invoices", "CONTACT": "Contacts", "CREDITNOTE": "CreditNotes"}
# At once, after a quarter of an hour, then at longer intervals for a day; which ones exactly is published nowhere.
MANNERS = Manners(
    "x-xero-signature", (0, 900, 1800, 3600, 7200, 14_400, 28_800, 29_700), again_on=None, wants_nothing=True, answer_seconds=5
)


class XeroCourier(Courier):
    """The app's address at Xero: nothing is delivered before each of the first requests was answered rightly."""

    def __init__(self, clock: SandboxClock, switch: Callable[[str], Any]) -> None:
        super().__init__(clock, KEY, MANNERS, _write, switch)

    def register(self, url: str) -> None:
        """The app's developer enters an address; it is tried at the next delivery."""
        super().register(url)
        self.state = "to be tried"

    def deliver(self, post: Post) -> int:
        """Make every delivery whose time has come."""
        if self.state == "to be tried":
            answered = [self._answers(post, number, is_right=one) for number, one in enumerate(self._switch("webhook_intent"))]
            self.state = "active" if all(answered) else "refused"
        return super().deliver(post)

    def _answers(self, post: Post, number: int, *, is_right: bool) -> bool:
        """Whether a request with or without our signature is answered as it should be."""
        before = len(self.violations)
        answer = self.asked(post, self.request(_body([], number), "" if is_right else "somebody else's key"))
        return answer is not None and answer.status == (200 if is_right else 401) and len(self.violations) == before


def _write(events: list[Event]) -> bytes:
    return _body(events, events[0].number)


def _body(events: list[Event], seed: int) -> bytes:
    numbers = [event.number for event in events] or [0]
    entropy = hashlib.sha256(f"entropy {seed}".encode()).hexdigest()[:20].upper()
    told = {"events": [_told(event) for event in events], "firstEventSequence": min(numbers), "lastEventSequence": max(numbers)}
    return json.dumps({**told, "entropy": entropy}).encode()


def _told(event: Event) -> dict[str, Any]:
    return {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/{PATHS[event.kind]}/{event.identifier}",
        "resourceId": event.identifier,
        "tenantId": event.company,
        "tenantType": "ORGANISATION",
        "eventCategory": event.kind,
        "eventType": event.what,
        "eventDateUtc": event.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        **({"data": dict(event.more)} if event.more else {}),
    }
