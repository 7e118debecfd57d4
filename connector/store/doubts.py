"""What is told of a document that the ledger shows otherwise than we meant it (pure)."""

from __future__ import annotations

from connector.core.disposition import Finding
from connector.core.matching import Match
from connector.core.posting import Posting
from connector.core.problem import Problem

_DEAD = "A person ended it, and it is never posted again by itself: decide why, and book by hand what is still due."
_DIFFERS = "Make the document in the ledger say what the work order says, then release the work order: the document is adopted."


def doubt_of(posting: Posting, match: Match) -> Problem:
    """Why a posting is held whose marker the ledger shows on something else than what we meant."""
    place = f"document {posting.marker}"
    statuses = {document.status for document in match.documents}
    if len(match.documents) > 1 and statuses == {"live"}:
        return Problem("DUPLICATE_DOCUMENTS", place, match.reason + ".", "Void all but one in the ledger, then release the work order.")
    if statuses <= {"void", "deleted"}:
        return Problem("DOCUMENT_DEAD", place, match.reason + ".", _DEAD)
    return Problem("DOCUMENT_DIFFERS", place, match.reason + ".", _DIFFERS)


def difference_of(posting: Posting, difference: str) -> Finding:
    """The doubt about a document that was posted and came back otherwise than it was sent."""
    message = f"Work order {posting.work_order_number} was posted, but {difference}."
    return Finding("DOCUMENT_DIFFERS", posting.work_order_number, posting.marker, message, "Compare the document in the ledger by hand.")
