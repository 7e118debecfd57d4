"""The question to the consent page, and what may be believed of the way back."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest

from connector.ledgers.consent import Answer, ConsentError, Question, draw, question, read_answer

HERE = "https://books.example/callback"


def asked(service: str = "quickbooks", *drawn: str) -> Question:
    chance = iter(drawn or ("state-1", "verifier-1"))
    return question(service, "https://vendor.example/consent", "app-1", HERE, lambda: next(chance))


def parameters(asked: Question) -> dict[str, str]:
    return dict(httpx.URL(asked.address).params)


def test_quickbooks_is_asked_for_accounting_and_for_nothing_else() -> None:
    assert parameters(asked()) == {
        "client_id": "app-1",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": HERE,
        "state": "state-1",
    }


def test_xero_is_asked_for_the_granular_scopes_and_given_a_challenge_of_a_verifier_that_stays_here() -> None:
    told = parameters(asked("xero"))
    assert "accounting.transactions" not in told["scope"]
    assert "offline_access" in told["scope"].split()
    wanted = base64.urlsafe_b64encode(hashlib.sha256(b"verifier-1").digest()).rstrip(b"=").decode()
    assert (told["code_challenge"], told["code_challenge_method"]) == (wanted, "S256")
    assert "verifier-1" not in asked("xero").address


def test_two_questions_have_nothing_in_common() -> None:
    drawn = {draw() for _ in range(200)}
    assert len(drawn) == 200
    assert min(len(one) for one in drawn) >= 43  # PKCE takes no shorter verifier.


@pytest.mark.parametrize(
    "returned",
    [f"{HERE}?code=c1&state=state-1&realmId=9", "/callback?code=c1&state=state-1&realmId=9", " /?realmId=9&state=state-1&code=c1\n"],
)
def test_a_way_back_is_read_whole_or_as_a_server_sees_it(returned: str) -> None:
    assert read_answer(returned, asked()) == Answer("c1", "9")


@pytest.mark.parametrize(
    "returned",
    [
        "",
        "code=c1&state=state-1",
        f"{HERE}?code=c1",
        f"{HERE}?code=c1&state=state-2",
        f"{HERE}?code=c1&state=state-1&state=state-1",
        f"{HERE}?state=state-1",
        "https://[x",
    ],
)
def test_a_way_back_that_does_not_belong_to_the_question_is_not_believed(returned: str) -> None:
    with pytest.raises(ConsentError) as told:
        read_answer(returned, asked())
    assert told.value.code == "CONSENT_NOT_OURS"


def test_a_refusal_counts_only_when_its_state_is_ours() -> None:
    for state, code in (("state-1", "CONSENT_REFUSED"), ("state-2", "CONSENT_NOT_OURS")):
        with pytest.raises(ConsentError) as told:
            read_answer(f"{HERE}?error=access_denied&state={state}", asked())
        assert told.value.code == code


def test_neither_a_code_nor_a_state_is_in_a_representation() -> None:
    assert "state-1" not in repr(asked())
    assert "c1" not in repr(Answer("c1", "9"))
