"""The main flow through the normalised API, and a connection that changes from one source to the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.core.disposition import Disposition
from connector.flows.reconcile import reconcile
from connector.flows.status import status
from connector.sandbox.faults import Fault
from connector.sandbox.generator import fill
from connector.sandbox.transport import SandboxTransport
from connector.upkeep.source import SignInStoppedError
from tests.everyday import a_few
from tests.stage import Stage
from tests.upkeep.supergood_stage import read_through_supergood, supergood_stage

LEDGERS = ["quickbooks", "xero"]
CUSTOMER = """\
      header: X-Session
      scheme: ""
      paging: page
      paths: {sign_in: /v1/login, refresh: /v1/login/renew, work_orders: /v1/jobs, work_order: "/v1/jobs/{id}"}
      names: {username: login, password: secret, totp: otp, mfa_code: otp_code, updated_after: changed_since, limit: page_size, page: p}
      fields:
        session_token: /sessionKey
        session_ends: /validUntil
        id: /jobId
        number: /jobNo
        status: /state
        updated_at: /modifiedOn
        completed_at: /closedOn
        category: /kind
        labor: /timeSheet
        labor_id: /jobId
        labor_time: /hrs
        labor_rate: /hourly
        labor_category: /activity
        parts: /materials
        part_id: /materialId
        part_quantity: /qty
        part_unit_cost: [/price]
        additional_costs: /extras
        additional_id: /jobId
        additional_category: /kind
        additional_amount: /value
