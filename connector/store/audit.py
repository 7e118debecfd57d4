"""The audit's SQL: entries are written in the transaction of the change that they record, and read back for the check.

The head stands in `meta`, so that a cut-off tail is missed; its row is also what two processes queue at. Entries are written last in
their transaction: whoever holds the head waits for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.audit import Entry, Head, Link, head_of, linked
from connector.core.posting import Posting
from connector.store.engine import storable
from connector.store.tables import AuditRow, Meta
from connector.store.upsert import upsert

AUDIT = AuditRow.__table__  # type: ignore[attr-defined]
META = Meta.__table__  # type: ignore[attr-defined]
HEAD = "audit_head"
REASON_LENGTH_MAX = 1000
# Built once: all run twice for each posting.
_INSERT = sa.insert(AUDIT)
_HEAD = sa.select(META.c.value).where(META.c.key == HEAD).with_for_update()
_MOVE = (
    sa.update(META)
    .where(META.c.key == HEAD, META.c.value == sa.bindparam("known"))
    .values(value=sa.bindparam("moved", type_=META.c.value.type))
)

Scope = dict[str, str]  # ledger_company, source_company, site


@dataclass(slots=True)
class Trail:
    """What is decided in one transaction: by whom, when, in which scope."""

    actor: str
    at: datetime
    scope: Scope = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def note(self, event: str, **told: Any) -> None:
        """Note one decision; `told` are the fields of an Entry."""
        self.entries.append(Entry(self.at, self.actor, event, **{**self.scope, **told}))

    def note_posting(self, posting: Posting, event: str, *, token: int, after: str, reason: str = "") -> None:
        """Note a step of a posting."""
        who = posting.identity
        self.note(
            event,
            ledger_company=who.ledger_company,
            source_company=who.source_company,
            site=who.site,
            work_order=posting.work_order_number,
            marker=posting.marker,
            token=token,
            before=posting.state.value,
            after=after,
            reason=reason,
        )


class AuditLog:
    """The one chain of a database. It remembers the head that it wrote last: while nobody else appends, nothing has to be read."""

    def __init__(self) -> None:
        self._head = Head()

    def append(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Chain the entries of one transaction, as its last step."""
        if not entries:
            return
        before = self._head
        links = _chained(before, entries)
        if not _move(connection, before, links[-1]):
            # Another process appended meanwhile, or our last transaction was undone.
            before = lock_head(connection) or _last(connection)
            links = _chained(before, entries)
            upsert(connection, META, {"key": HEAD}, {"value": _head(links[-1]).text()})
        connection.execute(_INSERT, [_row(link) for link in links])
        self._head = _head(links[-1])


def _chained(head: Head, entries: Iterable[Entry]) -> list[Link]:
    links = []
    for entry in entries:
        link = linked(head, _as_stored(entry))
        head = _head(link)
        links.append(link)
    return links


def _as_stored(entry: Entry) -> Entry:
    """The hash covers what the database keeps, which is not every character that a title may have."""
    texts: dict[str, Any] = {name: storable(value) for name in _TEXTS if not (value := getattr(entry, name)).isascii() or "\x00" in value}
    if len(entry.reason) > REASON_LENGTH_MAX:
        texts["reason"] = storable(entry.reason[:REASON_LENGTH_MAX])
    return replace(entry, **texts) if texts else entry


_TEXTS = tuple(name for name, kind in Entry.__annotations__.items() if kind == "str")


def _head(link: Link) -> Head:
    return Head(link.number, link.hash)


def _move(connection: Connection, before: Head, to: Link) -> bool:
    """Compare and set."""
    return connection.execute(_MOVE, {"known": before.text(), "moved": _head(to).text()}).rowcount == 1


def lock_head(connection: Connection) -> Head | None:
    """The head as the database keeps it, and nobody appends until this transaction ends."""
    text = connection.execute(_HEAD).scalar_one_or_none()
    return head_of(text) if text is not None else None


def _last(connection: Connection) -> Head:
    row = connection.execute(sa.select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)).first()
    return Head(row.number, row.hash) if row is not None else Head()


def _row(link: Link) -> dict[str, Any]:
    told = {name: getattr(link.entry, name) for name in Entry.__annotations__}
    return {"number": link.number, **told, "previous": link.previous, "hash": link.hash}


def link_of(row: Any) -> Link:
    """A stored row as a link."""
    return Link(row.number, Entry(**{name: getattr(row, name) for name in Entry.__annotations__}), row.previous, row.hash)


def page(connection: Connection, after: int, limit: int) -> list[Link]:
    """A bounded page of the entries after a number."""
    query = sa.select(AUDIT).where(AUDIT.c.number > after).order_by(AUDIT.c.number).limit(limit)
    return [link_of(row) for row in connection.execute(query)]


def newest(connection: Connection, limit: int, work_order: str = "") -> list[Link]:
    """The newest entries, about one work order or about all, oldest first."""
    query = sa.select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
    rows = connection.execute(query.where(AUDIT.c.work_order == work_order) if work_order else query).all()
    return [link_of(row) for row in reversed(rows)]


def has(connection: Connection, head: Head) -> bool:
    """Whether the chain goes through that head."""
    at_number = connection.execute(sa.select(AUDIT.c.hash).where(AUDIT.c.number == head.number)).scalar_one_or_none()
    return head.number == 0 or at_number == head.hash


# --- the head beside the database ---------------------------------------------------------------------------------------------


def noted_beside(path: Path | None) -> Head | None:
    """The head that a writer noted in the file beside the database; None when there is none to read."""
    if path is not None:
        with suppress(FileNotFoundError, UnicodeDecodeError):
            return head_of(path.read_text(encoding="ascii"))
    return None


def counted(connection: Connection, table: str) -> str:
    """How many rows a table has, in words."""
    count = connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
    return f"{count} in {table}"
