"""HTTP to UpKeep: sign-in, reads that are tried again, and answers that must be what they claim to be."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any

import httpx

from connector.core.address import require_safe
from connector.core.clock import Clock
from connector.upkeep.reading import parse_moment
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError

API_VERSION = "2022-09-14"
READ_ATTEMPTS_MAX = 4
RETRY_SECONDS = 0.5  # doubled with each further attempt
RETRY_AFTER_SECONDS_MAX = 65.0
ANSWER_BYTES_MAX = 128_000_000
# UpKeep states no lifetime beside expiresAt; a session that ends sooner than this is renewed first.
EXPIRY_MARGIN = timedelta(minutes=2)
# A whole answer, however slowly it drips.
WHOLE_ANSWER_SECONDS = 180.0


class AnswerTooLargeError(UnreadableAnswerError):
    """The answer has more bytes than are taken into memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, not larger than ANSWER_BYTES_MAX, and its JSON when it was JSON (NOT_JSON otherwise)."""

    status: int
    told: Any


NOT_JSON = object()


class UpKeepHttp:
    """A signed-in session. Reads are tried again; what writes is made once, and only by upkeep/writing.py."""

    def __init__(
        self,
        *,
        base_url: str,
        email: str,
        password: str,
        token: str,
        clock: Clock,
        site_user: str = "",
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        require_safe(base_url)
        self.base_url = base_url
        self._email, self._password, self._site_user = email, password, site_user
        self._switch_address = f"{base_url}/api/v1/auth/switch-site"
        self.has_static_token = bool(token)
        self._clock = clock
        self._session = _sendable(token)
        self._renew_at: datetime | None = None
        self.requests = 0
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v2",
            transport=transport,
            verify=verify,
            timeout=httpx.Timeout(60, connect=10),
            headers={"upkeep-version": API_VERSION, "Accept": "application/json"},
        )

    def close(self) -> None:
        """Give back every socket."""
        self._client.close()

    def sign_in(self) -> None:
        """Get a session token; raises SourceUnreachableError when the login is refused."""
        if self.has_static_token:
            if not self._session:
                raise SourceUnreachableError("The UpKeep token has characters that no token has; check source: token")
            return
        told = self._granted("/auth", {"email": self._email, "password": self._password}, "email and password")
        if self._site_user:
            # Each site of a company is a data set of its own, and a sign-in shows one of them. The call is undocumented.
            told = told | self._granted(self._switch_address, {"id": self._site_user}, "site_user")
        self._renew_at = self._renewal(parse_moment(told.get("expiresAt")))

    def _granted(self, path: str, content: Mapping[str, str], configured: str) -> dict[str, Any]:
        """Ask for a session and use it; `configured` is what to check when it is refused."""
        try:
            answer = self._request("POST", path, None, content)
        except UnreadableAnswerError as error:
            raise SourceUnreachableError(str(error)) from None  # Without a session no record can be read.
        if answer.told is NOT_JSON:
            raise SourceUnreachableError(f"UpKeep answered the sign-in ({answer.status}) with something that is not JSON")
        result = answer.told.get("result") if isinstance(answer.told, dict) else None
        session = _sendable(result.get("sessionToken")) if isinstance(result, dict) else ""
        if answer.status not in (200, 201) or not isinstance(result, dict) or not session:
            raise SourceUnreachableError(f"UpKeep refused the sign-in ({answer.status}); check source: {configured}")
        self._session = session
        return result

    def _renewal(self, ends: datetime | None) -> datetime | None:
        """When to sign in anew: a margin before the end, or half-way through a shorter session; a 401 tells of clocks that differ."""
        now = self._clock.now()
        if ends is None or ends <= now:
            return None
        return ends - min(EXPIRY_MARGIN, (ends - now) / 2)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON object of a successful answer, None for a 404; raises UnreadableAnswerError, or its parent when UpKeep is away."""
        answer = self._signed(path, params)
        if answer.status == 404:
            return None
        told = answer.told
        if answer.status == 200 and isinstance(told, dict) and told.get("success") is not False:
            return told
        message = _printable(told.get("message")) if isinstance(told, dict) else "with something that is not a JSON object"
        text = f"UpKeep answered {answer.status} to {path} {message}".rstrip()
        if answer.status == 401:
            raise SourceUnreachableError(f"{text}; check source: {'token' if self.has_static_token else 'email and password'}")
        raise UnreadableAnswerError(text, answer.status)

    def ready(self, *, is_refused: bool = False) -> None:
        """Have a session that lasts for a while: what writes must not wait for one after its deadline began."""
        if is_refused or not self._session or (self._renew_at is not None and self._renew_at <= self._clock.now()):
            self.sign_in()

    def attempt(self, method: str, path: str, content: Mapping[str, Any], ends: float, *, as_form: bool = False) -> Answer:
        """One request, made once and taken whole before the monotonic moment `ends`; raises httpx.HTTPError when its answer is lost."""
        left = ends - self._clock.monotonic()
        if left <= 0:
            raise httpx.ConnectTimeout("its time was over before a byte left")
        self.requests += 1
        body: dict[str, Any] = {"data": content} if as_form else {"json": content} if content else {}
        timeout = httpx.Timeout(min(60.0, left), connect=min(10.0, left))
        taken = bytearray()
        with self._client.stream(method, path, headers={"Session-Token": self._session}, timeout=timeout, **body) as answer:
            for piece in answer.iter_bytes():
                taken += piece
                if self._clock.monotonic() > ends or len(taken) > ANSWER_BYTES_MAX:
                    raise httpx.ReadTimeout("the answer took too long")
        return Answer(answer.status_code, _json(bytes(taken)))

    def download(self, address: str, bytes_max: int) -> bytes | None:
        """What lies at an address that needs no sign-in, whole; None when it has more bytes than that.

        The session goes to UpKeep alone: such an address is another host's, and the right to read it is in the address itself.
        """
        reason = ""
        for attempt in range(READ_ATTEMPTS_MAX):
            if attempt:
                self._clock.sleep(RETRY_SECONDS * 2**attempt)
            self.requests += 1
            try:
                with self._client.stream("GET", address, headers={"Accept": "*/*"}) as answer:
                    if answer.status_code == 200:
                        return _within(answer, bytes_max, self._clock)
                    reason = f"it answered {answer.status_code}"
                    if answer.status_code < 500 and answer.status_code != 429:
                        break
            except httpx.HTTPError as error:
                reason = type(error).__name__
        raise UnreadableAnswerError(f"a file of UpKeep could not be read: {reason}", 200)

    def _signed(self, path: str, params: Mapping[str, str | int] | None) -> Answer:
        if not self._session or (self._renew_at is not None and self._renew_at <= self._clock.now()):
            self.sign_in()
        answer = self._request("GET", path, params, None)
        if answer.status == 401 and not self.has_static_token:
            # The session may end in the middle of a page; sign in once more and ask again.
            self.sign_in()
            answer = self._request("GET", path, params, None)
        return answer

    def _request(self, method: str, path: str, params: Mapping[str, str | int] | None, content: Mapping[str, str] | None) -> Answer:
        """Ask until there is an answer; a success that is not JSON is asked for again too, and given back when it stays so."""
        answer: Answer | None = None
        reason = ""
        for attempt in range(READ_ATTEMPTS_MAX):
            wait = RETRY_SECONDS * 2**attempt
            self.requests += 1
            try:
                answer, retry_after = self._exchange(method, path, params, content)
            except httpx.HTTPError as error:
                answer, reason = None, type(error).__name__
            else:
                if _is_final(answer):
                    return answer
                reason, wait = f"it answered {answer.status}", max(wait, retry_after)
            if wait > RETRY_AFTER_SECONDS_MAX:
                reason += f" and asks to wait {wait:.0f} seconds"
                break
            if attempt + 1 < READ_ATTEMPTS_MAX:
                self._clock.sleep(wait)
        if answer is not None and answer.status < 300:
            return answer
        raise _away(f"UpKeep could not be reached after {attempt + 1} attempts: {reason}", answer)

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str | int] | None, content: Mapping[str, str] | None
    ) -> tuple[Answer, float]:
        """One request: its answer, and the seconds that UpKeep asks to wait."""
        headers = {"Session-Token": self._session} if self._session and path != "/auth" else {}
        body = bytearray()
        ends = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        with self._client.stream(method, path, params=params, json=content, headers=headers) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if self._clock.monotonic() > ends:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(body) > ANSWER_BYTES_MAX:
                    message = f"UpKeep answered {path} with more than {ANSWER_BYTES_MAX} bytes"
                    raise AnswerTooLargeError(message, answer.status_code)
        return Answer(answer.status_code, _json(bytes(body))), _retry_after(answer)


