"""Brings what a vendor has to tell to the address that an app registered: signed over its bytes, and again where it was not taken.

What a vendor does not promise is a switch: copies, order, delay, how much comes at once, and the other companies of the same app. The
courier knows nothing of shapes: a vendor writes its own deliveries.
"""

from __future__ import annotations

import base64
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.wire import ConnectionDropped, ConnectionRefused, Request, Response

SWITCHES: dict[str, Any] = {
    "webhook_copies": 1,  # each delivery is made so often, the same bytes again
    "webhook_order": "in_order",  # or reversed: the latest first
    "webhook_delay_seconds": 0,  # so long after it happened
    "webhook_events_each": 0,  # so many events in one delivery; 0: all that wait
    "webhook_other_companies": (),  # ids of further companies of the app, of which each delivery tells something too
}

Post = Callable[[str, Request], Response]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: to which entry, and when."""

    company: str
    kind: str
    identifier: str
    what: str
    at: datetime
    number: int
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a vendor delivers: in which header it signs, which answers have it try again and when, and whether it wants no body."""

    header: str
    again_after_seconds: tuple[float, ...]
    again_on: frozenset[int] | None  # None: whatever is not 2xx
    wants_nothing: bool
    answer_seconds: float


@dataclass(slots=True)
class Parcel:
    """One delivery on its way."""

    body: bytes
    due: datetime
    tries: int = 0


class Courier:
    """One app's address at one vendor."""

    def __init__(
        self, clock: SandboxClock, key: str, manners: Manners, write: Callable[[list[Event]], bytes], switch: Callable[[str], Any]
    ) -> None:
        self.key = key
        self.manners = manners
        self.url = ""
        self.state = "nobody"  # active, given up
        self.answers: list[int] = []  # of every try; 0: none came
        self.violations: list[str] = []
        self._clock = clock
        self._write = write
        self._switch = switch
        self._events: deque[Event] = deque()
        self._parcels: list[Parcel] = []
        self._numbers = 0

    def register(self, url: str) -> None:
        """The app's developer enters an address, or enters it again after it was given up."""
        self.url, self.state = url, "active"

    def tell(self, company: str, kind: str, identifier: str, what: str, **more: Any) -> None:
        """Something happened; where nobody listens, nobody is told later either."""
        if self.state != "active":
            return
        for one in (company, *self._switch("webhook_other_companies")):
            self._numbers += 1
            self._events.append(Event(one, kind, identifier, what, self._clock.now(), self._numbers, more))

    def lose(self) -> None:
        """What waits is lost."""
        self._events.clear()
        self._parcels.clear()

    def waits(self) -> bool:
        """Whether anything is still to be delivered."""
        return bool(self._events or self._parcels)

    def signature(self, body: bytes, key: str = "") -> str:
        """The signature of those bytes."""
        return base64.b64encode(hmac.digest((key or self.key).encode(), body, "sha256")).decode()

    def request(self, body: bytes, key: str = "", **more: str) -> Request:
        """A delivery as it leaves."""
        headers = {"content-type": "application/json", self.manners.header: self.signature(body, key), **more}
        return Request("POST", "", "", headers, body)

    def deliver(self, post: Post) -> int:
        """Make every delivery whose time has come; how many tries that were."""
        self._pack()
        due = [parcel for parcel in self._parcels if parcel.due <= self._clock.now()]
        if self._switch("webhook_order") == "reversed":
            due.reverse()
        for parcel in due:
            if self.state == "active":
                self._try(parcel, post)
        return len(due)

    def _pack(self) -> None:
        """Put the events that wait into deliveries."""
        delay = timedelta(seconds=float(self._switch("webhook_delay_seconds")))
        while self._events:
            size = int(self._switch("webhook_events_each")) or len(self._events)
            events = [self._events.popleft() for _ in range(min(size, len(self._events)))]
            body = self._write(events)
            for _ in range(int(self._switch("webhook_copies"))):
                self._parcels.append(Parcel(body, events[-1].at + delay))

    def _try(self, parcel: Parcel, post: Post) -> None:
        answer = self.asked(post, self.request(parcel.body))
        parcel.tries += 1
        status = answer.status if answer is not None else 0
        is_taken = answer is not None and 200 <= status < 300 and not (self.manners.wants_nothing and _has_something(answer))
        if is_taken or (answer is not None and self.manners.again_on is not None and status not in self.manners.again_on):
            self._parcels.remove(parcel)
        elif parcel.tries > len(self.manners.again_after_seconds):
            self._parcels.clear()
            self.state = "given up"
        else:
            parcel.due = self._clock.now() + timedelta(seconds=self.manners.again_after_seconds[parcel.tries - 1])

    def asked(self, post: Post, request: Request) -> Response | None:
        """One try; None when no answer came."""
        try:
            answer = post(self.url, request)
        except (ConnectionDropped, ConnectionRefused, TimeoutError):
            self.answers.append(0)
            return None
        self.answers.append(answer.status)
        if self.manners.wants_nothing and _has_something(answer):
            self.violations.append(f"a delivery was answered with more than a status: {answer.status}")
        return answer


def _has_something(answer: Response) -> bool:
    return bool(answer.body) or "set-cookie" in {name.lower() for name in answer.headers}
