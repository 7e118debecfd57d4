"""The checkers. First the ledger's books and UpKeep alone, with no help from the connector; then the connector's own record."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.flows.reconcile import Reconciliation
from tests.simulation import beside
from tests.simulation.reversals import half_reversed, misapplied
from tests.simulation.told import told_in_vain, told_twice

if TYPE_CHECKING:
    from tests.simulation.people import Order
    from tests.simulation.scene import Scene

SALES = frozenset({"Invoice", "CreditMemo", "invoice", "credit_note"})
CREDITS = frozenset({"credit_memo", "credit_note"})
MARKER = re.compile(r"([0-9A-Z]+)-[A-Z2-7]{13}")


def number_in(marker: str) -> str:
    """The work order's number in a marker field; "" when it is none of ours."""
    found = MARKER.search(marker.upper())
    return found[1] if found else ""


def live_documents(scene: Scene) -> list[tuple[str, str, date]]:
    """What is in the books with a marker of ours: id, marker field, date."""
    return [(i, marker, day) for i, marker, _, day, in_books in scene.every_document() if in_books and number_in(marker)]


def killed_by_a_person(scene: Scene, identifier: str, number: str) -> None:
    """Remember what a person removed, and whether our record knew the document at that moment."""
    known = {row[0] for row in scene.rows("SELECT remote_id FROM posting WHERE state = 'posted'")}
    scene.removed[identifier] = (number, scene.restores if identifier in known else -1)
    scene.leases_before[identifier] = (scene.restores, dict(scene.rows("SELECT marker, token FROM posting")))


# --- at any moment --------------------------------------------------------------------------------------------------------------


def at_any_moment(scene: Scene) -> list[str]:
    """What may never be, not even for a moment."""
    counts = Counter((number_in(marker), kind_of(scene, identifier, number_in(marker))) for identifier, marker, _ in live_documents(scene))
    for identifier, number in scene.stripped.items():
        counts[number, kind_of(scene, identifier, number)] += any(i == identifier and live for i, _, _, _, live in scene.every_document())
    found = [f"duplicate: work order {number} has {count} live documents" for (number, _), count in counts.items() if count > 1]
    return [*found, *beside.twice(scene), *told_twice(scene), *misapplied(scene), *scene.violations]


def kind_of(scene: Scene, identifier: str, number: str) -> str:
    """Journal entry, or one for the customer: an invoice and a credit are not both to be there, unless a person had it taken back."""
    if scene.setting.ledger == "quickbooks":
        kind = str(scene.vendor.books.documents[identifier].kind)
    else:
        kind = next(kind for kind, shelf in scene.vendor.books.shelves.items() if identifier in shelf.by_id)
    return "sale" if kind in SALES and number not in scene.reversing else kind


def _billed_to_others(scene: Scene) -> list[str]:
    """Every invoice is that of a customer whom a person confirmed; and what a person took back before it left, that of the new one."""
    if scene.setting.ledger == "quickbooks":
        entities = [document.entity for document in scene.vendor.books.documents.values() if document.kind == "Invoice"]
        billed = [(str(entity.get("DocNumber") or ""), entity["CustomerRef"]["value"]) for entity in entities]
    else:
        billed = [(one.number, one.contact.id) for one in scene.vendor.books.shelves["invoice"].by_id.values()]
    wrong = [(marker, who) for marker, who in billed if who not in scene.customers or scene.owed.get(marker, who) != who]
    return [f"billed to another: invoice {marker} is that of customer {who}" for marker, who in wrong]


# --- at rest --------------------------------------------------------------------------------------------------------------------


def at_rest(scene: Scene) -> list[str]:
    """What must be true when the faults have stopped and the work is done."""
    return [
        *at_any_moment(scene),
        *_lost(scene),
        *_wrong_amounts(scene),
        *_unbalanced(scene),
        *_billed_to_others(scene),
        *_reposted(scene),
        *_over_limit(scene),
        *_silent(scene),
        *_records_without_documents(scene),
        *_records_of_other_documents(scene),
        *_dead_documents_taken(scene),
        *_removals_untold(scene),
        *_left_drafts(scene),
        *beside.missing(scene),
        *told_in_vain(scene),
        *half_reversed(scene),
        *_broken_audit(scene),
        *_unheeded(scene),
    ]


def _unheeded(scene: Scene) -> list[str]:
    """Nothing that the ledger told waits for ever."""
    return [f"posting {row[0]} was named by the ledger and never looked at" for row in scene.rows("SELECT posting_id FROM hint")]


def is_owed(order: Order) -> bool:
    """Whether the work order, as it stands in UpKeep, must have a document."""
    last = order.versions[-1]
    return last.is_complete and bool(last.cents) and not order.is_deleted


def _lost(scene: Scene) -> list[str]:
    covered = {number_in(marker) for _, marker, _ in live_documents(scene)}
    covered |= set(scene.stripped.values()) | {number for number, _ in scene.removed.values()}
    return [
        f"lost: work order {order.number} has no document"
        for order in scene.orders.values()
        if is_owed(order) and order.number not in covered
    ]


def _wrong_amounts(scene: Scene) -> list[str]:
    found = []
    for document in scene.vendor.documents():
        order = scene.orders.get(number_in(document["number"]))
        if order is None or document["id"] in scene.edited:
            continue
        told = {Decimal(v.cents) / 100 for v in order.versions if v.cents and v.is_complete}
        if document["kind"] == "journal_entry":
            told = {abs(amount) for amount in told}  # a credit swaps its sides
        if order.number in scene.reversing:
            told |= {-amount for amount in told}
        total = Decimal(document["total"]) * (-1 if document["kind"] in CREDITS else 1)
        if total not in told:
            found.append(f"cents off: document {document['id']} of work order {order.number} is {total}, UpKeep said {told}")
    return found


