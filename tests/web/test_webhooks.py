"""A document that a person ended is a finding as soon as the ledger has told of it, whatever its messages are like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.core.writer import WriterBusyError
from connector.flows import heed as heeding
from connector.flows.heed import heed_early
from connector.ledgers.ledger import ReconnectRequiredError
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.flows.test_sweep import calls, codes, edit, remove, the_id
from tests.stage import Stage
from tests.web.rig import Receiver, listening_stage, receiver

WAYS = [("quickbooks", "invoice"), ("xero", "invoice"), ("quickbooks", "journal_entry")]
every_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS))
both_ledgers = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))


def posted(folder: Path, ledger: str = "quickbooks", document: str = "invoice", count: int = 2, **more: Any) -> Stage:
    """So many documents in the books, swept once, and nothing left to deliver."""
    stage = listening_stage(folder, ledger, document, **more)
    for number in range(1, count + 1):
        stage.work_order(str(number))
    assert stage.sync().posted == count
    stage.clock.advance(3600)
    stage.sync()
    stage.clock.advance(60)
    with receiver(stage) as ours:
        ours.deliver()
    stage.vendor.courier.answers.clear()
    return stage


def heed(stage: Stage) -> list[str]:
    """What the engine does when the bell rings; the calls that it made to the ledger."""
    stage.shell.log.clear()
    with stage.world() as world:
        assert heed_early(world) == []
    return [
        f"{e['method']} {e['path'].rpartition('/')[2]}" for e in stage.shell.log if "oauth" not in e["path"] and "connect" not in e["path"]
    ]


def die(*_: Any) -> None:
    """The process ends here."""
    raise KeyboardInterrupt


def hints(ours: Receiver) -> list[Any]:
    return ours.tables()[0]


@both_ledgers
def test_a_document_that_a_person_ended_is_told_without_waiting_for_the_schedule(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    with receiver(stage) as ours:
        assert ours.deliver() == 1
        assert ours.rung == [f"sandbox-{ledger}"]
        assert len(heed(stage)) == 1
        assert (codes(stage), hints(ours)) == ([code], [])
        assert heed(stage) == []
    assert stage.vendor.courier.answers[-1] == 200
    assert stage.vendor.courier.violations == []


@every_way
def test_our_own_posting_is_no_news(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document, count=1)
    with receiver(stage) as ours:
        stage.work_order("9")
        assert stage.sync().posted == 1
        assert ours.deliver() == 1
        assert (hints(ours), ours.rung) == ([], [])


def test_a_stranger_s_document_costs_no_row_and_no_call(tmp_path: Path) -> None:
    stage = posted(tmp_path, "quickbooks")
    stage.vendor.books.tell("Invoice", "999999", "voided")
    stage.vendor.books.tell("Customer", the_id(stage), "updated")  # Another list's entry may have the number of our document.
    with receiver(stage) as ours:
        ours.deliver()
        assert (hints(ours), ours.rung, heed(stage)) == ([], [], [])


SWITCHES: list[dict[str, Any]] = [
    {"webhook_copies": 3},
    {"webhook_shape": "older"},
    {"webhook_order": "reversed", "webhook_events_each": 1},
    {"webhook_other_companies": ("111", "222")},
    {"webhook_delay_seconds": 7200},
    {"cdc_lag_seconds": 300},
]


@pytest.mark.parametrize("switches", a_few(SWITCHES))
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_whatever_the_deliveries_are_like_each_doubt_is_told_once(ledger: str, switches: dict[str, Any], tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, "invoice", company=Company(switches=switches))
    edit(stage)
    stage.clock.advance(1)
    code = remove(stage)
    stage.clock.advance(1)
    other = ("CONTACT", "1", "UPDATE") if ledger == "xero" else ("Customer", "1", "updated")
    stage.vendor.courier.tell(stage.settings()[0].ledger.company_id, *other)
    stage.clock.advance(float(switches.get("webhook_delay_seconds", 0)))
    with receiver(stage) as ours:
        for _ in range(3):
            ours.deliver()
            heed(stage)
        stage.clock.advance(3600)
        stage.sync()
        assert (codes(stage), hints(ours)) == ([code], [])
        others = 2 if "webhook_other_companies" in switches else 0
        assert bool(ours.tables()[1]["strangers"]) == bool(others)


@every_way
def test_a_burst_about_one_document_is_one_look(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    with receiver(stage) as ours:
        for _ in range(4):
            edit(stage)
            stage.clock.advance(1)
            ours.deliver()
        assert [arrivals for _, arrivals in hints(ours)] == [4]
        assert len(heed(stage)) == 1
    assert codes(stage) == ["DOCUMENT_DIFFERS"]


@pytest.mark.parametrize(("ledger", "question"), [("quickbooks", "GET cdc"), ("xero", "GET Invoices")])
def test_many_documents_are_looked_at_by_one_sweep(ledger: str, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heeding, "READ_BY_ID_MAX", 1)
    stage = posted(tmp_path, ledger, "invoice", count=3)
    for number in ("1", "2"):
        remove(stage, number)
    with receiver(stage) as ours:
        ours.deliver()
        assert heed(stage) == [question]
        assert hints(ours) == []
    assert len(codes(stage)) == 2


def test_a_sync_leaves_many_documents_to_its_sweep_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heeding, "READ_BY_ID_MAX", 1)
    stage = posted(tmp_path)
    for number in ("1", "2"):
        remove(stage, number)
    with receiver(stage) as ours:
        ours.deliver()
        assert calls(stage) == ["GET cdc"]
        assert (len(codes(stage)), hints(ours)) == (2, [])


def test_a_look_that_is_to_stop_keeps_what_it_did_not_look_at(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
        with stage.world() as world:
            assert heed_early(replace(world, stopping=lambda: True)) == []
        assert (codes(stage), len(hints(ours))) == ([], 1)


def test_an_account_that_must_be_connected_again_is_told_as_that_and_keeps_the_hint(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
        with stage.world() as world, pytest.raises(ReconnectRequiredError):
            heed_early(replace(world, ledger=Disconnected()))  # type: ignore[arg-type]
        assert len(hints(ours)) == 1


class Disconnected:
    """A ledger whose sign-in has ended."""

    def read(self, posting: Any) -> None:
        raise ReconnectRequiredError("quickbooks", "the refresh token has ended")


def test_a_document_that_is_named_again_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    edit(stage)
    with receiver(stage) as ours:
        ours.deliver()
        whole = stage.vendor.handle

        def handle(request: Any) -> Any:
            answer = whole(request)
            if "/invoice/" in request.path:
                stage.vendor.handle = whole
                remove(stage)
                ours.deliver()
            return answer

        stage.vendor.handle = handle
        heed(stage)
        assert len(hints(ours)) == 1
        heed(stage)
    assert codes(stage) == ["DOCUMENT_VOIDED"]


@every_way
def test_a_process_that_dies_between_the_receipt_and_the_look_loses_nothing(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
    # The next start syncs at once: it heeds, and sweeps as always.
    assert stage.sync().findings == 1
    assert codes(stage) == [code]
    with receiver(stage) as ours:
        assert hints(ours) == []


def test_a_process_that_dies_between_the_doubt_and_forgetting_looks_again_and_tells_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = posted(tmp_path)
    code = remove(stage)
    with receiver(stage) as ours, monkeypatch.context() as dying:
        ours.deliver()

        with stage.world() as world:
            dying.setattr(type(world.hints), "drop", die)
            with pytest.raises(KeyboardInterrupt):
                heed_early(world)
        dying.undo()
        assert len(heed(stage)) == 1
        assert (codes(stage), hints(ours)) == ([code], [])


def test_xero_tells_nothing_of_journals_and_the_sweep_sees_them(tmp_path: Path) -> None:
    stage = posted(tmp_path, "xero", "journal_entry")
    code = remove(stage)
    with receiver(stage) as ours:
        assert (ours.deliver(), heed(stage)) == (0, [])
    stage.sync()
    assert codes(stage) == [code]


def test_a_process_that_dies_before_the_doubt_is_stored_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = posted(tmp_path)
    code = remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
        with stage.world() as world, monkeypatch.context() as dying:
            dying.setattr(type(world.store), "keep_sweep", die)
            with pytest.raises(KeyboardInterrupt):
                heed_early(world)
        assert (codes(stage), len(hints(ours))) == ([], 1)
        heed(stage)
    assert codes(stage) == [code]


@every_way
def test_lost_deliveries_lose_nothing_because_the_sweep_stays(ledger: str, document: str, tmp_path: Path) -> None:
    stage = posted(tmp_path, ledger, document)
    code = remove(stage)
    stage.vendor.courier.lose()
    with receiver(stage) as ours:
        assert (ours.deliver(), heed(stage)) == (0, [])
    stage.sync()
    assert codes(stage) == [code]


def test_an_invented_message_with_the_right_key_raises_no_doubt(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    stage.vendor.books.tell("Invoice", the_id(stage), "deleted")
    with receiver(stage) as ours:
        ours.deliver()
        assert heed(stage) == [f"GET {the_id(stage)}"]
        assert (codes(stage), hints(ours)) == ([], [])


def test_a_ledger_that_cannot_be_reached_keeps_the_hint(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    code = remove(stage)
    stage.plan(Fault("5xx", method="GET", path="*/invoice/*", times=4))
    with receiver(stage) as ours:
        ours.deliver()
        with stage.world() as world:
            (told,) = heed_early(world)
        assert "was not compared" in told
        assert len(hints(ours)) == 1
        stage.shell.plan.clear()
        heed(stage)
    assert codes(stage) == [code]


def test_two_processes_that_get_the_same_delivery_keep_one_hint(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    remove(stage)
    stage.vendor.courier.tell(stage.vendor.realm_id, "Invoice", the_id(stage, "2"), "updated")
    with receiver(stage) as first, receiver(stage) as second:
        sent: list[Any] = []
        stage.vendor.courier.deliver(lambda url, request: sent.append(request) or first.post(url, request))
        assert second.post("/webhooks/quickbooks", sent[0]).status == 200
        assert [arrivals for _, arrivals in hints(first)] == [2, 2]
        assert len(heed(stage)) == 2


def test_a_sync_that_is_at_work_is_not_disturbed(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    remove(stage)
    with receiver(stage) as ours:
        ours.deliver()
        with stage.world() as first, stage.world() as second, first.store.writer(), pytest.raises(WriterBusyError):
            heed_early(second)
        assert len(hints(ours)) == 1


def test_each_site_of_a_company_hears_of_its_own_documents(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    settings = stage.settings()[0]
    north = replace(settings, name="north", source=replace(settings.source, site="North"))
    remove(stage)
    with receiver(stage, [north, settings]) as ours:
        ours.deliver()
        assert ours.rung == ["sandbox-quickbooks"]
