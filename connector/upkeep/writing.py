"""What is written to UpKeep: webhooks and messages on work orders, each request made once. Nothing where the configuration forbids it.

UpKeep knows no idempotency key, so an answer that was lost is told as lost, and nothing here is ever sent a second time. How a body is
to be encoded, and whether webhooks and messages can be read back, is not settled by its documentation: JSON, then a form where JSON
was refused as such; two shapes of a reply; a list that may be missing, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from connector.core.clock import Clock
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.upkeep.http import NOT_JSON, Answer, UpKeepHttp
from connector.upkeep.reading import identifier_text, text_of
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError

WRITE_SECONDS = 60.0
# So many pages of webhooks are read at most.
HOOKS_PAGE, HOOKS_MAX = 100, 20
# UpKeep names no time; this is what a throttle costs at least.
THROTTLED_SECONDS = 60
# A list as long as a page may have been cut.
MESSAGES_SHOWN_MAX = 25
# A failure that comes as a good answer.
SAYS_NO = "success: false"
_MESSAGES = ("updateMessages", "update-messages", "updates", "messages")
_TEXTS = ("text", "message", "content")
_NOTHING_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class WritesNotAllowedError(Exception):
    """Something was to be written to UpKeep, and the configuration does not allow it."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as UpKeep lists it; `events` is empty where it does not say."""

    id: str
    endpoint: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """UpKeep answered that it did it; `id` is what it calls the new record, "" where it does not say."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The record that was written to does not exist."""


Written = Done | Gone | Rejected | Throttled | NotSent | Uncertain


class UpKeepDoor:
    """The only way by which anything is written to UpKeep."""

    def __init__(self, http: UpKeepHttp, clock: Clock, *, is_open: bool) -> None:
        self._http = http
        self._clock = clock
        self._is_open = is_open

    # --- webhooks ---------------------------------------------------------------------------------------------------------------

    def hooks(self) -> list[Hook] | None:
        """Every webhook of the account; None where UpKeep does not list them, which proves nothing."""
        found: dict[str, Hook] = {}
        for offset in range(HOOKS_MAX):
            told = self._http.get("/webhooks", {"limit": HOOKS_PAGE, "offset": len(found)} if offset else {"limit": HOOKS_PAGE})
            rows = told.get("results") if told is not None else None
            if not isinstance(rows, list):
                return list(found.values()) if found else None
            fresh = {hook.id: hook for row in rows if isinstance(row, dict) and (hook := _hook(row)) is not None and hook.id not in found}
            found |= fresh
            if not fresh:
                break
        return list(found.values())

    def register(self, title: str, endpoint: str, events: Sequence[str]) -> Written:
        """Have UpKeep tell of these events at that address."""
        content = {"title": title, "endpoint": endpoint, "events": list(events)}
        written = self._write("POST", "/webhooks", content)
        if isinstance(written, Rejected) and written.code in ("400", SAYS_NO):
            form = {"title": title, "endpoint": endpoint, "events[]": list(events)}
            return self._write("POST", "/webhooks", form, as_form=True)
        return written

    def remove(self, hook_id: str) -> Written:
        """Have UpKeep forget a webhook; one that is gone already is as good."""
        return self._write("DELETE", f"/webhooks/{quote(hook_id, safe='')}", {})

    # --- messages ---------------------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Sign in before a deadline begins; raises SourceUnreachableError."""
        self._http.ready()

    def say(self, work_order_id: str, text: str, ends: float) -> Written:
        """Put an update message on a work order, before the monotonic moment `ends`."""
        return self._write("POST", f"/work-orders/{quote(work_order_id, safe='')}/update-messages", {"text": text}, ends=ends)

    def messages(self, work_order_id: str) -> list[str] | None:
        """The texts of all messages on a work order; None where UpKeep does not show them, or not surely all: that proves no absence."""
        path = f"/work-orders/{quote(work_order_id, safe='')}"
        detail = self._http.get(path)
        record = detail.get("result") if detail is not None else None
        shown = next((record[key] for key in _MESSAGES if isinstance(record.get(key), list)), None) if isinstance(record, dict) else None
        if shown is None and detail is not None:
            shown = self._listed(f"{path}/update-messages")
        return None if shown is None else [text for row in shown if (text := _text(row))]

    def proves_absence(self, texts: Sequence[str] | None) -> bool:
        """Whether what is not among these is not on the work order."""
        return texts is not None and len(texts) < MESSAGES_SHOWN_MAX

    def _listed(self, path: str) -> list[Any] | None:
        try:
            told = self._http.get(path)
        except UnreadableAnswerError as error:
            if error.status >= 500:
                raise
            return None  # There is no such path.
        rows = told.get("results") if told is not None else None
        return rows if isinstance(rows, list) else None

    # --- one request ------------------------------------------------------------------------------------------------------------

    def _write(self, method: str, path: str, content: Mapping[str, Any], *, as_form: bool = False, ends: float | None = None) -> Written:
        if not self._is_open:
            raise WritesNotAllowedError
        try:
            if ends is None:
                self._http.ready()
                ends = self._clock.monotonic() + WRITE_SECONDS
            answer = self._http.attempt(method, path, content, ends, as_form=as_form)
            if answer.status == 401 and not self._http.has_static_token:
                # The session ended: nothing was done.
                self._http.ready(is_refused=True)
                answer = self._http.attempt(method, path, content, ends, as_form=as_form)
        except SourceUnreachableError as error:
            return NotSent(str(error))
        except _NOTHING_LEFT as error:
            return NotSent(f"UpKeep could not be reached: {type(error).__name__}")
        except httpx.HTTPError as error:
            return Uncertain(f"UpKeep's answer was lost: {type(error).__name__}")
        return _outcome(answer)


def _outcome(answer: Answer) -> Written:
    if answer.status == 404:
        return Gone()
    if answer.status == 429:
        return Throttled(THROTTLED_SECONDS, "UpKeep takes no more calls just now")
    message = text_of(answer.told.get("message"))[:200] if isinstance(answer.told, dict) else ""
    if 400 <= answer.status < 500 and answer.status != 408:
        return Rejected(str(answer.status), message or "no reason was given")
    if answer.status not in (200, 201) or answer.told is NOT_JSON or not isinstance(answer.told, dict):
        return Uncertain(f"UpKeep answered {answer.status} with something that proves nothing")
    if answer.told.get("success") is False:
        return Rejected(SAYS_NO, message or "no reason was given")
    return Done(_id(answer.told))


def _id(told: Mapping[str, Any]) -> str:
    """`webhookId` at the top, or `result.id`: both were seen."""
    result = told.get("result")
    return identifier_text(told.get("webhookId")) or (identifier_text(result.get("id")) if isinstance(result, dict) else "")


def _hook(row: Mapping[str, Any]) -> Hook | None:
    identifier = identifier_text(row.get("id")) or identifier_text(row.get("webhookId"))
    events = row.get("events")
    told = tuple(text_of(event) for event in events) if isinstance(events, list) else ()
    return Hook(identifier, str(row["endpoint"]), told) if identifier and isinstance(row.get("endpoint"), str) else None


def _text(row: Any) -> str:
    if isinstance(row, dict):
        return next((str(row[key]) for key in _TEXTS if isinstance(row.get(key), str)), "")
    return row if isinstance(row, str) else ""
