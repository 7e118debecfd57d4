"""A work order of the normalised API: the same values as from UpKeep's own, and never half of one."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.core.contract import Contract
from connector.core.costing import cost
from connector.core.work_order import WorkOrder
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.upkeep.official import UpKeepSource
from connector.upkeep.source import SourceUnreachableError, WorkOrderHead
from tests.everyday import a_few
from tests.stage import SharedClock
from tests.upkeep.supergood_rig import Rig, customers_contract, read_all

DAY = "2026-02-20T10:00:00.000Z"


def rich(**switches: Any) -> Rig:
    """One work order with everything on it."""
    rig = Rig(**switches)
    user = rig.records.create("users", {"email": "kim@x.example", "firstName": "Kim", "lastName": "Ito", "hourlyRate": "55.00"})["id"]
    part = rig.records.create("parts", {"name": "Pump seal", "cost": "12.35"})["id"]
    place = rig.records.create("locations", {"name": "Riverside"})["id"]
    rig.order(
        150,
        category="HVAC",
        priority=2,
        location=place,
        asset=rig.records.create("assets", {"name": "Chiller 1"})["id"],
        team=rig.records.create("teams", {"name": "Night"})["id"],
        completedByUser=user,
        assignedToUser=user,
        timeLogs=[
            {"user": user, "duration": 20, "category": "Wrench Time", "dateStarted": DAY},
            {"user": user, "duration": 50, "category": "Travel Time", "hourlyRate": "61.25"},
        ],
        parts=[{"id": part, "quantity": 3, "cost": "12.35"}, {"id": part, "quantity": -1, "cost": "12.35"}],
    )
    return rig


def official(rig: Rig) -> WorkOrder:
    vendor = rig.sandbox.vendors.upkeep
    login = {"email": vendor.email, "password": vendor.password, "token": ""}
    source = UpKeepSource(
        base_url="http://127.0.0.1:1", **login, company="upkeep", site="", clock=SharedClock(rig.clock),
        transport=SandboxTransport(rig.sandbox.upkeep.handle),
    )  # fmt: skip
    found = source.find("150")
    assert found is not None
    assert found.work_order is not None
    return found.work_order


def only(rig: Rig, contract: Contract | None = None) -> tuple[WorkOrder | None, list[str]]:
    read = read_all(rig.source(contract))["150"]
    return read.work_order, [problem.code for problem in read.problems]


SAME: list[tuple[dict[str, Any], Contract]] = [
    ({}, Contract()),
    ({"lines": "list"}, Contract()),
    ({"lines": "list", "detail": "404"}, Contract()),
    ({"lines": "list", "detail": "405"}, Contract()),
    ({"leaks": True}, Contract()),
    ({"contract": "customer"}, customers_contract()),
    ({"contract": "customer", "lines": "list", "detail": "405", "paging": "page"}, customers_contract(paging="page")),
    ({"numbers": "string"}, Contract()),
    ({"detail_wrapper": "data"}, Contract()),
    ({"status_word": "Complete"}, Contract()),
    ({"status_word": "complete"}, Contract()),
    ({"hours_digits": 4}, Contract()),
]


@pytest.mark.parametrize(("switches", "contract"), SAME, ids=lambda one: str(one) if isinstance(one, dict) else "")
def test_the_same_job_is_the_same_work_order_through_both_apis(switches: dict[str, Any], contract: Contract) -> None:
    rig = rich(**switches)
    found, problems = only(rig, contract)
    expected = official(rig)
    assert problems == []
    assert found is not None
    # A rate told with the line is the line's; where UpKeep's own names none, it is the user's: the money is the same.
    assert replace(found, labor=(), status="") == replace(expected, labor=(), status="")
    ours, theirs = (cost(order, [], order.updated_at.date(), "USD") for order in (found, expected))
    assert [(f.key, f.kind, f.amount, f.category, f.quantity) for f in ours[0]] == [
        (f.key, f.kind, f.amount, f.category, f.quantity) for f in theirs[0]
    ]
    assert ours[1] == theirs[1] == []


@pytest.mark.parametrize("switches", [{"hours_digits": 2}, {"labor": "cost"}, {"labor": "total"}, {"hours_digits": 1}])
def test_hours_that_were_rounded_away_do_not_change_the_money(switches: dict[str, Any]) -> None:
    rig = rich(**switches)
    found, problems = only(rig)
    assert problems == []
    assert found is not None
    facts, _ = cost(found, [], found.updated_at.date(), "USD")
    assert sum(f.amount for f in facts) == Decimal("18.33") + Decimal("51.04") + Decimal("24.70") + Decimal("100.00")


def test_a_line_without_rate_and_cost_goes_by_the_rate_table_or_is_held() -> None:
    found, problems = only(rich(labor="hours"))
    assert problems == []
    assert found is not None
    assert [entry.rate_per_hour for entry in found.labor] == [None, None]
    assert {problem.code for problem in cost(found, [], found.updated_at.date(), "USD")[1]} == {"LABOR_WITHOUT_RATE"}


# --- never half of one ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detail", ["404", "405"])
def test_without_cost_lines_anywhere_it_is_held_and_never_zero(detail: str) -> None:
    read = read_all(rich(detail=detail).source())["150"]
    (problem,) = read.problems
    assert problem.code == "COST_LINES_MISSING"
    assert problem.message.startswith("No cost lines available")
    assert f"answered {detail}" in problem.message
    assert "cost_lines" in problem.next_step


def test_a_detail_without_lines_is_held_too() -> None:
    assert only(rich(lines="nowhere"))[1] == ["COST_LINES_MISSING"]


class Drops:
    """The adapter loses a part of the record, as when a page of UpKeep's changes."""

    def __init__(self, rig: Rig, *keys: str, null: bool = False) -> None:
        reading = rig.vendor.reading

        def answer(request: Any, session: Any) -> Any:
            told = reading(request, session)
            if told is None or not request.path.startswith("/work-orders/"):
                return told
            content = json.loads(told.body)
            for key in keys:
                content.pop(key, None)
                if null:
                    content[key] = None
            return replace(told, body=json.dumps(content).encode())

        rig.vendor.modules[:] = [answer]


