"""The checkers of what was taken back: a credit settles the invoice of its own work order, all of it, and our record says so."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.scene import Scene

# What our record has of each credit that takes an invoice back.
_RECORD = """SELECT credit.remote_id, credit.marker, credit.state, invoice.remote_id FROM reversal
 JOIN posting credit ON credit.id = reversal.posting_id JOIN posting invoice ON invoice.id = reversal.reversed_id"""


def applications(scene: Scene) -> Iterator[tuple[str, str, Decimal]]:
    """What the ledger has applied: credit, invoice, amount."""
    books = scene.vendor.books
    if scene.setting.ledger == "xero":
        for note in books.shelves["credit_note"].by_id.values():
            yield from ((note.id, invoice, amount) for _, invoice, amount, _ in note.allocations)
        return
    for payment in [one for one in books.documents.values() if one.kind == "Payment" and one.status == "live"]:
        links = {link["TxnType"]: (link["TxnId"], Decimal(line["Amount"])) for line in payment.entity["Line"] for link in line["LinkedTxn"]}
        yield links["CreditMemo"][0], links["Invoice"][0], links["CreditMemo"][1]


def misapplied(scene: Scene) -> list[str]:
    """A credit of ours is never applied to the invoice of another work order."""
    numbers = {identifier: marker.partition("-")[0] for identifier, marker, *_ in scene.every_document()} | scene.stripped
    found = []
    for credit, invoice, _ in applications(scene):
        if numbers[credit] != numbers[invoice]:
            found.append(f"misapplied: credit {credit} of work order {numbers[credit]} settles invoice {invoice} of {numbers[invoice]}")
    return found


def half_reversed(scene: Scene) -> list[str]:
    """What our record calls done is applied, and what is applied is not held; but for what a person removed or edited."""
    applied = {(credit, invoice) for credit, invoice, _ in applications(scene)}
    touched = scene.edited | scene.removed.keys()
    ids = {marker.upper(): identifier for identifier, marker, _, _, in_books in scene.every_document() if in_books}
    found = []
    for remote, marker, state, invoice in scene.rows(_RECORD):
        credit = remote or ids.get(marker.upper(), "")
        if {credit, invoice} & touched:
            continue
        if state == "posted" and (credit, invoice) not in applied:
            found.append(f"not applied: credit {credit} ({marker}) is done by our record and does not settle {invoice}")
        if state == "held" and (credit, invoice) in applied:
            found.append(f"false alarm: credit {credit} ({marker}) settles {invoice}, and our record holds it")
    return found
