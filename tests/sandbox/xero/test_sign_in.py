"""Who may call Xero's stand-in, for how long, and what the identity service answers to everybody else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connector.sandbox.company import Company
from connector.sandbox.wire import Request, Response
from tests.sandbox.xero.caller import Caller, journal

RETURN = "https://books.example/callback"
PROOF = "a-verifier-that-only-the-app-knows-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(PROOF.encode()).digest()).rstrip(b"=").decode()


def error_of(answer: Response) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]


def refreshed(caller: Caller, token: str) -> Response:
    return caller.form("/connect/token", grant_type="refresh_token", refresh_token=token)


def consent(caller: Caller, **changed: str) -> Response:
    asked = {"response_type": "code", "client_id": caller.vendor.client_id, "redirect_uri": RETURN, "state": "s1"}
    asked |= {"scope": "accounting.invoices"} | changed
    return caller.vendor.handle(Request("GET", "/identity/connect/authorize", urlencode(asked)))


def code_of(answer: Response) -> str:
    assert answer.status == 302, answer.body
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def app_without_a_secret() -> Caller:
    company = Company()
    caller = Caller(company=company)  # It has used its secret once.
    company.switches["app_has_a_secret"] = False
    return caller


def test_a_client_finds_the_sign_in_addresses_in_the_openid_document() -> None:
    answer = Caller().vendor.handle(Request("GET", "/.well-known/openid-configuration", headers={"host": "127.0.0.1:9"}))
    assert json.loads(answer.body) == {
        "issuer": "https://identity.xero.com",
        "authorization_endpoint": "http://127.0.0.1:9/identity/connect/authorize",
        "token_endpoint": "http://127.0.0.1:9/connect/token",
        "revocation_endpoint": "http://127.0.0.1:9/connect/revocation",
    }


# --- refresh tokens -------------------------------------------------------------------------------------------------------------------


def test_a_refresh_token_rotates_and_the_old_one_lives_thirty_minutes_longer() -> None:
    caller = Caller()  # It has used the first one once.
    first = caller.vendor.first_refresh_token
    caller.clock.advance(1800)
    again = caller.sign_in(first)
    assert again["refresh_token"] != first
    assert again["expires_in"] == 1800
    caller.clock.advance(1)
    assert error_of(refreshed(caller, first)) == (400, "invalid_grant")
    assert refreshed(caller, again["refresh_token"]).status == 200


def test_a_refresh_token_that_nobody_used_dies_after_sixty_days() -> None:
    caller = Caller()
    fresh = caller.sign_in(caller.vendor.first_refresh_token)["refresh_token"]
    caller.clock.advance(60 * 86_400 + 1)
    assert error_of(refreshed(caller, fresh)) == (400, "invalid_grant")
    assert error_of(refreshed(caller, "never-issued")) == (400, "invalid_grant")


def test_an_app_with_a_wrong_secret_or_none_is_no_app() -> None:
    caller = Caller()
    fields = {"grant_type": "refresh_token", "refresh_token": caller.vendor.first_refresh_token}
    for headers in ({}, {"authorization": "Basic !"}, {"authorization": "Basic /w=="}, caller.basic("wrong")):
        assert error_of(caller.form("/connect/token", headers, **fields)) == (400, "invalid_client")
    both = {"client_id": caller.vendor.client_id, "client_secret": caller.vendor.client_secret}
    assert caller.form("/connect/token", {}, **fields, **both).status == 200
    assert error_of(caller.form("/connect/token", {}, **fields, client_id=both["client_id"])) == (400, "invalid_client")
    assert error_of(caller.form("/connect/token", grant_type="password")) == (400, "unsupported_grant_type")


def test_a_custom_connection_has_no_refresh_token_and_needs_no_tenant() -> None:
    caller = Caller()
    answer = caller.form("/connect/token", grant_type="client_credentials", scope="accounting.settings.read")
    told = json.loads(answer.body)
    assert "refresh_token" not in told
    headers = {"authorization": f"Bearer {told['access_token']}", "accept": "application/json"}
    assert caller.vendor.handle(Request("GET", "/api.xro/2.0/Accounts", "", headers)).status == 200
    refused = caller.form("/connect/token", grant_type="client_credentials", scope="accounting.transactions")
    assert error_of(refused) == (400, "invalid_scope")


# --- consent --------------------------------------------------------------------------------------------------------------------------


def test_a_consent_gives_a_code_that_is_good_once_and_for_five_minutes() -> None:
    caller = Caller()
    answer = consent(caller)
    assert parse_qs(urlsplit(answer.headers["location"]).query)["state"] == ["s1"]
    fields = {"grant_type": "authorization_code", "redirect_uri": RETURN}
    code = code_of(answer)
    assert json.loads(caller.form("/connect/token", **fields, code=code).body)["scope"] == "accounting.invoices"
    assert error_of(caller.form("/connect/token", **fields, code=code)) == (400, "invalid_grant")
    late = code_of(consent(caller))
    caller.clock.advance(301)
    assert error_of(caller.form("/connect/token", **fields, code=late)) == (400, "invalid_grant")


def test_a_code_is_worth_nothing_at_another_address_than_the_consents() -> None:
    caller = Caller()
    answer = caller.form("/connect/token", grant_type="authorization_code", code=code_of(consent(caller)), redirect_uri=f"{RETURN}/x")
    assert error_of(answer) == (400, "invalid_grant")


def test_an_app_without_a_secret_proves_itself_by_the_verifier_of_its_challenge() -> None:
    caller = app_without_a_secret()
    for verifier, status in ((PROOF, 200), ("another", 400)):
        code = code_of(consent(caller, code_challenge=CHALLENGE, code_challenge_method="S256"))
        fields = {"grant_type": "authorization_code", "redirect_uri": RETURN, "client_id": caller.vendor.client_id}
        assert caller.form("/connect/token", {}, **fields, code=code, code_verifier=verifier).status == status


def test_an_app_without_a_secret_says_who_it_is_and_nothing_else() -> None:
    caller = app_without_a_secret()
    fields = {"grant_type": "refresh_token", "refresh_token": caller.vendor.first_refresh_token}
    assert caller.form("/connect/token", {}, **fields, client_id=caller.vendor.client_id).status == 200
    assert error_of(caller.form("/connect/token", {}, **fields, client_id="somebody")) == (400, "invalid_client")
    secret = {"client_id": caller.vendor.client_id, "client_secret": caller.vendor.client_secret}
    assert error_of(caller.form("/connect/token", {}, **fields, **secret)) == (400, "invalid_client")
    assert error_of(caller.form("/connect/token", **fields)) == (400, "invalid_client")
    assert error_of(consent(caller)) == (400, "invalid_request")
    own = {"grant_type": "client_credentials", "client_id": caller.vendor.client_id}
    assert error_of(caller.form("/connect/token", {}, **own)) == (400, "unsupported_grant_type")


def test_an_app_with_a_secret_needs_it_beside_the_verifier() -> None:
    caller = Caller()
    code = code_of(consent(caller, code_challenge=CHALLENGE, code_challenge_method="S256"))
    fields = {"grant_type": "authorization_code", "redirect_uri": RETURN, "client_id": caller.vendor.client_id, "code_verifier": PROOF}
    assert error_of(caller.form("/connect/token", {}, **fields, code=code)) == (400, "invalid_client")
    assert caller.form("/connect/token", **fields, code=code).status == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "somebody"}, "unauthorized_client"),
        ({"redirect_uri": ""}, "unauthorized_client"),
        ({"redirect_uri": "http://books.example/callback"}, "unauthorized_client"),
        ({"redirect_uri": "http://127.0.0.1:5000/callback"}, "unauthorized_client"),
        ({"redirect_uri": f"{RETURN}/"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "accounting.transactions"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"state": ""}, "invalid_request"),
        ({"code_challenge": PROOF, "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_consent_that_xero_does_not_give_has_no_code(changed: dict[str, str], error: str) -> None:
    assert error_of(consent(Caller(), **changed)) == (400, error)


def test_a_consent_on_the_developers_own_machine_is_given_under_the_name_localhost() -> None:
    caller = Caller()
    assert error_of(consent(caller, redirect_uri="http://localhost:5000/callback")) == (400, "unauthorized_client")
    caller.vendor.register_redirect("http://localhost:5000/callback")
    assert consent(caller, redirect_uri="http://localhost:5000/callback").status == 302


@pytest.mark.parametrize("address", ["http://127.0.0.1:5000/callback", "http://books.example/callback", "nowhere"])
def test_an_app_cannot_register_an_address_that_anybody_could_read(address: str) -> None:
    with pytest.raises(ValueError, match="not a redirect URI"):
        Caller().vendor.register_redirect(address)


def test_a_person_who_says_no_is_sent_back_without_a_code() -> None:
    told = parse_qs(urlsplit(consent(Caller(consent="no")).headers["location"]).query)
    assert told == {"error": ["access_denied"], "state": ["s1"]}


def token_of(caller: Caller) -> str:
    """The access token of a new consent."""
    fields = {"grant_type": "authorization_code", "redirect_uri": RETURN, "code": code_of(consent(caller, scope="offline_access"))}
    return str(json.loads(caller.form("/connect/token", **fields).body)["access_token"])


def test_a_consent_for_another_organisation_opens_nothing_of_this_one_and_ends_nothing() -> None:
    caller = Caller(consent="other", other_organisations=["Second Hand Tools"])
    earlier = caller.access
    caller.access = token_of(caller)
    assert [one["tenantName"] for one in connections(caller)] == ["Second Hand Tools"]
    assert caller.call("GET", "Accounts").status == 403
    caller.access = earlier
    assert caller.call("GET", "Accounts").status == 200


def test_one_consent_may_cover_several_organisations_and_each_is_left_alone() -> None:
    caller = Caller(other_organisations=["Second Hand Tools"])
    own, other = connections(caller)
    assert caller.call("DELETE", f"/connections/{own['id']}").status == 204
    assert connections(caller) == [other]
    assert caller.call("DELETE", f"/connections/{other['id']}").status == 204
    assert connections(caller) == []


# --- the organisation -----------------------------------------------------------------------------------------------------------------


def connections(caller: Caller) -> list[dict[str, Any]]:
    return list(json.loads(caller.call("GET", "/connections").body))


def test_an_ended_connection_opens_nothing_until_a_person_consents_again() -> None:
    caller = Caller()
    [connection] = connections(caller)
    assert (connection["tenantId"], connection["tenantType"]) == (caller.vendor.tenant_id, "ORGANISATION")
    assert caller.call("DELETE", f"/connections/{caller.vendor.tenant_id}").status == 404  # Its id is not the tenant's.
    assert caller.call("DELETE", f"/connections/{connection['id']}").status == 204
    assert connections(caller) == []
    assert caller.call("GET", "Accounts").status == 403
    consent(caller)
    assert caller.call("GET", "Accounts").status == 200


def test_a_revoked_refresh_token_ends_everything_of_its_user() -> None:
    caller = Caller()
    assert error_of(caller.form("/connect/revocation", {}, token=caller.vendor.first_refresh_token)) == (400, "invalid_client")
    assert caller.form("/connect/revocation", token="somebody-elses").status == 200
    assert caller.call("GET", "Accounts").status == 200
    assert caller.form("/connect/revocation", token=caller.vendor.first_refresh_token).status == 200
    assert caller.call("GET", "Accounts").status == 401
    assert caller.call("GET", "/connections").status == 401
    assert error_of(refreshed(caller, caller.vendor.first_refresh_token)) == (400, "invalid_grant")


def problem_of(answer: Response) -> tuple[int, str, str]:
    told = json.loads(answer.body)
    assert told["Status"] == answer.status
    return answer.status, told["Title"], told["Detail"]


def test_no_token_a_late_token_and_another_tenant_are_refused_before_the_key_is_looked_at() -> None:
    caller = Caller()
    put = {"idempotency_key": "the-same"}
    assert problem_of(caller.call("PUT", "ManualJournals", journal(), authorization="", **put)) == (
        401,
        "Unauthorized",
        "AuthenticationUnsuccessful",
    )
    assert problem_of(caller.call("PUT", "ManualJournals", journal(), xero_tenant_id="another", **put)) == (
        403,
        "Forbidden",
        "AuthenticationUnsuccessful",
    )
    assert caller.call("PUT", "ManualJournals", journal(), **put).status == 200
    caller.clock.advance(1800)
    status, title, detail = problem_of(caller.call("GET", "Accounts"))
    assert (status, title, detail) == (401, "Unauthorized", "TokenExpired: token expired at 03/02/2026 15:30:00")


@pytest.mark.parametrize(("switches", "status"), [({}, 401), ({"scope_missing_status": 403}, 403)])
def test_a_scope_that_only_reads_does_not_write(switches: dict[str, Any], status: int) -> None:
    caller = Caller(**switches)
    answer = caller.form("/connect/token", grant_type="client_credentials", scope="accounting.invoices.read")
    caller.access = json.loads(answer.body)["access_token"]
    assert caller.call("GET", "Invoices").status == 200
    refused = caller.call("PUT", "Invoices", {})
    assert problem_of(refused)[::2] == (status, "AuthorizationUnsuccessful")
    assert "insufficient_scope" in refused.headers["WWW-Authenticate"]
    assert caller.call("GET", "ManualJournals").status == status


@pytest.mark.parametrize(("method", "path"), [("GET", "/connect/token"), ("POST", "/connections"), ("GET", "/"), ("GET", "/connections/x")])
def test_the_identity_service_has_nothing_else(method: str, path: str) -> None:
    answer = Caller().call(method, path)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (404, b"", "text/html; charset=utf-8")
