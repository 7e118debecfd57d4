"""A person who connects an account: the real flow, vault and clients of a stage, and a hand at the sandbox's consent page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from connector.core.problem import Problem
from connector.flows.connect import Left, connect, disconnect
from connector.ledgers.oauth import OAuth
from connector.ledgers.sign_in import Company, SignIn
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports
from connector.store.connection_store import Database
from connector.store.vault import TokenVault
from connector.wiring import sign_in_of
from tests.stage import SharedClock, Stage


@dataclass(frozen=True, slots=True)
class Parts:
    sign_in: SignIn
    oauth: OAuth
    vault: TokenVault


@contextmanager
def parts_of(stage: Stage) -> Iterator[Parts]:
    settings, _ = stage.settings()
    clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    try:
        with sign_in_of(settings.ledger, database, clock, Transports(None, SandboxTransport(stage.shell.handle))) as parts:
            yield Parts(*parts)
    finally:
        database.close()


def change_config(stage: Stage, pattern: str, text: str) -> None:
    path = stage.folder / "config.yaml"
    changed = re.sub(pattern, text, path.read_text("utf-8"))
    assert changed != path.read_text("utf-8")
    path.write_text(changed, "utf-8")


def never_connected(stage: Stage) -> Stage:
    """The configuration of somebody who was never given a refresh token."""
    change_config(stage, r" *refresh_token: .*\n", "")
    return stage


def consent(stage: Stage, address: str) -> str:
    """Where the consent page sends the person."""
    with httpx.Client(transport=SandboxTransport(stage.shell.handle)) as browser:
        answer = browser.get(address)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def connected(stage: Stage, change: Callable[[str], str] = lambda returned: returned) -> Company | Problem:
    with parts_of(stage) as parts:
        return connect(parts.sign_in, parts.vault, "sandbox", lambda address: change(consent(stage, address)))


def disconnected(stage: Stage) -> Left:
    with parts_of(stage) as parts:
        return disconnect(parts.sign_in, parts.oauth, parts.vault)
