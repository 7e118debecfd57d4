"""What an answer of Xero to a write means (pure). By status first: a 404 is empty HTML, a 429 is empty, a 503 is plain text, and a 401,
a 403 and a 500 are problem JSON whose keys begin with capitals, or with small letters as they once did.

A failed element echoes the status that was asked for, so its errors are read before its status. Elements come in any order, so
ours is the one with our marker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.core.posting import LedgerDocument, NotSent, Outcome, Phase, Posted, Posting, Rejected, Throttled, Uncertain
from connector.ledgers.exact_json import decode
from connector.ledgers.limits import PAUSE_SECONDS_MAX
from connector.ledgers.traced import traced
from connector.ledgers.xero.advice import sign_in_step
from connector.ledgers.xero.documents import ELEMENTS, ID_KEYS, STATUS, is_id, marker_of, messages, parse
from connector.ledgers.xero.reversing import ALLOCATIONS, applied

# The header with Xero's own name for an answer.
TRACES = ("xero-correlation-id",)
# Without a Retry-After (concurrent, appminute) a minute's wait is always long enough.
THROTTLE_SECONDS = 60.0
CONCURRENT_SECONDS = 1.0
# The number is taken, probably by us; or a key of ours is in use with another request; or it broke inside.
AMBIGUOUS_WORDS = ("must be unique", "used with a different request", "an error occurred in xero")


def classify(
    posting: Posting, currency: str, account_ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes
) -> Outcome:
    """One answer to one write of one document, as one outcome; with Xero's own name for the answer behind its words."""
    return traced(_judge(posting, currency, account_ids, status, headers, body), headers, TRACES)


def _judge(
    posting: Posting, currency: str, account_ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes
) -> Outcome:
    refused = _at_the_door(status, headers, body)
    if refused is not None:
        return refused
    if status == 404 and posting.phase is Phase.POST_DRAFT and not body.strip():
        return Rejected("404", "Xero does not know this document")
    if status not in (200, 400):
        return Uncertain(f"Xero answered {status}{_said(body)}")
    told = _object(body)
    if told is None:
        return Uncertain(f"Xero answered {status} with something that is not a JSON object")
    if status == 400:
        return _refused_call(posting, told)
    return _of_element(posting, told, currency, account_ids)


