"""The only door for a write: stored intent, frozen bytes, a key, one attempt, one closed outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from connector.core.clock import Deadline
from connector.core.posting import LedgerDocument, NotSent, Outcome, Posted, Posting, State, Throttled, Uncertain
from connector.ledgers.http import LedgerHttp, Params

Classify = Callable[[int, Mapping[str, str], bytes], Outcome]


class UnstoredWriteError(Exception):
    """The connector tried to write without a lease, a key or frozen bytes: a bug, and nothing has left."""


def write(
    http: LedgerHttp, posting: Posting, *, params: Params, headers: Mapping[str, str], deadline: Deadline, classify: Classify
) -> Outcome:
    """Send a leased posting's frozen bytes once, and say what became of it."""
    if posting.state is not State.SENDING or posting.token <= 0 or not posting.key or not posting.request.body:
        raise UnstoredWriteError(f"posting {posting.id} is {posting.state} without a lease, a key or bytes")
    answer = http.attempt(posting.request, params=params, headers=headers, deadline=deadline)
    if isinstance(answer, NotSent | Throttled | Uncertain):
        return answer
    try:
        outcome = classify(answer.status_code, answer.headers, answer.content)
    except Exception as error:
        return Uncertain(f"the answer could not be read ({type(error).__name__})")
    return Posted(outcome.document, _age_seconds(outcome.document, answer.headers)) if isinstance(outcome, Posted) else outcome


def _age_seconds(document: LedgerDocument, headers: Mapping[str, str]) -> float | None:
    """How long before this answer its document was made, by the clock of the one ledger that wrote both."""
    try:
        answered_at = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    if document.made_at is None or answered_at.tzinfo is None:
        return None
    return (answered_at - document.made_at).total_seconds()
