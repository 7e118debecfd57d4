"""The only door for a write: stored intent, frozen bytes, a key, one attempt, one closed outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime

from connector.core.batch import Batch
from connector.core.clock import Deadline
from connector.core.evidence import Evidence, EvidenceOutcome, EvidenceState
from connector.core.posting import LedgerDocument, NotSent, Outcome, Posted, Posting, State, Throttled, Uncertain, WriteRequest
from connector.ledgers.http import LedgerHttp, Params

Classify = Callable[[int, Mapping[str, str], bytes], Outcome]
ClassifyEvidence = Callable[[int, Mapping[str, str], bytes], EvidenceOutcome]
ClassifyBatch = Callable[[int, Mapping[str, str], bytes], list[Outcome]]


class UnstoredWriteError(Exception):
    """The connector tried to write without a lease, a key or frozen bytes: a bug, and nothing has left."""


def write(
    http: LedgerHttp, posting: Posting, *, params: Params, headers: Mapping[str, str], deadline: Deadline, classify: Classify
) -> Outcome:
    """Send a leased posting's frozen bytes once, and say what became of it."""
    _require_stored(posting.request, posting.key, [posting])
    answer = http.attempt(posting.request, params=params, headers=headers, deadline=deadline)
    if isinstance(answer, NotSent | Throttled | Uncertain):
        return answer
    try:
        outcome = classify(answer.status_code, answer.headers, answer.content)
    except Exception as error:
        return _unreadable(error)
    return _aged(outcome, answer.headers)


def write_batch(
    http: LedgerHttp, batch: Batch, *, params: Params, headers: Mapping[str, str], deadline: Deadline, classify: ClassifyBatch
) -> list[Outcome]:
    """Send a batch's frozen bytes once, and say what became of each of its leased members, in their order."""
    _require_stored(batch.request, batch.key, batch.members)
    answer = http.attempt(batch.request, params=params, headers=headers, deadline=deadline, batch_items=len(batch.members))
    if isinstance(answer, NotSent | Throttled | Uncertain):
        return [answer] * len(batch.members)
    try:
        outcomes = classify(answer.status_code, answer.headers, answer.content)
    except Exception as error:
        return [_unreadable(error)] * len(batch.members)
    for outcome in outcomes:
        if isinstance(outcome, Throttled) and answer.status_code == 200:
            http.pause(outcome.retry_after_seconds, outcome.reason)  # The turnstile hears of a refused call, not of a refused item.
            break
    return [_aged(outcome, answer.headers) for outcome in outcomes]


def write_evidence(
    http: LedgerHttp,
    evidence: Evidence,
    content: bytes,
    request: WriteRequest,
    *,
    params: Params,
    headers: Mapping[str, str],
    deadline: Deadline,
    classify: ClassifyEvidence,
) -> EvidenceOutcome:
    """Send a leased piece of evidence once, whose bytes are those of the stored checksum, and say what became of it."""
    is_stored = evidence.state is EvidenceState.SENDING and evidence.token > 0 and evidence.key and content
    if not is_stored or hashlib.sha256(content).hexdigest() != evidence.checksum:
        raise UnstoredWriteError(f"evidence {evidence.id} is {evidence.state} without a lease, a key, or the bytes that were meant")
    answer = http.attempt(request, params=params, headers=headers, deadline=deadline)
    if isinstance(answer, NotSent | Throttled | Uncertain):
        return answer
    try:
        return classify(answer.status_code, answer.headers, answer.content)
    except Exception as error:
        return _unreadable(error)


def _require_stored(request: WriteRequest, key: str, postings: Sequence[Posting]) -> None:
    for posting in postings:
        if posting.state is not State.SENDING or posting.token <= 0 or not key or not request.body:
            raise UnstoredWriteError(f"posting {posting.id} is {posting.state} without a lease, a key or bytes")


def _unreadable(error: Exception) -> Uncertain:
    return Uncertain(f"the answer could not be read ({type(error).__name__})")


def _aged(outcome: Outcome, headers: Mapping[str, str]) -> Outcome:
    return Posted(outcome.document, _age_seconds(outcome.document, headers)) if isinstance(outcome, Posted) else outcome


def _age_seconds(document: LedgerDocument, headers: Mapping[str, str]) -> float | None:
    """How long before this answer its document was made, by the clock of the one ledger that wrote both."""
    try:
        answered_at = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    if document.made_at is None or answered_at.tzinfo is None:
        return None
    return (answered_at - document.made_at).total_seconds()