@pytest.mark.parametrize("kind", ["labor", "parts", "additional_costs"])
@pytest.mark.parametrize("null", [False, True])
def test_a_kind_of_cost_that_is_not_there_is_not_taken_for_none(kind: str, null: bool) -> None:
    rig = rich()
    Drops(rig, kind, null=null)
    read = read_all(rig.source())["150"]
    assert [problem.code for problem in read.problems] == ["COST_LINES_MISSING"]
    assert kind.replace("_", " ") in read.problems[0].message


def test_a_contract_that_leaves_out_what_is_empty_says_so() -> None:
    rig = rich()
    Drops(rig, "additional_costs")
    found, problems = only(rig, Contract(cost_lines=("labor", "parts")))
    assert (problems, found is not None and found.other) == ([], ())
    Drops(rig, "labor", "parts", "additional_costs")
    assert only(rig, Contract(cost_lines=()))[1] == ["COST_LINES_MISSING"]


def test_a_summary_with_some_of_the_lines_is_not_taken_for_the_whole() -> None:
    rig = rich()
    source = rig.source(Contract(cost_lines=()))
    (head,) = source.changed_since(None)
    source._keep(head, {"id": head.id, "parts": []})
    read = source.read(head)
    assert read.work_order is not None
    assert len(read.work_order.labor) == 2


@pytest.mark.parametrize(("field", "value", "code"), [
    ("status", None, "MISSING_KEY"), ("status", "Done", "STATUS_UNKNOWN"), ("number", None, "MISSING_KEY"),
    ("number", "1\n2", "UNREADABLE_WORK_ORDER"), ("completed_at", None, "MISSING_KEY"), ("completed_at", "soon", "UNREADABLE_DATE"),
    ("completed_at", "2026-02-20T10:00:00", "UNREADABLE_DATE"), ("updated_at", "yesterday", "UNREADABLE_DATE"),
    ("labor", "three hours", "UNREADABLE_WORK_ORDER"), ("labor", [{"hours": "many"}], "UNREADABLE_NUMBER"),
    ("labor", [{"hours": -1, "rate": 5}], "NEGATIVE_TIME"), ("labor", ["Kim"], "UNREADABLE_NUMBER"),
    ("labor", [{"hours": 1, "rate": 55, "cost": 60}], "LINE_TOTAL_DIFFERS"), ("labor", [{"hours": 0, "cost": 60}], "LINE_TOTAL_DIFFERS"),
    ("labor", [{"hours": 1, "rate": 55, "user": {"name": "Kim"}}], "UNREADABLE_WORK_ORDER"),
    ("labor", [{"hours": 1, "rate": 55, "started_at": "early"}], "UNREADABLE_DATE"),
    ("parts", [{"part_id": "p", "quantity": 2, "unit_cost": 5, "cost": 11}], "LINE_TOTAL_DIFFERS"),
    ("parts", [{"quantity": 2, "unit_cost": 5}], "UNREADABLE_WORK_ORDER"),
    ("additional_costs", [{"amount": "see invoice"}], "UNREADABLE_NUMBER"),
    ("additional_costs", [{"category": "Labor Cost", "amount": 5}], "LABOR_COUNTED_TWICE"),
    ("asset", {"name": "Chiller"}, "UNREADABLE_WORK_ORDER"), ("category", ["HVAC"], "UNREADABLE_WORK_ORDER"),
])  # fmt: skip
def test_what_cannot_be_read_is_a_problem_with_its_place(field: str, value: Any, code: str) -> None:
    rig = rich()
    source = rig.source()
    (head,) = source.changed_since(None)
    detail = {
        "id": head.id, "number": "150", "status": "completed", "completed_at": DAY, "updated_at": DAY,
        "labor": [{"hours": 1, "rate": 55}], "parts": [], "additional_costs": [],
    }  # fmt: skip
    work_order, problems = source._parser.work_order(detail | {field: value}, head)
    assert code in {problem.code for problem in problems}
    assert all("150" in problem.place or field == "number" for problem in problems)
    assert (work_order is None) == (field == "status")


