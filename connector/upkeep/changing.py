"""What is asked of a writer at UpKeep, and what an attempt comes to. Off unless the source's `allow_writes` is true.

One attempt a call: who decides about another one is flows/upkeep_writes.py, which stored the intent first (core/upkeep_write.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import httpx

from connector.core.upkeep_write import Change, Kept, Seen
from connector.upkeep.http import NOT_JSON, Answer
from connector.upkeep.reading import identifier_text, text_of
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError


@dataclass(frozen=True, slots=True)
class Done:
    """Written: UpKeep's id of what was written, and its number where it has one."""

    id: str
    number: str = ""
    is_new: bool = True  # false: an earlier attempt had written it


@dataclass(frozen=True, slots=True)
class Refused:
    """UpKeep said no and wrote nothing, or it was never asked; `next_step` where more is known than the words."""

    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """This API has no such call."""

    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing left, or UpKeep was too busy to read it."""

    message: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows whether it was written."""

    message: str


Outcome = Done | Refused | NotOffered | NotSent | Lost


@dataclass(frozen=True, slots=True)
class Look:
    """What a look for an earlier attempt showed, and the id of what was found."""

    seen: Seen
    id: str = ""


class Writer(Protocol):
    """Writes at UpKeep, one attempt a call."""

    @property
    def takes_key(self) -> bool:
        """Whether a repeat under the same key writes nothing a second time."""
        ...

    def prepare(self, change: Change) -> str | Refused | NotOffered:
        """What must be known of the state before, as text; raises SourceUnreachableError. Nothing is written."""
        ...

    def send(self, change: Change, kept: Kept, content: bytes) -> Outcome:
        """One attempt; `content` are the bytes of a file."""
        ...

    def look(self, change: Change, kept: Kept) -> Look:
        """Whether an earlier attempt was written; raises SourceUnreachableError."""
        ...

    def how_to_look(self, change: Change, kept: Kept) -> str:
        """How a person sees the same."""
        ...


def frozen_json(content: Any) -> bytes:
    """The bytes of a JSON body, numbers exact."""
    return _text(content).encode()


def _text(content: Any) -> str:
    if isinstance(content, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_text(value)}" for key, value in content.items()) + "}"
    if isinstance(content, list | tuple):
        return "[" + ",".join(map(_text, content)) + "]"
    return format(content, "f") if isinstance(content, Decimal) else json.dumps(content)


def asked_once(ask: Callable[[], Answer]) -> Answer | Refused | NotSent | Lost:
    """What one attempt came to, as far as its answer alone tells: a whole success, or what it was instead."""
    try:
        answer = ask()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return NotSent(f"UpKeep could not be reached ({type(error).__name__})")
    except httpx.HTTPError as error:
        return Lost(f"the answer did not come ({type(error).__name__})")
    except UnreadableAnswerError as error:
        return Lost(str(error))
    except SourceUnreachableError as error:
        return NotSent(str(error))  # The sign-in failed: nothing else left.
    if answer.status in (401, 429):
        return NotSent(f"UpKeep answered {answer.status}{_words(answer)}")
    if answer.status == 408 or answer.status >= 500 or (answer.status < 400 and answer.told is NOT_JSON):
        return Lost(f"UpKeep answered {answer.status}{_words(answer)}")
    if answer.status >= 300 or not isinstance(answer.told, dict) or answer.told.get("success") is False:
        step = "The plan of the company or the rights of the login do not allow it." if answer.status == 403 else ""
        return Refused(f"UpKeep answered {answer.status}{_words(answer)}", step)
    return answer


def _words(answer: Answer) -> str:
    """What UpKeep said, of either API, in short."""
    told = answer.told if isinstance(answer.told, dict) else {}
    error = told.get("error")
    said = error.get("message") if isinstance(error, dict) else told.get("message")
    return f": {''.join(c if c.isprintable() else ' ' for c in said[:200])}" if isinstance(said, str) and said else ""


def written(answer: Answer | Refused | NotSent | Lost, *where: str) -> Outcome:
    """The outcome of a create: a success must name its record; `where` are the keys under which it may stand."""
    if not isinstance(answer, Answer):
        return answer
    record = next((answer.told[key] for key in where if isinstance(answer.told.get(key), dict)), answer.told)
    identifier = identifier_text(record.get("id"))
    if not identifier:
        return Lost(f"UpKeep answered {answer.status} and names no record")
    return Done(identifier, text_of(record.get("workOrderNo", record.get("number"))))
