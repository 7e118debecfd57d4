"""What a technician reads about a document, and by what it is found again."""

from __future__ import annotations

import pytest

from connector.core.evidence import EvidenceState
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.reversal import identity_of_reversal
from connector.core.write_back import KINDS, Message, Told, is_in, takes_back, text_of

WHO = Identity("1", "upkeep", "", "4711", "cost", 1)


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
@pytest.mark.parametrize("kind", list(DocumentKind))
def test_every_document_has_a_name_and_an_address(ledger: str, kind: DocumentKind) -> None:
    text = text_of(Told(ledger, kind, "WO4711-A", "145"))
    assert (f"{KINDS[ledger][kind]} [WO4711-A]: https://" in text, text.endswith("145")) == (True, True)


def test_a_message_is_found_by_its_own_number_and_not_where_another_names_it() -> None:
    message = Message(1, 1, "w1", "4711", "WO4711-A", WHO, "")
    reversal = text_of(Told("xero", DocumentKind.CREDIT, "WO4711-B", "7", takes_back="WO4711-A"))
    assert not is_in(message, [reversal, "WO4711-A", ""])
    assert is_in(message, ["see  [wo4711-a]:  <a href>"])


def test_a_document_that_was_ended_is_not_live() -> None:
    seen = {"": True, "live 3": True, "void 4": False, "deleted": False}
    messages = {state: Message(1, 1, "w", "1", "m", WHO, "", EvidenceState.DUE, document_state=state) for state in seen}
    assert {state: message.is_document_live for state, message in messages.items()} == seen


def test_a_credit_that_takes_an_invoice_back_is_told_as_such() -> None:
    assert (takes_back(WHO), takes_back(identity_of_reversal(WHO))) == (False, True)
