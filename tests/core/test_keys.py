"""What a mapping may go by: keys of the work order, of its asset and of its location, and whose custom field wins."""

from __future__ import annotations

from typing import Any

import pytest

from connector.core.keys import KNOWN, LEVELS, Need, needs_of, slip_in, value_of
from connector.core.mapping import Condition, DocumentKind, InvoiceRules, Lookup, keys_named
from connector.core.work_order import Context, Reference
from tests.core.examples import mapping, work_order

PUMP = Context(
    path=("Cooling", "Pump house", "Pump 7"),
    category="Pump",
    customer=Reference("c1", "Harbor Mall"),
    vendor=Reference("v1", "Seals & Co"),
    fields={"Cost center": "4100"},
)
CAMPUS = Context(path=("Campus", "Building A", "Floor 2"), customer=Reference("c2", "Riverside Apartments"), fields={"Unit": "2B"})
WHOLE: dict[str, Any] = {
    "asset": Reference("a1", "Pump 7"),
    "asset_context": PUMP,
    "location_context": CAMPUS,
    "site": "north",
    "completed_by": Reference("u1", "kim@example.com"),
    "assigned_to": Reference("u2", "lee@example.com"),
    "team": Reference("t1", "Mechanics"),
    "priority": "2",
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "complete"),
        (" Category ", "HVAC"),
        ("priority", "2"),
        ("asset", "Pump 7"),
        ("location", "Riverside"),
        ("team", "Mechanics"),
        ("number", "4711"),
        ("title", "Leaking pump"),
        ("site", "north"),
        ("completed by", "kim@example.com"),
        ("assigned to", "lee@example.com"),
        ("asset.category", "Pump"),
        ("asset.parent", "Pump house"),
        ("asset.top", "Cooling"),
        ("asset.path", "Cooling > Pump house > Pump 7"),
        ("asset.level1", "Cooling"),
        ("asset.level3", "Pump 7"),
        ("asset.level6", ""),
        ("asset.fields.COST CENTER", "4100"),
        ("asset.fields.Unit", ""),
        ("asset.vendor", "Seals & Co"),
        ("location.path", "Campus > Building A > Floor 2"),
        ("Location.Level2", "Building A"),
        ("location.fields.unit", "2B"),
        ("location.customer", "Riverside Apartments"),
        ("location.vendor", ""),
        ("customer", "Harbor Mall"),
        ("vendor", "Seals & Co"),
        ("Cost center", ""),
    ],
)
def test_a_key_is_answered_by_what_it_names(key: str, value: str) -> None:
    assert value_of(work_order(**WHOLE), key) == value


def test_a_key_of_what_is_not_known_is_empty() -> None:
    assert {key: value_of(work_order(asset=None, location=None), key) for key in KNOWN if "." in key} == {k: "" for k in KNOWN if "." in k}


def test_the_customer_is_the_work_orders_own_else_the_assets_else_the_locations() -> None:
    own = {"customer": Reference("c3", "Northgate Clinic")}
    assert value_of(work_order(**WHOLE | own), "customer") == "Northgate Clinic"
    assert value_of(work_order(location_context=CAMPUS), "customer") == "Riverside Apartments"
    assert value_of(work_order(), "customer") == ""


def test_a_custom_field_wins_over_the_keys_that_came_later_and_over_none_of_the_first() -> None:
    order = work_order(**WHOLE, fields={"Customer": "By hand", "Category": "Mine", "asset.tag": "T-7"})
    assert value_of(order, "customer") == "By hand"
    assert value_of(order, "category") == "HVAC"
    assert value_of(order, "fields.Category") == "Mine"
    assert value_of(order, "fields.customer") == "By hand"
    assert value_of(order, "asset.tag") == "T-7"
    assert value_of(order, "fields.asset.tag") == "T-7"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("catgory", "category"),
        ("locations", "location"),
        ("asset.categroy", "asset.category"),
        ("location.category", "location.customer"),
        ("asset.colour", "asset.category"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_the_key_that_was_meant(key: str, meant: str) -> None:
    assert slip_in(key).startswith(f"Did you mean '{meant}'? A custom field of ")


@pytest.mark.parametrize(
    "key", ["", "Cost center", "PO number", "fields.catgory", "asset.fields.colour", "Asset.Path", "Sign-off", *sorted(KNOWN)]
)
def test_a_known_key_and_a_custom_field_are_no_slip(key: str) -> None:
    assert slip_in(key) == ""


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        (["category", "location", "asset", "Cost center", "asset.tag"], set()),
        (["asset.category"], {Need.ASSET}),
        (["asset.fields.Cost center"], {Need.ASSET}),
        (["location.path", "location.level2"], {Need.LOCATION_PARENTS}),
        (["customer"], {Need.ASSET_CUSTOMER, Need.LOCATION_CUSTOMER}),
        (["asset.vendor", "Location.Customer"], {Need.ASSET_VENDOR, Need.LOCATION_CUSTOMER}),
    ],
)
def test_only_what_a_key_needs_is_looked_up(keys: list[str], needed: set[Need]) -> None:
    assert needs_of(keys) == needed


def test_every_key_of_a_mapping_is_counted() -> None:
    one = Condition("team", frozenset({"x"}), "m:1")
    two = Condition("asset.category", frozenset({"x"}), "m:2")
    three = Condition("location.top", frozenset({"x"}), "m:3")
    named = keys_named(
        mapping(
            cost_code_key="asset.fields.Code",
            conditions=(one,),
            exclusions=(two,),
            documents=((three, DocumentKind.INVOICE),),
            tracking={"class": Lookup("location.level2")},
            invoice=InvoiceRules(customer=Lookup("customer"), bill_email=Lookup("Mail"), memo=Lookup()),
        )
    )
    assert named == {"asset.fields.Code", "team", "asset.category", "location.top", "location.level2", "customer", "Mail"}


def test_each_level_of_six_has_a_key() -> None:
    deep = Context(path=tuple("abcdef"))
    assert [value_of(work_order(location_context=deep), f"location.level{level}") for level in range(1, LEVELS + 1)] == list("abcdef")
