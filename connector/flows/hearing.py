"""A delivery of a vendor's webhooks: whose signature is on it, which of our companies it is about, what is to be looked at.

It is noted and nothing else: what it is about is looked at later (flows/heed.py). Several apps may speak at one address, each with a
key of its own, and a key counts for the companies of its app alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from connector.core.hint import Change, Delivery
from connector.ledgers.signature import is_signed

Scope = dict[str, str]


@dataclass(frozen=True, slots=True)
class Listener:
    """A connection that is to hear of its documents. `key`: what the vendor signs the app's deliveries with."""

    name: str
    company_id: str
    scope: Scope
    key: str


@dataclass(frozen=True, slots=True)
class Ear:
    """A vendor as it is listened to: the header with its signature, how its deliveries are read, and for whom."""

    ledger: str
    header: str
    read: Callable[[bytes], Delivery]
    listeners: tuple[Listener, ...]


class Deliveries(Protocol):
    """Where deliveries are noted."""

    def keep(
        self, ledger: str, companies: Iterable[str], changes: Iterable[tuple[Scope, Sequence[Change]]], strangers: int, unreadable: int
    ) -> list[Scope]:
        """Note a delivery and the documents of ours that it names, in one transaction; whose documents they are."""
        ...

    def note_refused(self, ledger: str, count: int) -> None:
        """So many deliveries had a wrong signature."""
        ...


def hear(ear: Ear, deliveries: Deliveries, signature: bytes, body: bytes) -> list[str] | None:
    """Note a delivery; the connections that have something to look at. None when nobody's signature is on it, and nothing was noted."""
    keys = {key for key in {listener.key for listener in ear.listeners} if is_signed(body, signature, key)}
    if not keys:
        return None
    delivery = ear.read(body)
    told = {company.casefold() for company in delivery.companies}
    meant = [listener for listener in ear.listeners if listener.key in keys and listener.company_id.casefold() in told]
    companies = {listener.company_id.casefold() for listener in meant}
    hinted = deliveries.keep(
        ear.ledger, sorted(companies), [(one.scope, _about(one, delivery)) for one in meant], len(told - companies), delivery.unreadable
    )
    return [listener.name for listener in meant if listener.scope in hinted]


def _about(listener: Listener, delivery: Delivery) -> list[Change]:
    return [change for change in delivery.changes if change.company_id.casefold() == listener.company_id.casefold()]
