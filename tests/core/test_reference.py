"""What a list says after an answer of the ledger, and which entry a name means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.core.reference import FORMER_NAMES_MAX, Entry, Listing, Told, by_name, called, changes_others, formerly, taken_in

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
HVAC = Entry("1", ("HVAC repairs", "6110"))
ROOF = Entry("2", ("Buildings:Roof", "6120"), leaf="Roof", parent="3")
BUILDINGS = Entry("3", ("Buildings", "6100"))


def kept(*entries: Entry) -> Listing:
    return taken_in(None, Told(entries or (HVAC, ROOF, BUILDINGS), "then"), NOON)


def changes(*entries: Entry, gone: frozenset[str] = frozenset()) -> Told:
    return Told(entries, "now", is_whole=False, gone=gone)


def test_a_whole_answer_is_the_list_with_its_age() -> None:
    listing = kept()
    assert listing.present == listing.everything == (HVAC, ROOF, BUILDINGS)
    assert (listing.as_of, listing.kept_at, listing.whole_at) == ("then", NOON, NOON)


def test_changes_are_taken_in_and_the_rest_stays() -> None:
    new = Entry("9", ("Paint",))
    listing = taken_in(kept(), changes(new), LATER)
    assert listing.present == (HVAC, ROOF, BUILDINGS, new)
    assert (listing.as_of, listing.kept_at, listing.whole_at) == ("now", LATER, NOON)


@pytest.mark.parametrize("told", [changes(gone=frozenset({"1", "77"})), Told((ROOF, BUILDINGS), "now")], ids=["named", "missing"])
def test_what_the_ledger_no_longer_has_is_marked_and_names_nothing(told: Told) -> None:
    listing = taken_in(kept(), told, LATER)
    assert listing.present == (ROOF, BUILDINGS)
    assert [entry.id for entry in listing.everything if entry.is_gone] == ["1"]
    assert taken_in(listing, changes(HVAC), LATER).present == (HVAC, ROOF, BUILDINGS)


def test_an_entry_keeps_the_names_that_it_had_and_loses_one_that_it_has_again() -> None:
    listing = taken_in(kept(), changes(replace(HVAC, names=("Air", "6111"))), LATER)
    assert listing.entries["1"].former == ("HVAC repairs", "6110")
    assert [entry.name for entry in formerly(listing.present, " hvac REPAIRS ")] == ["Air"]
    back = taken_in(listing, changes(replace(HVAC, names=("HVAC Repairs", "6111"))), LATER)
    assert back.entries["1"].former == ("Air", "6110")
    assert formerly(back.present, "HVAC repairs") == []


def test_an_entry_that_is_inactive_is_nobodys_new_name() -> None:
    listing = taken_in(kept(), changes(replace(HVAC, names=("Air",), is_active=False)), LATER)
    assert formerly(listing.present, "HVAC repairs") == []


def test_the_names_of_an_entry_that_is_renamed_for_ever_do_not_grow_for_ever() -> None:
    listing = kept(HVAC)
    for number in range(40):
        listing = taken_in(listing, changes(replace(HVAC, names=(f"Name {number}",))), LATER)
    assert listing.entries["1"].former == tuple(f"Name {number}" for number in range(38, 38 - FORMER_NAMES_MAX, -1))


@pytest.mark.parametrize(
    ("told", "does"),
    [
        (changes(replace(BUILDINGS, names=("Halls",))), True),
        (changes(replace(BUILDINGS, is_active=False)), True),
        (changes(gone=frozenset({"3"})), True),
        (changes(replace(BUILDINGS, facts={"type": "Expense"})), False),
        (changes(replace(HVAC, names=("Air",))), False),
        (changes(Entry("9", ("Paint",))), False),
    ],
)
def test_a_change_of_an_entry_that_others_stand_under_may_change_them_too(told: Told, does: bool) -> None:
    assert changes_others(kept(), told) is does


# --- names --------------------------------------------------------------------------------------------------------------------

OLD_ROOF = Entry("5", ("Roof",), is_active=False)
HALL_ROOF = Entry("6", ("Halls:Roof",), leaf="Roof")


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("6120", ["2"]),
        (" buildings:ROOF ", ["2"]),
        ("6120 Buildings:Roof", ["2"]),
        ("Roof", ["2", "6"]),
        ("Gutter", []),
    ],
)
def test_a_name_means_the_entries_that_are_called_by_it_in_the_first_way_that_finds_any(written: str, ids: list[str]) -> None:
    assert [entry.id for entry in called([HVAC, ROOF, HALL_ROOF], written)] == ids


def test_a_name_leads_to_one_active_entry_or_nowhere() -> None:
    assert by_name([HVAC, ROOF, BUILDINGS]) == {
        "hvac repairs": "1", "6110": "1", "6110 hvac repairs": "1",
        "buildings:roof": "2", "6120": "2", "6120 buildings:roof": "2", "roof": "2",
        "buildings": "3", "6100": "3", "6100 buildings": "3",
    }  # fmt: skip
    assert "roof" not in by_name([ROOF, HALL_ROOF])


def test_a_short_name_never_stands_for_an_inactive_entry_whose_full_name_it_is() -> None:
    assert "roof" not in by_name([ROOF, OLD_ROOF])
    assert called([ROOF, OLD_ROOF], "Roof") == [OLD_ROOF]


def test_a_name_may_lead_to_another_word_than_the_id() -> None:
    assert by_name([Entry("1", ("Labor", "LAB")), Entry("2", ("Parts",))], {"1": "LAB"}) == {
        "labor": "LAB", "lab": "LAB", "lab labor": "LAB", "parts": "2",
    }  # fmt: skip


def test_a_fact_that_was_not_told_is_an_empty_word() -> None:
    assert (HVAC.fact("type"), replace(HVAC, facts={"type": "Expense"}).fact("type")) == ("", "Expense")
