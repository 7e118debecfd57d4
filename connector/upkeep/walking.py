"""Walk UpKeep's list of work orders so that no row is skipped, although rows move in it while it is read.

By change: ask for rows from a moment on, oldest change first, and go on from the last row's moment. A row that changes while we page
only moves to the end, where it is met again. An offset is needed only within one moment that fills a whole page; there each page
begins with the last row of the one before, the anchor. When it does not, rows have moved, and the moment is read again.

By completion: for the comparison of a window, which must rely neither on the filter nor on the moment of change.

All of it: the filter's name is known from one client only. Where it is ignored or refused, or the order is, the whole list is read in
the order of creation, which no change disturbs, and filtered here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.upkeep.http import AnswerTooLargeError
from connector.upkeep.parse import parse_head
from connector.upkeep.row import with_row
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError, WorkOrderHead

log = logging.getLogger("connector.upkeep")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# So often the anchor may be missed without one new row in between; then the list cannot be relied on.
RESTARTS_MAX = 5
# So many rows are remembered in any case: where the filter or the order turns out not to be honoured, they are not told twice.
GIVEN_KEPT = 5_000
# With an anchor, a page of one row would not move.
PAGE_SIZE_MIN = 2

Params = dict[str, str | int]
AskPage = Callable[[Params], list[Any]]


class NotHonouredError(Exception):
    """The filter or the order that was asked for was not applied."""


@dataclass(slots=True)
class Walk:
    """One walk over the list; `given` are the work orders that it has told of, by id, with their moment of change."""

    ask: AskPage
    page_size: int
    given: dict[str, datetime] = field(default_factory=dict)

    def by_change(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads from a moment on, in ascending order of updated_at; raises NotHonouredError when UpKeep does not give them so."""
        bound, offset, restarts = since, 0, 0
        anchor: WorkOrderHead | None = None
        while True:
            heads = self._changed_page(bound, offset)
            if anchor is not None and (not heads or heads[0].id != anchor.id):
                restarts = _counted(restarts)
                offset, anchor = 0, None
                continue
            rows = heads[1:] if anchor else heads
            fresh = self._fresh(rows)
            yield from fresh
            restarts = 0 if fresh else restarts
            if not rows or not (fresh or anchor or restarts):
                return
            if heads[0].updated_at != heads[-1].updated_at:
                # The rows of the last moment are read again, with those that follow.
                bound, offset, anchor = heads[-1].updated_at, 0, None
                self._forget(bound)
            else:
                offset = (offset if heads[0].updated_at == bound else 0) + len(heads) - 1
                bound, anchor = heads[-1].updated_at, heads[-1]

    def everything(self, since: datetime | None, now_there: Callable[[], datetime]) -> Iterator[WorkOrderHead]:
        """Every head changed in that time, in ascending order of updated_at, from a list that is read whole before the first is given.

        What changed after the walk began, by UpKeep's clock, is left to the next one: another row may have changed before it, behind
        our back.
        """
        found: dict[str, WorkOrderHead] = {}
        until: datetime | None = None
        for heads in self._pages("createdAt ASC"):
            until = until or now_there()
            found |= {head.id: head for head in heads}
        wanted = [head for head in found.values() if (since or EPOCH) <= head.updated_at <= (until or EPOCH)]
        yield from self._fresh(sorted(wanted, key=lambda head: head.updated_at))

    def by_completion(self, since: datetime) -> Iterator[WorkOrderHead]:
        """Heads completed since that moment, the last one first, each id once; raises NotHonouredError when the order is another one."""
        try:
            for heads in self._pages("dateCompleted DESC"):
                done = [head for head in heads if head.completed_at is not None]
                moments = [head.completed_at for head in done if head.completed_at is not None]
                if moments != sorted(moments, reverse=True):
                    raise NotHonouredError
                yield from self._once([head for head in done if head.completed_at is not None and head.completed_at >= since])
                if moments and moments[-1] < since:
                    return
        except UnreadableAnswerError as error:
            if error.status == 400:
                raise NotHonouredError from error
            raise

    def whole_by_completion(self, since: datetime) -> Iterator[WorkOrderHead]:
        """The same from the whole list, in any order."""
        for heads in self._pages("createdAt ASC"):
            yield from self._once([head for head in heads if head.completed_at is not None and head.completed_at >= since])

    def _pages(self, order: str) -> Iterator[list[WorkOrderHead]]:
        """The list in that order, page by page; from its start again when rows moved, so that a row may come twice, but none never."""
        met: set[str] = set()
        offset, restarts, anchor = 0, 0, ""
        while True:
            heads = _heads(self._page({"orderBy": order, "offset": offset}), EPOCH)
            if anchor and (not heads or heads[0].id != anchor):
                restarts = _counted(restarts)
                offset, anchor = 0, ""
                continue
            if len(heads) == (1 if anchor else 0):
                return
            ids = {head.id for head in heads}
            if not ids <= met:
                restarts = 0
            met |= ids
            yield heads
            offset, anchor = offset + len(heads) - 1, heads[-1].id

    def _once(self, heads: Sequence[WorkOrderHead]) -> list[WorkOrderHead]:
        """Those not yet given at all."""
        fresh = [head for head in heads if head.id not in self.given]
        self.given |= {head.id: head.updated_at for head in fresh}
        return fresh

    def _fresh(self, heads: Sequence[WorkOrderHead]) -> list[WorkOrderHead]:
        """Those not yet given with this moment of change."""
        fresh = [head for head in heads if self.given.get(head.id) != head.updated_at]
        self.given |= {head.id: head.updated_at for head in fresh}
        return fresh

    def _forget(self, before: datetime) -> None:
        """Rows of an earlier moment cannot come again unchanged: memory stays flat, however long the list."""
        if len(self.given) > GIVEN_KEPT:
            self.given = {identifier: moment for identifier, moment in self.given.items() if moment >= before}

    def _changed_page(self, bound: datetime | None, offset: int) -> list[WorkOrderHead]:
        params: Params = {"orderBy": "updatedAt ASC", "offset": offset}
        if bound is not None:
            params["updatedAtGreaterThanOrEqualTo"] = (bound - EPOCH) // MILLISECOND
        try:
            heads = _heads(self._page(params), bound or EPOCH)
        except UnreadableAnswerError as error:
            if error.status == 400:
                raise NotHonouredError from error
            raise
        moments = [head.updated_at for head in heads]
        # UpKeep's filter has milliseconds, a stored moment may have more.
        low = EPOCH + (bound - EPOCH) // MILLISECOND * MILLISECOND if bound else None
        if moments != sorted(moments) or (low is not None and moments and moments[0] < low):
            raise NotHonouredError
        return heads

    def _page(self, params: Params) -> list[Any]:
        """One page; a smaller one where the texts of so many work orders are too much for one answer."""
        while True:
            try:
                return self.ask(params | {"limit": self.page_size})
            except AnswerTooLargeError:
                if self.page_size <= PAGE_SIZE_MIN:
                    raise
                self.page_size = max(PAGE_SIZE_MIN, self.page_size // 4)
                log.warning("action=page_too_large next_page_size=%d", self.page_size)


def _heads(rows: list[Any], otherwise: datetime) -> list[WorkOrderHead]:
    """Rows as heads; one without a readable moment of change takes that of the row before it, so that it keeps its place."""
    heads: list[WorkOrderHead] = []
    for row in rows:
        heads.append(with_row(parse_head(row, heads[-1].updated_at if heads else otherwise), row))
    return heads


def _counted(restarts: int) -> int:
    if restarts >= RESTARTS_MAX:
        raise SourceUnreachableError("UpKeep's list of work orders moves or repeats itself; it cannot be read safely. Run sync again")
    return restarts + 1
