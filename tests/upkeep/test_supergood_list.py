"""The list of the normalised API, however it is paged, ordered and disturbed: no row is missed, and what cannot be trusted is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connector.core.contract import PAGINGS, Contract
from connector.sandbox.faults import Fault
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError
from tests.everyday import a_few
from tests.stage import SharedClock
from tests.upkeep.supergood_rig import Rig, customers_contract, numbers

LIST = "/work-orders"
BEGIN = datetime(2026, 2, 20, tzinfo=UTC)
ORDERS = ("updated", "updated_desc", "created", "id")


def contract(paging: str = "cursor", page_size: int = 4, **more: Any) -> Contract:
    return Contract(paging=paging, page_size=page_size, **more)


def filled(count: int, at_once: int = 1, **switches: Any) -> Rig:
    rig = Rig(**switches)
    for number in range(count):
        rig.order(number, number // at_once)
    return rig


def all_of(count: int) -> list[str]:
    return sorted(str(number) for number in range(count))


@pytest.mark.parametrize(("paging", "order", "count", "cap"), a_few(
    ((paging, order, count, cap) for count in (9, 0, 1, 8, 25) for cap in (100, 3) for paging in PAGINGS for order in ORDERS), 4
))  # fmt: skip
def test_every_row_is_told_once_in_order_whatever_the_page(paging: str, order: str, count: int, cap: int) -> None:
    rig = filled(count, 3, paging=paging, order=order, limit_cap=cap)
    heads = list(rig.source(contract(paging)).changed_since(None))
    assert sorted(numbers(heads)) == all_of(count)
    assert [head.updated_at for head in heads] == sorted(head.updated_at for head in heads)


@pytest.mark.parametrize("wrapper", ["data", "results", "items", "bare"])
@pytest.mark.parametrize("paging", ["offset", "page"])
def test_a_list_is_found_in_every_wrapper(paging: str, wrapper: str) -> None:
    rig = filled(6, paging=paging, wrapper=wrapper)
    assert sorted(numbers(rig.source(contract(paging)).changed_since(None))) == all_of(6)


@pytest.mark.parametrize("updated_filter", ["honoured", "ignored", "400"])
@pytest.mark.parametrize("paging", PAGINGS)
def test_a_walk_begins_where_the_last_one_ended_whether_the_filter_is_obeyed_or_not(paging: str, updated_filter: str) -> None:
    rig = filled(12, paging=paging, updated_filter=updated_filter)
    source = rig.source(contract(paging))
    assert numbers(source.changed_since(BEGIN + timedelta(seconds=8))) == ["8", "9", "10", "11"]
    assert numbers(source.changed_since(BEGIN + timedelta(seconds=11, milliseconds=1))) == []


@pytest.mark.parametrize("first_page", [0, 1, "either"])
def test_pages_are_counted_from_where_the_contract_counts_them(first_page: Any) -> None:
    rig = filled(9, paging="page", first_page=first_page)
    assert sorted(numbers(rig.source(contract("page")).changed_since(None))) == all_of(9)


def test_an_unchanged_list_of_one_page_costs_one_call() -> None:
    rig = filled(3)
    source = rig.source()
    list(source.changed_since(None))
    rig.shell.log.clear()
    assert numbers(source.changed_since(BEGIN + timedelta(seconds=2))) == ["2"]
    assert rig.paths() == [LIST]


@pytest.mark.parametrize(("paging", "order"), a_few([(p, o) for o in ORDERS for p in PAGINGS], 6))
def test_rows_that_move_while_the_list_is_read_hide_no_other(paging: str, order: str) -> None:
    """Somebody saves an early row between two pages: in a list by change every row behind it moves up by one."""
    rig = filled(12, paging=paging, order=order)
    asked = []

    def save_one(request: httpx.Request) -> None:
        asked.append(request)
        if len(asked) in (4, 6):
            rig.touch(0)

    rig.before_call = save_one
    source = rig.source(contract(paging))
    found = numbers(source.changed_since(None))
    rig.clock.advance(1)
    assert set(found) | set(numbers(source.changed_since(BEGIN + timedelta(days=1)))) == set(all_of(12))
    assert set(all_of(12)) - set(found) <= {"0"}


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
def test_a_wrong_clock_of_ours_skips_nothing(ahead: timedelta) -> None:
    rig = filled(12, order="updated", paging="offset", mfa="none")
    asked = []

    def save_two(request: httpx.Request) -> None:
        asked.append(request)
        if len(asked) == 3:
            rig.touch(1)
            rig.touch(2)

    rig.before_call = save_two
    source = rig.source(contract("offset"), clock=SharedClock(rig.clock, lambda: ahead), totp=False)
    heads = list(source.changed_since(None))
    last = max(head.updated_at for head in heads)
    rig.clock.advance(3600)
    later = numbers(source.changed_since(last - timedelta(minutes=10)))
    told = {head.number: head.updated_at for head in heads}
    for record in rig.records.by_kind["work-orders"].values():
        moment = datetime.fromisoformat(record["updatedAt"].replace("Z", "+00:00"))
        assert told.get(record["workOrderNo"]) == moment or record["workOrderNo"] in later


def test_a_change_that_was_read_before_it_happened_is_not_passed_over_by_a_later_one() -> None:
    """Our clock is ahead, so nothing looks as if it changed during the reading; two rows are saved in the second one, one already read."""
    rig = filled(12, order="created", paging="offset", mfa="none")
    asked: list[httpx.Request] = []

    def save_two(request: httpx.Request) -> None:
        asked.append(request)
        if len(asked) == 7:  # The sign-in, four pages, the first page again.
            rig.touch(0)
            rig.touch(11)

    rig.before_call = save_two
    source = rig.source(contract("offset"), clock=SharedClock(rig.clock, lambda: timedelta(hours=1)), totp=False)
    heads = list(source.changed_since(None))
    told = {head.number: head.updated_at for head in heads}
    assert told["11"] > told["0"] > BEGIN + timedelta(days=1)


def test_a_row_that_somebody_saves_all_the_time_keeps_no_other_waiting() -> None:
    rig = filled(12, order="created")
    rig.before_call = lambda request: rig.touch(3)
    assert set(numbers(rig.source(contract()).changed_since(None))) == set(all_of(12)) - {"3"}


@pytest.mark.parametrize("paging", PAGINGS)
def test_a_row_deleted_while_the_list_is_read_hides_no_other(paging: str) -> None:
    rig = filled(12, paging=paging)
    asked = []

    def delete_one(request: httpx.Request) -> None:
        asked.append(request)
        if len(asked) == 4:
            rig.records.delete("work-orders", next(iter(rig.records.by_kind["work-orders"].values())))

    rig.before_call = delete_one
    assert set(all_of(12)) - set(numbers(rig.source(contract(paging)).changed_since(None))) <= {"0"}


@pytest.mark.parametrize("paging", PAGINGS)
def test_a_page_that_repeats_the_one_before_it_once_is_noticed(paging: str) -> None:
    rig = filled(12, paging=paging, repeats=1)
    assert sorted(numbers(rig.source(contract(paging)).changed_since(None))) == all_of(12)


@pytest.mark.parametrize(("paging", "switches"), [
    *((paging, {"repeats": 1000}) for paging in PAGINGS), *((paging, {"endless": True}) for paging in PAGINGS)
])  # fmt: skip
def test_a_list_that_repeats_itself_or_never_ends_is_refused(paging: str, switches: dict[str, Any]) -> None:
    rig = filled(12, paging=paging, **switches)
    with pytest.raises(SourceUnreachableError, match=r"moves or repeats itself.*source: paging"):
        list(rig.source(contract(paging)).changed_since(None))


def test_a_list_that_says_nowhere_how_it_goes_on_is_not_taken_for_a_whole_one() -> None:
    """The contract pages by offset, the configuration says cursor: the first page alone would pass for everything."""
    rig = filled(12, paging="offset")
    with pytest.raises(SourceUnreachableError, match=r"how it goes on.*fields: list_next"):
        list(rig.source(contract("cursor")).changed_since(None))


def test_a_list_without_a_next_cursor_that_is_whole_is_taken_as_it_is() -> None:
    rows = [{"id": f"i{n}", "number": str(n), "status": "open", "updated_at": f"2026-02-20T00:00:0{n}Z"} for n in range(3)]
    assert numbers(by_hand(lambda request: httpx.Response(200, json={"data": rows})).changed_since(None)) == ["0", "1", "2"]


def test_a_last_page_that_leaves_the_cursor_out_ends_the_list() -> None:
    rows = [{"id": f"i{n}", "number": str(n), "status": "open", "updated_at": f"2026-02-20T00:00:0{n}Z"} for n in range(4)]

    def handler(request: httpx.Request) -> httpx.Response:
        limit, start = int(request.url.params["limit"]), int(request.url.params.get("cursor", 0))
        more = {"next_cursor": start + limit} if start + limit < len(rows) else {}
        return httpx.Response(200, json={"data": rows[start : start + limit]} | more)

    assert numbers(by_hand(handler, page_size=4).changed_since(None)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("empty_list", ["200", "404"])
@pytest.mark.parametrize("paging", PAGINGS)
def test_nothing_changed_is_nothing_to_read(paging: str, empty_list: str) -> None:
    rig = filled(9, paging=paging, empty_list=empty_list)
    source = rig.source(contract(paging))
    assert len(numbers(source.changed_since(None))) == 9
    assert numbers(source.changed_since(BEGIN + timedelta(days=5))) == []


def test_a_path_that_leads_nowhere_is_no_empty_list() -> None:
    rig = filled(3)
    wrong = contract(paths=Contract().paths | {"work_orders": "/jobs"})
    with pytest.raises(SourceUnreachableError, match=r"no list of work orders at /jobs.*source: paths"):
        list(rig.source(wrong).changed_since(BEGIN))


def test_rows_where_the_contract_does_not_say_are_an_error_not_an_empty_list() -> None:
    rig = filled(3)
    wrong = contract(fields=Contract().fields | {"list_rows": ("/work_orders",)})
    with pytest.raises(SourceUnreachableError, match="without rows; check source: fields: list_rows"):
        list(rig.source(wrong).changed_since(None))


def test_another_customers_names_are_a_matter_of_configuration() -> None:
    rig = filled(9, contract="customer")
    assert sorted(numbers(rig.source(customers_contract(page_size=4)).changed_since(None))) == all_of(9)


def test_a_row_without_a_moment_of_change_keeps_nothing_behind_it_from_being_read() -> None:
    rows: list[dict[str, str]] = [{"id": "a", "number": "1", "status": "open"}]
    rows.append({"id": "b", "number": "2", "status": "open", "updated_at": "2026-02-20T00:00:00Z"})
    source = by_hand(lambda request: httpx.Response(200, json={"data": rows, "next_cursor": None}))
    heads = list(source.changed_since(BEGIN - timedelta(days=1)))
    assert [(head.number, head.updated_at) for head in heads] == [("1", BEGIN - timedelta(days=1)), ("2", BEGIN)]


# --- faults ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [
    Fault("429", path=LIST, times=2), Fault("5xx", path=LIST, times=3), Fault("html", path=LIST, status=200), Fault("garbled", path=LIST),
    Fault("drop_before_commit", path=LIST), Fault("refuse", path=LIST), Fault("html", path=LIST, status=503),
], ids=lambda fault: f"{fault.kind}-{fault.status}")  # fmt: skip
@pytest.mark.parametrize("errors", ["json", "text"])
def test_what_passes_is_asked_for_again(fault: Fault, errors: str) -> None:
    rig = filled(6, errors=errors)
    rig.shell.plan.plan([replace(fault)])
    assert sorted(numbers(rig.source(contract()).changed_since(None))) == all_of(6)


@pytest.mark.parametrize("retry_after", ["seconds", "date", "absent"])
def test_a_throttle_is_waited_for_as_it_says(retry_after: str) -> None:
    rig = filled(2, retry_after=retry_after)
    rig.shell.plan.plan([Fault("429", path=LIST)])
    list(rig.source().changed_since(None))
    assert (rig.clock.now() - datetime(2026, 3, 2, 15, 0, tzinfo=UTC)).total_seconds() == (0.5 if retry_after == "absent" else 7)


@pytest.mark.parametrize("errors", ["json", "text"])
@pytest.mark.parametrize(("fault", "words"), [
    (Fault("429", path=LIST, times=9), "after 4 attempts: it answered 429"), (Fault("5xx", path=LIST, times=9), "it answered 503"),
    (Fault("html", path=LIST, status=200, times=9), "something that is not JSON"), (Fault("refuse", path=LIST, times=9), "ConnectError"),
    (Fault("refusal", path=LIST, status=403, code="forbidden"), "403.*forbidden.*ask who made the contract"),
], ids=["429", "5xx", "html", "refuse", "403"])  # fmt: skip
def test_what_stays_ends_the_run_and_says_why(fault: Fault, words: str, errors: str) -> None:
    rig = filled(2, errors=errors)
    rig.shell.plan.plan([replace(fault)])
    with pytest.raises(SourceUnreachableError, match=words):
        list(rig.source().changed_since(None))


def test_an_error_names_the_request_to_ask_the_vendor_about() -> None:
    rig = filled(2, forbidden=True)
    with pytest.raises(UnreadableAnswerError, match=r"403 forbidden the contract does not cover this \(request req-\d+\)"):
        list(rig.source().changed_since(None))


def by_hand(handler: Any, **more: Any) -> Any:
    rig = Rig()
    source = rig.source(contract(**more))

    def routed(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/sessions":
            return httpx.Response(201, json={"token": "t", "expires_at": "2027-01-01T00:00:00Z"})
        answer: httpx.Response = handler(request)
        return answer

    source._http._client = httpx.Client(transport=httpx.MockTransport(routed))
    return source
