"""The database and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from connector.flows import intake, sending
from connector.flows.world import World
from connector.store.database import Database
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import HISTORIES


def http_inside_a_transaction(patch: pytest.MonkeyPatch) -> None:
    """Lease, call and outcome are one database transaction: a process that dies in it remembers nothing of what it sent."""
    write, send = Database.write, sending._send
    open_ones: dict[Database, Connection] = {}

    @contextmanager
    def join(self: Database) -> Iterator[Connection]:
        if self in open_ones:
            yield open_ones[self]
        else:
            with write(self) as connection:
                yield connection

    def send_in_one(world: World, posting: Any) -> Any:
        database = world.store._database  # type: ignore[attr-defined]
        with write(database) as connection:
            open_ones[database] = connection
            try:
                return send(world, posting)
            finally:
                del open_ones[database]

    patch.setattr(Database, "write", join)
    patch.setattr(sending, "_send", send_in_one)


def the_cursor_goes_first(patch: pytest.MonkeyPatch) -> None:
    """The cursor is stored when work orders are read, their decisions after that."""
    decide = intake._decide_chunk

    def move_and_decide(world: World, read_chart: Any, heads: Any, remembered: Any, taken: Any, **more: Any) -> None:
        world.store.mark_seen([], max(head.updated_at for head in heads))
        decide(world, read_chart, heads, remembered, taken, **more)

    patch.setattr(intake, "_decide_chunk", move_and_decide)


ACCIDENTS = (
    Accident("posting inside an open transaction", http_inside_a_transaction, HISTORIES, Caught("inside a transaction", at=0, within=50)),
    Accident("the cursor stored before the decisions", the_cursor_goes_first, HISTORIES, Caught("lost", at=0, within=50)),
)
