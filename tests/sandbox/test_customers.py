"""What a person does to customers at the screens of both stand-ins, and what a program is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.xero.caller import Caller
from tests.stage import Stage

NAME, OTHER = "Internal departments", "Harbor Mall"


def quickbooks(folder: Path, leaves: str = "deleted") -> tuple[Stage, dict[str, Any]]:
    """A company with one posted invoice of one customer, and its customers by name."""
    stage = Stage(folder, "quickbooks", "invoice")
    stage.vendor.books.merge_leaves = leaves
    stage.work_order("1")
    stage.sync()
    return stage, {one["DisplayName"]: one for one in stage.vendor.books.lists["Customer"].values()}


@pytest.mark.parametrize("leaves", ["deleted", "inactive"])
def test_a_merge_at_quickbooks_gives_the_invoices_to_the_other_customer_and_balances_nothing_anew(leaves: str, tmp_path: Path) -> None:
    stage, customers = quickbooks(tmp_path, leaves)
    before = stage.vendor.trial_balance()
    stage.vendor.change_customer("merge", NAME, OTHER)
    (document,) = stage.vendor.books.documents.values()
    assert document.entity["CustomerRef"]["value"] == customers[OTHER]["Id"]
    assert stage.vendor.trial_balance() == before
    left = stage.vendor.books.lists["Customer"].get(customers[NAME]["Id"])
    assert (left["Active"] if left else None) == (False if leaves == "inactive" else None)


def test_what_nobody_can_do_to_a_customer_is_refused(tmp_path: Path) -> None:
    stage, _ = quickbooks(tmp_path)
    with pytest.raises(ValueError, match="nobody can paint a customer"):
        stage.vendor.change_customer("paint", NAME)
    with pytest.raises(ValueError, match="nobody can delete a contact"):
        stage.sandbox.vendors.xero.change_customer("delete", NAME)
    with pytest.raises(KeyError):
        stage.sandbox.vendors.xero.change_customer("rename", "Nobody", "Somebody")


def test_xero_tells_into_whom_a_contact_was_merged_by_the_page_and_by_its_id_only() -> None:
    caller = Caller()
    caller.vendor.change_customer("merge", NAME, OTHER)
    contacts = {one.name: one for one in caller.vendor.books.contacts.values()}

    def told(path: str) -> dict[str, Any]:
        rows = json.loads(caller.call("GET", *path.split("?")[:1], query=path.partition("?")[2]).body)["Contacts"]
        return next(row for row in rows if row["Name"] == NAME)

    everything = "includeArchived=true"
    assert "MergedToContactID" not in told(f"Contacts?{everything}")
    for path in (f"Contacts?{everything}&page=1", f"Contacts/{contacts[NAME].id}"):
        assert (told(path)["ContactStatus"], told(path)["MergedToContactID"]) == ("ARCHIVED", contacts[OTHER].id)
    contacts[OTHER].city = "Hull"
    addresses = json.loads(caller.call("GET", f"Contacts/{contacts[OTHER].id}").body)["Contacts"][0]["Addresses"]
    assert addresses == [{"AddressType": "POBOX", "City": "Hull"}]
