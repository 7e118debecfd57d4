"""Xero's connections: which organisations a person's consent covers, and the end of one of them."""

from __future__ import annotations

from typing import Any

import httpx

from connector.core.clock import Clock
from connector.ledgers.ledger import ReconnectRequiredError, ServiceUnreachableError
from connector.ledgers.sign_in import Company
from connector.ledgers.whole import whole

WHOLE_ANSWER_SECONDS = 60.0


class Connections:
    """The list beside the API; a connection's id is not its tenant's. Until it is deleted it counts, whatever happens to the tokens."""

    def __init__(self, base_url: str, client: httpx.Client, clock: Clock) -> None:
        self._address = f"{base_url}/connections"
        self._client = client
        self._clock = clock

    def all(self, access: str) -> list[Company]:
        """Every organisation that the token opens."""
        answer = self._ask("GET", self._address, access)
        try:
            if answer.status_code == 200:
                return [_company(one) for one in answer.json() if one["tenantType"] == "ORGANISATION"]
        except (ValueError, TypeError, KeyError):
            pass
        raise ServiceUnreachableError("xero", f"the list of connections was answered with {answer.status_code}")

    def leave(self, access: str, company: Company) -> None:
        """Delete one connection; one that is gone already is no trouble."""
        answer = self._ask("DELETE", f"{self._address}/{company.connection_id}", access)
        if answer.status_code not in (204, 404):
            raise ServiceUnreachableError("xero", f"the end of the connection was answered with {answer.status_code}")

    def close(self) -> None:
        """Give back every socket."""
        self._client.close()

    def _ask(self, method: str, address: str, access: str) -> httpx.Response:
        try:
            ends = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
            with self._client.stream(method, address, headers={"Authorization": f"Bearer {access}", "Accept": "application/json"}) as told:
                answer = whole(told, self._clock, ends)
        except httpx.HTTPError as error:
            raise ServiceUnreachableError("xero", f"the list of connections did not answer ({type(error).__name__})") from None
        if answer is None:
            raise ServiceUnreachableError("xero", "the list of connections took too long to come, or was too large")
        if answer.status_code == 401:
            raise ReconnectRequiredError("xero", "the sign-in was refused (401)")
        return answer


def _company(told: dict[str, Any]) -> Company:
    return Company(str(told["tenantId"]), str(told["tenantName"]), str(told["id"]))
