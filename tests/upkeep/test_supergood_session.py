"""Signing in to the normalised API: once for all, again before it ends, and never again after a refusal until a person acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.core.contract import Contract
from connector.core.source_session import SourceSession, Stop
from connector.sandbox.faults import Fault
from connector.sandbox.supergood.signin import totp as code_of
from connector.upkeep.source import SignInStoppedError, SourceUnreachableError
from connector.upkeep.supergood.source import SupergoodSource
from tests.stage import SharedClock
from tests.upkeep.supergood_rig import Rig, customers_contract, numbers

SIGN_IN, REFRESH = "/sessions", "/sessions/refresh"


def filled(count: int = 3, **switches: Any) -> Rig:
    rig = Rig(**switches)
    for number in range(count):
        rig.order(number)
    return rig


def listed(source: SupergoodSource) -> list[str]:
    return numbers(source.changed_since(None))


def stopped(source: SupergoodSource) -> SignInStoppedError:
    with pytest.raises(SignInStoppedError) as caught:
        listed(source)
    return caught.value


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("answer", [202, 401])
@pytest.mark.parametrize("mfa", ["totp", "none", ["sms", "totp"]])
def test_a_totp_secret_signs_in_without_anybody(mfa: Any, answer: int, inline: bool) -> None:
    rig = filled(mfa=mfa, mfa_answer=answer, inline_code=inline)
    assert listed(rig.source()) == ["0", "1", "2"]
    assert rig.vendor.sign_in.refused == 0


@pytest.mark.parametrize("session_answer", [200, 201])
@pytest.mark.parametrize("expires_at", ["iso", "absent", "epoch_ms", "expires_in"])
def test_a_session_is_shared_by_all_processes_and_renewed_before_it_ends(expires_at: str, session_answer: int) -> None:
    rig = filled(expires_at=expires_at, session_answer=session_answer)
    listed(rig.source())
    assert listed(rig.source()) == ["0", "1", "2"]
    assert rig.paths("POST") == [SIGN_IN]
    rig.clock.advance(870)
    source = rig.source()
    assert listed(source) == ["0", "1", "2"]
    assert listed(source) == ["0", "1", "2"]
    assert rig.paths("POST") == [SIGN_IN, REFRESH]
    assert rig.paths().count("/work-orders") == len([e for e in rig.shell.log if e["method"] == "GET" and e["status"] == 200])


@pytest.mark.parametrize("ttl", [2, 30, 59])
def test_a_session_shorter_than_the_margin_is_used_for_half_of_its_life(ttl: int) -> None:
    rig = filled(token_ttl_seconds=ttl)
    source = rig.source()
    listed(source)
    listed(source)
    assert rig.paths("POST") == [SIGN_IN]


@pytest.mark.parametrize("refresh", ["401", "404"])
def test_where_a_refresh_is_refused_a_whole_sign_in_follows(refresh: str) -> None:
    rig = filled(refresh=refresh)
    listed(rig.source())
    rig.clock.advance(870)
    assert listed(rig.source()) == ["0", "1", "2"]
    assert rig.paths("POST") == [SIGN_IN, REFRESH, SIGN_IN]


@pytest.mark.parametrize("kind", ["drop_after_commit", "5xx", "garbled", "html"])
def test_a_refresh_whose_answer_is_lost_is_made_up_for_by_a_sign_in(kind: str) -> None:
    rig = filled()
    listed(rig.source())
    rig.clock.advance(870)
    rig.shell.plan.plan([Fault(kind, path=REFRESH)])  # type: ignore[arg-type]
    assert listed(rig.source()) == ["0", "1", "2"]


def test_a_session_that_ends_in_the_middle_of_a_page_costs_one_sign_in() -> None:
    rig = filled(20, token_calls=3, limit_cap=4)
    assert len(listed(rig.source())) == 20
    assert rig.vendor.sign_in.refused == 0


def test_a_session_that_was_ended_early_is_replaced_once_and_by_whoever_comes_first() -> None:
    rig = filled()
    first, second = rig.source(), rig.source()
    listed(first)
    listed(second)
    rig.vendor.sign_in.end_every_session()
    listed(first)
    listed(second)
    assert rig.paths("POST") == [SIGN_IN, SIGN_IN]


def test_a_session_that_is_refused_when_just_given_ends_the_run() -> None:
    rig = filled()
    rig.shell.plan.plan([Fault("refusal", path="/work-orders", status=401, code="session_expired", times=9)])
    with pytest.raises(SourceUnreachableError, match="refuses a session that was just given: 401 session_expired"):
        listed(rig.source())
    assert rig.paths("POST") == [SIGN_IN, SIGN_IN]


def test_a_code_is_never_sent_twice() -> None:
    """It is good once: the second sign-in of a half minute waits for the next code."""
    rig = filled()
    for _ in range(3):
        listed(rig.source())
        rig.vendor.sign_in.end_every_session()
    assert rig.vendor.sign_in.refused == 0
    assert listed(rig.source()) == ["0", "1", "2"]


# --- refused, and then? -----------------------------------------------------------------------------------------------------------

WRONG: list[dict[str, Any]] = [{"password": "wrong"}, {"username": "nobody"}, {"totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}]


@pytest.mark.parametrize("login", WRONG, ids=["password", "username", "code"])
@pytest.mark.parametrize("inline", [True, False])
def test_after_one_refusal_nothing_is_sent_so_that_the_account_is_not_locked(login: dict[str, str], inline: bool) -> None:
    rig = filled(lock_after=2, inline_code=inline)
    assert stopped(rig.source(**login)).stop is Stop.REFUSED
    sent = len(rig.shell.log)
    for _ in range(5):
        rig.clock.advance(900)
        error = stopped(rig.source(**login))
        assert "refused: 401" in str(error)
    assert len(rig.shell.log) == sent
    assert (rig.vendor.sign_in.refused, rig.vendor.sign_in.is_locked) == (1, False)


def test_a_corrected_login_is_a_persons_act_and_is_tried_once() -> None:
    rig = filled(lock_after=3)
    stopped(rig.source(password="wrong"))
    stopped(rig.source(password="wrong too"))
    stopped(rig.source(password="wrong too"))
    assert rig.vendor.sign_in.refused == 2
    assert listed(rig.source()) == ["0", "1", "2"]
    assert rig.vault.session.stop is Stop.NONE


def test_connect_is_a_persons_act_too() -> None:
    rig = filled(lock_after=3)
    stopped(rig.source(password="wrong"))
    rig.vendor.password = "wrong"
    rig.vendor.sign_in._password = "wrong"
    source = rig.source(password="wrong")
    stopped(source)
    source.session.connect("", None)
    assert listed(source) == ["0", "1", "2"]


def test_a_locked_account_is_said_and_left_alone() -> None:
    rig = filled(lock_after=1)
    stopped(rig.source(password="wrong"))
    rig.vault.session = SourceSession()
    error = stopped(rig.source())
    assert "423 account_locked" in str(error)
    attempts = rig.vendor.sign_in.attempts
    stopped(rig.source())
    assert rig.vendor.sign_in.attempts == attempts


@pytest.mark.parametrize("errors", ["json", "text"])
def test_what_is_said_of_a_refusal_has_no_secret(errors: str) -> None:
    rig = filled(errors=errors)
    rig.vendor.sign_in.sign_in = lambda told: (403, {"error": {"code": "no", "message": f"{told} is wrong"}})  # type: ignore[method-assign]
    text = str(stopped(rig.source()))
    assert "is wrong" in text or errors == "text"
    assert rig.vendor.password not in text
    assert rig.vendor.totp_secret not in text


@pytest.mark.parametrize(("fault", "words"), [
    (Fault("5xx", path=SIGN_IN), "not to be had now: 503"), (Fault("429", path=SIGN_IN), "not to be had now: 429"),
    (Fault("html", path=SIGN_IN, status=502), "not to be had now: 502"), (Fault("drop_after_commit", path=SIGN_IN), "RemoteProtocolError"),
    (Fault("refuse", path=SIGN_IN), "ConnectError"),
    (Fault("refusal", path=SIGN_IN, status=404, code="not_found"), "source: paths: sign_in"),
    (Fault("garbled", path=SIGN_IN), "now: 200"), (Fault("html", path=SIGN_IN, status=200), "now: 200 a page of HTML"),
], ids=["503", "429", "502", "lost", "away", "404", "garbled", "html"])  # fmt: skip
def test_what_the_sign_in_cannot_help_is_no_refusal_and_is_not_repeated(fault: Fault, words: str) -> None:
    rig = filled()
    rig.shell.plan.plan([replace(fault)])
    with pytest.raises(SourceUnreachableError, match=words):
        listed(rig.source())
    assert rig.paths("POST") == [SIGN_IN]
    rig.clock.advance(1)
    assert listed(rig.source()) == ["0", "1", "2"]
    assert rig.vendor.sign_in.refused == 0


def test_a_token_that_is_not_where_the_contract_says_is_told() -> None:
    rig = filled()
    wrong = Contract(fields=Contract().fields | {"session_token": ("/key",)})
    with pytest.raises(SourceUnreachableError, match=r"no token.*fields: session_token"):
        listed(rig.source(wrong))


def test_another_customers_sign_in_has_other_names() -> None:
    rig = filled(contract="customer", inline_code=False, token_ttl_seconds=100)
    source = rig.source(customers_contract())
    assert listed(source) == ["0", "1", "2"]
    rig.clock.advance(60)
    assert listed(source) == ["0", "1", "2"]


# --- a code that only a person has ------------------------------------------------------------------------------------------------


def telephone(rig: Rig, told: list[Sequence[str]]) -> Callable[[Sequence[str]], str]:
    def ask(methods: Sequence[str]) -> str:
        told.append(methods)
        assert not rig.vault.locked, "nobody waits while a person looks for the code"
        return f" {rig.vendor.sign_in.sent[-1]} "

    return ask


@pytest.mark.parametrize("mfa", ["sms", "email", ["sms", "email"]])
@pytest.mark.parametrize("totp", [True, False])
def test_a_running_sync_asks_for_one_code_and_then_waits_for_a_person(mfa: Any, totp: bool) -> None:
    rig = filled(mfa=mfa)
    for _ in range(4):
        error = stopped(rig.source(totp=totp))
        rig.clock.advance(900)
    assert (error.stop, len(rig.vendor.sign_in.sent)) == (Stop.CODE_NEEDED, 1)
    told: list[Sequence[str]] = []
    rig.source(totp=totp).session.connect("", telephone(rig, told))
    assert listed(rig.source(totp=totp)) == ["0", "1", "2"]
    assert [list(methods) for methods in told] == [[mfa] if isinstance(mfa, str) else mfa]


def test_the_code_that_was_sent_is_given_where_nobody_can_be_asked() -> None:
    rig = filled(mfa="sms")
    stopped(rig.source(totp=False))
    rig.source(totp=False).session.connect(rig.vendor.sign_in.sent[-1], None)
    assert len(rig.vendor.sign_in.sent) == 1
    assert listed(rig.source(totp=False)) == ["0", "1", "2"]


def test_connect_without_a_terminal_has_the_code_sent_and_says_so() -> None:
    rig = filled(mfa="sms")
    with pytest.raises(SignInStoppedError) as caught:
        rig.source(totp=False).session.connect("", None)
    assert caught.value.stop is Stop.CODE_NEEDED
    assert len(rig.vendor.sign_in.sent) == 1


def test_one_wrong_code_is_one_and_the_next_is_a_persons() -> None:
    rig = filled(mfa="sms", lock_after=2)
    with pytest.raises(SignInStoppedError) as caught:
        rig.source(totp=False).session.connect("", lambda methods: "000000")
    assert caught.value.stop is Stop.REFUSED
    for _ in range(3):
        stopped(rig.source(totp=False))
    assert rig.vendor.sign_in.refused == 1
    rig.source(totp=False).session.connect("", telephone(rig, []))
    assert listed(rig.source(totp=False)) == ["0", "1", "2"]


def test_an_authenticators_code_may_be_typed_where_its_secret_is_not_configured() -> None:
    rig = filled()
    assert stopped(rig.source(totp=False)).stop is Stop.CODE_NEEDED
    rig.source(totp=False).session.connect(code_of(rig.vendor.totp_secret, rig.clock.now()), None)
    assert listed(rig.source(totp=False)) == ["0", "1", "2"]
    rig.clock.advance(870)
    assert listed(rig.source(totp=False)) == ["0", "1", "2"], "a refresh needs no code"


def test_a_secret_of_a_machine_whose_clock_is_wrong_is_refused_once() -> None:
    rig = filled()
    late = SharedClock(rig.clock, lambda: timedelta(minutes=5))
    for _ in range(3):
        assert "mfa_invalid" in str(stopped(rig.source(clock=late)))
    assert rig.vendor.sign_in.refused == 1
