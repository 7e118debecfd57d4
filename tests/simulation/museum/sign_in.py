"""Tokens: a refresh token that rotates is dead the moment a new one is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connector.core.tokens import Token
from connector.ledgers.oauth import OAuth
from connector.store.vault import TokenVault
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import HISTORIES, helpless, pairs


def used_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    """The new refresh token is stored when the run ends, and used until then."""
    save, close = TokenVault.save, OAuth.close
    unsaved: dict[TokenVault, Token] = {}

    def save_at_the_end(self: OAuth) -> None:
        if token := unsaved.pop(self._vault, None):  # type: ignore[call-overload]
            save(self._vault, token)  # type: ignore[arg-type]
        close(self)

    patch.setattr(TokenVault, "save", lambda vault, token: unsaved.update({vault: token}))
    patch.setattr(OAuth, "close", save_at_the_end)


def no_lock_on_the_refresh(patch: pytest.MonkeyPatch) -> None:
    """Each worker refreshes the token when it thinks fit, under no lock, and reads nothing anew when it is refused."""

    @contextmanager
    def alone(self: TokenVault) -> Iterator[None]:
        yield

    def ask(self: OAuth, stored: Token | None) -> Token:
        return self._renewed(stored or Token("", self._first_refresh_token, self._clock.now()))

    patch.setattr(TokenVault, "exclusive", alone)
    patch.setattr(OAuth, "_ask", ask)


ACCIDENTS = (
    Accident("a lost refresh token", used_before_it_is_stored, HISTORIES, Caught("token not stored", at=0, within=50)),
    Accident(
        "two workers refreshing at once",
        no_lock_on_the_refresh,
        pairs(helpless("quickbooks", rotate="each")),
        Caught("false alarm", at=5, within=100),
    ),
)
