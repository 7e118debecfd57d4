"""The same changes through the normalised API: under a key that the contract names, and where nobody knows its header."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from connector.core.problem import Problem
from connector.core.upkeep_write import Change, NewAsset, NewFile, NewSchedule, PartsUsed, WriteState
from connector.flows.upkeep_writes import Desk, WrittenThere, carry_out
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.source_wiring import Transports, desk_of
from connector.store.connection_store import Database
from connector.upkeep.source import Source, SourceUnreachableError, UnreadableAnswerError
from tests.flows.test_upkeep_writes import EVERY_BYTE, JOB, code, done
from tests.stage import SharedClock
from tests.upkeep.supergood_stage import supergood_stage

NAMED = "      idempotency_header: Idempotency-Key\n"


class There:
    """The desk over the normalised API's stand-in, and what is there."""

    def __init__(self, folder: Path, more: str = NAMED, **switches: Any) -> None:
        self.stage = supergood_stage(folder, more=more, **switches)
        self.records = self.stage.sandbox.vendors.supergood.records
        self.vendor, self.shell = self.stage.sandbox.vendors.supergood, self.stage.sandbox.supergood
        self.part = str(self.records.create("parts", {"name": "Belt", "cost": "12.50", "quantity": 10})["id"])
        self.job = self.stage.work_order("1", parts=[])

    @contextmanager
    def at(self) -> Iterator[tuple[Source, Desk]]:
        clock = SharedClock(self.stage.clock)
        database = Database.open(str(self.stage.database_path), clock)
        settings, _ = self.stage.settings()
        try:
            with desk_of(settings, database, clock=clock, transports=Transports(SandboxTransport(self.shell.handle))) as at:
                yield at
        finally:
            database.close()

    def write(self, change: Change, key: str = "", content: bytes = b"") -> WrittenThere | Problem:
        self.stage.clock.advance(1)
        with self.at() as (_, desk):
            return carry_out(replace(desk, content=lambda: content), change, key)

    def fault(self, kind: Any, method: str = "POST", path: str = "/work-orders", **more: Any) -> None:
        self.shell.plan.plan([Fault(kind=kind, method=method, path=path, **more)])

    def jobs(self) -> list[dict[str, Any]]:
        return [record for record in self.records.by_kind["work-orders"].values() if record["title"] == JOB.title]

    def stock(self) -> Decimal:
        return Decimal(self.records.by_kind["parts"][self.part]["quantity"])

    def open(self) -> list[WriteState]:
        with self.at() as (_, desk):
            return [kept.state for kept in desk.records.open()]


@pytest.fixture
def there(tmp_path: Path) -> There:
    return There(tmp_path)


def test_each_of_the_four_is_written_as_it_was_asked_for(there: There) -> None:
    job = done(there.write(JOB))
    (record,) = there.jobs()
    assert (job.id, job.number, record["description"], record["dueDate"][:10]) == (
        record["id"],
        record["workOrderNo"],
        "It squeaks",
        "2026-03-09",
    )
    asset = done(there.write(NewAsset("Pump 9", warranty_until=date(2027, 1, 1), meter_unit="hours")))
    assert there.records.by_kind["assets"][asset.id]["warrantyUntil"] == "2027-01-01"
    (meter,) = there.records.by_kind["meters"].values()
    monthly = NewSchedule(asset.id, "Oil change", Decimal(3), "months", date(2026, 4, 1), checklist=("Drain", "Fill"))
    metered = NewSchedule(asset.id, "Overhaul", Decimal(500), meter=meter["id"], makes_work_orders=False)
    assert done(there.write(monthly)).id != done(there.write(metered)).id
    by_time, by_meter = (record["schedules"][0] for record in there.records.by_kind["preventive-maintenance"].values())
    assert (by_time["interval"], by_time["unit"], by_time["checklist"], by_time["auto_generate"]) == (3, "months", ["Drain", "Fill"], True)
    assert (by_meter["interval"], by_meter["meter_id"], by_meter["auto_generate"]) == (500, meter["id"], False)
    done(there.write(PartsUsed(there.job, there.part, Decimal("2.5"))))
    assert there.stock() == Decimal("7.5")


