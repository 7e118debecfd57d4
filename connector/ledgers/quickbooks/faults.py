"""What an answer of QuickBooks to a write means (pure). Keyed on status and code: details are localised, elements may be empty.

Any fault may be XML although JSON was asked for, a 401 has an envelope of its own in lower case, and a 200 may hold a Fault. What an
answer means for the document is decided here; what a person does about it, in advice.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Posting, Rejected, Throttled, Uncertain
from connector.ledgers.exact_json import decode
from connector.ledgers.limits import PAUSE_SECONDS_MAX
from connector.ledgers.quickbooks.advice import OF_THE_COMPANY, next_step
from connector.ledgers.quickbooks.documents import ENTITY, parse
from connector.ledgers.quickbooks.reversing import PAYMENT, applied
from connector.ledgers.quickbooks.xml_fault import read_xml_fault
from connector.ledgers.traced import traced

# Intuit: wait 60 seconds after a 429; no Retry-After is documented.
THROTTLE_SECONDS = 60.0

# Codes after which the request may have been processed: the request id is in use, the number is taken (probably by us), or the
# application broke in the middle, or only that the operation failed.
AMBIGUOUS_CODES = frozenset({"600", "6140", "10000", "500", "1000"})
# The other types say what is wrong with our document; this one, that something broke.
SYSTEM_FAULT = "SystemFault"
# The header with Intuit's own name for an answer, as documented and as recorded.
TRACES = ("intuit_tid", "intuit-tid")
# Refused before processing, because of who we are: nothing was created.
SIGN_IN_CODES = frozenset({"100", "110", "120", "3100", "3200", "3202", "130", "140", "150"})
AT_THE_DOOR = frozenset({401, 403, 429})
# 6000 is a business rule mostly, and in these words it is ambiguous.
_UNEXPECTED = re.compile(r"unexpected error|-30000", re.IGNORECASE)


def classify(kind: DocumentKind, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """One answer to one create, as one outcome; with Intuit's own name for the answer (the header intuit_tid) behind its words."""
    return traced(_judge(partial(judged, kind), status, headers, body), headers, TRACES)


