"""HTTP to a ledger: reads that are tried again, and one attempt for a write, with one deadline for the whole call.

httpx tells `ConnectError` (no byte left) from `ReadTimeout` (maybe committed): that is exactly our line between NotSent and Uncertain.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import httpx

from connector.core.address import require_safe
from connector.core.clock import Clock, Deadline
from connector.core.posting import NotSent, Throttled, Uncertain, WriteRequest
from connector.ledgers.ledger import LimitReachedError, ServiceUnreachableError
from connector.ledgers.oauth import OAuth
from connector.ledgers.rate import WAIT_SECONDS_MAX, Limiter, Refused, Turn
from connector.ledgers.whole import whole

READ_ATTEMPTS_MAX = 4
RETRY_SECONDS = 0.5  # doubled with each further attempt
RETRY_AFTER_SECONDS_MAX = 65.0
CONNECT_SECONDS = 10.0
# The token and the turn at the limiter may use up so much of a write's deadline; after that nothing is sent.
GETTING_READY_SHARE = 0.5
READY_TOLERANCE_SECONDS = 1.0
READ_SECONDS = 60.0
# A whole answer to a read, however slowly it drips: nobody waits for it for ever with the writer's lock in hand.
WHOLE_READ_SECONDS = 180.0

Params = Mapping[str, str | int]


class ShadowWriteError(Exception):
    """A connection that is a shadow tried to write into its ledger: a bug, and nothing has left."""


class LedgerHttp:
    """One ledger company's HTTP client. `calls` counts every request, sign-in included."""

    def __init__(
        self,
        *,
        service: str,
        base_url: str,
        auth: OAuth,
        clock: Clock,
        limiter: Limiter | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
        headers: Mapping[str, str] | None = None,
        is_shadow: bool = False,
    ) -> None:
        require_safe(base_url)
        self._is_shadow = is_shadow
        self.service = service
        self._auth = auth
        self._clock = clock
        self._limiter = limiter
        self._requests = 0
        self._turn = threading.Lock()
        self._client = httpx.Client(
            base_url=base_url,
            transport=transport,
            verify=verify,
            headers={"Accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=4),
        )

    @property
    def calls(self) -> dict[str, int]:
        """HTTP requests so far, by service."""
        return {self.service: self._requests + self._auth.calls}

    def access(self) -> str:
        """The present access token, for whom it speaks."""
        return self._auth.access()

    def close(self) -> None:
        """Give back every socket, and where the limits are kept."""
        self._client.close()
        self._auth.close()
        if self._limiter is not None:
            self._limiter.close()

    def _count(self) -> None:
        with self._turn:  # Sends run side by side.
            self._requests += 1

    # --- reads ------------------------------------------------------------------------------------------------------------------

    def read(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """A read, tried again on trouble that passes; any other answer is the caller's to judge."""
        reason, wait, was_refreshed = "", 0.0, False
        for attempt in range(READ_ATTEMPTS_MAX):
            if wait > RETRY_AFTER_SECONDS_MAX:
                break
            if wait:
                self._clock.sleep(wait)
            wait = RETRY_SECONDS * 2**attempt
            try:
                answer = self._read_once(method, url, params, headers, content)
            except httpx.HTTPError as error:
                reason = type(error).__name__
            else:
                if answer.status_code == 401 and not was_refreshed:
                    self._auth.mark_stale()
                    reason, wait, was_refreshed = "the sign-in was refused (401)", 0.0, True
                elif answer.status_code == 429 or answer.status_code >= 500:
                    reason, wait = f"it answered {answer.status_code}", self._wait_after(answer, wait)
                else:
                    return answer
        raise ServiceUnreachableError(self.service, reason)

    def _wait_after(self, answer: httpx.Response, wait: float) -> float:
        if answer.status_code == 429 and self._limiter is not None:
            return 0.0  # The turnstile pauses now, for every process: the next turn waits for its end.
        return max(wait, _retry_after(answer))

    def _read_once(
        self, method: str, url: str, params: Params | None, headers: Mapping[str, str] | None, content: bytes | None
    ) -> httpx.Response:
        turn = self._turn_of(WAIT_SECONDS_MAX, 0)
        if isinstance(turn, Refused):
            raise LimitReachedError(self.service, turn.reason, self._clock.now() + timedelta(seconds=turn.seconds))
        read = None
        try:
            bearer = {"Authorization": f"Bearer {self._auth.access()}", **(headers or {})}
            self._count()
            ends = self._clock.monotonic() + WHOLE_READ_SECONDS
            with self._client.stream(method, url, params=params, headers=bearer, content=content) as answer:
                read = whole(answer, self._clock, ends)
        finally:
            self._settle(turn, read, is_read=True)
        if read is None:
            raise httpx.ReadTimeout("the answer took too long, or was too large")
        return read

    # --- the vendor's limits ----------------------------------------------------------------------------------------------------

    def _turn_of(self, wait_seconds_max: float, batch_items: int) -> Turn | Refused:
        return Turn() if self._limiter is None else self._limiter.acquire(wait_seconds_max, batch_items=batch_items)

    def _settle(self, turn: Turn, answer: httpx.Response | None, *, is_read: bool = False) -> None:
        """Tell the turnstile how a call ended; what it cannot write down now, the next call meets. The answer is worth more."""
        if self._limiter is None:
            return
        told = None if answer is None else (answer.status_code, answer.headers, answer.content)
        with suppress(Exception):
            self._limiter.settle(turn, told, is_read=is_read)

    def pause(self, seconds: float, reason: str) -> None:
        """Pause every call of this company, in every process: one item of a batch may be refused for its limits."""
        if self._limiter is not None:
            with suppress(Exception):  # What became of the other documents is worth more.
                self._limiter.pause(seconds, reason)

    # --- the one attempt of a write; only gateway.py calls it -------------------------------------------------------------------

    def attempt(
        self, request: WriteRequest, *, params: Params, headers: Mapping[str, str], deadline: Deadline, batch_items: int = 0
    ) -> httpx.Response | NotSent | Throttled | Uncertain:
        """Send frozen bytes once; nothing is retried. The deadline covers all of it, so that no byte leaves after the lease.

        A sign-in or a limiter that takes too long sends nothing. `batch_items`: so many documents in one call; 0 for no batch.
        """
        if self._is_shadow:
            raise ShadowWriteError
        ready_by = deadline.begun + deadline.seconds * GETTING_READY_SHARE
        try:
            bearer = {"Authorization": f"Bearer {self._auth.access()}"}
            wait = max(0.0, ready_by - self._clock.monotonic())
            turn = self._turn_of(min(wait, WAIT_SECONDS_MAX), batch_items)
        except ServiceUnreachableError as error:
            return NotSent(str(error))
        except Exception as error:  # Our own records may be busy: nothing has left, and that is known.
            return NotSent(f"getting ready to send failed ({type(error).__name__})")
        if isinstance(turn, Refused):
            return Throttled(turn.seconds, turn.reason)
        ended: httpx.Response | NotSent | Uncertain | None = None
        try:
            now = self._clock.monotonic()
            # The last thing before the first byte: a process that stood still since its lease has no right to send any more.
            if now > ready_by + READY_TOLERANCE_SECONDS or deadline.ends <= now:
                return NotSent("getting ready to send took too long")
            ended = self._exchange(request, params, {**bearer, **dict(request.headers), **headers}, deadline.ends, deadline.ends - now)
        finally:
            self._settle(turn, ended if isinstance(ended, httpx.Response) else None)
        if isinstance(ended, httpx.Response) and ended.status_code == 401:
            self._auth.mark_stale()
        return ended

    def _exchange(
        self, request: WriteRequest, params: Params, headers: Mapping[str, str], ends: float, remaining: float
    ) -> httpx.Response | NotSent | Uncertain:
        """The bytes leave once; what proves that none arrived is told from everything else."""
        timeout = httpx.Timeout(remaining, connect=min(CONNECT_SECONDS, remaining))
        self._count()
        try:
            with self._client.stream(
                request.method, request.url, content=request.body, params=params, headers=headers, timeout=timeout
            ) as answer:
                read = whole(answer, self._clock, ends)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            return NotSent(f"no connection ({type(error).__name__})")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            return Uncertain(f"the answer was lost ({type(error).__name__})")
        return Uncertain("the answer took longer than the deadline, or was too large") if read is None else read


def _retry_after(answer: httpx.Response) -> float:
    try:
        return float(answer.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
