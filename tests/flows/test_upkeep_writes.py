"""Changes that a person has written into UpKeep: each once, whatever becomes of an answer, and none where it is not allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from connector.core.problem import Problem
from connector.core.upkeep_write import Change, NewAsset, NewFile, NewSchedule, NewWorkOrder, PartsUsed, WriteState
from connector.flows.upkeep_writes import Desk, WrittenThere, carry_out, close
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports, desk_of
from connector.store.audit import newest
from connector.store.connection_store import Database
from connector.upkeep.source import SourceUnreachableError
from tests.stage import SharedClock, Stage

JOB = NewWorkOrder("Replace the belt", "It squeaks", "HVAC", 2, date(2026, 3, 9))
EVERY_BYTE = bytes(range(256)) * 3


class There:
    """The desk over the stand-in of UpKeep's own API, and what is there."""

    def __init__(self, folder: Path, **switches: Any) -> None:
        self.stage = Stage(folder, upkeep_switches=switches)
        self.vendor = self.stage.sandbox.vendors.upkeep
        self.part = self.made("parts", name="Belt", cost="12.50", quantity=10)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        clock = SharedClock(self.stage.clock)
        database = Database.open(str(self.stage.database_path), clock)
        settings, _ = self.stage.settings()
        transports = Transports(SandboxTransport(self.stage.sandbox.upkeep.handle))
        try:
            with desk_of(settings, database, clock=clock, transports=transports, actor="kim") as (_, desk):
                yield desk
        finally:
            database.close()

    def write(self, change: Change, key: str = "", content: bytes = b"") -> WrittenThere | Problem:
        with self.desk() as desk:
            return carry_out(replace(desk, content=lambda: content), change, key)

    def fault(self, kind: Any, **more: Any) -> None:
        self.stage.sandbox.upkeep.plan.plan([Fault(kind=kind, **({"method": "POST", "path": "*/work-orders"} | more))])

    def made(self, kind: str, **fields: Any) -> str:
        answer = self.stage.upkeep.post(f"/api/v2/{kind}", json=fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["id"])

    def kept(self, kind: str) -> list[dict[str, Any]]:
        return [r for r in self.vendor.records.by_kind[kind].values() if r.get("name", r.get("title")) in ("Replace the belt", "Pump 9")]

    def stock(self) -> Decimal:
        return Decimal(self.vendor.records.by_kind["parts"][self.part]["quantity"])

    def open(self) -> list[WriteState]:
        with self.desk() as desk:
            return [kept.state for kept in desk.records.open()]


@pytest.fixture
def there(tmp_path: Path) -> There:
    return There(tmp_path)


def done(told: WrittenThere | Problem) -> WrittenThere:
    assert isinstance(told, WrittenThere), told
    return told


def code(told: WrittenThere | Problem) -> str:
    assert isinstance(told, Problem), told
    return told.code


def test_a_work_order_is_made_as_it_was_asked_for_and_who_asked_is_in_the_audit(there: There) -> None:
    told = done(there.write(JOB))
    (kept,) = there.kept("work-orders")
    assert (told.id, told.number, told.is_new) == (kept["id"], kept["workOrderNo"], True)
    assert (kept["category"], kept["priority"], kept["dueDate"][:10]) == ("HVAC", 2, "2026-03-09")
    assert kept["description"] == f"It squeaks\n\n[connector {told.key[:16]}]"
    with there.desk() as desk, desk.records._database.write() as connection:  # type: ignore[attr-defined]
        links = [link.entry for link in newest(connection, 9) if link.entry.marker == told.key]
    assert [(entry.actor, entry.event) for entry in links] == [("kim", "upkeep_write_begun"), ("kim", "upkeep_write_done")]


def test_the_same_command_given_twice_makes_two_and_under_one_key_one(there: There) -> None:
    done(there.write(JOB, "K1"))
    again = done(there.write(JOB, "K1"))
    assert (len(there.kept("work-orders")), again.is_new) == (1, False)
    done(there.write(JOB))
    there.stage.clock.advance(1)
    done(there.write(JOB))
    assert len(there.kept("work-orders")) == 3
    assert code(there.write(replace(JOB, title="Other"), "K1")) == "UPKEEP_KEY_USED"


