"""Markers are derived from the identity alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.identity import MARKER_LENGTH_MAX, Identity, fingerprint, idempotency_key, marker, narration
from tests.core.examples import PUMP

WELL = Identity("9130357849012345", "Wartung Süd", "Nord", "wo-№ 12345678ä", "invoice", 3)
DASH = replace(PUMP, work_order_number="—")


@pytest.mark.parametrize(
    ("identity", "expected"),
    [(PUMP, "4711-GALKTRPGMIUEA"), (WELL, "2345678-XABUOYF47QUOY"), (DASH, "BHLMQXV4A5WU6")],
    ids=["digits", "signs and letters", "no readable character"],
)
def test_the_marker_never_changes_between_releases(identity: Identity, expected: str) -> None:
    """These are in customers' books: another marker for the same work order would post it a second time."""
    assert marker(identity) == expected


def test_the_letters_of_a_work_order_number_can_be_read_in_its_marker() -> None:
    assert marker(replace(PUMP, work_order_number="wo-4/7 x")).startswith("WO47X-")


@pytest.mark.parametrize(
    ("identity", "create", "post_draft"),
    [
        (PUMP, "e8aae1699b878f508a9e4db5ac979180", "b4949d3070fa9352b1892ef576ea23f4"),
        (WELL, "06c5991a68c57fe09848f260d7589b58", "983684f8be5b704495a2fbd60b9cecbd"),
    ],
    ids=["digits", "signs and letters"],
)
def test_the_key_never_changes_between_releases(identity: Identity, create: str, post_draft: str) -> None:
    """A send begun before an update and resent after it must meet the vendor's memory under the same key."""
    assert (idempotency_key(identity, "create", 1), idempotency_key(identity, "post_draft", 2)) == (create, post_draft)


def test_the_fingerprint_never_changes_between_releases_and_does_not_know_the_order_of_names() -> None:
    """Another fingerprint for the same facts would make every posted work order look changed."""
    facts = {"b": ["1.50", "ä"], "a": date(2026, 2, 20)}
    assert fingerprint(facts) == fingerprint(dict(reversed(facts.items()))) == "03438bc020b8a3fb161dd3564b0c3b1f"
    assert fingerprint(Decimal("1.50")) != fingerprint(Decimal("1.5"))


@given(st.text(min_size=1, max_size=200))
def test_every_marker_fits_both_ledgers_and_is_single_case(number: str) -> None:
    made = marker(replace(PUMP, work_order_number=number))
    assert len(made) <= MARKER_LENGTH_MAX
    assert made == made.upper()
    assert made.isascii()


def test_company_site_flow_and_revision_each_make_another_document() -> None:
    others = [
        replace(PUMP, ledger_company="realm-2"),
        replace(PUMP, site="B"),
        replace(PUMP, flow="invoice"),
        replace(PUMP, revision=2),
        replace(PUMP, work_order_number="4712"),
    ]
    assert len({marker(other) for other in others} | {marker(PUMP)}) == 6


def test_a_narration_never_changes_between_releases() -> None:
    """It is the one field by which a Xero manual journal is found again."""
    assert narration(PUMP) == "UpKeep work order 4711 [4711-GALKTRPGMIUEA]"
    assert narration(WELL) == "UpKeep work order wo-№ 12345678ä [2345678-XABUOYF47QUOY]"


def test_a_narration_has_no_quotes_no_backslash_no_control_characters_and_an_end() -> None:
    told = narration(replace(PUMP, work_order_number='X"4\\7\x001' + "X1" * 60))
    assert told.startswith("UpKeep work order X471X1X1")
    assert len(told.partition(" [")[0]) == len("UpKeep work order ") + 80


def test_a_key_is_32_hex_characters_and_differs_by_phase_and_generation() -> None:
    keys = {idempotency_key(PUMP, phase, generation) for phase in ("create", "post_draft") for generation in (1, 2)}
    assert len(keys) == 4
    assert all(len(key) == 32 and int(key, 16) >= 0 for key in keys)
