"""UpKeep's own messages from end to end: the stand-in delivers, the receiver keeps a hint, the work order is read again, and nothing
that a message says is believed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.config.settings import load_config
from connector.core.source_hint import EVENTS
from connector.engine.health import Health
from connector.engine.heeding import Bell, heed_once
from connector.flows.upkeep_hooks import HooksReport, Site, hooks_add, hooks_list, hooks_remove
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports, hook_site_of
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.store.keys import Keys
from connector.store.source_hints import WAITING_MAX
from connector.upkeep.deliveries import named_in
from connector.web.app import BODY_BYTES_MAX, application
from connector.web.from_upkeep import REFUSALS_SECONDS, REREAD_SECONDS, Addressee, FromUpKeep
from connector.web.serving import from_upkeep_of
from tests.everyday import a_few
from tests.stage import SharedClock, Stage

URL = "https://books.example.com"


def hearing(folder: Path, ledger: str = "quickbooks", **switches: Any) -> Stage:
    change = ("      email:", "      allow_writes: true\n      webhooks: true\n      email:")
    stage = Stage(folder, ledger, config_change=change, upkeep_switches=switches)
    path = folder / "config.yaml"
    path.write_text(path.read_text("utf-8") + f"web: {{public_url: {URL}}}\n", "utf-8")
    return stage


@contextmanager
def site_of(stage: Stage) -> Iterator[Site]:
    config, problems = load_config(stage.folder / "config.yaml", {})
    assert config is not None, problems
    clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    transports = Transports(SandboxTransport(stage.sandbox.upkeep.handle))
    with hook_site_of(config, config.connections[0], database, clock, transports) as site:
        yield site
    database.close()


def add(stage: Stage, *, renewed: bool = False) -> HooksReport:
    with site_of(stage) as site:
        return hooks_add(site, is_renewed=renewed)


def registered(stage: Stage) -> list[tuple[str, list[str]]]:
    """What the stand-in has, asked past its API."""
    hooks = stage.sandbox.vendors.upkeep.records.by_kind["webhooks"].values()
    return [(str(hook["endpoint"]), list(hook["events"])) for hook in hooks]


@dataclass
class Receiver:
    """The application as `connector run` serves it, without a socket, and for which connections it rang."""

    stage: Stage
    app: Any
    rung: list[str] = field(default_factory=list)

    def post(self, path: str, body: bytes, **headers: str) -> int:
        async def one() -> int:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL) as client:
                return (await client.post(path, content=body, headers=headers)).status_code

        return asyncio.run(one())

    def deliver(self) -> int:
        """What UpKeep has to tell by now; how many."""
        told = self.stage.sandbox.vendors.upkeep.hooks.take()
        assert {self.post(one.endpoint.removeprefix(URL), one.body) for one in told} <= {200}
        return len(told)


@contextmanager
def receiver(stage: Stage) -> Iterator[Receiver]:
    config, problems = load_config(stage.folder / "config.yaml", {})
    assert config is not None, problems
    clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    rung: list[str] = []
    with ThreadPoolExecutor(1) as threads:
        from_upkeep = from_upkeep_of(config, database, rung.extend, clock)
        yield Receiver(stage, application({}, Health(None), threads, from_upkeep), rung)
    database.close()


def look(stage: Stage) -> None:
    """What `connector run` does when the bell rings."""
    settings, mapping = stage.settings()
    clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    transports = Transports(SandboxTransport(stage.sandbox.upkeep.handle), SandboxTransport(stage.shell.handle))
    heed_once(settings, mapping, database, Bell(clock), transports=transports)
    database.close()


def heard(stage: Stage) -> Any:
    with stage.world() as world:
        assert world.source_hints is not None
        return world.source_hints.heard()


# --- registering ----------------------------------------------------------------------------------------------------------------

SWITCHES: list[dict[str, Any]] = [
    {},
    {"webhook_reply": "result", "webhook_body": "form"},
    {"webhook_body": "json", "webhook_list": "404"},
    {"empty_list": "404", "numbers": "string"},
    {"webhook_reply": "result", "webhook_list": "404"},
]


@pytest.mark.parametrize("switches", a_few(SWITCHES, 3))
def test_each_event_is_registered_once_however_often_it_is_asked_for(switches: dict[str, Any], tmp_path: Path) -> None:
    stage = hearing(tmp_path, **switches)
    assert (add(stage).registered, add(stage).registered) == (1, 0)
    ((endpoint, events),) = registered(stage)
    assert endpoint.startswith(f"{URL}/webhooks/upkeep/")
    assert (len(endpoint.rpartition("/")[2]), sorted(events)) == (64, sorted(EVENTS))
    with site_of(stage) as site:
        assert len(hooks_list(site).hooks) == 1
        assert (hooks_remove(site).removed, registered(stage)) == (1, [])
        assert hooks_remove(site).problems == []


@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit"])
@pytest.mark.parametrize("switches", a_few([{}, {"webhook_list": "404"}], 2))
def test_a_registration_whose_answer_is_lost_is_looked_for_and_never_doubled(kind: str, switches: Any, tmp_path: Path) -> None:
    stage = hearing(tmp_path, **switches)
    stage.sandbox.upkeep.plan.plan([Fault(kind=kind, method="POST", path="*/webhooks")])  # type: ignore[arg-type]
    arrived, is_shown = kind == "drop_after_commit", not switches
    first = add(stage)
    assert [problem.code for problem in first.problems] == ([] if arrived and is_shown else ["UPKEEP_HOOK_UNCERTAIN"])
    again = add(stage)
    assert [problem.code for problem in again.problems] == ([] if is_shown else ["UPKEEP_HOOK_UNCERTAIN"])
    assert len(registered(stage)) == (1 if is_shown else int(arrived))


def test_what_is_there_twice_or_leads_to_an_address_of_before_is_removed(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    ((endpoint, _),) = registered(stage)
    for address in (endpoint, f"{URL}/webhooks/upkeep/of-a-lost-database", "https://elsewhere.example.com/hook"):
        body = {"title": "x", "endpoint": address, "events": ["WORK_ORDER_UPDATED"]}
        assert stage.upkeep.post("/api/v2/webhooks", json=body).status_code == 200
    report = add(stage)
    assert (report.registered, report.removed) == (0, 2)
    assert [address for address, _ in registered(stage)] == [endpoint, "https://elsewhere.example.com/hook"]


def test_a_renewed_address_leaves_nothing_at_the_old_one(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    ((old, _),) = registered(stage)
    with receiver(stage) as ours:
        assert ours.post(old.removeprefix(URL), b'{"id": "a"}') == 200
        assert (add(stage, renewed=True).registered, len(registered(stage))) == (1, 1)
        ((new, _),) = registered(stage)
        stage.clock.advance(REREAD_SECONDS)
        assert ours.post(old.removeprefix(URL), b'{"id": "a"}') == 404
        assert ours.post(new.removeprefix(URL), b'{"id": "a"}') == 200


def test_a_refusal_is_told_and_changes_nothing(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    stage.sandbox.upkeep.plan.plan([Fault(kind="refusal", method="POST", path="*/webhooks", code="no", times=2)])
    assert [problem.code for problem in add(stage).problems] == ["UPKEEP_HOOK_REFUSED"]
    assert registered(stage) == []
    assert add(stage).registered == 1


# --- hearing --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["once", *a_few(["twice", "out_of_order"], 1)[0].values, "none"])
def test_a_completed_work_order_is_posted_within_the_minute_once(mode: str, tmp_path: Path) -> None:
    stage = hearing(tmp_path, webhook=mode)
    add(stage)
    order = stage.work_order("4711", status="open", dateCompleted=None)
    stage.sync()
    stage.change(order, status="complete")
    with receiver(stage) as ours:
        delivered = ours.deliver()
        assert (delivered > 0, bool(ours.rung)) == (mode != "none",) * 2
    assert heard(stage).waiting == (mode != "none")  # A burst is one row.
    look(stage)
    assert (len(stage.documents()), heard(stage).waiting) == (int(mode != "none"), 0)
    report = stage.sync()  # Polling stays the truth, and posts nothing again.
    assert (report.posted, len(stage.documents())) == (int(mode == "none"), 1)
    assert report.pulled == (mode == "none")


def test_a_hint_moves_no_cursor_so_that_what_changed_before_it_is_still_read(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    stage.work_order("1")
    stage.sync()
    stage.work_order("2")  # Nobody tells of it.
    stage.sandbox.vendors.upkeep.hooks.take()
    stage.clock.advance(3600)
    third = stage.work_order("3")
    stage.change(third, title="y")
    with receiver(stage) as ours:
        assert ours.deliver() == 1
    look(stage)
    assert len(stage.documents()) == 2
    stage.sync()
    assert len(stage.documents()) == 3


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_deleted_work_order_is_what_the_sync_would_say(is_posted: bool, tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    order = stage.work_order("4711", **({} if is_posted else {"category": "Nobody mapped this", "additionalCosts": [{"cost": "x"}]}))
    stage.sync()
    assert len(stage.documents()) == is_posted
    assert stage.upkeep.delete(f"/api/v2/work-orders/{order}").status_code == 200
    with receiver(stage) as ours:
        assert ours.deliver() == 1
    look(stage)
    with stage.world() as world:
        found = [(finding.code, "no longer in UpKeep" in finding.message) for finding in world.store.findings()]
        remembered = world.store.find("4711")
        assert remembered is not None
    assert found == ([("CHANGED_AFTER_POSTING", True)] if is_posted else [])
    assert remembered.disposition == ("posted" if is_posted else "open")
    assert len(stage.documents()) == is_posted


def test_an_invented_id_costs_a_call_and_another_sites_as_well(tmp_path: Path) -> None:
    stage = hearing(tmp_path, sites=2)
    add(stage)
    ((endpoint, _),) = registered(stage)
    stage.sync()
    with receiver(stage) as ours:
        for body in (b'{"id": "NoSuchOne1"}', b'{"id": "NoSuchOne1", "status": "complete", "additionalCosts": [{"cost": 1}]}'):
            assert ours.post(endpoint.removeprefix(URL), body) == 200
        elsewhere = {"title": "x", "status": "complete", "additionalCosts": [{"cost": "5.00"}]}
        other = stage.sandbox.vendors.upkeep.sites[1].create("work-orders", elsewhere)
        assert ours.post(endpoint.removeprefix(URL), json.dumps(other).encode()) == 200
    stage.sandbox.upkeep.log.clear()
    look(stage)
    assert sum("NoSuchOne1" in str(entry) for entry in stage.sandbox.upkeep.log) == 1
    assert (heard(stage).waiting, stage.documents()) == (0, [])


def test_what_nobody_can_guess_is_refused_unread_and_counted(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    with receiver(stage) as ours:
        assert {ours.post(f"/webhooks/upkeep/{guess}", b'{"id": "a"}') for guess in ("x", "0" * 64, "é")} == {404}
        assert ours.post("/webhooks/upkeep/", b"{}") == 404
        stage.clock.advance(REFUSALS_SECONDS)
        ours.post("/webhooks/upkeep/y", b"")
    told = heard(stage)
    assert (told.refused, told.deliveries, told.waiting) == (4, 0, 0)


def test_a_flood_and_a_huge_body_are_bounded_and_counted(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    ((endpoint, _),) = registered(stage)
    path = endpoint.removeprefix(URL)
    with receiver(stage) as ours:
        assert ours.post(path, b"x" * (BODY_BYTES_MAX + 1)) == 413
        assert ours.post(path, b"[]") == 200
        with stage.world() as world, world.hints.database.write() as connection:  # type: ignore[attr-defined]
            scope = tuple(world.source_hints.scope.values())  # type: ignore[union-attr]
            for number in range(WAITING_MAX):
                statement = "INSERT INTO source_hint VALUES (?, ?, ?, ?, '2026-03-02 15:00:00.000000', 1)"
                connection.exec_driver_sql(statement, (*scope, f"flood{number}"))
        assert ours.post(path, b'{"id": "one-more"}') == 200
        assert ours.post(path, b'{"id": "flood7"}') == 200
    told = heard(stage)
    assert (told.deliveries, told.unreadable, told.strangers, told.waiting) == (4, 2, 1, WAITING_MAX)


@pytest.mark.long
def test_a_hint_while_upkeep_is_away_waits_for_the_next_look(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    order = stage.work_order("4711")
    stage.change(order, title="x")
    with receiver(stage) as ours:
        ours.deliver()
    stage.sandbox.upkeep.plan.plan([Fault(kind="drop_before_commit", method="GET", path="*", times=9)])
    look(stage)
    assert heard(stage).waiting == 1
    stage.sandbox.upkeep.plan.clear()
    look(stage)
    assert (heard(stage).waiting, len(stage.documents())) == (0, 1)


def test_nothing_is_heard_by_a_connection_that_is_not_to_hear(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    config, _ = load_config(tmp_path / "config.yaml", {})
    assert config is not None
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    assert from_upkeep_of(replace(config, web=None), database, lambda names: None, SharedClock(stage.clock)) is None
    database.close()


def test_an_address_outlives_a_new_key_of_the_vault(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    ((endpoint, _),) = registered(stage)
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    assert Keys(database, {}).rotate() > 0
    database.close()
    with receiver(stage) as ours:
        assert ours.post(endpoint.removeprefix(URL), b'{"id": "a"}') == 200
    assert add(stage).registered == 0


def test_while_the_database_cannot_be_used_upkeep_is_asked_to_try_again(tmp_path: Path) -> None:
    """Whether it does is not known; the schedule does not depend on it."""
    broken = DatabaseProblem("DATABASE_BUSY", "db", "It is busy.", "Wait.")

    class Broken:
        def keep(self, scope: dict[str, str], source_id: str) -> bool:
            raise broken

        def note_refused(self, count: int) -> None:
            raise broken

    def unreadable() -> dict[str, Addressee]:
        raise broken

    clock, own = SharedClock(Stage(tmp_path).clock), Addressee("plant", {})
    assert FromUpKeep(unreadable, named_in, Broken(), lambda names: None, clock).whose("own") == 503
    receiving = FromUpKeep(lambda: {"own": own}, named_in, Broken(), lambda names: None, clock)
    assert receiving.whose("own") is own
    assert receiving.take(own, b'{"id": "a"}') == 503
    assert receiving.whose("guessed") is None
    receiving.write_refused()  # What could not be written down is kept for the next time.


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": "HW2I379ErS", "status": "complete"}', "HW2I379ErS"),
        (b'{"result": {"id": "HW2I379ErS"}}', "HW2I379ErS"),
        (b'{"data": {"objectId": "HW2I379ErS"}}', "HW2I379ErS"),
        (b"id=HW2I379ErS&title=x", "HW2I379ErS"),
        (b'{"id": 7}', "7"),
        (b'{"id": "a/../b"}', ""),
        (b'{"id": "' + b"a" * 65 + b'"}', ""),
        (b'{"id": null, "result": []}', ""),
        (b"[" * 100_000, ""),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_of_a_body_an_id_is_taken_and_nothing_else(body: bytes, found: str) -> None:
    assert named_in(body) == found


def test_a_body_is_never_kept(tmp_path: Path) -> None:
    stage = hearing(tmp_path)
    add(stage)
    ((endpoint, _),) = registered(stage)
    with receiver(stage) as ours:
        ours.post(endpoint.removeprefix(URL), json.dumps({"id": "abc", "title": "a secret of the shop"}).encode())
    with stage.world() as world, world.hints.database.write() as connection:  # type: ignore[attr-defined]
        ((kept,),) = connection.exec_driver_sql("SELECT source_id FROM source_hint").all()
    assert kept == "abc"
    assert b"a secret of the shop" not in stage.database_path.read_bytes()
    assert endpoint.rpartition("/")[2].encode() not in stage.database_path.read_bytes()
