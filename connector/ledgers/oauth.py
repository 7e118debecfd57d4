"""Sign-in to a ledger: an access token that is fresh, and a rotated refresh token that is stored before it is used."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from connector.core.clock import Clock
from connector.core.tokens import Token, TokenVault
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError

# A token that ends sooner than this is refreshed first, so that it does not end on the way.
EXPIRY_MARGIN = timedelta(seconds=60)
EXPIRES_IN_SECONDS = 1800
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _DeadGrantError(ReconnectRequiredError):
    """The sign-in knows this refresh token no longer; another one may still do."""


class OAuth:
    """The tokens of one ledger company: refreshed under a lock over all processes, with a re-read after locking."""

    def __init__(
        self,
        *,
        service: str,
        vault: TokenVault,
        clock: Clock,
        token_url: str,
        client_id: str,
        client_secret: str,
        first_refresh_token: str,
        client: httpx.Client | None = None,
    ) -> None:
        parts = urlsplit(token_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("only https, loopback excepted")
        self._service = service
        self._vault = vault
        self._clock = clock
        self._token_url = token_url
        self._credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._first_refresh_token = first_refresh_token
        self._client = client or httpx.Client(timeout=httpx.Timeout(30, connect=10))
        self._token: Token | None = None
        self._stale = ""  # an access token that the service refused although it had not ended
        self.calls = 0
        self._turn = threading.Lock()  # sends run side by side; one refresh serves them all

    def access(self) -> str:
        """A fresh access token; raises ReconnectRequiredError or ServiceUnreachableError."""
        with self._turn:
            if self._token is None:
                self._token = self._vault.load()
            if self._token is None or not self._is_fresh(self._token):
                self._token = self._refresh()
            return self._token.access

    def close(self) -> None:
        """Give back its sockets."""
        self._client.close()

    def mark_stale(self) -> None:
        """The service refused the present access token: the next call refreshes first."""
        if self._token is not None:
            self._stale = self._token.access

    def _is_fresh(self, token: Token) -> bool:
        return token.access != self._stale and token.expires_at - EXPIRY_MARGIN > self._clock.now()

    def _refresh(self) -> Token:
        with self._vault.exclusive():
            stored = self._vault.load()
            if stored is not None and self._is_fresh(stored):
                return stored  # Another process refreshed while we waited.
            token = self._ask_in_turn([stored.refresh if stored else "", self._first_refresh_token])
            # The old refresh token may be dead at the provider already: store the new one before anything else.
            self._vault.save(token)
            return token

    def _ask_in_turn(self, refresh_tokens: list[str]) -> Token:
        """The stored refresh token wins; the configured one is asked when there is none, or when a person replaced a dead one."""
        wanted = [token for token in dict.fromkeys(refresh_tokens) if token]
        if not wanted:
            raise ReconnectRequiredError(self._service, "there is no refresh token; put one into the configuration")
        for token in wanted[:-1]:
            try:
                return self._ask(token)
            except _DeadGrantError:
                continue
        return self._ask(wanted[-1])

    def _ask(self, refresh_token: str) -> Token:
        try:
            self.calls += 1
            answer = self._client.post(
                self._token_url,
                data={"grant_type": "refresh_token", "refresh_token": refresh_token},
                headers={"Authorization": f"Basic {self._credentials}", "Accept": "application/json"},
            )
        except httpx.HTTPError as error:
            raise ServiceUnreachableError(self._service, f"the sign-in did not answer ({type(error).__name__})") from None
        self._check_refusal(answer)
        return self._parse(answer, refresh_token)

    def _check_refusal(self, answer: httpx.Response) -> None:
        """Only a refusal in OAuth's own words is for a person; everything else may pass."""
        if answer.status_code not in (400, 401):
            return
        try:
            told = answer.json()
        except ValueError:
            return
        error = str(told.get("error") or "") if isinstance(told, dict) else ""
        if error == "invalid_grant":
            raise _DeadGrantError(self._service, "the refresh token is no longer accepted (invalid_grant); connect the account again")
        if error:
            raise ReconnectRequiredError(self._service, f"the sign-in was refused ({error[:60]}); check the client's id and secret")

    def _parse(self, answer: httpx.Response, refresh_token: str) -> Token:
        try:
            told = answer.json() if answer.status_code == 200 else {}
            seconds = int(told.get("expires_in", EXPIRES_IN_SECONDS))
            idle = told.get("x_refresh_token_expires_in")
            now = self._clock.now()
            return Token(
                access=_text(told["access_token"]),
                refresh=_text(told.get("refresh_token") or refresh_token),
                expires_at=now + timedelta(seconds=seconds),
                refresh_expires_at=now + timedelta(seconds=int(idle)) if idle else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise ServiceUnreachableError(self._service, f"the sign-in answered {answer.status_code} without a token") from None


def _text(told: object) -> str:
    if not isinstance(told, str) or not told.isascii() or not told.isprintable() or not told:
        raise ValueError("not a token")
    return told
