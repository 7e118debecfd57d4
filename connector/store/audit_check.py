"""Read the audit from its first entry on and name the first that does not fit; bounded pages, each in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from connector.core.audit import Chain, Head, Link
from connector.core.problem import Problem
from connector.store.audit import lock_head, page
from connector.store.database import Database

ENTRIES_PER_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the chain holds, what is wrong after that, and which entries say that the database was put back."""

    head: Head
    problem: Problem | None
    restored: tuple[int, ...]


def check(database: Database, *noted: Head) -> Checked:
    """Whether every entry fits, up to the heads that the database, the file beside it and the caller know."""
    beside = database.noted_head()
    chain = Chain(*noted, *([beside] if beside is not None else []))
    restored: list[int] = []
    while True:
        with database.write() as connection:
            # Nobody appends between the head and the page: a page that is empty is the end of the chain.
            stored = lock_head(connection)
            links = _readable(connection, chain.head.number)
        if links is None:
            return Checked(chain.head, chain.problem_of_unreadable(), tuple(restored))
        for link in links:
            problem = chain.problem_of(link)
            if problem is not None:
                return Checked(chain.head, problem, tuple(restored))
            if link.entry.event == "database_found_restored":
                restored.append(link.number)
        if not links:
            return Checked(chain.head, chain.problem_at_end(stored), tuple(restored))


def _readable(connection: Connection, after: int) -> list[Link] | None:
    """The next page, or a page of one where a later entry cannot be read; None when the next one cannot."""
    for limit in (ENTRIES_PER_PAGE, 1):
        try:
            return page(connection, after, limit)
        except (ValueError, TypeError):
            continue  # A moment that is none, for example: somebody wrote it past the connector.
    return None
