"""What an answer of Xero to a write means (pure). By status first: a 404 is empty HTML, a 429 is empty, a 503 is plain text.

A failed element echoes the status that was asked for, so its errors are read before its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Rejected, Throttled, Uncertain
from connector.ledgers.exact_json import decode
from connector.ledgers.xero.documents import parse

ELEMENTS = {DocumentKind.JOURNAL_ENTRY: "ManualJournals", DocumentKind.INVOICE: "Invoices"}
# Without a Retry-After (concurrent, appminute) a minute's wait is always long enough.
THROTTLE_SECONDS = 60.0
CONCURRENT_SECONDS = 1.0
# The number is taken, probably by us; or a key of ours is in use with another request.
AMBIGUOUS_WORDS = ("must be unique", "used with a different request", "an error occurred in xero")


def classify(
    kind: DocumentKind, currency: str, account_ids: Mapping[str, str], status: int, headers: Mapping[str, str], body: bytes
) -> Outcome:
    """One answer to one write of one document, as one outcome."""
    return _by_status(status, headers) or _by_content(kind, currency, account_ids, status, body)


def _by_status(status: int, headers: Mapping[str, str]) -> Outcome | None:
    """The answers whose status says it all."""
    if status == 429:
        return _throttled(headers)
    if status in (401, 403):
        return NotSent(f"Xero refused the sign-in ({status})")
    if status >= 500:
        return Uncertain(f"Xero answered {status}")
    return Rejected("404", "Xero does not know this document") if status == 404 else None


def _by_content(kind: DocumentKind, currency: str, account_ids: Mapping[str, str], status: int, body: bytes) -> Outcome:
    try:
        told = decode(body)
    except (ValueError, RecursionError):
        return Uncertain(f"Xero answered {status} with something that is not JSON")
    if not isinstance(told, dict):
        return Uncertain(f"Xero answered {status} with something that is not an object")
    elements = told.get("Elements") if status == 400 else told.get(ELEMENTS[kind])
    element = elements[0] if isinstance(elements, list) and elements and isinstance(elements[0], dict) else {}
    words = _errors(element)
    if status == 400 or words or _has_errors(element):
        return _refused(words or [str(told.get("Message") or told.get("Detail") or "")])
    if status != 200 or not element:
        return Uncertain(f"Xero answered {status} without the document")
    return _posted(kind, element, currency, account_ids)


def _posted(kind: DocumentKind, element: Mapping[str, Any], currency: str, account_ids: Mapping[str, str]) -> Outcome:
    try:
        return Posted(parse(kind, element, currency, account_ids))
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        return Uncertain(f"Xero answered 200 with a document that cannot be read ({type(error).__name__})")


def _throttled(headers: Mapping[str, str]) -> Outcome:
    problem = str(headers.get("x-rate-limit-problem", ""))
    default = CONCURRENT_SECONDS if problem == "concurrent" else THROTTLE_SECONDS
    try:
        seconds = max(0.0, float(headers.get("retry-after", default)))
    except ValueError:
        seconds = default
    return Throttled(seconds, f"Xero throttled the request ({problem or 'no reason given'})")


def _has_errors(element: Mapping[str, Any]) -> bool:
    return element.get("StatusAttributeString") == "ERROR" or bool(element.get("HasErrors")) or bool(element.get("HasValidationErrors"))


def _errors(element: Mapping[str, Any]) -> list[str]:
    """Every validation message: the element's, its contact's, its lines'."""
    nested = [element, element.get("Contact"), *_tables(element.get("LineItems")), *_tables(element.get("JournalLines"))]
    errors = [error for part in nested if isinstance(part, dict) for error in _tables(part.get("ValidationErrors"))]
    found = (str(error.get("Message") or error.get("Description") or "") for error in errors)
    return [words for words in dict.fromkeys(found) if words]


def _tables(told: Any) -> list[dict[str, Any]]:
    """The tables in a list; anything else holds none."""
    return [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []


def _refused(words: list[str]) -> Outcome:
    told = "; ".join(word for word in words if word) or "without a word"
    if any(ambiguous in told.casefold() for ambiguous in AMBIGUOUS_WORDS):
        return Uncertain(f"Xero answered: {told}"[:400])
    return Rejected("VALIDATION", told[:500])