def _within(answer: httpx.Response, bytes_max: int, clock: Clock) -> bytes | None:
    body = bytearray()
    ends = clock.monotonic() + WHOLE_ANSWER_SECONDS
    for piece in answer.iter_bytes():
        body += piece
        if clock.monotonic() > ends:
            raise httpx.ReadTimeout("the file took too long")
        if len(body) > bytes_max:
            return None
    return bytes(body)


def _is_final(answer: Answer) -> bool:
    """Whether asking again would not change it: a refusal, or a success that is whole."""
    return answer.told is not NOT_JSON if answer.status < 300 else answer.status < 500 and answer.status != 429


def _away(text: str, answer: Answer | None) -> SourceUnreachableError:
    """A 5xx may be the fault of the one record that was asked for; silence and throttles are not."""
    return UnreadableAnswerError(text, answer.status) if answer is not None and answer.status >= 500 else SourceUnreachableError(text)


def _json(body: bytes) -> Any:
    """The JSON, every number exact; NOT_JSON for what is none, or is too deep or too large to be an answer."""
    try:
        return json.loads(body, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        return NOT_JSON


def _number(text: str) -> Decimal | str:
    """A number, or its text where it is beyond every number: then the field that holds it is unreadable, not the whole answer."""
    try:
        return Decimal(text)
    except DecimalException:
        return text


def _sendable(token: Any) -> str:
    """A token that fits into a header; "" for anything else."""
    return token if isinstance(token, str) and token.isascii() and token.isprintable() else ""


def _printable(raw: Any) -> str:
    return "".join(c if c.isprintable() else " " for c in raw[:200]) if isinstance(raw, str) else ""


def _retry_after(answer: httpx.Response) -> float:
    try:
        return float(answer.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
