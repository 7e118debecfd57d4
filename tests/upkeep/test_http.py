"""Sign-in, sessions that end, answers that are none, and how often and how long anything is tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connector.upkeep import http as upkeep_http
from connector.upkeep.http import READ_ATTEMPTS_MAX, RETRY_AFTER_SECONDS_MAX, UpKeepHttp
from connector.upkeep.session import EXPIRY_MARGIN
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError
from tests.ledgers.rig import Drip, TestClock
from tests.upkeep.rig import START, Answers

HTML = httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html><h1>Maintenance</h1></html>")
FINE = {"success": True, "results": []}


def session(handler: Callable[[httpx.Request], httpx.Response], clock: TestClock | None = None, token: str = "", **more: Any) -> UpKeepHttp:
    login = {"base_url": "https://upkeep.example", "email": "ada@example.com", "password": "secret"} | more
    return UpKeepHttp(**login, token=token, clock=clock or TestClock(), transport=httpx.MockTransport(handler))


def failure(status: int, message: str = "no", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"success": False, "message": message}, headers=headers)


def told(answers: Answers, **more: Any) -> Any:
    return session(answers, **more).get("/users")


# --- sign-in ----------------------------------------------------------------------------------------------------------------------


def test_only_https_leaves_the_machine() -> None:
    with pytest.raises(ValueError, match="https"):
        session(Answers({}), base_url="http://upkeep.example")
    session(Answers({}), base_url="http://127.0.0.1:8080").close()


def test_it_signs_in_once_and_sends_the_token_and_the_version() -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers.get("session-token"), request.headers["upkeep-version"]))
        return Answers({"/users": FINE})(request)

    client = session(handler)
    assert client.get("/users") == client.get("/users") == FINE
    assert seen == [("/api/v2/auth", None, "2022-09-14"), *[("/api/v2/users", "r:1", "2022-09-14")] * 2]
    assert client.requests == 3


def test_a_static_token_is_sent_without_a_sign_in() -> None:
    answers = Answers({"/users": FINE, "/auth": failure(500)})
    client = session(answers, token="organization")
    client.sign_in()
    assert client.get("/users") == FINE
    assert answers.asked == ["/users"]


@pytest.mark.parametrize("token", ["tökén", "line\nbreak"])
def test_a_token_that_no_header_takes_is_said_so(token: str) -> None:
    with pytest.raises(SourceUnreachableError, match="check source: token"):
        told(Answers({"/users": FINE}), token=token)


@pytest.mark.parametrize(
    "answer",
    [
        failure(401, "wrong email or password"),
        failure(403),
        failure(404),
        httpx.Response(200, json={"success": True, "result": {}}),
        httpx.Response(200, json={"success": True, "result": None}),
        httpx.Response(200, json={"success": True, "result": {"sessionToken": {"r": 1}}}),
        httpx.Response(200, json={"success": True, "result": {"sessionToken": "r:\n1"}}),
        httpx.Response(200, json=[]),
    ],
)
def test_a_refused_sign_in_names_what_to_check(answer: httpx.Response) -> None:
    with pytest.raises(SourceUnreachableError, match=r"refused the sign-in .*check source: email and password"):
        told(Answers({"/auth": answer, "/users": FINE}))


def test_a_sign_in_that_is_answered_with_a_page_is_said_so() -> None:
    with pytest.raises(SourceUnreachableError, match=r"sign-in .* not JSON"):
        told(Answers({"/auth": HTML}))


def test_no_message_holds_the_password_or_the_token() -> None:
    answers = Answers({"/auth": [failure(401, "secret r:1"), failure(401)]})
    with pytest.raises(SourceUnreachableError) as found:
        told(answers)
    assert "secret" not in str(found.value)


@pytest.mark.parametrize("ends", ["", "soon", None, 7, "2020-01-01T00:00:00.000Z", "2026-03-02T14:59:59"])
def test_an_end_that_cannot_be_used_is_no_end(ends: Any) -> None:
    answers = Answers({"/users": FINE}, ends=ends)
    client = session(answers)
    client.get("/users")
    client.get("/users")
    assert answers.asked == ["/auth", "/users", "/users"]


@pytest.mark.parametrize("ends", ["2026-03-02T16:00:00.000Z", "2026-03-02T16:00:00", "1772467200000"])
def test_a_session_is_renewed_before_it_ends(ends: str) -> None:
    clock, answers = TestClock(), Answers({"/users": FINE}, ends=ends)
    client = session(answers, clock)
    client.get("/users")
    clock.moment = START + timedelta(hours=1) - EXPIRY_MARGIN - timedelta(seconds=1)
    client.get("/users")
    clock.moment += timedelta(seconds=2)
    client.get("/users")
    assert answers.asked == ["/auth", "/users", "/users", "/auth", "/users"]


def test_a_short_session_is_used_for_half_of_its_life_and_not_for_one_call() -> None:
    answers = Answers({"/users": FINE}, ends="2026-03-02T15:01:00.000Z")
    client = session(answers)
    for _ in range(3):
        client.get("/users")
    assert answers.asked == ["/auth", "/users", "/users", "/users"]


def test_a_session_that_ends_in_the_middle_is_renewed_once_and_the_call_is_asked_again() -> None:
    answers = Answers({"/users": [FINE, failure(401), FINE]})
    client = session(answers)
    assert [client.get("/users"), client.get("/users")] == [FINE, FINE]
    assert answers.asked == ["/auth", "/users", "/users", "/auth", "/users"]


def test_a_login_that_is_refused_again_is_not_tried_forever() -> None:
    answers = Answers({"/users": failure(401, "invalid session token")})
    with pytest.raises(SourceUnreachableError, match="401 to /users invalid session token; check source: email and password"):
        told(answers)
    assert answers.asked == ["/auth", "/users", "/auth", "/users"]


def test_a_static_token_that_ended_is_not_signed_in_for() -> None:
    answers = Answers({"/users": failure(401)})
    with pytest.raises(SourceUnreachableError, match="check source: token"):
        told(answers, token="organization")
    assert answers.asked == ["/users"]


# --- trying again -------------------------------------------------------------------------------------------------------------------

AWAY = [
    *(failure(status) for status in (429, 500, 502, 503, 504)),
    httpx.Response(503, content=b"<html>"),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("late"),
    httpx.RemoteProtocolError("closed"),
]
TROUBLE = [*AWAY, HTML, httpx.Response(200, content=b'{"half": ')]


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
def test_trouble_that_passes_is_not_noticed(trouble: Any) -> None:
    clock = TestClock()
    answers = Answers({"/users": [trouble] * (READ_ATTEMPTS_MAX - 1) + [FINE]})
    assert told(answers, clock=clock) == FINE
    assert clock.slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("trouble", AWAY, ids=repr)
def test_trouble_that_stays_ends_with_a_clear_error_after_so_many_attempts(trouble: Any) -> None:
    clock = TestClock()
    answers = Answers({"/users": trouble})
    with pytest.raises(SourceUnreachableError, match=f"could not be reached after {READ_ATTEMPTS_MAX} attempts: ") as found:
        told(answers, clock=clock)
    # A 5xx may be the fault of one record; who asked for it decides (upkeep/official.py).
    assert isinstance(found.value, UnreadableAnswerError) is (isinstance(trouble, httpx.Response) and trouble.status_code >= 500)
    assert answers.asked.count("/users") == READ_ATTEMPTS_MAX
    assert clock.slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("0", 0.5), ("-3", 0.5), ("nan", 0.5), ("Mon, 02 Mar 2026 15:00:20 GMT", 20.0)])
def test_upkeep_may_ask_for_a_wait(asked: str, waited: float) -> None:
    clock = TestClock()
    told(Answers({"/users": [failure(429, **{"retry-after": asked}), FINE]}), clock=clock)
    assert clock.slept == [waited]


@pytest.mark.parametrize("asked", ["66", "86400", "inf"])
def test_a_wait_that_is_too_long_is_not_waited_for(asked: str) -> None:
    clock = TestClock()
    with pytest.raises(SourceUnreachableError, match="it answered 429 and asks to wait"):
        told(Answers({"/users": failure(429, **{"retry-after": asked})}), clock=clock)
    assert clock.slept == []
    assert RETRY_AFTER_SECONDS_MAX == 65.0


# --- answers that are none ------------------------------------------------------------------------------------------------------------


def test_a_404_is_an_answer_whatever_its_body() -> None:
    assert told(Answers({})) is None
    assert told(Answers({"/users": httpx.Response(404, content=b"<html>")})) is None


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        httpx.Response(200, content=b""),
        httpx.Response(200, json=[1]),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"\xff\xfe\x00"),
        failure(200, "field cannot be null"),
        failure(400),
        failure(403, "your plan has no API access"),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(403, content=b"<html>"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_told_from_an_outage(answer: httpx.Response) -> None:
    with pytest.raises(UnreadableAnswerError, match=f"UpKeep answered {answer.status_code} to /users") as found:
        told(Answers({"/users": answer}))
    assert found.value.status == answer.status_code


def test_the_services_own_words_are_shown_short_and_printable() -> None:
    with pytest.raises(UnreadableAnswerError) as found:
        told(Answers({"/users": failure(400, "\x1b[31mno\n" + "x" * 10_000)}))
    assert str(found.value).isprintable()
    assert len(str(found.value)) < 300


def test_an_answer_without_end_is_not_taken_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep_http, "ANSWER_BYTES_MAX", 1_000)

    def endless() -> Any:
        while True:
            yield b" " * 400

    with pytest.raises(upkeep_http.AnswerTooLargeError, match="/users with more than 1000 bytes"):
        session(lambda request: Answers({})(request) if "auth" in request.url.path else httpx.Response(200, content=endless())).get(
            "/users"
        )


def test_numbers_are_exact_and_one_beyond_all_numbers_spoils_only_itself() -> None:
    body = b'{"a": 0.1, "b": 12345678901234567890, "c": 1e999999999999999999999, "d": %s, "e": NaN}' % (b"9" * 5_000)
    found = told(Answers({"/users": httpx.Response(200, content=body)}))
    assert (str(found["a"]), str(found["b"]), str(found["c"]), len(str(found["d"]))) == (
        "0.1",
        "12345678901234567890",
        "1e999999999999999999999",
        5_000,
    )


def test_an_answer_that_drips_is_given_up_and_said_to_be_unreachable() -> None:
    clock = TestClock()

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Drip(clock))

    with pytest.raises(SourceUnreachableError, match="ReadTimeout"):
        session(handler, clock, token="organization").get("/users")
    assert sum(clock.slept) < 1000
