"""The arithmetic of limits: what is used up, how long to wait, and what a clock that was set back may cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.ledgers.limits import Counts, Rate
from connector.ledgers.usage import MONTHS_KEPT, PAUSE_DOUBLED_MAX, Usage, Wait

NOW = 1_800_000_000.0
MINUTE = Rate("minute", 500, 60, Counts.ITEMS, per_app=False)
FEW = Rate("few", 3, 60)
BATCHES = Rate("batches", 40, 60, Counts.BATCHES)


def want(rate: Rate, weight: int = 1) -> dict[str, tuple[Rate, int]]:
    return {rate.name: (rate, weight)}


def used(rate: Rate, *moments: float, weight: int = 1) -> Usage:
    usage = Usage()
    for moment in moments:
        usage.take(want(rate, weight), moment)
    return usage


def seconds(wait: Wait | None) -> float:
    return 0.0 if wait is None else wait.seconds


def test_a_window_opens_again_when_its_oldest_call_has_left_it() -> None:
    usage = used(FEW, NOW, NOW + 1, NOW + 2)
    wait = usage.wait(want(FEW), None, NOW + 10)
    assert wait is not None
    assert 50 < wait.seconds <= 51.001
    assert wait.reason == "its 3 calls a minute are used up"
    assert usage.wait(want(FEW), None, NOW + 10 + wait.seconds) is None


def test_a_heavy_call_waits_until_there_is_room_for_all_of_it() -> None:
    usage = used(MINUTE, *(NOW + n for n in range(16)), weight=30)  # 480 of 500
    assert usage.wait(want(MINUTE, 20), None, NOW + 20) is None
    assert 40 < seconds(usage.wait(want(MINUTE, 30), None, NOW + 20)) < 43
    assert 41 < seconds(usage.wait(want(MINUTE, 60), None, NOW + 20)) < 44


def test_a_call_heavier_than_the_limit_needs_an_empty_window_and_then_goes() -> None:
    assert used(FEW).wait(want(FEW, 30), None, NOW) is None
    assert seconds(used(FEW, NOW).wait(want(FEW, 30), None, NOW)) > 60


def test_what_a_call_does_not_use_it_does_not_wait_for() -> None:
    usage = used(BATCHES, *[NOW] * 40)
    assert usage.wait(want(BATCHES, 0), None, NOW) is None
    assert usage.wait(want(BATCHES), None, NOW) is not None


@pytest.mark.parametrize(("counts_each", "weights"), [(True, [1, 30, 1]), (False, [1, 1, 1])])
def test_a_batch_of_thirty_counts_as_one_or_as_thirty(counts_each: bool, weights: list[int]) -> None:
    assert [MINUTE.weight(items, counts_each=counts_each) for items in (0, 30, 1)] == weights
    assert [Rate("second", 10, 1).weight(items, counts_each=counts_each) for items in (0, 30)] == [1, 1]
    assert [BATCHES.weight(items, counts_each=counts_each) for items in (0, 30)] == [0, 1]


@given(st.lists(st.tuples(st.floats(0, 7), st.integers(1, 30)), min_size=1, max_size=80))
def test_within_any_minute_there_are_never_more_than_the_vendor_allows(asked: list[tuple[float, int]]) -> None:
    usage, now, went = Usage(), NOW, []
    for gap, weight in asked:
        now += gap
        now += seconds(usage.wait(want(MINUTE, weight), None, now))
        assert usage.wait(want(MINUTE, weight), None, now) is None
        usage = Usage.read(usage.written())
        usage.take(want(MINUTE, weight), now)
        went.append((now, weight))
    for start, _ in went:
        assert sum(weight for moment, weight in went if start <= moment <= start + 60) <= 500


def test_the_state_stays_small_however_many_calls_are_made() -> None:
    usage = used(MINUTE, *(NOW + n / 8 for n in range(2_000)))
    assert len(usage.turns["minute"]) <= 63
    assert len(usage.written()) < 2_000


def test_at_a_pause_everything_waits_until_its_end_and_a_shorter_one_does_not_end_it() -> None:
    usage = Usage()
    usage.pause(60, "throttled", NOW)
    usage.pause(10, "again", NOW)
    assert usage.wait({}, None, NOW + 20) == Wait(40, "throttled")
    assert usage.wait({}, None, NOW + 60) is None


def test_without_a_word_of_how_long_the_wait_doubles_up_to_an_hour_until_an_answer_is_good() -> None:
    usage, now, waits = Usage(), NOW, []
    for _ in range(9):
        usage.refuse(60, "throttled", now, is_named=False)
        waits.append(usage.paused_until - now)
        now = usage.paused_until
    assert waits == [60, 120, 240, 480, 960, 1920, PAUSE_DOUBLED_MAX, PAUSE_DOUBLED_MAX, PAUSE_DOUBLED_MAX]
    usage.refuse(26, "throttled", now, is_named=True)
    assert usage.paused_until - now == 26


def test_calls_that_were_under_way_when_one_was_refused_are_no_further_refusals() -> None:
    usage = Usage()
    for _ in range(4):
        usage.refuse(60, "throttled", NOW, is_named=False)
    assert (usage.paused_until, usage.refusals) == (NOW + 60, 1)
    usage.refuse(90, "throttled", NOW + 1, is_named=True)
    assert usage.paused_until == NOW + 91


def test_a_clock_that_was_set_back_costs_one_pause_and_not_the_time_in_between() -> None:
    usage = used(FEW, NOW, NOW, NOW)
    usage.pause(60, "throttled", NOW)
    usage.day_left, usage.day_left_at = 3, NOW
    earlier = NOW - 7 * 86_400
    usage.bring_back(earlier)
    assert usage.wait({}, None, earlier) == Wait(60, "throttled")
    assert seconds(usage.wait(want(FEW), None, earlier + 60)) < 2
    assert usage.day_left_at == earlier


def test_calls_under_way_end_by_themselves_when_their_process_has_died() -> None:
    usage = Usage(in_flight={"a": NOW + 5, "b": NOW + 200})
    assert usage.wait({}, 2, NOW) == Wait(0.0, "2 calls are under way already")
    usage.bring_back(NOW + 5)
    assert usage.in_flight == {"b": NOW + 200}
    assert usage.wait({}, 2, NOW + 5) is None


def test_what_the_vendor_has_counted_beyond_ours_is_ours_from_now_on() -> None:
    usage = used(FEW, NOW)
    usage.note_left("few", FEW, 2, NOW)  # It knows of our one call only.
    assert usage.wait(want(FEW, 2), None, NOW) is None
    usage.note_left("few", FEW, 0, NOW)
    assert seconds(usage.wait(want(FEW), None, NOW)) > 60


def test_reads_are_counted_by_the_month_and_old_months_are_forgotten() -> None:
    usage = Usage()
    for month in ("2026-01", "2026-02", "2026-03", "2026-03"):
        usage.count_reads(month, 5)
    assert usage.reads == {"2026-02": 5, "2026-03": 10}
    assert len(usage.reads) == MONTHS_KEPT


@pytest.mark.parametrize("text", ["", "{}", "[]", "x", '{"unheard":1}', "null"])
def test_a_state_that_cannot_be_read_begins_anew(text: str) -> None:
    assert Usage.read(text) == Usage()


def test_a_state_is_read_as_it_was_written_and_nothing_used_is_nothing_kept() -> None:
    usage = used(FEW, NOW)
    usage.refuse(60, "throttled", NOW, is_named=False)
    usage.day_left, usage.day_left_at, usage.in_flight = 0, NOW, {"a": NOW}
    assert Usage.read(usage.written()) == usage
    assert Usage().written() == ""