def _unbalanced(scene: Scene) -> list[str]:
    found = []
    for document in scene.vendor.documents():
        sides = [sum(Decimal(line.get(side) or 0) for line in document["lines"]) for side in ("debit", "credit")]
        if sides[0] != sides[1]:
            found.append(f"unbalanced: document {document['id']} debits {sides[0]} credits {sides[1]}")
    balance = scene.vendor.trial_balance()
    if Decimal(balance["debit"]) != Decimal(balance["credit"]):
        found.append(f"unbalanced: the trial balance has {balance['debit']} and {balance['credit']}")
    return found


def _reposted(scene: Scene) -> list[str]:
    """What a person removed stays removed, unless our record of it was lost in a restored database."""
    live = {(number_in(marker), kind_of(scene, identifier, number_in(marker))) for identifier, marker, _ in live_documents(scene)}
    kept = {(number, kind_of(scene, i, number)) for i, (number, restores) in scene.removed.items() if restores == scene.restores}
    return [f"reposted: work order {number} has a {kind} again after a person removed it" for number, kind in sorted(live & kept)]


def _over_limit(scene: Scene) -> list[str]:
    return [f"over a limit: {count} calls beyond {name}" for name, count in scene.vendor.over_limit().items() if count]


# --- our own record -------------------------------------------------------------------------------------------------------------


def _silent(scene: Scene) -> list[str]:
    said = {str(row[0]): (str(row[1]), str(row[2])) for row in scene.rows("SELECT number, disposition, problems FROM work_order")}
    found = []
    for order in scene.orders.values():
        if order.is_deleted or not order.versions[-1].is_complete:
            continue
        disposition, problems = said.get(order.number, ("", ""))
        if disposition not in ("posted", "held", "excluded") or (disposition in ("held", "excluded") and problems == "[]"):
            found.append(f"silent: work order {order.number} is '{disposition}' in our record, with problems {problems}")
    return found


def _records_without_documents(scene: Scene) -> list[str]:
    known = {identifier for identifier, *_ in scene.every_document()}
    rows = scene.rows("SELECT marker, remote_id FROM posting WHERE state = 'posted'")
    return [f"no such document: posting {marker} names {remote}" for marker, remote in rows if remote not in known]


def _records_of_other_documents(scene: Scene) -> list[str]:
    """A document that still carries a marker carries that of the posting that names it."""
    markers = {identifier: MARKER.search(marker.upper()) for identifier, marker, *_ in scene.every_document()}
    found = []
    for marker, remote in scene.rows("SELECT marker, remote_id FROM posting WHERE state = 'posted'"):
        carried = markers.get(remote)
        if carried is not None and carried[0] != marker.upper():
            found.append(f"another document: posting {marker} names {remote}, which is that of {carried[0]}")
    return found


def _dead_documents_taken(scene: Scene) -> list[str]:
    """A send that began when its answer's document was dead already: the answer came out of the vendor's memory."""
    found = []
    for marker, remote, token in scene.rows("SELECT marker, remote_id, token FROM posting WHERE state = 'posted'"):
        restores, leases = scene.leases_before.get(remote, (-1, {}))
        if restores == scene.restores and leases.get(marker, token) < token:
            found.append(f"dead document: posting {marker} names {remote}, which a person had removed before it was sent")
    return found


def _removals_untold(scene: Scene) -> list[str]:
    """A posted document that a person ended was seen in that state, and doubted, whatever a person has decided about it since."""
    dead = {identifier for identifier, _, status, _, _ in scene.every_document() if status.casefold() in ("void", "voided", "deleted")}
    rows = scene.rows("SELECT marker, remote_id, doubt FROM posting LEFT JOIN sighting ON posting_id = id WHERE state = 'posted'")
    return [f"untold: posting {marker} names {remote}, which is dead" for marker, remote, doubt in rows if remote in dead and not doubt]


def _left_drafts(scene: Scene) -> list[str]:
    if scene.setting.ledger != "xero":
        return []
    # A draft has no effect in the books. One whose work order is held, gone, or forgotten is named by reconcile, and waits for a person.
    posted = {str(row[0]).upper() for row in scene.rows("SELECT marker FROM posting WHERE state = 'posted'")}
    ours = [document for document in scene.vendor.drafts() if any(marker in document["number"].upper() for marker in posted)]
    return [f"draft left behind: {document['id']} ({document['number']})" for document in ours]


def after_reconciliation(scene: Scene) -> list[str]:
    """A person who reads the reconciliation knows of every draft of ours that is left; none of them is of something posted."""
    report = scene.told
    if not isinstance(report, Reconciliation):
        return [f"the reconciliation at the end told {type(report).__name__}"]
    if scene.setting.ledger != "xero":
        return []
    named = " ".join(finding.message for finding in report.findings if finding.code == "DRAFT_LEFT")
    ours = [document for document in scene.vendor.drafts() if number_in(document["number"])]
    silent = [document for document in ours if document["id"] not in named]
    return _left_drafts(scene) + [f"a draft that nobody was told of: {document['id']} ({document['number']})" for document in silent]


def _broken_audit(scene: Scene) -> list[str]:
    problem = scene.audit_problem()
    return [f"the audit is broken: {problem}"] if problem else []


def open_postings(scene: Scene) -> list[Any]:
    """Postings that are still on their way."""
    return scene.rows("SELECT marker, state FROM posting WHERE state IN ('ready', 'sending', 'uncertain', 'drafted')")
