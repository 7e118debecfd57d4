"""What an answer of the ledger is taken for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.core.posting import LedgerDocument, Outcome, Posted, Posting, Rejected, Uncertain
from connector.flows import sending
from connector.ledgers import http
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks import client as quickbooks
from connector.ledgers.quickbooks import faults as quickbooks_faults
from connector.ledgers.whole import whole
from connector.ledgers.xero import client as xero
from connector.ledgers.xero import faults as xero_faults
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import HISTORIES, calls_with, emptied_databases, helpless, removals

Judge = Callable[[DocumentKind, int, bytes, Outcome], Outcome]


def _judge_answers(patch: pytest.MonkeyPatch, judge: Judge) -> None:
    """Let `judge` have the last word on what an answer to a write means."""

    def of_quickbooks(kind: DocumentKind, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        return judge(kind, status, body, quickbooks_faults.classify(kind, status, headers, body))

    def of_xero(posting: Posting, currency: str, ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        return judge(posting.kind, status, body, xero_faults.classify(posting, currency, ids, status, headers, body))

    patch.setattr(quickbooks, "classify", of_quickbooks)
    patch.setattr(xero, "classify", of_xero)


def a_5xx_is_a_failure(patch: pytest.MonkeyPatch) -> None:
    """Any 5xx to a write counts as refused, nothing was created; the work order is asked again at the next sync, with a new key."""
    _judge_answers(patch, lambda kind, status, body, outcome: Rejected(str(status), "server error") if status >= 500 else outcome)


def an_error_body_is_the_id(patch: pytest.MonkeyPatch) -> None:
    """Whatever a write is answered with counts as the created document; its text is stored as the id, and nobody reads that id."""

    def judge(kind: DocumentKind, status: int, body: bytes, outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Uncertain | Rejected):
            return outcome
        identifier = body.decode("utf-8", "replace")[:60]
        return Posted(LedgerDocument(identifier, kind, "", "live", None, "", ZERO))

    _judge_answers(patch, judge)
    patch.setattr(sending, "_checked", lambda world, posting, outcome: outcome)


def the_error_handler_fails(patch: pytest.MonkeyPatch) -> None:
    """The handler of a failed write asks the error for the answer's status; a lost answer has none, and the handler itself fails."""
    attempt = LedgerHttp.attempt

    def attempt_and_tell(self: LedgerHttp, *args: Any, **named: Any) -> Any:
        answer: Any = attempt(self, *args, **named)
        if isinstance(answer, Uncertain):
            return Rejected(str(answer.status_code), answer.reason)  # type: ignore[attr-defined]
        return answer

    patch.setattr(LedgerHttp, "attempt", attempt_and_tell)


def no_time_out(patch: pytest.MonkeyPatch) -> None:
    """A call to the ledger waits for its answer as long as it takes."""
    patient = {**vars(httpx), "Timeout": lambda *_, **__: httpx.Timeout(None)}
    patch.setattr(http, "httpx", SimpleNamespace(**patient))


def no_deadline_for_the_whole_call(patch: pytest.MonkeyPatch) -> None:
    """Only each read from the socket has a time-out: an answer that drips holds the call as long as it drips."""
    patch.setattr(http, "whole", lambda answer, clock, ends: whole(answer, clock, float("inf")))


def a_replay_counts(patch: pytest.MonkeyPatch) -> None:
    """The answer to a resend counts as it is; nobody reads the document that it names."""
    patch.setattr(sending, "_checked", lambda world, posting, outcome: outcome)


def an_error_is_absence(patch: pytest.MonkeyPatch) -> None:
    """A look-up that is answered with an error counts as one that found nothing."""

    def blind(look_up: Callable[..., Any]) -> Callable[..., Any]:
        def look_anyway(self: object, postings: Sequence[Posting]) -> Any:
            try:
                return look_up(self, postings)
            except ServiceUnreachableError:
                return {}

        return look_anyway

    for ledger in (quickbooks.QuickBooksLedger, xero.XeroLedger):
        patch.setattr(ledger, "look_up", blind(ledger.look_up))


ACCIDENTS = (
    Accident(
        "a 502 or 504 treated as failure",
        a_5xx_is_a_failure,
        calls_with("5xx_after_commit", helpless("quickbooks", lookup_lag_seconds=15)),
        Caught("duplicate", at=14, within=30),
    ),
    Accident(
        "an error body stored as the remote id",
        an_error_body_is_the_id,
        calls_with("5xx", helpless("quickbooks")),
        Caught("lost", at=14, within=30),
    ),
    Accident(
        "the error handler itself failing",
        the_error_handler_fails,
        HISTORIES,
        Caught("a process ended in AttributeError", at=12, within=50),
    ),
    Accident("no time-out", no_time_out, HISTORIES, Caught("a process ended in WaitedForEverError", at=2, within=50)),
    Accident(
        "a time-out for each read only",
        no_deadline_for_the_whole_call,
        calls_with("drip", helpless("quickbooks")),
        Caught("no deadline", at=14, within=30),
    ),
    Accident(
        "a replay of a deleted document taken as posted",
        a_replay_counts,
        removals(helpless("quickbooks", key_life_seconds=3600, replay_after_delete="stale")),
        Caught("dead document", at=14, within=30),
    ),
    Accident(
        "an error page taken as absence",
        an_error_is_absence,
        emptied_databases("garbled", helpless("quickbooks")),
        Caught("duplicate", at=13, within=30),
    ),
)
