"""The connector as a process that strikes itself: `python -m tests.rig.child sync …` instead of `python -m connector sync …`.

RIG_STRIKE names the point, its how-manieth occurrence and the signal: "after the commit of lease|2|SIGKILL". The product knows nothing of
this: the hooks sit on SQLAlchemy's dialect, on httpx's transport and on the renaming of files, and the code in between is untouched.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.rig import points

STRIKE_VARIABLE = "RIG_STRIKE"
# On a server a dead writer's lease must run out: real time, but seconds instead of minutes.
LEASE_VARIABLE = "RIG_LEASE_SECONDS"
DEADLINE_SHARE_OF_LEASE = 0.8


class Striker:
    """Sends this process its signal at the chosen point."""

    def __init__(self, told: str) -> None:
        self.point, times, name = told.split("|")
        if self.point not in points.EVERY_POINT:
            raise ValueError(f"there is no point '{self.point}'")
        self._left = int(times)
        self._signal = signal.Signals[name]
        self._turn = threading.Lock()

    def at(self, point: str) -> None:
        """The process is at that point now."""
        if point != self.point:
            return
        with self._turn:
            self._left -= 1
            is_now = self._left == 0
        if is_now:
            # To this very thread: a stop that is sent to the process is taken by its main thread some time later.
            signal.pthread_kill(threading.get_ident(), self._signal)


def install(striker: Striker) -> None:
    """Put the hooks around commits, requests and renames."""
    _name_transactions()
    _watch_commits(striker)
    _watch_requests(striker)
    _watch_renames(striker)


# --- commits ------------------------------------------------------------------------------------------------------------------

_doing = threading.local()


def _name_transactions() -> None:
    from connector.store.connection_store import ConnectionStore
    from connector.store.database import Database
    from connector.store.migrations import upgrade
    from connector.store.vault import TokenVault

    special = {"migration": (upgrade, "upgrade"), "note_writer": (Database, "note_writer"), "token save": (TokenVault, "save")}
    for name in points.COMMITS:
        owner, attribute = special.get(name, (ConnectionStore, name))
        setattr(owner, attribute, _named(name, getattr(owner, attribute)))


def _named(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def named(*args: Any, **kwargs: Any) -> Any:
        _doing.what = name
        try:
            return original(*args, **kwargs)
        finally:
            _doing.what = ""

    return named


def _watch_commits(striker: Striker) -> None:
    import sqlalchemy as sa

    from connector.store import database

    original = database.open_engine

    def open_engine(url: sa.URL) -> sa.Engine:
        engine = original(url)
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            what = getattr(_doing, "what", "")
            striker.at(points.before_commit(what))
            commit(connection)
            striker.at(points.after_commit(what))

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
        sa.event.listen(engine, "after_cursor_execute", creating)
        return engine

    def creating(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if getattr(_doing, "what", "") == "migration" and statement.lstrip().upper().startswith("CREATE TABLE"):
            striker.at(points.CREATING_TABLES)

    database.open_engine = open_engine


# --- requests -----------------------------------------------------------------------------------------------------------------


def _watch_requests(striker: Striker) -> None:
    import httpx

    original = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        what = kind_of(request.method, request.url.path)
        if not what:
            return original(self, request)
        moments = {
            "http11.send_request_headers.complete": points.half_sent(what),
            "http11.send_request_body.complete": points.after_last_byte(what),
            "http11.receive_response_headers.complete": points.half_answered(what),
            "http11.response_closed.complete": points.answered(what),
        }

        def trace(event: str, _told: object) -> None:
            if event in moments:
                striker.at(moments[event])

        striker.at(points.before_first_byte(what))
        request.extensions = {**request.extensions, "trace": trace}
        return original(self, request)

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]


def kind_of(method: str, path: str) -> str:
    """Which of the requests whose bytes matter this is; empty for a read and for UpKeep."""
    if path.endswith(("/tokens/bearer", "/connect/token")):
        return "token refresh"
    if method not in ("POST", "PUT") or path.endswith("/query") or "/api/v2/" in path:
        return ""
    return "phase two" if method == "POST" and path.startswith("/api.xro/") else "create"


# --- files --------------------------------------------------------------------------------------------------------------------


def _watch_renames(striker: Striker) -> None:
    original = Path.replace

    def replace(self: Path, target: Any) -> Path:
        what = Path(target).suffix.removeprefix(".")
        striker.at(points.before_rename(what))
        renamed = original(self, target)
        striker.at(points.after_rename(what))
        return renamed

    Path.replace = replace  # type: ignore[method-assign]


# --- the process --------------------------------------------------------------------------------------------------------------


def _shorten_leases(seconds: float) -> None:
    from connector import wiring

    original = wiring.policy_of

    def policy_of(connection: Any) -> Any:
        # The lease is longer than the deadline by settle_seconds (flows/world.py).
        return dataclasses.replace(original(connection), send_deadline_seconds=seconds * DEADLINE_SHARE_OF_LEASE)

    wiring.policy_of = policy_of


def main(arguments: list[str]) -> None:
    """Run the connector's command line with these arguments."""
    from connector.cli import main as run

    if os.environ.get(LEASE_VARIABLE):
        _shorten_leases(float(os.environ[LEASE_VARIABLE]))
    if os.environ.get(STRIKE_VARIABLE):
        install(Striker(os.environ[STRIKE_VARIABLE]))
    sys.argv = ["connector", *arguments]
    run()


if __name__ == "__main__":
    main(sys.argv[1:])