@pytest.mark.parametrize("kind", ["drop_after_commit", "5xx_after_commit", "garbled", "drop_before_commit", "5xx"])
def test_a_lost_answer_is_repeated_under_the_same_key_and_written_once(kind: str, there: There) -> None:
    there.fault(kind)
    done(there.write(JOB))
    there.fault(kind, path="/work-orders/*/parts-usage")
    done(there.write(PartsUsed(there.job, there.part, Decimal(2))))
    assert (len(there.jobs()), there.stock(), there.open()) == (1, 8, [])


def test_what_stays_unknown_is_taken_up_by_the_same_command_under_the_same_key(there: There) -> None:
    there.fault("drop_after_commit", times=3)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    assert done(there.write(JOB)).id == there.jobs()[0]["id"]
    assert (len(there.jobs()), there.open()) == (1, [])


def test_a_key_that_is_too_old_is_not_trusted(there: There) -> None:
    """Nobody publishes how long a key is remembered: what a look cannot decide, a person does."""
    there.fault("drop_after_commit", times=3)
    there.write(JOB)
    there.stage.clock.advance(30 * 3_600)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    assert len(there.jobs()) == 1


def test_a_refusal_after_a_lost_answer_does_not_undo_what_may_be_there(there: There) -> None:
    there.fault("drop_after_commit")
    there.fault("refusal", code="validation_failed", status=422)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    assert there.open() == [WriteState.UNKNOWN]


# --- the contract does not name the header of its keys: what we send may be seen, or not ----------------------------------------------


@pytest.mark.parametrize("seen_under", ["Idempotency-Key", "X-Other"])
@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit"])
def test_without_a_named_header_nothing_is_repeated_before_a_look(kind: str, seen_under: str, tmp_path: Path) -> None:
    there = There(tmp_path, more="", key_header=seen_under)
    there.fault(kind)
    assert code(there.write(JOB)) == "UPKEEP_WRITE_UNKNOWN"
    there.stage.clock.advance(600)
    told = there.write(JOB)
    assert len(there.jobs()) == 1
    if kind == "drop_after_commit":
        assert code(told) == "UPKEEP_WRITE_UNKNOWN", "one of that title may be somebody else's"
    else:
        assert done(told).is_new


@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit"])
def test_without_a_named_header_parts_are_taken_from_stock_once(kind: str, tmp_path: Path) -> None:
    there = There(tmp_path, more="", key_header="X-Other")
    there.fault(kind, path="/work-orders/*/parts-usage")
    used = PartsUsed(there.job, there.part, Decimal(2))
    there.write(used)
    there.stage.clock.advance(600)
    there.write(used) if there.open() else None
    assert (there.stock(), there.open()) == (8, [])


def test_without_a_named_header_what_cannot_be_read_is_left_to_a_person(tmp_path: Path) -> None:
    there = There(tmp_path, more="", key_header="X-Other")
    for change in (NewAsset("Pump 9"), NewSchedule(str(there.records.create("assets", {"name": "Fan"})["id"]), "Oil", Decimal(1), "days")):
        there.fault("drop_after_commit", path="/assets*")
        told = there.write(change)
        there.stage.clock.advance(600)
        assert {code(told), code(there.write(change))} == {"UPKEEP_WRITE_UNKNOWN"}
        assert "In UpKeep, look for" in str(told)
    assert (len(there.records.by_kind["assets"]), len(there.records.by_kind["preventive-maintenance"])) == (2, 1)


# --- refusals, and sessions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["json", "text"])
def test_what_it_refuses_is_told_in_its_words(errors: str, tmp_path: Path) -> None:
    there = There(tmp_path, errors=errors)
    told = there.write(PartsUsed(there.job, "no-such-part", Decimal(1)))
    assert code(told) == "UPKEEP_WRITE_REFUSED"
    assert "422: part_id and a quantity above zero are needed" in str(told)
    assert code(there.write(NewSchedule("a1", "Oil", Decimal(3), "months"))) == "UPKEEP_WRITE_REFUSED"
    there.vendor.switches["writes"] = "403"
    told = there.write(JOB)
    assert code(told) == "UPKEEP_WRITE_REFUSED"
    assert "The plan of the company or the rights of the login do not allow it." in str(told)
    assert there.open() == []


