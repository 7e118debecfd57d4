"""All SQL of the links from the mapping's customers to the ledger's (core/customer_link.py), and what a new answer sets in motion.

A link belongs to the ledger company: the connections that feed it share the answers. Every link, and every change of one, is in the audit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.customer_link import CustomerLink, Key, folded
from connector.core.disposition import Disposition
from connector.core.mapped_names import CUSTOMER, read_names
from connector.core.mapping import DocumentKind
from connector.core.posting import Event, Posting, State
from connector.core.problem import Problem
from connector.store.audit import Scope, Trail
from connector.store.database import Database
from connector.store.ledger_tables import CustomerLinkRow
from connector.store.postings import JOINED, POSTING, posting_of, read, set_state
from connector.store.tables import Meta
from connector.store.upsert import upsert
from connector.store.work_orders import WORK_ORDER, follow, in_scope

LINK = CustomerLinkRow.__table__  # type: ignore[attr-defined]
META = Meta.__table__  # type: ignore[attr-defined]
CHUNK = 500
_SALES = [kind.value for kind in DocumentKind if kind.is_sale]
BY_ITSELF = "the only customer of exactly that name"
# A mapping digest that none has, so that the next sync decides anew.
ASK_ANEW = "released"

Deciding = Callable[[], AbstractContextManager[tuple[Connection, Trail]]]


class Customers:
    """The links of one ledger company, and what one connection posted before there were any."""

    def __init__(self, database: Database, scope: Scope, deciding: Deciding) -> None:
        self._database = database
        self._scope = scope
        self._company = scope["ledger_company"]
        self._deciding = deciding

    def links(self) -> dict[Key, CustomerLink]:
        """The confirmed links, in the order in which they were confirmed."""
        with self._database.write() as connection:
            return _known(connection, self._company)

    def link(self, links: Sequence[CustomerLink], why: str) -> None:
        """Confirm links, or change them, in one transaction with all that follows from it."""
        with self._deciding() as (connection, trail):
            self._database.locks.until_commit(connection, f"decisions {self._company}")
            _keep(connection, trail, links, "customer_confirmed", why)

    def is_first_look(self) -> bool:
        """Whether nobody has looked yet at what this connection posted before there were links."""
        with self._database.write() as connection:
            return self._database.meta(connection, self._looked) is None

    @property
    def _looked(self) -> str:
        return "customers_looked_at " + "/".join(self._scope.values())

    def posted_invoices(self) -> Iterator[tuple[str, Posting]]:
        """The mapping's customer ("" where it was not kept) and the posting of each posted invoice of this connection, oldest first."""
        after = 0
        while page := self._posted_after(after):
            after = page[-1][1].id
            yield from page

    def _posted_after(self, after: int) -> list[tuple[str, Posting]]:
        with self._database.write() as connection:
            query = JOINED.add_columns(WORK_ORDER.c.explanation).join(WORK_ORDER, WORK_ORDER.c.posting_id == POSTING.c.id)
            which = (POSTING.c.state == State.POSTED.value, POSTING.c.kind.in_(_SALES), POSTING.c.id > after)
            rows = connection.execute(query.where(*in_scope(WORK_ORDER, self._scope), *which).order_by(POSTING.c.id).limit(CHUNK))
            return [(customer_in(row.explanation), posting_of(row)) for row in rows]

    def adopt(self, links: Sequence[CustomerLink]) -> None:
        """Take over what earlier postings prove, and note that they were looked at; an answer of a person stays."""
        with self._deciding() as (connection, trail):
            known = _known(connection, self._company)
            fresh = [link for link in links if link.key not in known]
            _keep(connection, trail, fresh, "customer_adopted", "its invoices that were posted before customers were confirmed went there")
            upsert(connection, META, {"key": self._looked}, {"value": trail.at.isoformat()})


def customer_in(explanation: str) -> str:
    """The mapping's customer that a work order's document was made for; "" when it has none."""
    return next((name.value for name in read_names(explanation) if name.kind == CUSTOMER), "")


