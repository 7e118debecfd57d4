"""A ledger's sign-in as `connect` and `disconnect` use it: the consent, the first token, which companies it opens, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connector.core.tokens import Token
from connector.ledgers import consent
from connector.ledgers.consent import Answer, Question
from connector.ledgers.token_endpoint import TokenEndpoint


@dataclass(frozen=True, slots=True)
class Company:
    """A company that a token opens; `connection_id` is the vendor's name for our being connected to it, where it has one."""

    id: str
    name: str = ""
    connection_id: str = ""


class Companies(Protocol):
    """The companies behind a token, for a vendor that does not name the one company in the answer (Xero)."""

    def all(self, access: str) -> list[Company]:
        """What that access token opens."""
        ...

    def leave(self, access: str, company: Company) -> None:
        """End the connection to one of them."""
        ...

    def close(self) -> None:
        """Give back every socket."""
        ...


class SignIn:
    """One app's sign-in to one company."""

    def __init__(
        self,
        *,
        service: str,
        company_id: str,
        client_id: str,
        authorize_url: str,
        redirect_uri: str,
        endpoint: TokenEndpoint,
        companies: Companies | None,
        draw: Callable[[], str] = consent.draw,
    ) -> None:
        self.service = service
        self.company_id = company_id
        self.redirect_uri = redirect_uri
        self._client_id = client_id
        self._authorize_url = authorize_url
        self._endpoint = endpoint
        self._companies = companies
        self._draw = draw

    def question(self) -> Question:
        """A new question for the consent page."""
        return consent.question(self.service, self._authorize_url, self._client_id, self.redirect_uri, self._draw)

    def exchange(self, answer: Answer, question: Question) -> Token:
        """The first token, for the code."""
        return self._endpoint.exchange(answer.code, self.redirect_uri, question.verifier)

    @property
    def covers_several(self) -> bool:
        """Whether one consent may open several companies; otherwise the answer names the one."""
        return self._companies is not None

    def companies(self, access: str) -> list[Company]:
        """What the token opens."""
        return self._companies.all(access) if self._companies else []

    def leave(self, access: str, company: Company) -> None:
        """End the connection to one company of several, at the vendor."""
        if self._companies:
            self._companies.leave(access, company)

    def revoke(self, token: Token) -> bool:
        """End the grant at the vendor; false when it had ended already."""
        return self._endpoint.revoke(token)

    def close(self) -> None:
        """Give back every socket."""
        self._endpoint.close()
        if self._companies:
            self._companies.close()