def test_a_price_of_the_whole_line_gives_the_price_of_one() -> None:
    source = rich().source()
    (head,) = source.changed_since(None)
    detail = {"id": head.id, "number": "150", "status": "open", "parts": [{"part_id": "p", "quantity": 3, "cost": "10.00"}]}
    work_order, _ = source._parser.work_order(detail, head)
    assert work_order is not None
    (fact,), _ = cost(work_order, [], work_order.updated_at.date(), "USD")
    assert fact.amount == Decimal("10.00")


def test_custom_fields_come_as_a_table_or_as_a_list() -> None:
    source = rich().source()
    (head,) = source.changed_since(None)
    for told in ({"Job no": "7"}, [{"name": "Job no", "value": "7"}]):
        work_order, _ = source._parser.work_order({"id": head.id, "number": "150", "status": "open", "custom_fields": told}, head)
        assert work_order is not None
        assert dict(work_order.fields) == {"Job no": "7"}


# --- between the list and the detail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detail", ["present", "405"])
def test_a_work_order_deleted_between_list_and_detail_is_gone_not_held(detail: str) -> None:
    rig = rich(detail=detail)
    source = rig.source()
    (head,) = source.changed_since(None)
    rig.records.delete("work-orders", rig.records.by_kind["work-orders"][head.id])
    read = source.read(head)
    assert (read.work_order, read.problems) == (None, ())


def test_a_held_work_order_is_read_again_without_a_detail() -> None:
    """Its row is asked for again: the head that the store remembers is all there is."""
    rig = rich(lines="list", detail="405")
    source = rig.source()
    (head,) = source.changed_since(None)
    assert source.read(head).work_order is not None
    again = rig.source().read(WorkOrderHead(head.id, "150", "", head.updated_at))
    assert (again.work_order is not None, again.problems) == (True, ())


def test_another_work_orders_detail_is_not_taken_for_it() -> None:
    rig = rich()
    rig.order(151)
    source = rig.source()
    first, second = source.changed_since(None)
    rig.vendor.reading.work_order = lambda identifier: rig.records.by_kind["work-orders"][second.id]  # type: ignore[method-assign]
    read = source.read(first)
    assert [problem.code for problem in read.problems] == ["UNREADABLE_WORK_ORDER"]
    assert "not this work order" in read.problems[0].message


DETAIL = "/work-orders/*"


@pytest.mark.parametrize("fault", a_few([
    Fault("5xx", path=DETAIL, times=9), Fault("html", path=DETAIL, status=200, times=9), Fault("garbled", path=DETAIL, times=9),
    Fault("refusal", path=DETAIL, status=403, code="forbidden"), Fault("html", path=DETAIL, status=502, times=9),
    Fault("refusal", path=DETAIL, status=400, code="odd"),
], 6))  # fmt: skip
def test_one_record_that_cannot_be_shown_is_held_and_several_are_an_outage(fault: Fault) -> None:
    rig = rich()
    source = rig.source()
    (head,) = source.changed_since(None)
    rig.shell.plan.plan([replace(fault, times=fault.times if fault.times > 1 else 1)])
    assert [problem.code for problem in source.read(head).problems] == ["UNREADABLE_WORK_ORDER"]
    rig.shell.plan.clear()
    assert source.read(head).problems == ()
    rig.shell.plan.plan([replace(fault, times=99)])
    with pytest.raises(SourceUnreachableError):
        for _ in range(4):
            source.read(head)


def test_a_row_without_a_readable_id_is_held() -> None:
    source = rich().source()
    head = source._parser.head({"number": "9"}, 0, rich().clock.now())
    assert [problem.code for problem in source.read(head).problems] == ["UNREADABLE_WORK_ORDER"]


def test_check_tells_which_names_of_the_contract_lead_nowhere() -> None:
    rig = rich()
    wrong = Contract(fields=Contract().fields | {"number": ("/no",), "updated_at": ("/changed",)})
    assert [(p.code, p.next_step.split(": ")[2].split(" ")[0]) for p in rig.source(wrong).visibility()] == [
        ("SOURCE_FIELD_MISSING", "number"), ("SOURCE_FIELD_MISSING", "updated_at"),
    ]  # fmt: skip
    assert rig.source().visibility() == []
    assert Rig(empty_list="200").source().visibility() == []