@pytest.mark.parametrize("kind", ["drop_after_commit", "5xx_after_commit", "garbled"])
def test_an_answer_that_was_lost_after_it_was_written_is_found_by_a_look(kind: str, there: There) -> None:
    there.fault(kind)
    told = done(there.write(JOB))
    assert (told.id, told.is_new, there.open()) == (there.kept("work-orders")[0]["id"], False, [])


@pytest.mark.parametrize("kind", ["drop_before_commit", "5xx"])
def test_an_answer_that_was_lost_is_unknown_and_nothing_is_sent_before_a_look_after_a_while(kind: str, there: There) -> None:
    there.fault(kind)
    told = there.write(JOB)
    assert code(told) == "UPKEEP_WRITE_UNKNOWN"
    assert isinstance(told, Problem)
    assert "[connector " in told.next_step
    assert there.open() == [WriteState.UNKNOWN]
    told = there.write(JOB)
    assert code(told) == "UPKEEP_WRITE_UNKNOWN", "a slow server may still write it"
    assert there.kept("work-orders") == []
    there.stage.clock.advance(600)
    done(there.write(JOB))
    assert (len(there.kept("work-orders")), there.open()) == (1, [])


def test_one_that_a_slow_server_writes_later_is_found_by_the_same_command(there: There) -> None:
    there.fault("commit_late", seconds=60)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    there.stage.clock.advance(600)
    told = done(there.write(JOB))
    assert (told.is_new, len(there.kept("work-orders"))) == (False, 1)


def test_a_process_that_died_before_the_answer_leaves_its_intent_to_the_next_command(there: There) -> None:
    there.fault("drop_after_commit")
    there.fault("5xx", method="GET", times=99)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    there.stage.sandbox.upkeep.plan.clear()
    there.stage.clock.advance(7_200)
    assert done(there.write(JOB)).is_new is False
    assert len(there.kept("work-orders")) == 1


@pytest.mark.parametrize("kind", ["refuse", "429"])
def test_what_never_left_is_not_written_and_the_next_command_is_a_new_one(kind: str, there: There) -> None:
    there.fault(kind)
    with pytest.raises(SourceUnreachableError, match="nothing was written"):
        there.write(JOB)
    assert there.open() == []
    there.stage.clock.advance(1)
    done(there.write(JOB))
    assert len(there.kept("work-orders")) == 1


def test_what_upkeep_refuses_is_told_in_its_words_and_is_not_open(there: There) -> None:
    told = there.write(replace(JOB, title=""))
    assert code(told) == "UPKEEP_WRITE_REFUSED"
    assert "title cannot be null" in str(told)
    assert there.open() == []


def test_a_plan_without_the_api_is_told(tmp_path: Path) -> None:
    there = There(tmp_path)
    there.vendor.switches["plan"] = "business"
    told = there.write(JOB)
    assert code(told) == "UPKEEP_WRITE_REFUSED"
    assert "plan" in str(told)


def test_a_person_who_looked_closes_what_is_unknown(there: There) -> None:
    there.fault("5xx")
    there.write(JOB)
    with there.desk() as desk:
        (kept,) = desk.records.open()
        assert close(desk.records, kept.key, was_written=False)
        assert not close(desk.records, kept.key, was_written=False)
    assert there.open() == []
    assert code(there.write(JOB, kept.key)) == "UPKEEP_KEY_USED"


def test_an_asset_is_made_with_its_meter(there: There) -> None:
    told = done(there.write(NewAsset("Pump 9", model="X", serial="S-1", meter_unit="hours")))
    (meter,) = there.vendor.records.by_kind["meters"].values()
    assert (meter["asset"], meter["units"]) == (told.id, "hours")
    there.fault("drop_after_commit", path="*/assets")
    there.stage.clock.advance(1)
    assert done(there.write(NewAsset("Pump 9"))).is_new is False
    assert len(there.kept("assets")) == 2


def test_what_upkeeps_own_api_does_not_take_is_told_before_anything_is_sent(there: There) -> None:
    assert code(there.write(NewSchedule("a1", "Oil change", Decimal(3), "months"))) == "UPKEEP_NOT_OFFERED"
    assert code(there.write(NewAsset("Pump 9", warranty_until=date(2027, 1, 1)))) == "UPKEEP_NOT_OFFERED"
    assert there.kept("assets") == []