def classify_application(posting: Posting, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """One answer to the allocation of a credit note, as one outcome of the credit's posting."""
    return traced(_judge_application(posting, status, headers, body), headers, TRACES)


def _judge_application(posting: Posting, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    refused = _at_the_door(status, headers, body)
    if refused is not None:
        return refused
    told = _object(body) if status in (200, 400) else None
    if told is None:
        return Uncertain(f"Xero answered an allocation with {status}{_said(body)}")
    if status == 400:
        return _refused_call(posting, told)
    rows = told.get(ALLOCATIONS)
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        return Uncertain("Xero answered 200 without the allocation")
    if _has_failed(rows[0]):
        return _of_words(_errors(rows[0]))
    try:
        return applied(posting, rows[0])
    except (KeyError, TypeError) as error:
        return Uncertain(f"Xero answered 200 with an allocation that cannot be read ({type(error).__name__})")


def classify_batch(
    postings: Sequence[Posting], currency: str, account_ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes
) -> list[Outcome]:
    """One answer to a write of several documents, as one outcome for each; elements come in any order.

    A call that was refused as a whole is believed at the door only: after a 400, valid elements of it were seen in the books.
    """
    outcomes = _judge_each(postings, currency, account_ids, status, headers, body)
    return [traced(outcome, headers, TRACES) for outcome in outcomes]


def _judge_each(
    postings: Sequence[Posting], currency: str, account_ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes
) -> list[Outcome]:
    refused = _at_the_door(status, headers, body)
    if refused is not None:
        return [refused] * len(postings)
    told = _object(body) if status == 200 else None
    if told is None:
        return [Uncertain(f"Xero answered a batch with {status}, without its elements{_said(body)}")] * len(postings)
    return [_of_element(posting, told, currency, account_ids) for posting in postings]


def _at_the_door(status: int, headers: Mapping[str, str], body: bytes) -> Outcome | None:
    """A call that was refused before anything in it was looked at; None for any other."""
    if status == 429:
        return _throttled(headers)
    if status in (401, 403):
        return NotSent(f"Xero refused the sign-in ({status}){_said(body)}{sign_in_step(_said(body))}")
    return None


def read_plain(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | Outcome:
    """The object of a good answer about something that lies on a document, or what any other answer means."""
    refused = _at_the_door(status, headers, body)
    if refused is not None:
        return refused
    if status == 404 and not body.strip():
        return Rejected("404", "Xero does not know this document")
    told = _object(body) if status in (200, 400) else None
    if told is None:
        return Uncertain(f"Xero answered {status}{_said(body)}")
    if status == 200:
        return told
    rows = told.get("Elements")
    failed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return _of_words([word for row in failed for word in _errors(row)] or messages([told]))


def is_deleted(draft_id: str, status: int, body: bytes) -> bool:
    """Whether an answer to the deletion of a manual journal's draft says that it is gone."""
    told = _object(body) if status == 200 else None
    elements = told.get("ManualJournals") if told is not None else None
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        return False
    element = elements[0]
    is_ours = str(element.get("ManualJournalID") or "").casefold() == draft_id.casefold()
    return is_ours and element.get("Status") == "DELETED" and not _has_failed(element)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = decode(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _said(body: bytes) -> str:
    """The words of an answer that holds no documents, as the end of a sentence: problem JSON, or plain text; HTML says nothing."""
    told = _object(body)
    if told is None:
        text = body.decode(errors="replace")
        words = [] if "<" in text else [text]
    else:
        words = [str(value) for key, value in told.items() if key.lower() in ("title", "detail")]
    said = " ".join(" ".join(words).split())[:200]
    return f": {said}" if said else ""


def _throttled(headers: Mapping[str, str]) -> Outcome:
    problem = str(headers.get("x-rate-limit-problem", ""))
    default = CONCURRENT_SECONDS if problem == "concurrent" else THROTTLE_SECONDS
    try:
        seconds = float(headers.get("retry-after", default))
    except ValueError:
        seconds = default
    return Throttled(
        seconds if 0 < seconds <= PAUSE_SECONDS_MAX else default, f"Xero throttled the request ({problem or 'no reason given'})"
    )


# --- 200: one element for each document ---------------------------------------------------------------------------------------


def _of_element(posting: Posting, told: Mapping[str, Any], currency: str, account_ids: Mapping[str, str]) -> Outcome:
    elements = told.get(ELEMENTS[posting.kind])
    ours = _ours(posting, elements)
    if ours is None:
        return Uncertain("Xero answered 200 without the document")
    if _has_failed(ours):
        return _refused(posting, ours)
    try:
        document = parse(posting.kind, ours, currency, account_ids)
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        return Uncertain(f"Xero answered 200 with a document that cannot be read ({type(error).__name__})")
    wrong = _contradiction(posting, document, str(ours["Status"]))
    if wrong:
        return Uncertain(f"Xero answered 200 with {wrong}")
    return Posted(replace(document, warnings=(*document.warnings, *messages(told.get("Warnings")))))


def _ours(posting: Posting, elements: Any) -> Mapping[str, Any] | None:
    """The one element that carries our marker."""
    rows = [row for row in elements if isinstance(row, dict)] if isinstance(elements, list) else []
    found = [row for row in rows if marker_of(posting.kind, row) == posting.marker.upper()]
    return found[0] if len(found) == 1 else None


def _contradiction(posting: Posting, document: LedgerDocument, status: str) -> str:
    """What of a document without errors is not what this write can have made."""
    if status not in STATUS[posting.kind]:
        return f"the unknown status {status[:40]}"
    if posting.phase is Phase.POST_DRAFT and document.id.casefold() != posting.remote_id.casefold():
        return "another document than the draft"
    possible = ("live",) if posting.phase is Phase.POST_DRAFT else ("live", "draft", "awaiting")
    return "" if document.status in possible else f"a document that is {status}"


# --- errors -------------------------------------------------------------------------------------------------------------------


def _has_failed(element: Mapping[str, Any]) -> bool:
    is_marked = str(element.get("StatusAttributeString") or "").upper() == "ERROR"
    return is_marked or bool(element.get("HasErrors")) or bool(element.get("HasValidationErrors")) or bool(_errors(element))


def _errors(element: Mapping[str, Any]) -> list[str]:
    """Every validation message: the element's, its contact's, its lines', wherever they stand."""
    return list(dict.fromkeys(word for part in _parts(element) for word in messages(part.get("ValidationErrors"))))


def _parts(element: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The element and every object inside it, outermost first."""
    waiting: deque[Any] = deque([element])
    while waiting:
        part = waiting.popleft()
        if isinstance(part, dict):
            yield part
            waiting.extend(value for key, value in part.items() if key != "ValidationErrors")
        elif isinstance(part, list):
            waiting.extend(part)


def _refused(posting: Posting, element: Mapping[str, Any]) -> Outcome:
    """An element with errors. Only a create that got no id was refused without doubt; a change echoes the id of what it meant."""
    identifier = str(element.get(ID_KEYS[posting.kind]) or "")
    if posting.phase is Phase.CREATE and is_id(identifier):
        return Uncertain(f"Xero answered with errors and a document {identifier}")
    if str(element.get("StatusAttributeString") or "").upper() == "OK":
        return Uncertain("Xero answered with errors in a document that it calls OK")
    return _of_words(_errors(element))


def _refused_call(posting: Posting, told: Mapping[str, Any]) -> Outcome:
    """A 400: of our element, or of the whole call when it names none."""
    elements = told.get("Elements")
    if elements:
        rows = elements if isinstance(elements, list) else []
        is_nameless = len(rows) == 1 and isinstance(rows[0], dict) and not marker_of(posting.kind, rows[0])
        ours = rows[0] if is_nameless else _ours(posting, rows)
        return Uncertain("Xero answered 400 without our document") if ours is None else _refused(posting, ours)
    if not told.get("Type") and not told.get("ErrorNumber"):
        return Uncertain(f"Xero answered 400 in a shape that is not its own: {str(told.get('Message') or '')[:200]}")
    return _of_words(messages([told]))


def _of_words(words: list[str]) -> Outcome:
    """Nothing is refused without a word for it: a taken number would look the same."""
    text = "; ".join(words)
    if not words or "" in words:
        return Uncertain("Xero answered with an error without a word")
    if any(ambiguous in text.casefold() for ambiguous in AMBIGUOUS_WORDS):
        return Uncertain(f"Xero answered: {text}"[:400])
    return Rejected("VALIDATION", text[:400])
