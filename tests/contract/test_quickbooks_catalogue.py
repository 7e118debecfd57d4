"""Intuit's error catalogue: every code in it means something to us, and tells a bookkeeper what to do."""

from __future__ import annotations

import json

from connector.ledgers.quickbooks.advice import ABOUT, ADVICE, STEPS, next_step
from connector.ledgers.quickbooks.faults import AMBIGUOUS_CODES, SIGN_IN_CODES
from tests.contract.reference import CONTRACTS, needs_reference

pytestmark = needs_reference
# Seen in the reference's pages, not in its list.
BEYOND = {"6280", "6400"}


def test_every_code_of_the_catalogue_is_known_and_no_other() -> None:
    listed = set(json.loads((CONTRACTS / "quickbooks" / "error-codes.json").read_text("utf-8")))
    assert len(listed) >= 100
    assert {*ADVICE, *ABOUT, *STEPS} == listed | BEYOND
    assert all(next_step(code) for code in listed)


def test_what_refuses_no_document_is_what_the_reading_of_answers_takes_for_none() -> None:
    assert set(STEPS) == AMBIGUOUS_CODES | SIGN_IN_CODES | {"3001"}
