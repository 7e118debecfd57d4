"""What a step of a posting means for its work order, for the order to take it back, and for the doubts about it.

All of it is stored in the transaction of the step.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from connector.core.disposition import Finding
from connector.core.drift import AWAITING
from connector.core.matching import AWAITS, tax_doubt
from connector.core.posting import LedgerDocument, Posting, State
from connector.core.problem import Problem
from connector.core.reversal import is_reversal
from connector.store import findings, reversals, sightings, work_orders
from connector.store.audit import Scope, Trail
from connector.store.doubts import difference_of


def follow(connection: Connection, trail: Trail, scope: Scope, posting: Posting, state: State, problem: Problem | None) -> None:
    """The work order, or the order to take one back, stands where its posting does."""
    work_orders.follow(connection, posting.id, state, problem)
    reversals.tell(connection, trail, scope, posting, state, problem)


def adopted(connection: Connection, trail: Trail, scope: Scope, posting: Posting, found: LedgerDocument) -> None:
    """A look-up found the document as it was meant."""
    put_right = "the document is as it should be"
    findings.close(connection, trail, scope, posting.work_order_number, put_right, "DOCUMENT_DIFFERS")
    _note_tax(connection, trail, scope, posting, found)
    _note_awaiting(connection, trail, posting, found, None)


def posted(connection: Connection, trail: Trail, scope: Scope, posting: Posting, found: LedgerDocument, differences: Sequence[str]) -> None:
    """The ledger answered with the document, which may differ from what was sent."""
    doubt = difference_of(posting, "; ".join(differences)) if differences else None
    if doubt is not None:
        findings.add(connection, trail, scope, doubt)
    _note_awaiting(connection, trail, posting, found, doubt if list(differences) == [AWAITS] else None)
    _note_tax(connection, trail, scope, posting, found)


def found_other(connection: Connection, trail: Trail, scope: Scope, posting: Posting, problem: Problem) -> None:
    """A look-up found something else under the marker; of a reversal, its own words are told already."""
    if is_reversal(posting):
        return
    message = f"Work order {posting.work_order_number}: {problem.message}"
    findings.add(connection, trail, scope, Finding(problem.code, posting.work_order_number, posting.marker, message, problem.next_step))


def _note_awaiting(connection: Connection, trail: Trail, posting: Posting, found: LedgerDocument, doubt: Finding | None) -> None:
    """The document is posted, and not in the books before a person approves it; that ends the doubt, where it is one."""
    if found.status == AWAITING:
        sightings.note_awaiting(connection, trail, posting, found.version, doubt)


def _note_tax(connection: Connection, trail: Trail, scope: Scope, posting: Posting, found: LedgerDocument) -> None:
    """Open the doubt about the tax of a document that is in the books from now on."""
    doubt = tax_doubt(posting.expectation, found)
    if doubt is not None:
        message = f"Work order {posting.work_order_number} was posted, but {doubt.words}."
        findings.add(connection, trail, scope, Finding(doubt.code, posting.work_order_number, posting.marker, message, doubt.next_step))
