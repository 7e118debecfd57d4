"""The criteria of completion as keys of a mapping."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.core.keys import Need, needs_of, slip_in, value_of
from tests.core.examples import work_order

CRITERIA = {"checklist": "done", "signature": "present", "checklist.oil": "3 l", "request": "approved"}
FINISHED = work_order(criteria=CRITERIA)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("Checklist", "done"),
        ("signature", "present"),
        ("approved", ""),
        ("checklist.OIL", "3 l"),
        ("checklist.belt", ""),
        ("request", "approved"),
    ],
)
def test_a_criterion_has_its_value_under_its_key(key: str, expected: str) -> None:
    assert value_of(FINISHED, key) == expected
    assert slip_in(key) == ""


def test_a_custom_field_of_the_same_name_comes_first() -> None:
    named = replace(FINISHED, fields={"Signature": "on paper", "checklist.oil": "none"})
    assert (value_of(named, "signature"), value_of(named, "checklist.oil")) == ("on paper", "none")


def test_only_the_request_and_the_meter_have_to_be_looked_up() -> None:
    assert needs_of(["checklist", "signature", "approved", "checklist.oil"]) == frozenset()
    assert needs_of(["request", "Meter reading"]) == {Need.REQUEST, Need.METER}
    assert "Did you mean 'signature'?" in slip_in("signatur")
