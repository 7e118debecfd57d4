"""An access token that is fresh, and a rotated refresh token that is stored before it is used."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from connector.core.clock import Clock
from connector.core.tokens import Token, TokenVault
from connector.ledgers.ledger import ReconnectRequiredError
from connector.ledgers.token_endpoint import DeadGrantError, TokenEndpoint

# A token that ends sooner than this is refreshed first, so that it does not end on the way.
EXPIRY_MARGIN = timedelta(seconds=60)


class OAuth:
    """The tokens of one ledger company: refreshed under a lock over all processes, with a re-read after locking."""

    def __init__(
        self,
        *,
        service: str,
        vault: TokenVault,
        clock: Clock,
        endpoint: TokenEndpoint,
        first_refresh_token: str,
        own_scope: str = "",  # with a scope the app signs in for itself, and nobody consents
    ) -> None:
        self._service = service
        self._vault = vault
        self._clock = clock
        self._endpoint = endpoint
        self._first_refresh_token = first_refresh_token
        self._own_scope = own_scope
        self._token: Token | None = None
        self._stale = ""  # an access token that the service refused although it had not ended
        self._turn = threading.Lock()  # sends run side by side; one refresh serves them all

    @property
    def calls(self) -> int:
        """Requests to the sign-in so far."""
        return self._endpoint.calls

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
        self._endpoint.close()

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
            return self._ask(stored)

    def _ask(self, stored: Token | None) -> Token:
        """The stored refresh token wins; a refused one is read once more, because the lock does not reach over machines.

        The configured one is asked when there is none, or when a person replaced a dead one by it.
        """
        if self._own_scope:
            return self._kept(self._endpoint.by_credentials(self._own_scope))
        refused: DeadGrantError | None = None
        if stored is not None:
            try:
                return self._renewed(stored)
            except DeadGrantError as error:
                refused = error
            newer = self._vault.load()
            if newer is not None and newer.refresh != stored.refresh:
                return newer if self._is_fresh(newer) else self._renewed(newer)
        if self._first_refresh_token and (stored is None or self._first_refresh_token != stored.refresh):
            return self._renewed(Token("", self._first_refresh_token, self._clock.now()))
        raise refused or ReconnectRequiredError(self._service, "there is no refresh token; nobody has connected the account yet")

    def _renewed(self, old: Token) -> Token:
        token = self._endpoint.refresh(old.refresh)
        # The hard end stays where the consent put it, also when the answer does not repeat it.
        return self._kept(replace(token, hard_expires_at=token.hard_expires_at or old.hard_expires_at))

    def _kept(self, token: Token) -> Token:
        # The old refresh token may be dead at the provider already: store the new one before anything else.
        self._vault.save(token)
        return token
