"""Whose invoice it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.core.customer_link import CustomerBook, CustomerState, Found, link_to
from connector.ledgers import names
from connector.store import customers
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import HISTORIES


def the_name_decides(patch: pytest.MonkeyPatch) -> None:
    """The customer who is called so now is taken, whoever was confirmed."""
    find = names.find_customer

    def by_name(book: CustomerBook, name: str, called: str) -> Found:
        found, entry = find(book, name, called), book.named(called)
        return found if entry is None else replace(found, state=CustomerState.CONFIRMED, link=link_to(entry, name, called), entry=entry)

    patch.setattr(names, "find_customer", by_name)


def unsent_documents_keep_their_customer(patch: pytest.MonkeyPatch) -> None:
    """What was frozen for the former customer leaves as it is after a person has named another one."""
    patch.setattr(customers, "_taken_back", lambda *_posting: False)


ACCIDENTS = (
    Accident("a customer found by its name", the_name_decides, HISTORIES, Caught("billed to another", at=5, within=100)),
    Accident(
        "unsent documents of the former customer",
        unsent_documents_keep_their_customer,
        HISTORIES,
        Caught("billed to another", at=167, within=400),
    ),
)
