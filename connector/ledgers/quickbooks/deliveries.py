"""Which documents a delivery of Intuit's webhooks names (pure): CloudEvents, and the older shape, which some apps may still get.

A delivery may be about several realms at once. That a document was created is no news: it is ours only if we created it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from connector.core.hint import Change, Delivery
from connector.core.mapping import DocumentKind
from connector.ledgers.quickbooks.documents import ENTITY

HEADER = "intuit-signature"
_TYPE = re.compile(r"qbo\.([a-z_-]+)\.([a-z]+)\.v[0-9]+")
_ID = re.compile("[0-9A-Za-z-]{1,64}")
_CREATED = frozenset({"create", "created"})
KINDS = frozenset(ENTITY)  # of which Intuit tells
_KINDS = {name.lower(): kind for kind, name in ENTITY.items()}

Entry = tuple[str, str, str, str]  # realm, entity, id, operation


def read(body: bytes) -> Delivery:
    """Never raises: what cannot be read is counted, and the sweeps find what it was about."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Delivery(unreadable=1)
    entries, unreadable = _entries(told)
    companies = tuple(dict.fromkeys(realm for realm, _, _, _ in entries))
    changes = tuple(change for entry in entries if (change := _change(*entry)) is not None)
    return Delivery(companies, tuple(dict.fromkeys(changes)), unreadable)


def _change(realm: str, entity: str, identifier: str, operation: str) -> Change | None:
    kind: DocumentKind | None = _KINDS.get(re.sub("[_-]", "", entity).lower())
    return None if kind is None or operation.lower() in _CREATED else Change(realm, kind, identifier)


def _entries(told: Any) -> tuple[list[Entry], int]:
    """Every entry that can be read, and how many cannot."""
    if isinstance(told, list):
        found = [_cloud_event(event) for event in told]
    elif isinstance(told, dict) and isinstance(told.get("eventNotifications"), list):
        found = [entry for notification in told["eventNotifications"] for entry in _older(notification)]
    else:
        found = [None]
    entries = [entry for entry in found if entry is not None]
    return entries, len(found) - len(entries)


def _cloud_event(event: Any) -> Entry | None:
    if not isinstance(event, dict):
        return None
    what = _TYPE.fullmatch(str(event.get("type")).lower())
    return _entry(event.get("intuitaccountid"), what.group(1), event.get("intuitentityid"), what.group(2)) if what else None


def _older(notification: Any) -> Iterator[Entry | None]:
    changed = notification.get("dataChangeEvent") if isinstance(notification, dict) else None
    entities = changed.get("entities") if isinstance(changed, dict) else None
    if not isinstance(entities, list):
        yield None
        return
    for one in entities:
        yield _entry(notification.get("realmId"), one.get("name"), one.get("id"), one.get("operation")) if isinstance(one, dict) else None


def _entry(realm: Any, entity: Any, identifier: Any, operation: Any) -> Entry | None:
    texts = (realm, entity, identifier, operation)
    if not all(isinstance(text, str) and text for text in texts) or not (_ID.fullmatch(realm) and _ID.fullmatch(identifier)):
        return None
    return realm, entity, identifier, operation
