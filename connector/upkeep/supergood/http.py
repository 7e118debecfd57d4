"""HTTP to the normalised API: reads that are tried again, sign-ins that are not, and answers that must be what they claim to be."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal, DecimalException
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connector.core.address import require_safe
from connector.core.clock import Clock
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError

READ_ATTEMPTS_MAX = 4
RETRY_SECONDS = 0.5  # doubled with each further attempt
RETRY_AFTER_SECONDS_MAX = 65.0
ANSWER_BYTES_MAX = 128_000_000
# A whole answer, however slowly it drips: it drives UpKeep's own pages, and may be slow.
WHOLE_ANSWER_SECONDS = 180.0
SHOWN_LENGTH_MAX = 200
NOT_JSON = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its JSON when it was JSON (NOT_JSON otherwise), else its text, and the seconds that it asks to wait."""

    status: int
    told: Any
    text: str = ""
    retry_after: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it is a success with whole JSON."""
        return 200 <= self.status < 300 and self.told is not NOT_JSON


class SupergoodHttp:
    """One adapter's address. Nothing is written there but what supergood/writing.py asks for, and the sign-in itself."""

    def __init__(self, *, base_url: str, clock: Clock, transport: httpx.BaseTransport | None = None, verify: ssl.SSLContext | bool = True):
        require_safe(base_url)
        self.base_url = base_url
        self.requests = 0
        self._clock = clock
        timeout = httpx.Timeout(60, connect=10)
        self._client = httpx.Client(transport=transport, verify=verify, timeout=timeout, headers={"Accept": "application/json"})

    def close(self) -> None:
        """Give back every socket."""
        self._client.close()

    def once(self, path: str, content: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        """One POST of the sign-in, never repeated: a code is good once, and refused ones are counted. Raises SourceUnreachableError."""
        try:
            return self._exchange("POST", path, None, content, headers)
        except httpx.HTTPError as error:
            raise SourceUnreachableError(f"The sign-in at {self.base_url} brought no answer: {type(error).__name__}") from None

    def write_once(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One attempt to write, whatever comes of it; raises httpx.HTTPError when no whole answer came."""
        return self._exchange("POST", path, None, None, {**headers, "Content-Type": "application/json"}, body)

    def put(self, address: str, content: bytes, checksum: str) -> int:
        """One attempt to put a file at a signed address; its status. The session does not go there."""
        headers = {"Content-Type": "application/octet-stream", "x-checksum-sha256": checksum}
        self.requests += 1
        with self._client.stream("PUT", address, content=content, headers=headers) as answer:
            self._body(answer, ANSWER_BYTES_MAX)
            return answer.status_code

    def read(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Ask until there is an answer that asking again would not change; raises SourceUnreachableError where there is none.

        A 5xx that stays may be the fault of the one record that was asked for: UnreadableAnswerError.
        """
        answer: Answer | None = None
        reason = ""
        for attempt in range(READ_ATTEMPTS_MAX):
            wait = RETRY_SECONDS * 2**attempt
            try:
                answer = self._exchange("GET", path, params, None, headers)
            except httpx.HTTPError as error:
                answer, reason = None, type(error).__name__
            else:
                if _is_final(answer):
                    return answer
                reason, wait = _why(answer), max(wait, answer.retry_after)
            if wait > RETRY_AFTER_SECONDS_MAX:
                reason += f" and asks to wait {wait:.0f} seconds"
                break
            if attempt + 1 < READ_ATTEMPTS_MAX:
                self._clock.sleep(wait)
        text = f"{self.base_url}{path} could not be read after {attempt + 1} attempts: {reason}"
        if answer is not None and (answer.status >= 500 or answer.status < 300):
            raise UnreadableAnswerError(text, answer.status)
        raise SourceUnreachableError(text)

    def download(self, address: str, bytes_max: int) -> bytes | None:
        """What lies at a signed address, whole; None when it has more bytes than that. The session does not go there."""
        reason = ""
        for attempt in range(READ_ATTEMPTS_MAX):
            if attempt:
                self._clock.sleep(RETRY_SECONDS * 2**attempt)
            try:
                with self._client.stream("GET", address, headers={"Accept": "*/*"}) as answer:
                    self.requests += 1
                    if answer.status_code == 200:
                        return self._body(answer, bytes_max)
                    reason = f"it answered {answer.status_code}"
                    if answer.status_code < 500 and answer.status_code != 429:
                        break
            except httpx.HTTPError as error:
                reason = type(error).__name__
        raise UnreadableAnswerError(f"a file of the work order could not be read: {reason}", 200)

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        content: Mapping[str, str] | None,
        headers: Mapping[str, str],
        raw: bytes | None = None,
    ) -> Answer:
        self.requests += 1
        address = f"{self.base_url}{path}"
        with self._client.stream(method, address, params=params, json=content, content=raw, headers=dict(headers)) as answer:
            body = self._body(answer, ANSWER_BYTES_MAX)
        if body is None:
            raise UnreadableAnswerError(f"{path} answered with more than {ANSWER_BYTES_MAX} bytes", answer.status_code)
        told = _json(body)
        return Answer(answer.status_code, told, "" if told is not NOT_JSON else _text(body), self._retry_after(answer))

    def _body(self, answer: httpx.Response, bytes_max: int) -> bytes | None:
        body, ends = bytearray(), self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        for piece in answer.iter_bytes():
            body += piece
            if self._clock.monotonic() > ends:
                raise httpx.ReadTimeout("the answer took too long")
            if len(body) > bytes_max:
                return None
        return bytes(body)

    def _retry_after(self, answer: httpx.Response) -> float:
        """Seconds, or a moment by the service's own clock."""
        told = answer.headers.get("retry-after", "")
        if told.isascii() and told.isdecimal():
            return float(told)
        try:
            until, now = parsedate_to_datetime(told), parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return 0.0
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now.replace(tzinfo=now.tzinfo or UTC)).total_seconds())


def _is_final(answer: Answer) -> bool:
    """Whether asking again would not change it: a refusal, or a success that is whole."""
    return answer.told is not NOT_JSON if answer.status < 300 else answer.status < 500 and answer.status != 429


def _why(answer: Answer) -> str:
    what = " with something that is not JSON" if answer.status < 300 else ""
    return f"it answered {answer.status}{what}"


def _json(body: bytes) -> Any:
    """The JSON, every number exact; NOT_JSON for what is none, or is too deep or too large to be an answer."""
    try:
        return json.loads(body, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        return NOT_JSON


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except DecimalException:
        return text


def _text(body: bytes) -> str:
    """The beginning of a plain answer; a page of HTML says nothing to a person."""
    text = body[: 4 * SHOWN_LENGTH_MAX].decode("utf-8", "replace").strip()
    return "a page of HTML" if text.startswith("<") else printable(text)


def printable(raw: Any) -> str:
    """Words of the service, short and on one line."""
    return "".join(c if c.isprintable() else " " for c in raw[:SHOWN_LENGTH_MAX]).strip() if isinstance(raw, str) else ""
