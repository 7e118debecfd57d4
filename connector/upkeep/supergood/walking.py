"""Read the normalised API's list so that no row is missed, whatever its paging and its order are.

Nobody says in which order the list comes, what a cursor is, or what happens to a page while rows move. So the list is read whole before
its first row is given, sorted here, and, where it had more than one page, read until two readings agree: a row that was skipped because
others moved is in one of them, and one that changed meanwhile has another moment. What changed after the reading began is left to the
next one. The filter by change is a hint: each row is compared with it here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.core.contract import Contract
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError, WorkOrderHead
from connector.upkeep.supergood.pointing import NOTHING, first

log = logging.getLogger("connector.upkeep")

# So often a list is read until two readings agree.
READINGS_MAX = 6
# More pages than any company has: a list that never ends and never repeats itself.
PAGES_MAX = 20_000
# A filter may be exclusive, or know whole seconds only; what it gives too much is dropped here.
MARGIN = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Params = dict[str, str]
AskPage = Callable[[Params], Any]  # the JSON of one page, None for a 404
RowsOf = Callable[[Any], list[Any]]
HeadOf = Callable[[Any, int, datetime], WorkOrderHead]


class UnsteadyError(Exception):
    """A page repeats rows of an earlier one: rows have moved, or the list repeats itself."""


@dataclass(slots=True)
class Walk:
    """One walk over the list. `rows` are the raw rows of its last reading by id, as far as they are to be kept."""

    contract: Contract
    ask: AskPage
    rows_of: RowsOf
    head_of: HeadOf
    keeps: Callable[[WorkOrderHead, Any], None] = field(default=lambda head, row: None)
    tells_cursor: bool = False  # whether a next cursor was ever told, so that none means the end
    first_page: int | None = None  # where pages are counted from, as far as it was found out

    def changed_since(self, since: datetime | None, started: datetime) -> list[WorkOrderHead]:
        """Every head changed since then, in ascending order of updated_at, each id once."""
        before: dict[str, datetime] | None = None
        for _ in range(READINGS_MAX):
            try:
                heads, pages = self._reading(since)
            except UnsteadyError:
                before = None
                continue
            wanted = [head for head in heads.values() if since is None or head.updated_at >= since]
            if pages > 1:
                wanted = [head for head in wanted if head.updated_at <= started]
            found = {head.id: head.updated_at for head in wanted}
            if pages <= 1 or found == before:
                return sorted(wanted, key=lambda head: (head.updated_at, head.id))
            before = found
        raise SourceUnreachableError(
            "The list of work orders moves or repeats itself; it cannot be read safely. "
            f"Check source: paging ({self.contract.paging}), and run again when fewer people work"
        )

    def _reading(self, since: datetime | None) -> tuple[dict[str, WorkOrderHead], int]:
        """One reading of all pages, and how many had rows."""
        names, heads = self.contract.names, dict[str, WorkOrderHead]()
        params = {names["limit"]: str(self.contract.page_size)}
        if since is not None:
            params[names["updated_after"]] = (since - MARGIN).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        place: Params = {} if self.contract.paging != "page" else {names["page"]: str(self._first_page(params))}
        for pages in range(PAGES_MAX):
            told = self.ask(params | place)
            rows = self.rows_of(told) if told is not None else []
            for number, row in enumerate(rows):
                head = self.head_of(row, number, since or EPOCH)
                if head.id in heads:
                    raise UnsteadyError
                heads[head.id] = head
                self.keeps(head, row)
            following = self._following(told, params, pages, len(rows), len(heads))
            if not rows or following is None:
                return heads, pages + bool(rows)
            place = following
        raise SourceUnreachableError(f"The list of work orders has no end: {PAGES_MAX} pages were read; check source: paging")

    def _following(self, told: Any, params: Params, pages: int, rows: int, total: int) -> Params | None:
        """What asks for the next page; None at the end of the list."""
        names = self.contract.names
        if self.contract.paging == "offset":
            return {names["offset"]: str(total)}
        if self.contract.paging == "page":
            return {names["page"]: str((self.first_page or 0) + pages + 1)}
        cursor = first(told, self.contract.fields["list_next"]) if isinstance(told, dict) else NOTHING
        if cursor is NOTHING and rows > 1 and not self.tells_cursor:
            self._require_cursor(params, rows)
        if cursor is NOTHING or cursor is None or cursor == "":
            self.tells_cursor = self.tells_cursor or cursor is not NOTHING
            return None
        self.tells_cursor = True
        return {names["cursor"]: str(cursor)}

    def _first_page(self, params: Params) -> int:
        """Pages are counted from 1, unless there is a page 0 that is another one: else its rows would never be read."""
        if self.first_page is None:
            one = params | {self.contract.names["limit"]: "1"}
            zeroth, first_ = (self._ids_of_page(one, page) for page in ("0", "1"))
            self.first_page = 0 if zeroth and zeroth != first_ else 1
        return self.first_page

    def _ids_of_page(self, params: Params, page: str) -> list[str]:
        try:
            told = self.ask(params | {self.contract.names["page"]: page})
        except UnreadableAnswerError as error:
            if error.status not in (400, 422):
                raise
            return []
        return [self.head_of(row, number, EPOCH).id for number, row in enumerate(self.rows_of(told))] if told is not None else []

    def _require_cursor(self, params: Params, rows: int) -> None:
        """Without the key for the next page the list may be whole, or cut: a page of one row tells which."""
        told = self.ask(params | {self.contract.names["limit"]: "1"})
        shown = len(self.rows_of(told)) if told is not None else 0
        if shown < rows and (not isinstance(told, dict) or first(told, self.contract.fields["list_next"]) is NOTHING):
            raise SourceUnreachableError(
                "The list of work orders says nowhere how it goes on; check source: paging (cursor, offset or page) and fields: list_next"
            )
        self.tells_cursor = True
