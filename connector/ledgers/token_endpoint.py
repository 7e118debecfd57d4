"""The vendor's token endpoint: a code for a first token, a refresh token for the next one, and the way out.

A refresh whose answer was lost is asked once more at once: the vendor may have changed the refresh token already, and the old value
works for a while only (Xero: 30 minutes; QuickBooks: perhaps the rest of its day).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from connector.core.address import require_safe
from connector.core.clock import Clock
from connector.core.tokens import Token
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from connector.ledgers.whole import whole

EXPIRES_IN_SECONDS = 1800
REFRESH_TRIES = 2
WHOLE_ANSWER_SECONDS = 60.0
_NONE = "none"  # stands in for the refresh token where there is none
# Nothing is known of what the vendor did with the request.
LOST_ANSWER_ERRORS = (httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.WriteTimeout, httpx.RemoteProtocolError)


class DeadGrantError(ReconnectRequiredError):
    """The sign-in knows this refresh token, or this code, no longer; another one may still do."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What one vendor's sign-in does in its own way."""

    idle: timedelta  # an unused refresh token ends after this, when the answer does not say
    headers: Mapping[str, str] = field(default_factory=dict)
    revokes_with_json: bool = False


HABITS = {
    # Without this header Intuit does not tell when the five years since the consent are over.
    "quickbooks": Habits(timedelta(days=100), {"x-include-refresh-token-hard-expires-in": "true"}, revokes_with_json=True),
    "xero": Habits(timedelta(days=60)),
}


class TokenEndpoint:
    """One app at the vendor's sign-in. `calls` counts every request."""

    def __init__(
        self, *, service: str, clock: Clock, token_url: str, revoke_url: str, client_id: str, client_secret: str, client: httpx.Client
    ) -> None:
        for url in (token_url, revoke_url):
            if url:
                require_safe(url)
        self._service = service
        self._habits = HABITS[service]
        self._clock = clock
        self._token_url = token_url
        self._revoke_url = revoke_url
        self._headers = {"Accept": "application/json"}
        self._named: dict[str, str] = {}
        if client_secret:
            credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
            self._headers["Authorization"] = f"Basic {credentials}"
        else:
            # An app of Xero's grant type "Auth Code with PKCE" has no secret: it says who it is, and the code's verifier proves it.
            self._named["client_id"] = client_id
        self._client = client
        self.calls = 0

    def refresh(self, refresh_token: str) -> Token:
        """The next token; raises DeadGrantError when this value opens nothing any more."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._token(form, refresh_token, tries=REFRESH_TRIES)

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> Token:
        """The first token of a person's consent. The code is good once: when the answer is lost, only a new consent helps."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token(form | ({"code_verifier": verifier} if verifier else {}), "", tries=1)

    def by_credentials(self, scope: str) -> Token:
        """A token for the app itself, without a person's consent (Xero's custom connections); it has no refresh token."""
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = self._post(self._token_url, form, None, tries=REFRESH_TRIES)
        self._check_refusal(answer)
        return replace(self._parse(answer, _NONE), refresh="", refresh_expires_at=None)

    def revoke(self, token: Token) -> bool:
        """End the grant at the vendor; false when it had ended already."""
        if self._habits.revokes_with_json:
            answer = self._post(self._revoke_url, {}, {"token": token.refresh}, tries=REFRESH_TRIES)
        else:
            answer = self._post(self._revoke_url, {"token": token.refresh}, None, tries=REFRESH_TRIES)
        error = _error_of(answer)
        if answer.status_code == 400 and error in ("invalid_grant", "invalid_token", "invalid_request"):
            return False
        if answer.status_code in (400, 401) and error:
            raise self._refused(error)
        if answer.status_code not in (200, 204):
            raise ServiceUnreachableError(self._service, f"the sign-in answered {answer.status_code}")
        return True

    def close(self) -> None:
        """Give back its sockets."""
        self._client.close()

    def _token(self, form: Mapping[str, str], refresh_token: str, *, tries: int) -> Token:
        answer = self._post(self._token_url, form, None, tries=tries)
        self._check_refusal(answer)
        return self._parse(answer, refresh_token)

    def _post(self, url: str, form: Mapping[str, str], json: Mapping[str, str] | None, *, tries: int) -> httpx.Response:
        try:
            self.calls += 1
            headers = {**self._headers, **self._habits.headers}
            ends = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
            data = None if json is not None else {**form, **self._named}
            with self._client.stream("POST", url, data=data, json=json, headers=headers) as answer:
                # A new refresh token must not be thrown away: the one before may be dead already.
                read = whole(answer, self._clock, ends, last_piece_may_be_late=True)
            if read is None:
                raise httpx.ReadTimeout("the answer took too long, or was too large")
            return read
        except LOST_ANSWER_ERRORS as error:
            if tries > 1:
                return self._post(url, form, json, tries=tries - 1)
            raise self._silent(error) from None
        except httpx.HTTPError as error:
            raise self._silent(error) from None

    def _silent(self, error: httpx.HTTPError) -> ServiceUnreachableError:
        return ServiceUnreachableError(self._service, f"the sign-in did not answer ({type(error).__name__})")

    def _refused(self, error: str) -> ReconnectRequiredError:
        return ReconnectRequiredError(self._service, f"the sign-in was refused ({error[:60]}); check the client's id and secret")

    def _check_refusal(self, answer: httpx.Response) -> None:
        """Only a refusal in OAuth's own words is for a person; everything else may pass."""
        error = _error_of(answer) if answer.status_code in (400, 401) else ""
        if error == "invalid_grant":
            raise DeadGrantError(self._service, "the sign-in is no longer accepted (invalid_grant); connect the account again")
        if error:
            raise self._refused(error)

    def _parse(self, answer: httpx.Response, refresh_token: str) -> Token:
        try:
            told = answer.json() if answer.status_code == 200 else {}
            now = self._clock.now()
            idle = told.get("x_refresh_token_expires_in")
            return Token(
                access=_text(told["access_token"]),
                refresh=_text(told.get("refresh_token") or refresh_token),
                expires_at=now + timedelta(seconds=int(told.get("expires_in", EXPIRES_IN_SECONDS))),
                refresh_expires_at=_after(now, idle) if idle else now + self._habits.idle,
                hard_expires_at=_after(now, told.get("x_refresh_token_hard_expires_in")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise ServiceUnreachableError(self._service, f"the sign-in answered {answer.status_code} without a token") from None


def _after(now: datetime, seconds: object) -> datetime | None:
    return now + timedelta(seconds=int(str(seconds))) if seconds else None


def _error_of(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    return str(told.get("error") or "") if isinstance(told, dict) else ""


def _text(told: object) -> str:
    if not isinstance(told, str) or not told.isascii() or not told.isprintable() or not told:
        raise ValueError("not a token")
    return told