def classify_application(posting: Posting, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """One answer to the payment that applies a credit, as one outcome of the credit's posting."""
    return traced(_judge(partial(_applied, posting), status, headers, body), headers, TRACES)


def _judge(judged_as: Callable[[int, Any], Outcome], status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    if status in AT_THE_DOOR:
        return refused_at_the_door(status, headers, body)
    told = read_answer(body)
    if status >= 500:
        return Uncertain(f"QuickBooks answered {status}{_behind(errors_of(told))}"[:400])
    if told is None:
        return Uncertain(f"QuickBooks answered {status} with something that is not JSON")
    return judged_as(status, told)


def judged(kind: DocumentKind, status: int, told: Any) -> Outcome:
    """What is told of one create, in an answer of its own or as an item of a batch's."""
    return _refused(ENTITY[kind], status, told) or _created(kind, told)


def _applied(posting: Posting, status: int, told: Any) -> Outcome:
    refused = _refused(PAYMENT, status, told)
    try:
        return refused or applied(posting, told)
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        return Uncertain(f"QuickBooks answered 200 with a payment that cannot be read ({type(error).__name__})")


def _refused(entity: str, status: int, told: Any) -> Outcome | None:
    errors = errors_of(told)
    if errors and entity in told:
        return Uncertain(f"QuickBooks answered {status} with a fault and a document")
    if errors:
        return _of_errors(errors, _fault(told))
    return Uncertain(f"QuickBooks answered {status} without a fault that can be read") if status != 200 else None


def refusal_of(told: Any) -> Outcome:
    """What a fault means that was told of something else than a document, such as a file."""
    return _of_errors(errors_of(told), _fault(told))


def read_answer(body: bytes) -> Any:
    """What an answer says, in JSON or a fault in XML; None for anything else."""
    try:
        return decode(body)
    except (ValueError, RecursionError):
        return read_xml_fault(body)


def _created(kind: DocumentKind, told: Any) -> Outcome:
    entity = told.get(ENTITY[kind]) if isinstance(told, dict) else None
    if not isinstance(entity, dict):
        return Uncertain("QuickBooks answered 200 without the document")
    try:
        document = parse(kind, entity)
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        return Uncertain(f"QuickBooks answered 200 with a document that cannot be read ({type(error).__name__})")
    if document.status != "live":
        return Uncertain(f"QuickBooks answered 200 with a document that is {document.status}")
    return Posted(document)


def refused_at_the_door(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """A call that was refused before anything in it was looked at."""
    # Throttling was a 403 once, and a 429 may be XML, or a realm that has used up its month.
    if status == 429 or (status == 403 and b"ThrottleExceeded" in body):
        return Throttled(_seconds(headers), "QuickBooks throttled the request")
    errors = errors_of(read_answer(body))
    return _rejected(errors) if OF_THE_COMPANY & _codes(errors) else _not_signed_in(str(status), errors)


def _not_signed_in(label: str, errors: list[tuple[str, str]]) -> Outcome:
    """Refused before processing, because of who we are; with what a person does about it."""
    steps = dict.fromkeys(next_step(code) for code in sorted(_codes(errors)) if code in SIGN_IN_CODES)
    return NotSent(
        "".join([f"QuickBooks refused the sign-in ({label}){_behind(errors)}"[:300], *(f". {step.removesuffix('.')}" for step in steps)])
    )


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        seconds = float(headers.get("retry-after", THROTTLE_SECONDS))
    except ValueError:
        return THROTTLE_SECONDS
    return seconds if 0 < seconds <= PAUSE_SECONDS_MAX else THROTTLE_SECONDS


def errors_of(told: Any) -> list[tuple[str, str]]:
    """(code, words) of every error, in either envelope; a fault that cannot be read has no code."""
    fault = _fault(told)
    if not fault:
        return []
    found = (fault.get("Error") or fault.get("error")) if isinstance(fault, dict) else None
    rows = [error for error in found if isinstance(error, dict)] if isinstance(found, list) else []
    return [(_code(error), _words(error)) for error in rows] or [("", "")]


def _fault(told: Any) -> Any:
    return (told.get("Fault") or told.get("fault")) if isinstance(told, dict) else None


def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("code") or "").lstrip("0")


def _codes(errors: list[tuple[str, str]]) -> set[str]:
    return {code for code, _ in errors}


def _words(error: Mapping[str, Any]) -> str:
    """Message, detail and the property at fault, each once."""
    said = [str(error.get(name) or error.get(name.lower()) or "") for name in ("Message", "Detail")]
    element = str(error.get("element") or "")
    if not any(element in word for word in said):
        said.append(f"({element})")
    return " ".join(word for word in dict.fromkeys(said) if word)


def _told_by(errors: list[tuple[str, str]]) -> str:
    return "; ".join(text for _, text in errors if text) or "without a word"


def _behind(errors: list[tuple[str, str]]) -> str:
    """The errors as the end of a sentence; nothing when there are none."""
    return f": {', '.join(sorted(_codes(errors)))} {_told_by(errors)}" if errors else ""


def _rejected(errors: list[tuple[str, str]]) -> Rejected:
    codes = _codes(errors)
    return Rejected(", ".join(sorted(codes)), _told_by(errors)[:400], is_of_the_company=bool(codes & OF_THE_COMPANY))


def _of_errors(errors: list[tuple[str, str]], fault: Any) -> Outcome:
    codes = _codes(errors)
    if "3001" in codes:
        return Throttled(THROTTLE_SECONDS, "QuickBooks throttled the request")
    is_unexpected = any(code == "6000" and _UNEXPECTED.search(text) for code, text in errors)
    has_broken = isinstance(fault, dict) and fault.get("type") == SYSTEM_FAULT
    if codes & AMBIGUOUS_CODES or "" in codes or is_unexpected or has_broken:
        return Uncertain(f"QuickBooks answered with fault {', '.join(sorted(codes))}: {_told_by(errors)}"[:400])
    if codes & SIGN_IN_CODES:
        return _not_signed_in(", ".join(sorted(codes & SIGN_IN_CODES)), errors)
    return _rejected(errors)
