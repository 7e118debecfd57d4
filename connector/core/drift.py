"""What a person did to a document after we posted it: voided, deleted, edited, or put right again (pure).

A document is judged once for each state in which it is seen, so that a doubt which a person has dealt with is not raised anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.core.disposition import Finding
from connector.core.matching import TAX_DOUBTS, differences, tax_doubt
from connector.core.posting import LedgerDocument, Posting

DELETED, AWAITING = "deleted", "awaiting"
# The doubts that this module raises; what is put right closes them.
DOUBTS = ("DOCUMENT_VOIDED", "DOCUMENT_DELETED", "DOCUMENT_DIFFERS", *TAX_DOUBTS)


@dataclass(frozen=True, slots=True)
class Known:
    """A posted document as we know it: its posting, and the state in which it was seen last."""

    posting: Posting
    seen: str
    is_reversed: bool = False  # taken back: the doubts about its tax are over


@dataclass(frozen=True, slots=True)
class Sighting:
    """A posted document in a state in which it was not seen before; `doubt` is what is wrong with it now, None when nothing is."""

    posting: Posting
    seen: str
    doubt: Finding | None


def state_of(status: str, version: str) -> str:
    """A document's state in words that change whenever the ledger counts a change of it."""
    return DELETED if status == DELETED else f"{status} {version}"


def sighting(known: Known, document: LedgerDocument | None) -> Sighting | None:
    """What is new about a posted document; None when it is as it was. `document` is None when the ledger does not have it any more."""
    seen = DELETED if document is None else state_of(document.status, document.version)
    if seen == known.seen:
        return None
    return Sighting(known.posting, seen, _doubt(known, document))


def _doubt(known: Known, document: LedgerDocument | None) -> Finding | None:
    posting = known.posting
    if document is None or document.status == DELETED:
        return _finding(posting, "DOCUMENT_DELETED", "was deleted in the ledger", _WHY)
    if document.status == "void":
        return _finding(posting, "DOCUMENT_VOIDED", "was voided in the ledger", _WHY)
    wrong = differences(posting.expectation, document)
    if document.status not in ("live", AWAITING):
        wrong.append(f"its status is {document.status}")
    if wrong:
        return _finding(posting, "DOCUMENT_DIFFERS", "was changed in the ledger: " + "; ".join(wrong), _COMPARE)
    taxed = None if known.is_reversed else tax_doubt(posting.expectation, document)
    return _finding(posting, taxed.code, f"is as it should be, but {taxed.words}", f"{taxed.next_step} {_COMPARE}") if taxed else None


_WHY = "Decide why, and book by hand what is still due: it is never posted again by itself. Then run `connector held release {number}`."
_COMPARE = "Put it right in the ledger, which closes this by itself, or accept it: run `connector held release {number}`."


def _finding(posting: Posting, code: str, what: str, next_step: str) -> Finding:
    expected, number = posting.expectation, posting.work_order_number
    message = f"Work order {number}: document {posting.remote_id} of {expected.date}, {expected.total} {expected.currency}, {what}."
    return Finding(code, number, posting.marker, message, next_step.format(number=number))
