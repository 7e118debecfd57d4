"""One session for all processes of a login: whoever comes later takes it over, and nobody signs another out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.sandbox.transport import SandboxTransport
from connector.sandbox.upkeep import UpKeepSandbox
from connector.store.vault import TokenVault
from connector.upkeep.http import UpKeepHttp
from connector.upkeep.session import login_name
from connector.upkeep.source import SourceUnreachableError
from tests.ledgers.rig import TestClock
from tests.stage import Stage
from tests.store.databases import Home, migrated_file
from tests.upkeep.rig import START, Answers, StandIn, Ticking
from tests.upkeep.test_http import FINE, failure

NAME = login_name("https://upkeep.example", "ada@example.com", "")


def process(handler: Any, home: Home, clock: Any = None, **more: Any) -> UpKeepHttp:
    """One process of several on the same database."""
    login = {"base_url": "https://upkeep.example", "email": "ada@example.com", "password": "secret", "token": ""} | more
    transport = handler if isinstance(handler, httpx.BaseTransport) else httpx.MockTransport(handler)
    vault = TokenVault(home.open(), NAME, more.pop("environment", None))
    return UpKeepHttp(**login, clock=clock or TestClock(), transport=transport, sessions=vault)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home("sqlite", str(tmp_path / "connector.db"))
    home.path.write_bytes(migrated_file())
    yield home
    home.close()


def test_a_second_process_takes_the_session_over(home: Home) -> None:
    answers = Answers({"/users": FINE})
    process(answers, home).get("/users")
    process(answers, home).get("/users")
    assert answers.asked == ["/auth", "/users", "/users"]


def test_a_session_that_ends_is_renewed_by_one_process_and_taken_over_by_the_other(home: Home) -> None:
    clock, answers = TestClock(), Answers({"/users": FINE}, ends="2026-03-02T16:00:00.000Z")
    one, other = process(answers, home, clock), process(answers, home, clock)
    one.get("/users")
    other.get("/users")
    clock.moment = START + timedelta(hours=1)
    answers.ends = "2026-03-02T18:00:00.000Z"
    one.get("/users")
    other.get("/users")
    assert answers.asked.count("/auth") == 2


def test_a_kept_session_that_is_refused_is_replaced_by_a_sign_in(home: Home) -> None:
    answers = Answers({"/users": [FINE, failure(401), FINE]})
    process(answers, home).get("/users")
    assert process(answers, home).get("/users") == FINE
    assert answers.asked == ["/auth", "/users", "/users", "/auth", "/users"]


def test_where_a_further_sign_in_ends_the_session_two_processes_share_one(home: Home) -> None:
    stand_in = StandIn(sessions="one")
    vendor: UpKeepSandbox = stand_in.vendor
    signed_in: list[str] = []

    def count(request: httpx.Request) -> None:
        signed_in.extend([request.url.path] if request.url.path.endswith("/auth") else [])

    login = {"email": vendor.email, "password": vendor.password}
    both = [process(SandboxTransport(stand_in.sandbox.upkeep.handle), home, Ticking(stand_in.clock), **login) for _ in range(2)]
    for one in both:
        one._client.event_hooks = {"request": [count]}
    for _ in range(5):
        for one in both:
            one.get("/users")
    assert len(signed_in) == 1
    # A person checks the login: the other process goes on with what that gave, without a sign-in of its own.
    both[0].sign_in()
    both[1].get("/users")
    both[0].get("/users")
    assert len(signed_in) == 2


def test_a_session_that_another_process_kept_and_that_ended_too_is_no_dead_end(home: Home) -> None:
    answers = Answers({"/users": [FINE, FINE, failure(401), failure(401), FINE]})
    one, other = process(answers, home), process(answers, home)
    one.get("/users")
    other.get("/users")
    one.sign_in()
    # The session of before, and the kept one: both refused. The third is our own.
    other._session.text = "r:0"
    assert other.get("/users") == FINE
    assert answers.asked.count("/auth") == 3


def test_a_login_that_is_refused_is_not_kept(home: Home) -> None:
    with pytest.raises(SourceUnreachableError, match="check source: email and password"):
        process(Answers({"/auth": failure(401)}), home).get("/users")
    assert TokenVault(home.open(), NAME).load() is None


def test_the_session_lies_encrypted_and_belongs_to_its_login(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    before = len(stage.sandbox.upkeep.log)
    stage.sync()
    assert not any(entry["path"].endswith("/auth") for entry in list(stage.sandbox.upkeep.log)[before:])
    assert b"r:" + b"0" * 3 not in stage.database_path.read_bytes()
    sessions = stage.sandbox.vendors.upkeep._sign_in._sessions
    assert not any(token.encode() in stage.database_path.read_bytes() for token in sessions)
    assert login_name("a", "b@c", "") != login_name("a", "b@c", "u1")
