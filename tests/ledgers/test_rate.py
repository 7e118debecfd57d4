"""The turnstile: so many calls, then a wait that ends; and what one process is told, all of them keep to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.config.settings import LedgerConfig, Secret
from connector.ledgers.limits import Allowed, VendorLimits
from connector.ledgers.quickbooks.limits import LIMITS as QUICKBOOKS
from connector.ledgers.rate import Limiter, Refused, Turn
from connector.ledgers.xero.limits import LIMITS as XERO
from connector.wiring import limiter_of
from tests.ledgers.rig import START, TestClock
from tests.shelf import MemoryShelf

GOOD = (200, {}, b"{}")
THROTTLED = (429, {}, b"")


@dataclass
class Company:
    """A ledger company with any number of processes in front of it, on one clock."""

    vendor: VendorLimits = QUICKBOOKS
    allowed: Allowed = field(default_factory=Allowed)
    clock: TestClock = field(default_factory=TestClock)

    def __post_init__(self) -> None:
        self.shelf = MemoryShelf(self.clock)

    def process(self, company_id: str = "9130", app: str = "app") -> Limiter:
        return Limiter(limits=self.vendor, company_id=company_id, app=app, clock=self.clock, shelf=self.shelf, allowed=self.allowed)


def is_free(limiter: Limiter, batch_items: int = 0) -> bool:
    return isinstance(limiter.acquire(0, batch_items=batch_items), Turn)


def free_now(limiter: Limiter, batch_items: int = 0, gap_seconds: float = 0.0) -> int:
    """How many calls go before one must wait."""
    count = 0
    while count < 2_000 and is_free(limiter, batch_items):
        count += 1
        limiter._clock.sleep(gap_seconds)
    return count


# --- QuickBooks -----------------------------------------------------------------------------------------------------------------


def test_ten_calls_a_second_are_shared_by_two_processes() -> None:
    company = Company()
    one, two = company.process(), company.process()
    assert [is_free(one), is_free(two)] * 5 == [True] * 10
    assert free_now(one) + free_now(two) == 8
    assert not is_free(one)


def test_another_app_at_the_same_company_has_ten_a_second_of_its_own_but_shares_the_five_hundred_a_minute() -> None:
    company = Company()
    ours, theirs = company.process(app="ours"), company.process(app="theirs")
    assert (free_now(ours), free_now(theirs)) == (10, 10)
    company.clock.sleep(61)
    assert free_now(ours, gap_seconds=0.121) == 500
    assert not is_free(theirs)


def test_another_company_is_not_kept_waiting() -> None:
    company = Company()
    assert free_now(company.process("1")) == 10
    assert free_now(company.process("2")) == 10


@pytest.mark.parametrize(("counts_each", "batches"), [(True, 16), (False, 40)])
def test_batches_of_thirty_go_forty_a_minute_or_as_many_as_their_items_allow(counts_each: bool, batches: int) -> None:
    company = Company(allowed=Allowed(counts_each_item=counts_each))
    limiter = company.process()
    assert free_now(limiter, batch_items=30, gap_seconds=0.5) == batches
    assert is_free(limiter)  # A single call is no batch.


def test_three_apps_use_up_the_hundred_and_twenty_batches_of_the_company() -> None:
    company = Company(allowed=Allowed(counts_each_item=False))
    gone = [free_now(company.process(app=app), batch_items=30, gap_seconds=0.3) for app in ("a", "b", "c", "d")]
    assert gone == [40, 40, 40, 0]


def test_a_turn_that_comes_in_time_is_waited_for_and_one_that_does_not_is_not() -> None:
    company = Company()
    limiter = company.process()
    free_now(limiter)
    assert isinstance(limiter.acquire(5), Turn)
    assert 1.0 <= sum(company.clock.slept) < 1.5
    company.clock.sleep(61)
    company.clock.slept.clear()
    assert free_now(limiter, gap_seconds=0.121) == 500
    company.clock.slept.clear()
    refused = limiter.acquire(0.5)
    assert isinstance(refused, Refused)
    assert refused.reason == "its 500 calls a minute are used up"
    assert company.clock.slept == []


@pytest.mark.parametrize("form", [b'{"Fault":{"Error":[{"code":"3001"}]}}', b"<IntuitResponse/>", b""])
def test_after_a_429_everything_of_the_company_pauses_in_every_process(form: bytes) -> None:
    company = Company()
    one, two, other = company.process(), company.process(), company.process("another")
    turn = one.acquire()
    assert isinstance(turn, Turn)
    one.settle(turn, (429, {}, form))
    refused = two.acquire(10)
    assert refused == Refused(60.0, "QuickBooks throttled the request")
    assert company.clock.slept == []
    assert is_free(other)
    company.clock.sleep(60)
    assert is_free(two)


def test_a_403_that_says_throttled_pauses_too_and_an_ordinary_one_does_not() -> None:
    limiter = Company().process()
    limiter.settle(Turn(), (403, {}, b"AuthorizationFailure"))
    assert is_free(limiter)
    limiter.settle(Turn(), (403, {}, b"message=ThrottleExceeded; errorCode=003001; statusCode=403"))
    assert not is_free(limiter)


@pytest.mark.parametrize(("told", "seconds"), [("26", 26), ("0", 60), ("-5", 60), ("soon", 60), ("1e9", 60), ("nan", 60)])
def test_a_wait_that_is_told_is_kept_to_the_second_and_nonsense_is_a_minute(told: str, seconds: float) -> None:
    limiter = Company().process()
    limiter.settle(Turn(), (429, {"retry-after": told}, b""))
    refused = limiter.acquire(0)
    assert isinstance(refused, Refused)
    assert refused.seconds == seconds


def test_a_vendor_that_goes_on_refusing_is_asked_less_and_less_often_until_it_answers() -> None:
    company = Company()
    limiter = company.process()
    waits = []
    for _ in range(4):
        limiter.settle(Turn(), THROTTLED)
        refused = limiter.acquire(0)
        assert isinstance(refused, Refused)
        waits.append(refused.seconds)
        company.clock.sleep(refused.seconds)
        assert is_free(limiter)
    assert waits == [60, 120, 240, 480]
    limiter.settle(Turn(), GOOD)
    limiter.settle(Turn(), THROTTLED)
    assert limiter.acquire(0) == Refused(60.0, "QuickBooks throttled the request")


def test_an_item_of_a_batch_that_was_refused_for_its_limits_pauses_the_company() -> None:
    company = Company()
    company.process().pause(60, "QuickBooks throttled an item")
    assert company.process().acquire(0) == Refused(60.0, "QuickBooks throttled an item")


# --- the month's reads ----------------------------------------------------------------------------------------------------------


def read_well(limiter: Limiter, times: int = 1) -> None:
    for _ in range(times):
        turn = limiter.acquire()
        assert isinstance(turn, Turn)
        limiter.settle(turn, GOOD, is_read=True)


def test_only_reads_that_succeed_are_counted_by_company_and_month_and_creates_are_not() -> None:
    company = Company(allowed=Allowed(reads_per_month=500_000))
    one, two, other = company.process(), company.process(), company.process("another")
    read_well(one, 3)
    read_well(two, 2)
    read_well(other, 4)
    one.settle(Turn(), GOOD)  # a create
    one.settle(Turn(), (500, {}, b""), is_read=True)
    one.settle(Turn(), None, is_read=True)
    two.close()
    standing = one.standing()
    assert (standing.month, standing.reads, standing.reads_of_all, standing.reads_left) == ("2026-03", 5, 8, 499_992)
    other.close()
    assert one.standing().reads_of_all == 9
    company.clock.moment = datetime(2026, 4, 1, tzinfo=UTC)
    assert (one.standing().month, one.standing().reads) == ("2026-04", 0)


def test_reads_of_intuit_s_own_sandbox_companies_are_free() -> None:
    company = Company(allowed=Allowed(is_metered=False))
    limiter = company.process()
    read_well(limiter)
    assert (limiter.standing().reads, limiter.standing().reads_left) == (None, None)
    settings = LedgerConfig("quickbooks", "https://sandbox-quickbooks.api.intuit.com", "", "9130", "app", Secret(""), Secret(""))
    assert not limiter_of(settings, company.clock, company.shelf).allowed.is_metered
    assert limiter_of(replace(settings, base_url="https://quickbooks.api.intuit.com"), company.clock, company.shelf).allowed.is_metered


def test_the_last_reads_are_written_down_at_the_end_and_the_shelf_is_given_back() -> None:
    company = Company()
    limiter = company.process()
    read_well(limiter)
    limiter.close()
    assert company.shelf.is_closed
    assert company.process().standing().reads == 1


def test_a_429_when_the_month_is_used_up_says_so() -> None:
    company = Company(allowed=Allowed(reads_per_month=3))
    limiter = company.process()
    read_well(limiter, 3)
    limiter.settle(Turn(), THROTTLED, is_read=True)
    refused = limiter.acquire(0)
    assert isinstance(refused, Refused)
    assert "3 of the 3 reads of 2026-03 are used, so it may refuse reads until the month ends" in refused.reason


def test_an_ordinary_call_costs_one_change_of_the_shelf() -> None:
    for vendor, answer, writes in ((QUICKBOOKS, GOOD, 1), (XERO, (200, {"x-daylimit-remaining": "900"}, b""), 2)):
        company = Company(vendor)
        limiter = company.process()
        for number in range(1, 6):
            turn = limiter.acquire()
            assert isinstance(turn, Turn)
            limiter.settle(turn, answer, is_read=True)
            assert company.shelf.writes == number * writes


def test_a_stand_in_is_never_waited_for_but_its_pauses_and_reads_are_kept() -> None:
    for vendor in (QUICKBOOKS, XERO):
        company = Company(vendor, Allowed(is_unlimited=True))
        limiter = company.process()
        assert free_now(limiter) == 2_000
        limiter.settle(Turn(), GOOD, is_read=True)
        limiter.settle(Turn(), THROTTLED)
        assert not is_free(limiter)
        assert limiter.standing().reads == (1 if vendor is QUICKBOOKS else None)


# --- Xero -----------------------------------------------------------------------------------------------------------------------


def test_sixty_calls_a_minute_and_five_under_way_are_shared_by_two_processes() -> None:
    company = Company(XERO)
    one, two = company.process(), company.process()
    turns = [process.acquire(0) for process in (one, two, one, two, one)]
    refused = two.acquire(2)
    assert isinstance(refused, Refused)
    assert refused.reason == "5 calls are under way already"
    assert 2 <= sum(company.clock.slept) < 2.3
    assert isinstance(turns[0], Turn)
    one.settle(turns[0], GOOD)
    assert is_free(two)


def test_a_call_of_a_process_that_died_is_under_way_for_a_few_minutes_only() -> None:
    company = Company(XERO)
    for _ in range(5):
        company.process().acquire(0)
    assert not is_free(company.process())
    company.clock.sleep(200)
    assert is_free(company.process())


def through(limiter: Limiter, answer: tuple[int, dict[str, str], bytes] = GOOD) -> None:
    turn = limiter.acquire(0)
    assert isinstance(turn, Turn), turn
    limiter.settle(turn, answer)


def test_sixty_calls_a_minute_and_no_more() -> None:
    limiter = Company(XERO).process()
    for _ in range(60):
        through(limiter)
    assert not is_free(limiter)


def test_calls_of_another_installation_are_known_from_what_xero_says_is_left() -> None:
    limiter = Company(XERO).process()
    through(limiter, (200, {"x-minlimit-remaining": "10"}, b""))
    for _ in range(10):
        through(limiter)
    assert not is_free(limiter)


def test_a_minute_that_is_used_up_is_waited_for_as_long_as_xero_says_and_no_longer() -> None:
    company = Company(XERO)
    limiter = company.process()
    told = {"x-rate-limit-problem": "minute", "x-minlimit-remaining": "0", "x-daylimit-remaining": "344", "retry-after": "26"}
    through(limiter, (429, told, b""))
    assert company.process().acquire(10) == Refused(26.0, "Xero's calls of this minute are used up")
    company.clock.sleep(26)
    through(limiter)
    assert limiter.standing().day_left == 344


def test_a_day_that_is_used_up_parks_the_company_and_holds_nobody() -> None:
    company = Company(XERO)
    limiter = company.process()
    through(limiter, (429, {"x-rate-limit-problem": "day", "x-daylimit-remaining": "0", "retry-after": "66975"}, b""))
    assert limiter.acquire() == Refused(66_975.0, "Xero's calls of this day are used up")
    assert company.clock.slept == []
    standing = company.process().standing()
    assert standing.pause is not None
    assert standing.pause.until == START + timedelta(seconds=66_975)
    assert (standing.day_left, standing.day_left_at, standing.reads) == (0, START, None)
    company.clock.sleep(66_975)
    through(company.process())


@pytest.mark.parametrize(
    ("problem", "seconds"), [("concurrent", 1.0), ("appminute", 60.0), ("day", 3600.0), ("minute", 60.0), ("unheard of", 60.0)]
)
def test_without_a_retry_after_the_limit_that_was_reached_says_how_long(problem: str, seconds: float) -> None:
    limiter = Company(XERO).process()
    through(limiter, (429, {"x-rate-limit-problem": problem}, b""))
    refused = limiter.acquire(0)
    assert isinstance(refused, Refused)
    assert refused.seconds == seconds


@pytest.mark.parametrize("answer", [(429, {"x-rate-limit-problem": "appminute"}, b""), (200, {"x-appminlimit-remaining": "120"}, b"")])
def test_the_app_s_minute_is_one_for_all_its_companies(answer: tuple[int, dict[str, str], bytes]) -> None:
    company = Company(XERO)
    through(company.process("one"), answer)
    refused = company.process("another").acquire(0)
    assert isinstance(refused, Refused)
    assert refused.seconds in (60.0, 10.0)
    through(company.process("one more", app="another app"))
    company.clock.sleep(60)
    through(company.process("another"))
    assert company.shelf.texts("app ") == {f"app xero {company.process()._app}": ""}


def test_headers_that_are_no_numbers_say_nothing() -> None:
    limiter = Company(XERO).process()
    through(limiter, (200, {"x-minlimit-remaining": "many", "x-daylimit-remaining": "", "x-appminlimit-remaining": "inf"}, b""))
    assert limiter.standing().day_left is None
    assert is_free(limiter)


def test_a_limit_that_lifts_for_half_an_hour_and_pins_its_headers_leaves_our_own_count_in_force() -> None:
    """Xero's Rapid Sync tells the full number whatever was used."""
    limiter = Company(XERO).process()
    for _ in range(60):
        through(limiter, (200, {"x-minlimit-remaining": "60"}, b""))
    assert not is_free(limiter)


def test_the_vendors_limits_are_these() -> None:
    assert [(rate.name, rate.limit, rate.seconds) for rate in QUICKBOOKS.rates] == [
        ("second", 10, 1), ("minute", 500, 60), ("batches", 40, 60), ("batches of all apps", 120, 60),
    ]  # fmt: skip
    assert [(rate.limit, rate.seconds) for rate in XERO.rates] == [(60, 60)]
    assert (XERO.in_flight, dict(XERO.day_tiers)) == (5, {"Starter": 1_000, "Core and above": 5_000})
