"""The list of changes is walked without skipping a row, and a record that cannot be read never keeps the others from the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.core.costing import cost
from connector.core.problem import Problem
from connector.upkeep import http as upkeep_http
from connector.upkeep.official import UNREADABLE_IN_A_ROW_MAX
from connector.upkeep.parse import WITHOUT_ID
from connector.upkeep.source import SourceUnreachableError, WorkOrderHead
from connector.upkeep.walking import RESTARTS_MAX
from tests.ledgers.rig import TestClock
from tests.upkeep.rig import DONE, HEAD, START, Answers, StandIn, moment, order, source_over

LIST, DETAIL = "/work-orders", f"/work-orders/{HEAD.id}"
NO_ROWS = {"success": True, "results": []}
HTML = httpx.Response(200, content=b"<html>Maintenance</html>")


def row(number: int, at: int | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"id{number:08d}",
        "workOrderNo": str(number),
        "status": "complete",
        "updatedAt": moment(number if at is None else at),
    } | fields


class Rows:
    """A list that behaves as it is told: it filters, orders and pages, or does not."""

    def __init__(self, rows: list[Any], *, cap: int = 200, filters: bool = True, orders: bool = True, pages: bool = True) -> None:
        self.rows, self.cap, self.filters, self.orders, self.pages = rows, cap, filters, orders, pages
        self.calls = 0
        self.before_call: Callable[[Rows], None] = lambda rows: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/auth", "/users")):
            return Answers({})(request)
        self.calls += 1
        self.before_call(self)
        params, rows = request.url.params, list(self.rows)
        if self.orders and params["orderBy"] == "updatedAt ASC":
            rows.sort(key=lambda r: str(r.get("updatedAt", "")))
        bound = params.get("updatedAtGreaterThanOrEqualTo")
        if self.filters and bound:
            low = datetime.fromtimestamp(int(bound) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            rows = [r for r in rows if str(r.get("updatedAt", "")) >= low]
        offset = int(params["offset"]) if self.pages else 0
        return httpx.Response(200, json={"success": True, "results": rows[offset : offset + min(int(params["limit"]), self.cap)]})


def walked(rows: Rows, page_size: int = 10, since: datetime | None = None) -> list[str]:
    return [head.id for head in source_over(rows, page_size=page_size).changed_since(since)]


def ids(*numbers: int) -> list[str]:
    return [f"id{number:08d}" for number in numbers]


# --- the walk --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 20, 21, 57])
@pytest.mark.parametrize("cap", [3, 10, 200])
@pytest.mark.parametrize("at_once", [1, 4, 25, 100])
def test_every_row_is_told_once_in_order_whatever_the_page(count: int, cap: int, at_once: int) -> None:
    """`at_once` rows share one moment of change, so that moments lie across the borders of pages and fill several of them."""
    rows = Rows([row(n, n // at_once) for n in range(count)], cap=cap)
    assert sorted(walked(rows)) == ids(*range(count))
    moments = [head.updated_at for head in source_over(rows, page_size=10).changed_since(None)]
    assert moments == sorted(moments)


def test_a_walk_begins_where_the_last_one_ended() -> None:
    rows = Rows([row(n) for n in range(30)])
    assert walked(rows, since=datetime(2026, 2, 20, 0, 0, 25, tzinfo=UTC)) == ids(25, 26, 27, 28, 29)
    assert walked(rows, since=datetime(2026, 2, 20, 0, 0, 24, 999_999, tzinfo=UTC)) == ids(25, 26, 27, 28, 29)
    assert walked(rows, since=datetime(2026, 3, 20, tzinfo=UTC)) == []


def test_a_bound_is_exact_to_the_millisecond() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("updatedAtGreaterThanOrEqualTo"))
        return Answers({LIST: {"success": True, "results": []}})(request)

    for thousandth in range(1_000):
        list(source_over(handler).changed_since(datetime(2026, 2, 20, 17, 0, 0, thousandth * 1_000, tzinfo=UTC)))
    assert [bound for bound in asked if bound] == [str(1_771_606_800_000 + thousandth) for thousandth in range(1_000)]


@pytest.mark.parametrize("at_once", [1, 100])
def test_rows_that_move_while_we_page_are_not_skipped_and_are_met_again(at_once: int) -> None:
    """Somebody saves an already read row before each of our calls: all behind it move up."""
    rows = Rows([row(n, n // at_once) for n in range(60)])
    moved = iter(range(20))

    def save_one(list_: Rows) -> None:
        number = next(moved, None) if list_.calls > 1 else None
        if number is not None:
            list_.rows[number] = row(number, 5_000 + number)

    rows.before_call = save_one
    found = walked(rows)
    assert set(found) == set(ids(*range(60)))
    assert set(ids(*range(rows.calls)[:5])) <= {identifier for identifier in found if found.count(identifier) == 2}


def test_rows_deleted_while_we_page_hide_no_other() -> None:
    rows = Rows([row(n, 0) for n in range(60)])

    def delete_two(list_: Rows) -> None:
        if 1 < list_.calls < 6:
            del list_.rows[0], list_.rows[0]

    rows.before_call = delete_two
    assert set(ids(*range(8, 60))) <= set(walked(rows))


def test_a_page_that_is_repeated_once_is_noticed() -> None:
    rows = Rows([row(n, 0) for n in range(40)])

    def repeat(list_: Rows) -> None:
        list_.pages = list_.calls != 3

    rows.before_call = repeat
    assert walked(rows) == ids(*range(40))


def test_a_list_that_only_repeats_its_first_page_ends_with_a_clear_error() -> None:
    rows = Rows([row(n, 0) for n in range(40)], pages=False)
    with pytest.raises(SourceUnreachableError, match="moves or repeats itself"):
        walked(rows)
    assert rows.calls <= 2 * RESTARTS_MAX + 3


@pytest.mark.parametrize("honoured", [{"filters": False}, {"orders": False}, {"filters": False, "orders": False}])
def test_where_filter_or_order_are_ignored_the_whole_list_is_read_and_sorted_here(honoured: dict[str, bool]) -> None:
    rows = Rows([row(n, 40 - n) for n in range(40)], **honoured)
    assert walked(rows) == ids(*reversed(range(40)))
    assert walked(rows, since=datetime(2026, 2, 20, 0, 0, 35, tzinfo=UTC)) == ids(5, 4, 3, 2, 1, 0)


def test_where_filters_are_ignored_the_next_walk_does_not_try_again() -> None:
    rows = Rows([row(n) for n in range(5)], filters=False)
    source = source_over(rows)
    since = datetime(2026, 2, 20, 0, 0, 3, tzinfo=UTC)
    assert [head.number for head in source.changed_since(since)] == ["3", "4"]
    calls = rows.calls
    assert [head.number for head in source.changed_since(since)] == ["3", "4"]
    assert rows.calls - calls == 2


def test_the_whole_list_is_read_again_from_its_start_when_it_shrinks_meanwhile() -> None:
    rows = Rows([row(n) for n in range(40)], filters=False)

    def delete_one(list_: Rows) -> None:
        if list_.calls in (3, 4, 6):
            del list_.rows[0]

    rows.before_call = delete_one
    assert set(ids(*range(3, 40))) <= set(walked(rows))


def test_the_whole_list_that_only_repeats_its_first_page_ends_with_a_clear_error() -> None:
    rows = Rows([row(n) for n in range(40)], filters=False, pages=False)
    with pytest.raises(SourceUnreachableError, match="moves or repeats itself"):
        walked(rows)


def test_what_changes_while_the_whole_list_is_read_is_left_to_the_next_walk() -> None:
    rows = Rows([row(1), row(2), row(3, updatedAt="2026-03-02T15:00:01.000Z")], filters=False)
    assert walked(rows, since=datetime(2026, 2, 20, 0, 0, 2, tzinfo=UTC)) == ids(2)


# --- rows that are wrong ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [None, "row", [], {}, {"workOrderNo": "7", "updatedAt": moment(1)}, {"id": ["x"], "updatedAt": moment(1)}]
)
def test_a_row_without_an_id_is_held_and_not_lost(wrong: Any) -> None:
    answers = Answers({LIST: [{"success": True, "results": [row(1), wrong, row(2)]}, NO_ROWS]})
    source = source_over(answers)
    heads = list(source.changed_since(None))
    assert [head.id for head in heads if not head.id.startswith(WITHOUT_ID)] == ids(1, 2)
    [nameless] = [head for head in heads if head.id.startswith(WITHOUT_ID)]
    read = source.read(nameless)
    assert read.work_order is None
    assert_told(read.problems, "UNREADABLE_WORK_ORDER")


@pytest.mark.parametrize("updated", [None, "", "soon", [], True, -1])
def test_a_row_without_a_moment_of_change_keeps_its_place_and_is_held(updated: Any) -> None:
    answers = Answers(
        {
            LIST: [{"success": True, "results": [row(1), row(2, updatedAt=updated), row(3)]}, NO_ROWS],
            f"{LIST}/id00000002": record(order(updatedAt=updated)),
        }
    )
    source = source_over(answers)
    heads = list(source.changed_since(None))
    assert [head.id for head in heads] == ids(1, 2, 3)
    assert heads[1].updated_at == heads[0].updated_at
    assert [problem.place for problem in source.read(heads[1]).problems] == ["work order 150, updatedAt"]


def test_rows_without_any_moment_are_read_in_spite_of_that() -> None:
    rows = Rows([row(n, updatedAt=None) for n in range(5)])
    assert walked(rows) == ids(*range(5))


def test_dates_without_a_zone_do_not_stop_the_walk() -> None:
    rows = [row(n) | {"updatedAt": f"2026-02-20T00:00:0{n}"} for n in range(5)]
    assert walked(Rows(rows), page_size=2) == ids(*range(5))


@pytest.mark.parametrize(
    "told",
    [{"success": True}, {"success": True, "results": None}, {"success": True, "results": {"0": row(1)}}, {"success": True, "result": []}],
)
def test_a_list_without_rows_is_no_empty_list(told: Any) -> None:
    with pytest.raises(SourceUnreachableError, match="without results"):
        list(source_over(Answers({LIST: told})).changed_since(None))


@pytest.mark.parametrize(
    "answer", [HTML, httpx.Response(403, json={"success": False}), httpx.Response(200, json={"success": False}), httpx.Response(503)]
)
def test_a_list_that_cannot_be_read_stops_the_run_and_moves_nothing(answer: httpx.Response) -> None:
    with pytest.raises(SourceUnreachableError):
        list(source_over(Answers({LIST: answer})).changed_since(None))


def test_descriptions_too_large_for_one_answer_are_read_in_smaller_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep_http, "ANSWER_BYTES_MAX", 30_000)
    rows = Rows([row(n, description="x" * 10_000) for n in range(12)])
    assert walked(rows, page_size=100) == ids(*range(12))
    rows.rows[5]["description"] = "x" * 100_000
    with pytest.raises(SourceUnreachableError, match="more than 30000 bytes"):
        walked(rows)


def test_ten_megabytes_of_description_are_read() -> None:
    stand_in = StandIn()
    identifier = stand_in.create(
        "work-orders", title="🔧", description="🔧" * 2_500_000, status="complete", additionalCosts=[{"cost": "1.00"}]
    )
    assert stand_in.walk() == [identifier]
    assert stand_in.money(identifier)[2] == 1


# --- one work order --------------------------------------------------------------------------------------------------------------------


def assert_told(problems: tuple[Problem, ...], code: str) -> None:
    """Exactly one problem, with everything that a person needs."""
    assert [problem.code for problem in problems] == [code]
    assert all(problem.place.startswith("work order ") and problem.message and problem.next_step for problem in problems)


def record(result: Any) -> dict[str, Any]:
    return {"success": True, "result": result}


UNREADABLE = [
    HTML,
    httpx.Response(200, content=b""),
    httpx.Response(200, content=b"[" * 100_000),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={"success": False, "message": "field cannot be null"}),
    httpx.Response(400, json={"success": False, "message": "bad"}),
    httpx.Response(403, json={"success": False, "message": "no"}),
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=range(len(UNREADABLE)))
@pytest.mark.parametrize("path", [DETAIL, "/users/u1", "/parts/p1", "/assets/a1", "/locations/l1", "/teams/t1"])
def test_an_unreadable_record_holds_its_work_order_and_no_other(path: str, answer: httpx.Response) -> None:
    detail = order(completedByUser="u1", parts=[{"id": "p1", "quantity": 1}], asset="a1", location="l1", team="t1")
    read = source_over(Answers({DETAIL: record(detail), path: answer})).read(HEAD)
    assert (read.head, read.work_order) == (HEAD, None)
    assert_told(read.problems, "UNREADABLE_WORK_ORDER")
    assert path in read.problems[0].message


@pytest.mark.parametrize("told", [{"success": True}, record(None), record([order()]), record("x")])
def test_an_answer_without_the_work_order_holds_it(told: Any) -> None:
    read = source_over(Answers({DETAIL: told})).read(HEAD)
    assert read.work_order is None
    assert_told(read.problems, "UNREADABLE_WORK_ORDER")


def test_a_referred_record_that_is_none_holds_the_work_order() -> None:
    read = source_over(Answers({DETAIL: record(order(asset="a1")), "/assets/a1": record([])})).read(HEAD)
    assert_told(read.problems, "UNREADABLE_WORK_ORDER")


def test_a_work_order_that_vanishes_between_list_and_detail_is_told_as_gone() -> None:
    stand_in = StandIn()
    identifier, other = stand_in.orders(2)
    heads = list(stand_in.source.changed_since(None))
    stand_in.person.delete(f"/work-orders/{identifier}")
    reads = [stand_in.source.read(head) for head in heads]
    assert [(read.head.id, read.work_order is None, read.problems) for read in reads] == [(identifier, True, ()), (other, False, ())]


def test_a_deleted_record_leaves_its_id() -> None:
    detail = order(asset="a/../1?x=#", completedByUser="u1", parts=[{"id": "p1", "quantity": 1, "cost": 2}])
    read = source_over(Answers({DETAIL: record(detail)})).read(HEAD)
    assert read.problems == ()
    assert read.work_order is not None
    assert (str(read.work_order.asset), str(read.work_order.completed_by), str(read.work_order.parts[0].part)) == ("a/../1?x=#", "u1", "p1")


@pytest.mark.parametrize("identifier", ["../users", "a b", "a?b=1", "ä#", "%2e%2e"])
def test_an_id_is_one_step_of_the_path_whatever_it_holds(identifier: str) -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return Answers({})(request)

    source_over(handler).read(WorkOrderHead(identifier, "1", "complete", HEAD.updated_at))
    assert asked[1].count(b"/") == 4
    assert b"?" not in asked[1]


def test_a_record_is_asked_for_once_a_run() -> None:
    answers = Answers({DETAIL: record(order(asset="a1")), "/assets/a1": record({"name": "Pump 7"})})
    source = source_over(answers)
    assert [str(found.work_order.asset) for found in (source.read(HEAD), source.read(HEAD)) if found.work_order] == ["Pump 7", "Pump 7"]
    assert answers.asked.count("/assets/a1") == 1
    assert source.calls == {"upkeep": 4}
    source.close()


@pytest.mark.parametrize("answer", [httpx.Response(503), HTML])
def test_a_work_order_that_points_at_what_upkeep_cannot_show_is_held_and_after_a_few_it_is_an_outage(answer: httpx.Response) -> None:
    source = source_over(Answers({DETAIL: record(order(asset="a1")), "/assets/a1": answer}))
    for _ in range(UNREADABLE_IN_A_ROW_MAX):
        assert [problem.code for problem in source.read(HEAD).problems] == ["UNREADABLE_WORK_ORDER"]
    with pytest.raises(SourceUnreachableError):
        source.read(HEAD)


def test_a_line_that_is_cut_in_the_middle_of_a_work_order_stops_the_run_instead_of_holding_it() -> None:
    with pytest.raises(SourceUnreachableError, match="after 4 attempts"):
        source_over(Answers({DETAIL: record(order(asset="a1")), "/assets/a1": httpx.ConnectError("refused")})).read(HEAD)


def test_a_work_order_is_found_by_its_number() -> None:
    stand_in = StandIn(page_size=2)
    wanted = stand_in.orders(5)[3]
    found = stand_in.source.find("4")
    assert found is not None
    assert found.head.id == wanted
    assert stand_in.source.find("404") is None


# --- the login -------------------------------------------------------------------------------------------------------------------------


def test_an_administrator_sees_everything() -> None:
    assert StandIn().source.visibility() == []
    assert source_over(Answers({}), email="", token="organization").visibility() == []


def test_another_login_is_warned_about() -> None:
    stand_in = StandIn()
    stand_in.create("users", email="kim@example.com", accountType="LIMITED", password="Kim-Password-1")
    source = source_over(stand_in.source._http._client._transport, email="kim@example.com", password="Kim-Password-1", clock=TestClock())
    [problem] = source.visibility()
    assert (problem.code, problem.place) == ("UPKEEP_LIMITED", "source")
    assert "kim@example.com is LIMITED" in problem.message


@pytest.mark.parametrize(
    "told", [{"success": True}, {"success": True, "results": None}, {"success": True, "results": [None, "x", {"email": None}]}]
)
def test_a_list_of_users_that_says_nothing_is_no_problem(told: Any) -> None:
    assert source_over(Answers({"/users": told})).visibility() == []


def test_a_token_that_finds_nothing_anywhere_is_at_the_wrong_address() -> None:
    with pytest.raises(SourceUnreachableError, match="check source: base_url"):
        list(source_over(Answers({}), token="organization").changed_since(None))
    assert list(source_over(Answers({"/users": {"success": True, "results": []}}), token="organization").changed_since(None)) == []


# --- every switch of the stand-in ------------------------------------------------------------------------------------------------------

KIM_90_MINUTES = ([(Decimal(5400), Decimal("55.00"))], [(Decimal(3), Decimal("12.35"))], Decimal("40.50"))


def one_order(stand_in: StandIn) -> str:
    kim = stand_in.create("users", email="kim@example.com", accountType="TECHNICIAN", hourlyRate="55.00")
    part = stand_in.create("parts", name="Pump seal", cost="12.35", quantity=10)
    place = stand_in.create("locations", name="Riverside")
    stand_in.create("locations", name="Harbor")
    return stand_in.create(
        "work-orders",
        title="Repair sink",
        status="complete",
        location=place,
        completedByUser=kim,
        timeLogs=[{"user": kim, "duration": 90, "dateStarted": DONE}],
        parts=[part],
        respectivePartQuantityUsed=[3],
        additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "40.50"}],
    )


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"empty_list": "404"},
        {"numbers": "string"},
        {"numbers": "number"},
        {"parts_shape": "objects"},
        {"parts_shape": "ids"},
        {"time_log": "absent"},
        {"time_log": "absent", "labor_cost": "zero"},
        {"labor_cost": "present"},
        {"labor_cost": "zero"},
        {"cost_lines": "absent"},
        {"references": "object"},
        {"location_key": "objectLocationForWorkOrder"},
        {"location_key": "both_differ"},
        {"limit_cap": 25},
        {"limit_cap": 2},
        {"total_count": "present"},
        {"token_ttl_seconds": 30},
        {"token_calls": 1},
        {"moving_sort": 3},
        {"unknown_filters": "ignored"},
        {"unknown_filters": "400"},
        {"status_case": "Complete"},
        {"time_unit": "hours"},
        {"time_unit": "seconds"},
        {
            "numbers": "string",
            "parts_shape": "ids",
            "time_log": "absent",
            "references": "object",
            "cost_lines": "absent",
            "time_unit": "hours",
        },
    ],
    ids=str,
)
def test_a_work_order_costs_the_same_under_every_switch(switches: dict[str, Any]) -> None:
    stand_in = StandIn(page_size=4, **switches)
    identifier = one_order(stand_in)
    stand_in.clock.advance(1)
    others = stand_in.orders(11)
    stand_in.clock.advance(60)
    assert set(stand_in.walk()) == {identifier, *others}
    assert set(stand_in.walk(START - timedelta(minutes=10))) >= {identifier}
    assert stand_in.money(identifier) == KIM_90_MINUTES
    read = stand_in.source.read(HEAD.__class__(identifier, "1", "complete", HEAD.updated_at)).work_order
    assert read is not None
    assert (str(read.location), read.status.casefold(), str(read.completed_by)) == ("Riverside", "complete", "kim@example.com")


def test_labor_cost_counts_where_there_is_no_time_log() -> None:
    stand_in = StandIn(time_log="absent", labor_cost="present")
    read = stand_in.source.read(WorkOrderHead(one_order(stand_in), "1", "complete", HEAD.updated_at))
    assert read.work_order is not None
    assert (read.work_order.labor, read.work_order.labor_total) == ((), Decimal("82.50"))


@pytest.mark.parametrize("time_log", ["array", "absent"])
def test_labor_among_the_additional_costs_is_held(time_log: str) -> None:
    stand_in = StandIn(labor_in_additional_cost=True, time_log=time_log)
    read = stand_in.source.read(WorkOrderHead(one_order(stand_in), "1", "complete", HEAD.updated_at))
    assert read.work_order is not None
    assert_told(cost(read.work_order, (), date(2026, 2, 20), "USD")[1], "LABOR_COUNTED_TWICE")


def test_a_user_without_a_rate_leaves_the_rate_to_the_mapping() -> None:
    stand_in = StandIn(user_rates=False)
    assert stand_in.money(one_order(stand_in))[0] == [(Decimal(5400), None)]


def test_a_plan_without_the_api_is_a_clear_error() -> None:
    stand_in = StandIn(plan="business")
    with pytest.raises(SourceUnreachableError, match="403 to /work-orders your plan has no API access"):
        stand_in.walk()


def test_a_throttling_service_is_waited_for() -> None:
    stand_in = StandIn(requests_per_minute=30)
    stand_in.sandbox.vendors.upkeep.enforce_limits = True
    stand_in.orders(29)
    with pytest.raises(SourceUnreachableError, match="it answered 429"):
        stand_in.walk()
    stand_in.clock.advance(60)
    assert len(stand_in.walk()) == 29


def test_sites_share_numbers_and_not_work_orders() -> None:
    stand_in = StandIn(sites=2)
    [first] = stand_in.orders(1)
    answer = stand_in.person.post("https://upkeep.example/api/v1/auth/switch-site", json={"id": stand_in.vendor.site_users[1]})
    token = answer.json()["result"]["sessionToken"]
    stand_in.person.headers["Session-Token"] = token
    [second] = stand_in.orders(1)
    other = source_over(stand_in.source._http._client._transport, token=token, clock=TestClock())
    assert ([head.id for head in other.changed_since(None)], stand_in.walk()) == ([second], [first])
    assert first != second
