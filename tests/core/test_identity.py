"""Markers are derived from the identity alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connector.core.identity import MARKER_LENGTH_MAX, Identity, idempotency_key, marker, narration
from tests.core.examples import PUMP


def test_the_marker_never_changes_between_releases() -> None:
    assert marker(PUMP) == marker(Identity("realm-1", "upkeep", "", "4711", "cost"))
    assert marker(PUMP).startswith("4711-")


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


def test_a_narration_carries_the_marker_and_no_quotes() -> None:
    assert narration(replace(PUMP, work_order_number='47"11')).count('"') == 0
    assert marker(PUMP) in narration(PUMP)


def test_a_key_is_32_hex_characters_and_differs_by_phase_and_generation() -> None:
    keys = {idempotency_key(PUMP, phase, generation) for phase in ("create", "post_draft") for generation in (1, 2)}
    assert len(keys) == 4
    assert all(len(key) == 32 and int(key, 16) >= 0 for key in keys)