def link_by_itself(connection: Connection, trail: Trail, link: CustomerLink | None) -> None:
    """Store a link that nobody is asked about, unless it is stored already."""
    if link is not None:
        _keep(connection, trail, [link], "customer_linked", BY_ITSELF)


def _known(connection: Connection, company: str) -> dict[Key, CustomerLink]:
    query = sa.select(LINK).where(LINK.c.ledger_company == company).order_by(LINK.c.confirmed_at, LINK.c.name_key, LINK.c.called_key)
    return {link.key: link for link in map(_link_of, connection.execute(query))}


def _link_of(row: Any) -> CustomerLink:
    return CustomerLink(row.name, row.customer_id, row.known_as, row.called, row.confirmed_by, row.confirmed_at)


def _keep(connection: Connection, trail: Trail, links: Sequence[CustomerLink], event: str, why: str) -> None:
    company = trail.scope["ledger_company"]
    known = _known(connection, company)
    fresh = [link for link in links if (before := known.get(link.key)) is None or before.id != link.id]
    for link in fresh:
        values = {"name": link.name, "customer_id": link.id, "known_as": link.known_as, "called": link.called}
        which = {"ledger_company": company, "name_key": link.key[0], "called_key": link.key[1]}
        upsert(connection, LINK, which, {**values, "confirmed_by": trail.actor, "confirmed_at": trail.at})
    befores = {link.key: known.get(link.key) or _newest(known, link) for link in fresh}
    # By name: whether it is another customer, for whom unsent documents must be made anew too.
    moved = {link.key[0]: (before := befores[link.key]) is None or before.id != link.id for link in fresh}
    anew = _decide_anew(connection, trail, company, moved)
    for link in fresh:
        before = befores[link.key]
        reason = f"'{link.name}': {why}; decided anew: {anew[link.key[0]]}"
        trail.note(event, before=before.told() if before else "", after=link.told(), reason=reason)


def _newest(known: Mapping[Key, CustomerLink], link: CustomerLink) -> CustomerLink | None:
    """The last answer about that name under another word for it."""
    return next((other for key, other in reversed(list(known.items())) if key[0] == link.key[0]), None)


def _decide_anew(connection: Connection, trail: Trail, company: str, moved: Mapping[str, bool]) -> Counter[str]:
    """Have every work order that waits for these customers decided anew, and what was made for another id before it leaves; how many.

    What left, or may have left, is never made anew: it stays with the customer that it was made for (docs/exactly-once.md).
    """
    count: Counter[str] = Counter()
    waiting = (Disposition.HELD.value, Disposition.QUEUED.value)
    query = sa.select(WORK_ORDER.c.id, WORK_ORDER.c.disposition, WORK_ORDER.c.posting_id, WORK_ORDER.c.explanation)
    which = (WORK_ORDER.c.ledger_company == company, WORK_ORDER.c.disposition.in_(waiting))
    for row in connection.execute(query.where(*which)).all() if moved else ():
        key = folded(customer_in(row.explanation))
        is_held = row.disposition == Disposition.HELD.value
        if key in moved and (is_held or (moved[key] and _taken_back(connection, trail, row.posting_id))):
            connection.execute(sa.update(WORK_ORDER).where(WORK_ORDER.c.id == row.id).values(mapping_digest=ASK_ANEW))
            count[key] += 1
    return count


def _taken_back(connection: Connection, trail: Trail, posting_id: int) -> bool:
    """Keep a document from leaving that nothing was sent of; false when it is on its way, or somebody moved it meanwhile."""
    posting = read(connection, posting_id)
    if posting.state is not State.READY or posting.attempted or not posting.kind.is_sale:
        return False
    state = set_state(connection, trail, posting, Event.BLOCKED, "its customer was linked anew before it left")
    if state is not None:
        follow(connection, posting_id, state, _linked_anew(posting))
    return state is not None


def _linked_anew(posting: Posting) -> Problem:
    message = "Its customer was linked anew after its document was made and before it left."
    return Problem("CUSTOMER_RELINKED", f"work order {posting.work_order_number}", message, "Nothing to do: the next sync makes it anew.")
