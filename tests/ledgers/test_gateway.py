"""The one door: which failures prove that nothing left, and that everything else is uncertain."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.core.clock import Deadline
from connector.core.mapping import DocumentKind
from connector.core.posting import LedgerDocument, NotSent, Outcome, Posted, Rejected, State, Throttled, Uncertain, WriteRequest
from connector.ledgers.gateway import UnstoredWriteError, write
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import LimitReachedError, ServiceUnreachableError
from connector.ledgers.quickbooks.limits import LIMITS
from connector.ledgers.rate import Limiter, Refused, Turn
from tests.ledgers.rig import START, Drip, MemoryVault, TestClock, http, oauth, same_token_again, sending, soon, token
from tests.shelf import MemoryShelf


def told(status: int, headers: Any, body: bytes) -> Outcome:
    return Rejected(str(status), body.decode())


def send(client: LedgerHttp, classify: Any = told, deadline: Deadline | None = None, **changed: Any) -> Outcome:
    return write(client, sending(**changed), params={"requestid": "k"}, headers={}, deadline=deadline or soon(), classify=classify)


def raising(error: type[Exception]) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("trouble")

    return handler


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_without_a_connection_nothing_was_sent(error: type[Exception]) -> None:
    assert isinstance(send(http(raising(error))), NotSent)


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.CloseError, OSError],
)
def test_after_the_connection_every_failure_is_uncertain_and_tried_once(error: type[Exception]) -> None:
    client = http(raising(error))
    assert isinstance(send(client), Uncertain)
    assert client.calls == {"quickbooks": 1}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_is_judged_once_and_never_asked_for_again(status: int) -> None:
    client = http(lambda request: httpx.Response(status, text="words"))
    assert send(client) == Rejected(str(status), "words")
    assert client.calls == {"quickbooks": 1}


def test_the_frozen_bytes_leave_as_they_are_with_key_and_bearer() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    send(http(handler))
    assert (seen[0].content, seen[0].url.params["requestid"]) == (b'{"a":1}', "k")
    assert (seen[0].headers["authorization"], seen[0].headers["content-type"]) == ("Bearer access-1", "application/json")


def test_an_answer_that_cannot_be_judged_is_uncertain() -> None:
    def classify(status: int, headers: Any, body: bytes) -> Outcome:
        raise ZeroDivisionError

    assert isinstance(send(http(lambda request: httpx.Response(200)), classify), Uncertain)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": State.READY},
        {"state": State.UNCERTAIN},
        {"state": State.POSTED},
        {"token": 0},
        {"key": ""},
        {"request": WriteRequest("POST", "/v3", b"")},
    ],
)
def test_nothing_leaves_without_stored_intent(changed: dict[str, Any]) -> None:
    client = http(lambda request: httpx.Response(200))
    with pytest.raises(UnstoredWriteError):
        send(client, **changed)
    assert client.calls == {"quickbooks": 0}


def test_an_answer_that_drips_past_the_deadline_is_uncertain() -> None:
    clock = TestClock()
    outcome = send(http(lambda request: httpx.Response(200, stream=Drip(clock)), clock=clock))
    assert isinstance(outcome, Uncertain)
    assert sum(clock.slept) <= 120


def test_a_read_that_drips_is_given_up_and_said_to_be_unreachable() -> None:
    clock = TestClock()
    with pytest.raises(ServiceUnreachableError, match="ReadTimeout"):
        http(lambda request: httpx.Response(200, stream=Drip(clock)), clock=clock).read("GET", "/company")
    assert sum(clock.slept) < 1000


def test_a_refused_sign_in_is_the_ledgers_to_read_and_the_next_call_refreshes_first() -> None:
    """It says whether a new token helps, or only a person who agrees to more."""
    clock = TestClock()
    auth = oauth(lambda request: httpx.Response(200, json={"access_token": "access-2"}), MemoryVault(token()), clock)
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401 if len(seen) == 1 else 200)

    client = http(handler, clock=clock, auth=auth)
    assert send(client) == Rejected("401", "")
    assert send(client) == Rejected("200", "")
    assert seen == ["Bearer access-1", "Bearer access-2"]
    assert client.calls == {"quickbooks": 3}


def test_a_sign_in_that_does_not_answer_sends_nothing() -> None:
    clock = TestClock()
    client = http(lambda request: httpx.Response(200), clock=clock, auth=oauth(raising(httpx.ReadTimeout), MemoryVault(), clock))
    assert isinstance(send(client), NotSent)


def test_a_process_that_stood_still_since_its_lease_sends_nothing() -> None:
    """The deadline began before the lease; what is left of it after the standstill is no right to send."""
    clock, sent = TestClock(), []
    deadline = soon(clock)
    clock.sleep(60)
    client = http(lambda request: sent.append(request) or httpx.Response(200), clock=clock)
    assert send(client, deadline=deadline) == NotSent("getting ready to send took too long")
    assert sent == []


def slow_sign_in(clock: TestClock, seconds: float) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        clock.sleep(seconds)
        return httpx.Response(200, json={"access_token": "late"})

    return oauth(handler, MemoryVault(), clock)


def test_a_sign_in_that_eats_the_deadline_sends_nothing() -> None:
    clock = TestClock()
    sent: list[httpx.Request] = []
    client = http(lambda request: sent.append(request) or httpx.Response(200), clock=clock, auth=slow_sign_in(clock, 60))
    assert isinstance(send(client), NotSent)
    assert sent == []


def test_the_deadline_of_a_write_starts_before_the_sign_in() -> None:
    clock = TestClock()
    seen: list[float] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        return httpx.Response(200)

    send(http(handler, clock=clock, auth=slow_sign_in(clock, 30)))
    assert seen == [70.0]
    assert clock.moment == START + timedelta(seconds=30)


class Turnstile:
    """The limiter, as far as a call meets it."""

    def __init__(self, *got: Turn | Refused) -> None:
        self.got = list(got)
        self.asked: list[tuple[float, int]] = []
        self.settled: list[tuple[Turn, int | None, bool]] = []
        self.paused: list[tuple[float, str]] = []

    def acquire(self, wait_seconds_max: float, *, batch_items: int = 0) -> Turn | Refused:
        self.asked.append((wait_seconds_max, batch_items))
        return self.got.pop(0)

    def settle(self, turn: Turn, answer: Any, *, is_read: bool = False) -> None:
        self.settled.append((turn, answer[0] if answer else None, is_read))

    def pause(self, seconds: float, reason: str) -> None:
        self.paused.append((seconds, reason))


FULL = Refused(40_000.0, "its calls of this day are used up")


def test_our_own_limiter_waits_within_the_deadline_and_then_sends_nothing() -> None:
    limiter = Turnstile(FULL, FULL)
    client = http(lambda request: httpx.Response(200), limiter=limiter)
    assert send(client) == Throttled(40_000.0, "its calls of this day are used up")
    assert (limiter.asked, client.calls) == ([(50.0, 0)], {"quickbooks": 0})
    with pytest.raises(LimitReachedError, match="takes no calls until 2026-03-03 02:06:40 UTC: its calls of this day are used up"):
        client.read("GET", "/x")
    assert (limiter.settled, client.calls) == ([], {"quickbooks": 0})


@pytest.mark.parametrize(
    ("answer", "status"),
    [(httpx.Response(200), 200), (httpx.Response(429), 429), (httpx.Response(401), 401), (httpx.ReadTimeout("x"), None)],
)
def test_the_limiter_hears_how_every_call_ended_and_how_many_documents_it_carried(answer: Any, status: int | None) -> None:
    limiter, clock = Turnstile(Turn("1"), Turn("2"), FULL), TestClock()
    auth = oauth(same_token_again, MemoryVault(token()), clock)
    client = http(answering(answer, answer), clock=clock, auth=auth, limiter=limiter)
    request = sending().request
    client.attempt(request, params={}, headers={}, deadline=soon(), batch_items=30)
    with suppress(ServiceUnreachableError):
        client.read("GET", "/x")
    assert limiter.asked[0] == (50.0, 30)
    assert limiter.settled[:2] == [(Turn("1"), status, False), (Turn("2"), status, True)]


def test_a_call_that_is_given_up_before_its_first_byte_gives_back_its_turn() -> None:
    clock, limiter = TestClock(), Turnstile(Turn("1"))
    deadline = soon(clock)
    clock.sleep(60)
    assert isinstance(send(http(lambda request: httpx.Response(200), clock=clock, limiter=limiter), deadline=deadline), NotSent)
    assert limiter.settled == [(Turn("1"), None, False)]


def test_an_answer_counts_also_when_nothing_can_be_written_down_about_limits() -> None:
    limiter = Turnstile(Turn())
    limiter.settle = raising(OSError)  # type: ignore[method-assign]
    assert send(http(lambda request: httpx.Response(200), limiter=limiter)) == Rejected("200", "")


def test_a_batch_may_pause_the_company_for_one_of_its_items() -> None:
    limiter = Turnstile()
    http(lambda request: httpx.Response(200), limiter=limiter).pause(60, "an item was throttled")
    assert limiter.paused == [(60, "an item was throttled")]
    http(lambda request: httpx.Response(200)).pause(60, "nobody keeps count")


def test_a_read_that_is_throttled_goes_on_after_the_pause_that_every_process_keeps() -> None:
    clock = TestClock()
    limiter = Limiter(limits=LIMITS, company_id="9", app="app", clock=clock, shelf=MemoryShelf(clock))
    client = http(answering(httpx.Response(429), httpx.Response(200)), clock=clock, limiter=limiter)
    assert client.read("GET", "/x").status_code == 200
    assert clock.slept == [60.0]


def test_a_read_that_is_throttled_again_and_again_is_given_up_with_the_time_from_which_to_try_again() -> None:
    clock = TestClock()
    limiter = Limiter(limits=LIMITS, company_id="9", app="app", clock=clock, shelf=MemoryShelf(clock))
    client = http(lambda request: httpx.Response(429), clock=clock, limiter=limiter)
    with pytest.raises(LimitReachedError) as told:
        client.read("GET", "/x")
    assert (clock.slept, client.calls) == ([60.0], {"quickbooks": 2})
    assert told.value.until == START + timedelta(seconds=60 + 120)


def test_only_loopback_may_be_plain() -> None:
    auth = oauth(raising(httpx.ReadError), MemoryVault(), TestClock())
    for base_url in ("http://127.0.0.1:1", "http://localhost:1", "https://ledger.example"):
        LedgerHttp(service="x", base_url=base_url, auth=auth, clock=TestClock())
    with pytest.raises(ValueError, match="https"):
        LedgerHttp(service="x", base_url="http://ledger.example", auth=auth, clock=TestClock())


# --- reads --------------------------------------------------------------------------------------------------------------------


def answering(*answers: Any) -> Any:
    rest = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = rest.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def test_a_read_is_tried_again_on_trouble_that_passes() -> None:
    clock = TestClock()
    client = http(answering(httpx.ReadTimeout("x"), httpx.Response(503), httpx.Response(429), httpx.Response(200)), clock=clock)
    assert client.read("GET", "/x").status_code == 200
    assert clock.slept == [0.5, 1.0, 2.0]
    assert client.calls == {"quickbooks": 4}


def test_a_read_gives_up_after_four_attempts_without_a_last_sleep() -> None:
    clock = TestClock()
    client = http(lambda request: httpx.Response(503), clock=clock)
    with pytest.raises(ServiceUnreachableError, match="503"):
        client.read("GET", "/x")
    assert (client.calls, len(clock.slept)) == ({"quickbooks": 4}, 3)


def test_a_read_waits_as_long_as_told_but_not_for_hours() -> None:
    clock = TestClock()
    patient = http(answering(httpx.Response(429, headers={"retry-after": "60"}), httpx.Response(200)), clock=clock)
    assert patient.read("GET", "/x").status_code == 200
    assert clock.slept == [60.0]
    with pytest.raises(ServiceUnreachableError, match="429"):
        http(lambda request: httpx.Response(429, headers={"retry-after": "40000"}), clock=clock).read("GET", "/x")
    assert clock.slept == [60.0]


def test_a_read_that_is_refused_signs_in_once_more_and_then_gives_the_answer() -> None:
    clock = TestClock()
    auth = oauth(lambda request: httpx.Response(200, json={"access_token": "access-2"}), MemoryVault(token()), clock)
    client = http(lambda request: httpx.Response(401), clock=clock, auth=auth)
    assert client.read("GET", "/x").status_code == 401
    assert (client.calls, clock.slept) == ({"quickbooks": 3}, [])


def test_other_answers_are_the_callers_to_judge() -> None:
    assert http(lambda request: httpx.Response(404)).read("GET", "/x").status_code == 404


# --- how old what it answered with is -------------------------------------------------------------------------------------------

MADE_AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=-6)))


def age_of(made_at: datetime | None, **headers: str) -> float | None:
    document = LedgerDocument("7", DocumentKind.INVOICE, "M", "live", None, "USD", Decimal(1), made_at=made_at)
    outcome = send(http(lambda request: httpx.Response(200, headers=headers)), lambda *_: Posted(document))
    assert isinstance(outcome, Posted)
    assert outcome.document == document
    return outcome.age_seconds


def test_a_document_is_as_old_as_the_ledger_s_own_clock_says() -> None:
    assert age_of(MADE_AT, date="Mon, 02 Mar 2026 15:00:40 GMT") == 40


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 02 Mar 2026 15:00:40", "Mon, 99 Mar 2026 15:00:40 GMT"])
def test_of_an_answer_without_a_time_nothing_is_known(date: str) -> None:
    assert age_of(MADE_AT, date=date) is None


def test_of_a_document_without_a_time_nothing_is_known() -> None:
    assert age_of(None, date="Mon, 02 Mar 2026 15:00:40 GMT") is None
    assert age_of(MADE_AT) is None
