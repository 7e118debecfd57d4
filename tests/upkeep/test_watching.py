"""What UpKeep's answers have in them: new, missing and retyped fields are counted, whatever switch the stand-in has."""

from __future__ import annotations

from typing import Any

import pytest

from connector.core.field_watch import FieldSeen
from connector.upkeep.watching import FIELDS_PER_KIND_MAX, KNOWN, Watch
from tests.upkeep.rig import HEAD, Answers, StandIn, order, source_over
from tests.upkeep.test_official import DETAIL, one_order, record

SWITCHES: list[dict[str, Any]] = [
    {"numbers": "string", "parts_shape": "ids", "time_log": "absent", "references": "object", "cost_lines": "absent"},
    {"numbers": "number", "parts_shape": "objects", "labor_cost": "present", "location_key": "both_differ"},
    {"total_count": "present", "files": "ids", "labor_in_additional_cost": True},
]


def seen(watch: Watch) -> dict[tuple[str, str], FieldSeen]:
    return {(one.kind, one.name): one for one in watch.taken()}


def test_new_missing_and_retyped_fields_are_counted() -> None:
    watch = Watch()
    watch.see_work_order(order(timeLogs=[{"duration": 5, "mood": "good"}], cost=[1], shiny=1))
    watch.see_work_order(order(cost="7.00"))
    found = seen(watch)
    assert found["work order", "shiny"] == FieldSeen("work order", "shiny", False, 2, 1, 1)
    assert found["time entry", "mood"].is_known is False
    assert found["work order", "cost"] == FieldSeen("work order", "cost", True, 2, 2, 0, 1, "list")
    assert found["work order", "laborCost"] == FieldSeen("work order", "laborCost", True, 2, 0, 2)
    assert watch.taken() == []


@pytest.mark.parametrize(
    ("spelled", "counted"), [("timeEntries", "timeLogs"), ("otherCosts", "additionalCosts"), ("objectLocationForWorkOrder", "location")]
)
def test_several_spellings_are_one_field(spelled: str, counted: str) -> None:
    watch = Watch()
    watch.see_work_order(order(**{spelled: [{"cost": 1}]}))
    assert seen(watch)["work order", counted].present == 1


def test_custom_fields_are_counted_by_their_names() -> None:
    watch = Watch()
    watch.see_work_order(order(customFields=[{"name": "GL code", "value": "5"}, {"value": "x"}, "y"]))
    watch.see_work_order(order(customFields="none"))
    assert seen(watch)["custom field", "GL code"] == FieldSeen("custom field", "GL code", True, 2, 1, 1)


def test_a_record_whose_keys_are_data_fills_no_memory() -> None:
    watch = Watch()
    watch.see("parts", {f"key {number}": number for number in range(10 * FIELDS_PER_KIND_MAX)})
    watch.see("parts", None)
    assert len(watch.seen) == FIELDS_PER_KIND_MAX


@pytest.mark.parametrize("value", [None, "", True, 7, "text", [], {}])
def test_nothing_that_json_can_say_raises(value: Any) -> None:
    watch = Watch()
    watch.see_work_order(value)
    watch.see_work_order(dict.fromkeys(KNOWN["work order"], value))
    watch.taken()


@pytest.mark.parametrize("switches", SWITCHES)
def test_the_stand_in_has_nothing_new_under_any_switch(switches: dict[str, Any]) -> None:
    """Otherwise the table of known fields would be out of date, or the stand-in beyond the facts."""
    stand_in = StandIn(**switches)
    one_order(stand_in)
    for head in stand_in.source.changed_since(None):
        stand_in.source.read(head)
    found = stand_in.source.watched()
    assert {one.kind for one in found} >= {"work order", "work order in the list"}
    assert [(one.kind, one.name) for one in found if not one.is_known or one.retyped] == []


def test_records_that_are_pointed_at_are_looked_at_once_a_run() -> None:
    source = source_over(Answers({DETAIL: record(order(asset="a1")), "/assets/a1": record({"name": "Pump", "weight": 3})}))
    for _ in range(3):
        source.read(HEAD)
    found = {(one.kind, one.name): one for one in source.watched()}
    assert (found["assets", "weight"].records, found["assets", "weight"].is_known) == (1, False)
