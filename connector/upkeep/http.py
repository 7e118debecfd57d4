"""HTTP to UpKeep: sign-in, reads that are tried again, and answers that must be what they claim to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx

from connector.core.clock import Clock
from connector.upkeep.source import AnswerUnreadableError, SourceUnreachableError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
API_VERSION = "2022-09-14"
READ_ATTEMPTS_MAX = 4
RETRY_SECONDS = 0.5  # doubled with each further attempt
RETRY_AFTER_SECONDS_MAX = 65.0
ANSWER_BYTES_MAX = 128_000_000
# UpKeep states no lifetime beside expiresAt; a session that ends sooner than this is renewed first.
EXPIRY_MARGIN = timedelta(minutes=2)


class UpKeepHttp:
    """A signed-in session. Nothing is ever written at UpKeep, the sign-in itself excepted."""

    def __init__(
        self, *, base_url: str, email: str, password: str, token: str, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("only https, loopback excepted")
        self._email, self._password, self._static = email, password, token
        self._clock = clock
        self._session = token
        self._ends: datetime | None = None
        self.requests = 0
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v2",
            transport=transport,
            timeout=httpx.Timeout(60, connect=10),
            headers={"upkeep-version": API_VERSION, "Accept": "application/json"},
        )

    def close(self) -> None:
        """Give back every socket."""
        self._client.close()

    def sign_in(self) -> None:
        """Get a session token; raises SourceUnreachableError when the login is refused."""
        if self._static:
            return
        try:
            answer = self._request("POST", "/auth", None, {"email": self._email, "password": self._password})
            told = self._told(answer)
        except AnswerUnreadableError as error:
            raise SourceUnreachableError(str(error)) from None  # Without a session no record can be read.
        result = told.get("result") if isinstance(told, dict) else None
        if answer.status_code != 200 or not isinstance(result, dict) or not result.get("sessionToken"):
            raise SourceUnreachableError(f"UpKeep refused the sign-in ({answer.status_code}); check source: email and password")
        self._session = str(result["sessionToken"])
        try:
            self._ends = datetime.fromisoformat(str(result.get("expiresAt", "")).replace("Z", "+00:00"))
        except ValueError:
            self._ends = None

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of a successful answer, None for a 404; anything else raises AnswerUnreadableError, no answer SourceUnreachableError."""
        answer = self._signed(path, params)
        if answer.status_code == 404:
            return None
        told = self._told(answer)
        if answer.status_code != 200 or not isinstance(told, dict) or told.get("success") is False:
            message = str(told.get("message", ""))[:200] if isinstance(told, dict) else ""
            unusable = SourceUnreachableError if answer.status_code == 401 else AnswerUnreadableError
            raise unusable(f"UpKeep answered {answer.status_code} to {path.split('?')[0]} {message}".rstrip())
        return told

    def _signed(self, path: str, params: Mapping[str, str | int] | None) -> httpx.Response:
        if not self._session or (self._ends is not None and self._ends - EXPIRY_MARGIN <= self._clock.now()):
            self.sign_in()
        answer = self._request("GET", path, params, None)
        if answer.status_code == 401 and not self._static:
            # The session may end in the middle of a page; sign in once more and ask again.
            self.sign_in()
            answer = self._request("GET", path, params, None)
        return answer

    def _request(self, method: str, path: str, params: Mapping[str, str | int] | None, content: Mapping[str, str] | None) -> httpx.Response:
        reason, unreachable = "", SourceUnreachableError
        for attempt in range(READ_ATTEMPTS_MAX):
            wait = RETRY_SECONDS * 2**attempt
            self.requests += 1
            try:
                headers = {"Session-Token": self._session} if self._session and path != "/auth" else {}
                answer = self._client.request(method, path, params=params, json=content, headers=headers)
            except httpx.HTTPError as error:
                reason, unreachable = type(error).__name__, SourceUnreachableError
            else:
                if answer.status_code != 429 and answer.status_code < 500:
                    return answer
                reason, wait = f"it answered {answer.status_code}", max(wait, _retry_after(answer))
                unreachable = SourceUnreachableError if answer.status_code == 429 else AnswerUnreadableError
            if wait > RETRY_AFTER_SECONDS_MAX:
                break
            self._clock.sleep(wait)
        raise unreachable(f"UpKeep could not be reached: {reason}")

    @staticmethod
    def _told(answer: httpx.Response) -> Any:
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise AnswerUnreadableError(f"UpKeep answered with more than {ANSWER_BYTES_MAX} bytes")
        try:
            return json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            raise AnswerUnreadableError(f"UpKeep answered {answer.status_code} with something that is not JSON") from None


def _retry_after(answer: httpx.Response) -> float:
    try:
        return float(answer.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
