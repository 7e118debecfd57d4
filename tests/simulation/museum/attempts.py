"""What is sent: again, too soon, or without a look."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from connector.core import posting as core
from connector.core.posting import Event, Posting, State
from connector.flows import sending
from connector.flows.sending import Sent
from connector.flows.world import World
from connector.ledgers.http import LedgerHttp
from connector.ledgers.xero import client as xero
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import HISTORIES, calls_with, deaths, helpless


def a_stuck_job_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    """What was in flight when its process died goes back into the queue, and what was tried before needs no look."""
    look = sending._look_before

    def look_at_new_ones(world: World, sent: Sent, postings: Sequence[Posting]) -> list[Posting]:
        stuck = [posting for posting in postings if posting.attempts]
        return [*stuck, *look(world, sent, [posting for posting in postings if not posting.attempts])]

    patch.setitem(core.NEXT[State.SENDING], Event.LEASE_EXPIRED, State.READY)
    patch.setattr(sending, "_look_before", look_at_new_ones)


def a_lost_answer_is_a_refusal(patch: pytest.MonkeyPatch) -> None:
    """What timed out goes back into the queue and is sent again without a look."""
    patch.setitem(core.NEXT[State.SENDING], Event.LOST_ANSWER, State.READY)
    no_look_before_the_first_send(patch)


def no_look_before_the_first_send(patch: pytest.MonkeyPatch) -> None:
    """What our own database calls new is sent without asking the ledger."""
    patch.setattr(sending, "_look_before", lambda world, sent, postings: list(postings))


def one_look_proves_absence(patch: pytest.MonkeyPatch) -> None:
    """A look-up that finds nothing is believed at once, and the same bytes go out again."""
    patch.setattr(sending, "_is_proven", lambda world, posting, begun_at: True)


def a_new_key_for_each_attempt(patch: pytest.MonkeyPatch) -> None:
    """The HTTP client itself tries a write again when the answer is lost or a 5xx, each time under a key made for the attempt."""
    attempt = LedgerHttp.attempt

    def attempt_twice(self: LedgerHttp, request: Any, *, params: Any, headers: Any, deadline: Any) -> Any:
        for _ in range(2):
            key = uuid.uuid4().hex
            fresh = {name: key if name == "Idempotency-Key" else value for name, value in headers.items()}
            asked = {name: key if name == "requestid" else value for name, value in params.items()}
            answer = attempt(self, request, params=asked, headers=fresh, deadline=deadline)
            if getattr(answer, "status_code", 599) < 500:
                break
        return answer

    patch.setattr(LedgerHttp, "attempt", attempt_twice)


def a_text_rendered_anew(patch: pytest.MonkeyPatch) -> None:
    """The narration of a manual journal is rendered anew for each look-up, and tells the moment of its rendering."""
    look_up = xero.XeroLedger.look_up

    def look_for_now(self: xero.XeroLedger, postings: Sequence[Posting]) -> Any:
        now = f"{self._clock.now():%H:%M}"
        return look_up(self, [replace(posting, narration=f"{now} {posting.narration}") for posting in postings])

    patch.setattr(xero.XeroLedger, "look_up", look_for_now)


ACCIDENTS = (
    Accident(
        "blind resend after a stuck job", a_stuck_job_is_sent_again, deaths(helpless("quickbooks")), Caught("duplicate", at=123, within=170)
    ),
    Accident("a lost answer treated as a refusal", a_lost_answer_is_a_refusal, HISTORIES, Caught("duplicate", at=1, within=50)),
    Accident("yesterday's database restored", no_look_before_the_first_send, HISTORIES, Caught("duplicate", at=1, within=100)),
    Accident(
        "absence believed at the first look",
        one_look_proves_absence,
        calls_with("commit_late", helpless("quickbooks")),
        Caught("duplicate", at=14, within=30),
    ),
    Accident(
        "a key made anew for each attempt",
        a_new_key_for_each_attempt,
        calls_with("drop_after_commit", helpless("quickbooks", key_life_seconds=3600)),
        Caught("duplicate", at=14, within=30),
    ),
    Accident(
        "a text rendered anew",
        a_text_rendered_anew,
        calls_with("drop_after_commit", helpless("xero")),
        Caught("draft left behind", at=10, within=30),
    ),
)