"""


def filled(stage: Stage, orders: int) -> Stage:
    with httpx.Client(transport=SandboxTransport(stage.sandbox.upkeep.handle), base_url="http://127.0.0.1:1") as client:
        fill(client, seed=7, orders=orders)
    return stage


def books(stage: Stage) -> list[Any]:
    return sorted((d["number"], d["date"], d["total"], sorted(str(line) for line in d["lines"])) for d in stage.documents())


SWITCHES: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    (CUSTOMER, {"contract": "customer", "paging": "page", "limit_cap": 4}),
    ("      paging: offset\n", {"paging": "offset", "limit_cap": 4, "order": "created", "updated_filter": "ignored"}),
    ("", {"lines": "list", "detail": "405", "numbers": "string", "leaks": True, "errors": "text"}),
    ("", {"order": "updated_desc", "limit_cap": 4, "token_calls": 5, "wrapper": "items", "updated_filter": "400"}),
    ("", {"mfa_answer": 401, "inline_code": False, "expires_at": "absent", "refresh": "404", "empty_list": "404"}),
    ("", {"hours_digits": 2, "limit_cap": 4, "repeats": 1}),
]


@pytest.mark.parametrize(("ledger", "more", "switches"), a_few([(ledger, *one) for one in SWITCHES for ledger in LEDGERS], 2))
def test_the_same_company_gets_the_same_documents_through_both_apis(
    ledger: str, more: str, switches: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "official").mkdir()
    official = filled(Stage(tmp_path / "official", ledger=ledger), 10)
    official.sync()
    stage = filled(supergood_stage(tmp_path, ledger, more=more, **switches), 10)
    report = stage.sync()
    stage.clock.advance(60)
    assert (report.posted, stage.sync().posted) == (len(official.documents()), 0)
    assert books(stage) == books(official)
    with stage.world() as world:
        assert reconcile(world).findings == []


@pytest.mark.parametrize(
    ("to_supergood", "ledger"), a_few([(True, "quickbooks"), (False, "xero"), (True, "xero"), (False, "quickbooks")], 2)
)
def test_changing_the_source_posts_nothing_again(to_supergood: bool, ledger: str, tmp_path: Path) -> None:
    stage = filled(Stage(tmp_path, ledger=ledger), 9)
    upkeep = (tmp_path / "config.yaml").read_text("utf-8")
    if not to_supergood:
        read_through_supergood(stage)
    first = stage.sync()
    before = books(stage)
    if to_supergood:
        read_through_supergood(stage)
    else:
        (tmp_path / "config.yaml").write_text(upkeep, "utf-8")
    number = stage.work_order("9001")
    second = stage.sync()
    assert (first.posted > 0, second.posted, second.adopted, second.findings) == (True, 1, 0, 0)
    stage.change(number, title="Another title")
    for record in list(stage.sandbox.vendors.upkeep.records.by_kind["work-orders"].values()):
        stage.clock.advance(1)
        stage.sandbox.vendors.upkeep.records.touch(record)
    third = stage.sync()
    assert (third.posted, third.adopted, third.findings, third.held) == (0, 0, 0, first.held)
    assert [book for book in books(stage) if "9001" not in book[0]] == before
    with stage.world() as world:
        assert reconcile(world).findings == []


@pytest.mark.parametrize(("change", "posted", "held"), [(False, 0, 0), (True, 0, 1)])
def test_where_the_ids_differ_the_number_and_the_money_decide_and_a_doubt_is_held(
    change: bool, posted: int, held: int, tmp_path: Path
) -> None:
    """One number is one identity: equal costs are the same document, other costs are never a second one."""
    stage = Stage(tmp_path, supergood_switches={"ids": "own"})
    number = stage.work_order("150")
    assert stage.sync().posted == 1
    read_through_supergood(stage)
    if change:
        stage.change(number, additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "120.00"}])
    else:
        stage.change(number, title="Another title")
    report = stage.sync()
    assert (report.posted, report.standing.get("held", 0), len(stage.documents())) == (posted, held, 1)
    with stage.world() as world:
        held_codes = [code for row in world.store.remembered_with(Disposition.HELD) for code in row.codes]
    assert held_codes == ["NUMBER_TAKEN"] * held


# --- a code, and whatever else ends a run -----------------------------------------------------------------------------------------


def test_a_running_sync_that_meets_the_demand_for_a_code_says_so_until_it_is_given(tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, totp=False, mfa="sms")
    stage.work_order("150")
    for _ in range(3):
        with pytest.raises(SignInStoppedError):
            stage.sync()
    sign_in = stage.sandbox.vendors.supergood.sign_in
    assert len(sign_in.sent) == 1
    with stage.world() as world:
        (problem,) = status(world).problems
        assert (problem.code, "sms" in problem.message) == ("SOURCE_CODE_NEEDED", True)
        assert "connector connect upkeep --connection sandbox-quickbooks" in problem.next_step
        world.source.session.connect(sign_in.sent[-1], None)  # type: ignore[attr-defined]
        assert status(world).problems == ()
    assert stage.sync().posted == 1


FAULTS: list[Callable[[], list[Fault]]] = [
    lambda: [Fault("429", path="/work-orders*", times=3)],
    lambda: [Fault("5xx", path="/work-orders*", times=3, skip=1)],
    lambda: [Fault("html", path="/work-orders*", status=200, skip=2)],
    lambda: [Fault("garbled", path="/work-orders*", skip=1)],
    lambda: [Fault("drop_before_commit", path="/work-orders*", skip=1, times=3)],
    lambda: [Fault("refusal", path="/work-orders*", status=401, code="session_expired", skip=1)],
    lambda: [Fault("refusal", path="/work-orders/*", status=403, code="forbidden")],
    lambda: [Fault("refusal", path="/work-orders/*", status=404, code="not_found")],
    lambda: [Fault("html", path="/work-orders/*", status=200, times=9)],
]


@pytest.mark.parametrize("number", a_few(range(len(FAULTS))))
def test_no_fault_loses_a_work_order_or_posts_it_twice(number: int, tmp_path: Path) -> None:
    stage = supergood_stage(tmp_path, limit_cap=3)
    for order in range(4):
        stage.work_order(str(150 + order))
    stage.sandbox.supergood.plan.plan(FAULTS[number]())
    stage.sync()
    stage.sandbox.supergood.plan.clear()
    stage.clock.advance(60)
    stage.sync()
    assert sorted(document["total"] for document in stage.documents()) == ["100.00"] * 4