# --- parts ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["objects_with_cost", "objects", "ids"])
def test_parts_used_are_added_to_those_that_are_there_and_taken_from_stock(shape: str, tmp_path: Path) -> None:
    there = There(tmp_path, parts_shape=shape)
    other = there.made("parts", name="Oil", cost="3", quantity=5)
    job = there.made("work-orders", title="Job", parts=[other, there.part], respectivePartQuantityUsed=[1, 2])
    done(there.write(PartsUsed(job, there.part, Decimal("1.5"))))
    lines = there.vendor.records.by_kind["work-orders"][job]["parts"]
    assert [(line["id"], line["quantity"]) for line in lines] == [(other, 1), (there.part, Decimal("3.5"))]
    assert there.stock() == Decimal("6.5")
    done(there.write(PartsUsed(there.made("work-orders", title="Next"), there.part, Decimal(1))))
    assert there.stock() == Decimal("5.5")


@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit"])
def test_parts_whose_answer_was_lost_are_taken_from_stock_once(kind: str, there: There) -> None:
    job = there.made("work-orders", title="Job")
    there.fault(kind, method="PATCH", path="*/work-orders/*")
    there.write(PartsUsed(job, there.part, Decimal(2)))
    there.stage.clock.advance(600)
    there.write(PartsUsed(job, there.part, Decimal(2)), "") if there.open() else None
    assert (there.stock(), there.open()) == (8, [])


def test_parts_that_somebody_else_changed_meanwhile_are_left_to_a_person(there: There) -> None:
    job = there.made("work-orders", title="Job")
    there.fault("drop_before_commit", method="PATCH", path="*/work-orders/*")
    there.write(PartsUsed(job, there.part, Decimal(2)))
    there.stage.change(job, parts=[there.part], respectivePartQuantityUsed=[7])
    there.stage.clock.advance(600)
    told = there.write(PartsUsed(job, there.part, Decimal(2)))
    assert code(told) == "UPKEEP_WRITE_UNKNOWN"
    assert "0 of it were there before, 2 with it" in str(told)
    assert there.stock() == 3


def test_parts_that_cannot_be_read_are_not_written_anew(there: There) -> None:
    job = there.made("work-orders", title="Job", parts=[{"id": there.part, "quantity": "some"}])
    assert code(there.write(PartsUsed(job, there.part, Decimal(2)))) == "UPKEEP_WRITE_REFUSED"
    assert code(there.write(PartsUsed("nothing", there.part, Decimal(2)))) == "UPKEEP_WRITE_REFUSED"


# --- files ------------------------------------------------------------------------------------------------------------------------


def a_file(job: str, *, is_first: bool = False) -> NewFile:
    return NewFile(job, "report.pdf", len(EVERY_BYTE), sha256(EVERY_BYTE).hexdigest(), is_first)


@pytest.mark.parametrize("mode", ["objects", "ids"])
@pytest.mark.parametrize("kind", ["", "drop_after_commit", "drop_before_commit"])
def test_a_file_lies_on_its_work_order_once_beside_those_that_were_there(mode: str, kind: str, tmp_path: Path) -> None:
    there = There(tmp_path, files=mode)
    job = there.made("work-orders", title="Job")
    there.stage.change(job, files=[there.vendor.files.put("old.txt", b"old")])
    if kind:
        there.fault(kind, method="PATCH", path="*/work-orders/*")
    there.write(a_file(job), content=EVERY_BYTE)
    there.stage.clock.advance(timedelta(hours=2).total_seconds())
    if there.open():
        there.write(a_file(job), content=EVERY_BYTE)
    ids = there.vendor.records.by_kind["work-orders"][job]["files"]
    assert [there.vendor.files._stored[one].name for one in ids] == ["old.txt", "report.pdf"]
    assert there.vendor.files._stored[ids[1]].content == EVERY_BYTE


def test_a_file_never_replaces_files_that_upkeep_does_not_show(tmp_path: Path) -> None:
    there = There(tmp_path, files="absent")
    job = there.made("work-orders", title="Job")
    there.stage.change(job, files=[there.vendor.files.put("old.txt", b"old")])
    assert code(there.write(a_file(job), content=EVERY_BYTE)) == "UPKEEP_WRITE_REFUSED"
    assert len(there.vendor.records.by_kind["work-orders"][job]["files"]) == 1
    empty = there.made("work-orders", title="Empty")
    done(there.write(a_file(empty, is_first=True), content=EVERY_BYTE))
    there.vendor.switches["file_uploads"] = False
    assert code(there.write(a_file(empty, is_first=True), "K2", content=EVERY_BYTE)) == "UPKEEP_WRITE_REFUSED"
