"""A document above the mapping's limit is made by sync and let go by a person: of what they saw, on record, and once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.proof import Verdict
from connector.flows.explain import explain
from connector.flows.prove import Proof, prove
from connector.flows.reconcile import reconcile
from connector.flows.world import World
from connector.store.audit import newest
from connector.store.database import Database
from tests.everyday import a_few
from tests.stage import SharedClock, Stage

LEDGERS = a_few(["quickbooks", "xero"])
LIMIT = "hold_above: 500\n"


def costs(amount: str) -> list[dict[str, str]]:
    return [{"description": "Roof", "category": "Parts", "cost": amount}]


def stage_of(folder: Path, ledger: str, document: str = "journal_entry", more: str = LIMIT) -> Stage:
    return Stage(folder, ledger, document, mapping_text=plain_mapping_text("USD") + more)


@contextmanager
def shown(stage: Stage) -> Iterator[tuple[World, Proof]]:
    with stage.world() as world:
        yield world, prove(world)


def release(stage: Stage, number: str = "1") -> bool:
    with stage.world() as world:
        return world.store.release(number)


def codes(stage: Stage, number: str = "1") -> tuple[str, ...]:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row.codes


@pytest.mark.parametrize("document", a_few(["journal_entry", "invoice"]))
@pytest.mark.parametrize("ledger", LEDGERS)
def test_it_waits_is_approved_posted_once_and_proven_at_every_step(ledger: str, document: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, document)
    stage.work_order("1", additionalCosts=costs("500.01"))
    stage.work_order("2", additionalCosts=costs("500.00"))
    assert (stage.sync().posted, stage.sync().posted, codes(stage)) == (1, 0, ("APPROVAL_NEEDED",))
    with shown(stage) as (world, proof):
        assert [row.verdict for row in proof.rows] == [Verdict.HELD, Verdict.POSTED]
        assert "APPROVAL_NEEDED" in proof.rows[0].reason
        told = explain(world, "1")
        assert told is not None
        assert sum(float(str(line["amount"])) for line in told.lines if line["side"] == "credit") == 500.01
    assert release(stage)
    assert (stage.sync().posted, stage.sync().posted, codes(stage)) == (1, 0, ())
    with shown(stage) as (world, proof):
        assert [row.verdict for row in proof.rows] == [Verdict.POSTED, Verdict.POSTED]
        assert proof.is_proven
        assert reconcile(world).difference == 0


def test_the_audit_says_who_approved_what(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    stage.work_order("1", additionalCosts=costs("600.00"))
    stage.sync()
    assert release(stage)
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    with database.write() as connection:
        (entry,) = [link.entry for link in newest(connection, 100) if link.entry.event == "approved"]
    database.close()
    assert (entry.work_order, entry.before, entry.after.split()[0]) == ("1", "held", "approved")
    assert entry.actor


@pytest.mark.parametrize("what", ["work order", "mapping"])
def test_an_approval_is_of_the_document_that_was_seen(what: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    id_ = stage.work_order("1", additionalCosts=costs("600.00"))
    stage.sync()
    assert release(stage)
    if what == "work order":
        stage.change(id_, additionalCosts=costs("60000.00"))
    else:
        file = tmp_path / "mapping.yaml"
        file.write_text(file.read_text("utf-8").replace("account: Repairs and maintenance", "account: HVAC repairs"), "utf-8")
    assert (stage.sync().posted, codes(stage)) == (0, ("APPROVAL_NEEDED",))
    assert release(stage)
    assert stage.sync().posted == 1


def test_an_approval_outlives_another_reason_to_hold(tmp_path: Path) -> None:
    """Approved, then the account is archived: when it is back, nobody is asked a second time."""
    stage = stage_of(tmp_path, "quickbooks")
    stage.work_order("1", additionalCosts=costs("600.00"))
    stage.sync()
    assert release(stage)
    account = next(one for one in stage.vendor.books.lists["Account"].values() if one["Name"] == "Repairs and maintenance")
    account["Active"] = False
    with stage.world() as world:
        world.store.doubt_reference()
    assert stage.sync().posted == 0
    assert codes(stage) != ("APPROVAL_NEEDED",)
    account["Active"] = True
    with stage.world() as world:
        world.store.doubt_reference()
    assert stage.sync().posted == 1


def test_a_limit_that_is_raised_lets_go_of_what_waited(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    stage.work_order("1", additionalCosts=costs("600.00"))
    stage.sync()
    file = tmp_path / "mapping.yaml"
    file.write_text(file.read_text("utf-8").replace("hold_above: 500", "hold_above: 700"), "utf-8")
    assert stage.sync().posted == 1


def test_statistical_labor_is_told_beside_the_lines(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", more="facts:\n  - {when: {kind: labor}, booked: no}\n")
    stage.work_order("1", timeLogs=[{"duration": 60, "hourlyRate": "45.00"}])
    stage.work_order("2", timeLogs=[{"duration": 60, "hourlyRate": "45.00"}], additionalCosts=[])
    stage.sync()
    with shown(stage) as (world, proof):
        told = explain(world, "1")
        assert told is not None
        assert [one["cost"] for one in told.statistical] == ["45.00"]
        assert [row.verdict for row in proof.rows] == [Verdict.POSTED, Verdict.EXCLUDED]
        assert reconcile(world).difference == 0
    assert codes(stage, "2") == ("NOTHING_BOOKED",)
