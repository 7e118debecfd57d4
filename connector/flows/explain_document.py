"""Both directions: from a work order to its document's lines, and from a document of the ledger back to the work order and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connector.core.document_address import MeantDocument, meant_document
from connector.core.money import plain
from connector.core.posting import Posting
from connector.core.reversal import is_reversal
from connector.flows.explain import Explanation, Records, explain


@dataclass(frozen=True, slots=True)
class Document:
    """One document that we made or mean to make. `total` is before tax, unless the work order's amounts are with it.

    `takes_back` is the number of the document that this credit takes back; "" for every other document.
    """

    number: str
    id: str
    kind: str
    state: str
    date: str
    currency: str
    total: str
    takes_back: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A work order explained; with the document that was asked for, where one was."""

    work_order: Explanation
    document: Document | None = None

    def to_json(self) -> dict[str, object]:
        """The answer as JSON values."""
        asked = self.document
        told = {} if asked is None else {"document": {name: getattr(asked, name) for name in asked.__dataclass_fields__}}
        return {**told, **self.work_order.to_json()}


def answers(records: Records, text: str, ledger: str, *, only_documents: bool = False) -> list[Answer]:
    """What is known of the work order or of the document that a person typed; `ledger` is the connection's kind of ledger.

    A word that may be either is a work order's number first: ledger ids are small numbers too. An address can only be a document.
    """
    meant = meant_document(text)
    documents = _of_documents(records, meant, ledger) if only_documents or meant.is_certain else []
    if documents or only_documents:
        return documents
    told = explain(records, text.strip())
    return [Answer(told)] if told is not None else _of_documents(records, meant, ledger)


def _of_documents(records: Records, meant: MeantDocument, ledger: str) -> list[Answer]:
    """Every document of ours that is meant; none when it is not ours, or another kind of ledger's."""
    if meant.ledger not in ("", ledger):
        return []
    found = {posting.id: posting for word in meant.words for posting in records.store.documents_called(word)}
    return [told for posting in found.values() if meant.kind in (None, posting.kind) for told in _answered(records, posting)]


def _answered(records: Records, posting: Posting) -> Iterator[Answer]:
    work_order, expected = explain(records, posting.work_order_number), posting.expectation
    if work_order is None:
        return
    takes_back = work_order.marker if is_reversal(posting) else ""
    if not takes_back and work_order.marker != posting.marker:
        # Another document stands for the work order now: its lines are not this one's.
        work_order = replace(work_order, lines=(), head=(), customer={}, tax="")
    yield Answer(
        work_order,
        Document(
            number=posting.marker,
            id=posting.remote_id,
            kind=posting.kind.value,
            state=posting.state.value,
            date=expected.date.isoformat(),
            currency=expected.currency,
            total=plain(expected.total),
            takes_back=takes_back,
        ),
    )