def test_a_session_that_ends_in_between_is_renewed_and_nothing_is_written_twice(there: There) -> None:
    done(there.write(JOB, "K1"))
    there.vendor.sign_in.end_every_session()
    done(there.write(replace(JOB, description="Again"), "K2"))
    assert len(there.jobs()) == 2


def test_a_throttle_and_a_place_that_is_not_there_are_not_written(there: There) -> None:
    for kind in ("429", "refuse"):
        there.fault(kind)
        with pytest.raises(SourceUnreachableError, match="nothing was written"):
            there.write(JOB)
    assert (there.jobs(), there.open()) == ([], [])


def test_a_contract_with_names_of_its_own_is_written_to_in_its_own_words(tmp_path: Path) -> None:
    """The stand-in has our names; a contract that calls a title otherwise is refused there, in words that show what was sent."""
    there = There(tmp_path, more=NAMED + "      names: {title: jobTitle}\n")
    told = there.write(JOB)
    assert "unknown field jobTitle" in str(told)


# --- files ------------------------------------------------------------------------------------------------------------------------


def a_file(job: str, content: bytes = EVERY_BYTE) -> NewFile:
    return NewFile(job, "report.pdf", len(content), sha256(content).hexdigest())


def names(there: There) -> list[str]:
    with there.at() as (source, _):
        return [file.name for file in source.files(there.job)]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/work-orders/*/attachments"), ("PUT", "/sandbox-uploads/*")], ids=["address", "bytes"]
)
@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit", "5xx"])
def test_a_file_lies_there_once_whatever_becomes_of_an_answer(kind: str, method: str, path: str, there: There) -> None:
    there.fault(kind, method, path)
    done(there.write(a_file(there.job), content=EVERY_BYTE))
    with there.at() as (source, _):
        (file,) = source.files(there.job)
        assert source.file(there.job, file.id, 1_000) == EVERY_BYTE
    assert file.sha256 == sha256(EVERY_BYTE).hexdigest()
    assert there.vendor.violations == []


def test_an_address_that_has_expired_is_asked_for_anew_once(there: There) -> None:
    there.vendor.switches["upload_address_seconds"] = -1
    assert code(there.write(a_file(there.job), content=EVERY_BYTE)) == "UPKEEP_WRITE_REFUSED"
    assert [entry["method"] for entry in there.shell.log if "upload" in entry["path"]] == ["PUT", "PUT"]
    there.vendor.switches["upload_address_seconds"] = 900
    assert names(there) == []


def test_an_address_that_expired_behind_a_lost_answer_leads_to_the_same_file(there: There) -> None:
    there.fault("drop_after_commit", "PUT", "/sandbox-uploads/*", times=3)
    assert code(there.write(a_file(there.job), content=EVERY_BYTE)) == "UPKEEP_WRITE_UNKNOWN"
    there.stage.clock.advance(1_800)
    assert done(there.write(a_file(there.job), content=EVERY_BYTE)).is_new is False
    assert names(there) == ["report.pdf"]


def test_bytes_that_are_not_as_announced_are_refused_and_a_wrong_checksum_is_never_kept(there: There) -> None:
    told = there.write(a_file(there.job), content=b"other bytes")
    assert code(told) == "UPKEEP_WRITE_REFUSED"
    assert "checksum" in str(told)
    done(there.write(a_file(there.job), content=EVERY_BYTE))
    with there.at() as (source, _):
        (file,) = source.files(there.job)
        there.stage.sandbox.vendors.upkeep.files._stored[file.id].content = b"x" * len(EVERY_BYTE)
        with pytest.raises(UnreadableAnswerError, match="another checksum"):
            source.file(there.job, file.id, 1_000)


def test_a_contract_without_files_has_none_and_says_so(tmp_path: Path) -> None:
    there = There(tmp_path, attachments=False)
    assert names(there) == []
    assert code(there.write(a_file(there.job), content=EVERY_BYTE)) == "UPKEEP_WRITE_REFUSED"
