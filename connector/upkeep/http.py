"""HTTP to UpKeep: sign-in, reads that are tried again, and answers that must be what they claim to be."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from connector.core.address import require_safe
from connector.core.clock import Clock
from connector.upkeep.pace import Pace
from connector.upkeep.reading import parse_moment
from connector.upkeep.session import NO_END, Session, SessionVault
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError

# One line a call, without secrets: `--log-calls` shows them (cli/call_log.py).
calls_log = logging.getLogger("connector.upkeep.calls")

API_VERSION = "2022-09-14"
READ_ATTEMPTS_MAX = 4
RETRY_SECONDS = 0.5  # doubled with each further attempt
RETRY_AFTER_SECONDS_MAX = 65.0
ANSWER_BYTES_MAX = 128_000_000
# A whole answer, however slowly it drips.
WHOLE_ANSWER_SECONDS = 180.0


class AnswerTooLargeError(UnreadableAnswerError):
    """The answer has more bytes than are taken into memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, not larger than ANSWER_BYTES_MAX, and its JSON when it was JSON (NOT_JSON otherwise)."""

    status: int
    told: Any
    size: int = 0


NOT_JSON = object()


class Chance(Protocol):
    """Numbers from 0 up to 1 that nobody foresees: many connectors that were refused together shall not come back together."""

    def random(self) -> float:
        """The next one."""
        ...


class UpKeepHttp:
    """A signed-in session. Reads are tried again; what writes is made once, and only by upkeep/changing.py and upkeep/writing.py."""

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
        sessions: SessionVault | None = None,
        pace: Pace | None = None,
        chance: Chance | None = None,
    ) -> None:
        require_safe(base_url)
        self.base_url = base_url
        self._email, self._password, self._site_user = email, password, site_user
        self._switch_address = f"{base_url}/api/v1/auth/switch-site"
        self.has_static_token = bool(token)
        self._clock = clock
        self._session = Session(clock, None if token else sessions, _sendable(token))
        self._pace, self._chance = pace, chance
        self.requests = self.sign_ins = 0
        self.told_at: datetime | None = None  # UpKeep's own clock, as its last answer tells it
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v2",
            transport=transport,
            verify=verify,
            timeout=httpx.Timeout(60, connect=10),
            headers={"upkeep-version": API_VERSION, "Accept": "application/json"},
        )

    @property
    def renew_at(self) -> datetime | None:
        """Until when the session is used; None where UpKeep does not tell."""
        return self._session.renew_at if self._session.renew_at != NO_END else None

    @property
    def session(self) -> Session:
        """The session in use."""
        return self._session

    def close(self) -> None:
        """Give back every socket."""
        self._client.close()
        if self._pace is not None:
            self._pace.close()

    def sign_in(self) -> None:
        """Get a session token, also where one is kept; raises SourceUnreachableError when the login is refused."""
        if not self._has_usable_token():
            self._session.anew(self._sign_in)

    def _has_usable_token(self) -> bool:
        if self.has_static_token and not self._session.text:
            raise SourceUnreachableError("The UpKeep token has characters that no token has; check source: token")
        return self.has_static_token

    def _sign_in(self) -> tuple[str, datetime | None]:
        self.sign_ins += 1
        self._session.text = ""
        told = self._granted("/auth", {"email": self._email, "password": self._password}, "email and password")
        if self._site_user:
            # Each site of a company is a data set of its own, and a sign-in shows one of them. The call is undocumented.
            told = told | self._granted(self._switch_address, {"id": self._site_user}, "site_user")
        return self._session.text, parse_moment(told.get("expiresAt"))

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
        self._session.text = session
        return result

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
        if is_refused:
            self._session.renew(self._session.text, self._sign_in)
        self._be_signed_in()

    def attempt(self, method: str, path: str, content: Mapping[str, Any], ends: float, *, as_form: bool = False) -> Answer:
        """One request, made once and taken whole before the monotonic moment `ends`; raises httpx.HTTPError when its answer is lost."""
        left = ends - self._clock.monotonic()
        if left <= 0:
            raise httpx.ConnectTimeout("its time was over before a byte left")
        self.requests += 1
        calls_log.debug("action=called method=%s path=%s", method, path)
        body: dict[str, Any] = {"data": content} if as_form else {"json": content} if content else {}
        timeout = httpx.Timeout(min(60.0, left), connect=min(10.0, left))
        taken = bytearray()
        with self._client.stream(method, path, headers={"Session-Token": self._session.text}, timeout=timeout, **body) as answer:
            for piece in answer.iter_bytes():
                taken += piece
                if self._clock.monotonic() > ends or len(taken) > ANSWER_BYTES_MAX:
                    raise httpx.ReadTimeout("the answer took too long")
        return Answer(answer.status_code, _json(bytes(taken)), len(taken))

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
                    # The right to read the file is in its address.
                    calls_log.debug("action=called method=GET path=(a file's address) status=%d", answer.status_code)
                    if answer.status_code == 200:
                        return _within(answer, bytes_max, self._clock)
                    reason = f"it answered {answer.status_code}"
                    if answer.status_code < 500 and answer.status_code != 429:
                        break
            except httpx.HTTPError as error:
                reason = type(error).__name__
        raise UnreadableAnswerError(f"a file of UpKeep could not be read: {reason}", 200)

    def write_once(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> Answer:
        """One attempt to write, whatever comes of it; raises httpx.HTTPError when no whole answer came."""
        self._be_signed_in()
        return self._called(method, path, None, None, (body, content_type))[0]

    def _be_signed_in(self) -> None:
        if not self._has_usable_token() and self._session.is_due:
            self._session.renew("", self._sign_in)

    def _signed(self, path: str, params: Mapping[str, str | int] | None) -> Answer:
        self._be_signed_in()
        answer = self._request("GET", path, params, None)
        # The session may end in the middle of a page. What another process has kept meanwhile may have ended too: then once more.
        for _ in range(0 if self.has_static_token else 2):
            if answer.status != 401:
                break
            signed_in = self.sign_ins
            self._session.renew(self._session.text, self._sign_in)
            answer = self._request("GET", path, params, None)
            if self.sign_ins != signed_in:
                break  # Our own new session: it is not refused because it ended.
        return answer

    def _request(self, method: str, path: str, params: Mapping[str, str | int] | None, content: Mapping[str, str] | None) -> Answer:
        """Ask until there is an answer; a success that is not JSON is asked for again too, and given back when it stays so."""
        answer: Answer | None = None
        reason = ""
        for attempt in range(READ_ATTEMPTS_MAX):
            wait = self._backoff(attempt)
            try:
                answer, retry_after = self._called(method, path, params, content)
            except httpx.HTTPError as error:
                answer, reason = None, type(error).__name__
            else:
                if _is_final(answer):
                    self._taken()
                    return answer
                reason, wait = f"it answered {answer.status}", max(wait, retry_after)
                self._learn(answer.status, wait)
            if wait > RETRY_AFTER_SECONDS_MAX:
                reason += f" and asks to wait {wait:.0f} seconds"
                break
            if attempt + 1 < READ_ATTEMPTS_MAX:
                self._clock.sleep(wait)
        if answer is not None and answer.status < 300:
            return answer
        raise _away(f"UpKeep could not be reached after {attempt + 1} attempts: {reason}", answer)

    def _backoff(self, attempt: int) -> float:
        share = 1.0 if self._chance is None else 0.5 + self._chance.random()
        return RETRY_SECONDS * float(2**attempt) * share

    def _learn(self, status: int, wait: float) -> None:
        if status == 429 and self._pace is not None:
            self._pace.refused(wait)

    def _taken(self) -> None:
        if self._pace is not None:
            self._pace.answered()

    def _called(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        content: Mapping[str, str] | None,
        frozen: tuple[bytes, str] | None = None,
    ) -> tuple[Answer, float]:
        """One request in its turn, and a line about it: no query, header or body is in it, because those hold addresses and tokens."""
        if self._pace is not None:
            self._pace.wait()
        self.requests += 1
        began, told = self._clock.monotonic(), "none"
        try:
            answer, retry_after = self._exchange(method, path, params, content, frozen)
            told = str(answer.status)
            return answer, retry_after
        except httpx.HTTPError as error:
            told = type(error).__name__
            raise
        finally:
            size = answer.size if told.isdigit() else 0
            shown = path.removeprefix(self.base_url)
            milliseconds = 1000 * (self._clock.monotonic() - began)
            calls_log.debug("action=called method=%s path=%s status=%s ms=%.0f bytes=%d", method, shown, told, milliseconds, size)

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        content: Mapping[str, str] | None,
        frozen: tuple[bytes, str] | None = None,
    ) -> tuple[Answer, float]:
        """One request, its body given as fields or as bytes with their type: its answer, and the seconds that UpKeep asks to wait."""
        headers = {"Session-Token": self._session.text} if self._session.text and path != "/auth" else {}
        raw, content_type = frozen or (None, "")
        headers |= {"Content-Type": content_type} if frozen else {}
        body = bytearray()
        ends = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        with self._client.stream(method, path, params=params, json=content, content=raw, headers=headers) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if self._clock.monotonic() > ends:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(body) > ANSWER_BYTES_MAX:
                    message = f"UpKeep answered {path} with more than {ANSWER_BYTES_MAX} bytes"
                    raise AnswerTooLargeError(message, answer.status_code)
        self.told_at = _moment_of(answer.headers.get("date", ""))
        return Answer(answer.status_code, _json(bytes(body)), len(body)), self._retry_after(answer.headers.get("retry-after", "0"))

    def _retry_after(self, asked: str) -> float:
        """Seconds to wait, told as such or as the moment when it is over."""
        try:
            return float(asked)
        except ValueError:
            over = _moment_of(asked)
            return (over - (self.told_at or self._clock.now())).total_seconds() if over is not None else 0.0


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


def _moment_of(text: str) -> datetime | None:
    """A moment as HTTP's headers write it."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
