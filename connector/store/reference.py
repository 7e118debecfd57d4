"""All SQL of the kept lists of a ledger company (core/reference.py): one row an entry, one row a list with the moments of its age.

Entries are written first, in bounded transactions, and the list's own row after them: until it is there the list counts as not kept,
and until it is renewed the changes of the same time are asked for and taken in once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.reference import SHAPE, Entry, Listing, ListKind, Lists
from connector.store.ledger_tables import ReferenceEntryRow, ReferenceListRow
from connector.store.upsert import upsert, upsert_all

LIST = ReferenceListRow.__table__  # type: ignore[attr-defined]
ENTRY = ReferenceEntryRow.__table__  # type: ignore[attr-defined]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Changed = tuple[ListKind, Entry]


def read(connection: Connection, ledger_company: str) -> dict[ListKind, Listing]:
    """The lists that are kept of that company, in the shape that this version understands."""
    heads = connection.execute(sa.select(LIST).where(LIST.c.ledger_company == ledger_company, LIST.c.shape == SHAPE)).all()
    entries: dict[str, dict[str, Entry]] = {head.kind: {} for head in heads}
    if heads:
        of_kinds = ENTRY.c.ledger_company == ledger_company, ENTRY.c.kind.in_(list(entries)), ENTRY.c.shape == SHAPE
        for row in connection.execute(sa.select(ENTRY.c.kind, ENTRY.c.entry_id, ENTRY.c.content).where(*of_kinds)):
            entries[row.kind][row.entry_id] = _entry(row.entry_id, json.loads(row.content))
    known = {kind.value for kind in ListKind}
    return {
        ListKind(head.kind): Listing(entries[head.kind], head.as_of, head.kept_at, head.whole_at) for head in heads if head.kind in known
    }


def changed(before: Lists, after: Lists) -> list[Changed]:
    """The entries that are not kept yet as they are now."""
    found = []
    for kind, listing in after.items():
        kept = before[kind].entries if kind in before else {}
        found += [(kind, entry) for entry in listing.everything if kept.get(entry.id) != entry]
    return found


def keep_entries(connection: Connection, ledger_company: str, entries: Sequence[Changed]) -> None:
    """Store entries, whatever was kept of them; in one order, so that two processes at once wait for each other and not in a ring."""
    rows = [
        {"ledger_company": ledger_company, "kind": kind.value, "entry_id": entry.id, "shape": SHAPE, "content": _content(entry)}
        for kind, entry in sorted(entries, key=lambda one: (one[0].value, one[1].id))
    ]
    if rows:
        upsert_all(connection, ENTRY, ("ledger_company", "kind", "entry_id"), rows)


def keep_lists(connection: Connection, ledger_company: str, lists: Lists) -> None:
    """Store how old each list is."""
    for kind, listing in sorted(lists.items()):
        moments = {"as_of": listing.as_of, "kept_at": listing.kept_at, "whole_at": listing.whole_at}
        upsert(connection, LIST, {"ledger_company": ledger_company, "kind": kind.value}, {"shape": SHAPE, **moments})


def doubt(connection: Connection, ledger_company: str) -> None:
    """Have every list read as a whole by the next run that needs any: none has an age or a moment to ask changes from."""
    connection.execute(sa.update(LIST).where(LIST.c.ledger_company == ledger_company).values(as_of="", kept_at=LONG_AGO))


def _content(entry: Entry) -> str:
    told: dict[str, Any] = {"names": entry.names, "facts": dict(entry.facts), "active": entry.is_active, "gone": entry.is_gone}
    told |= {"leaf": entry.leaf, "parent": entry.parent, "former": entry.former}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _entry(identifier: str, told: dict[str, Any]) -> Entry:
    return Entry(
        identifier,
        tuple(told["names"]),
        leaf=told["leaf"],
        parent=told["parent"],
        is_active=told["active"],
        is_gone=told["gone"],
        facts=told["facts"],
        former=tuple(told["former"]),
    )
