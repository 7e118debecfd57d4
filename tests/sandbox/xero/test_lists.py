"""The lists of Xero's stand-in: what was modified since, what is archived, and who may be told of."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from tests.sandbox.xero.caller import Caller, journal

LATER = {"if_modified_since": "2026-03-02T15:00:01"}


def modified(caller: Caller, path: str, since: str = LATER["if_modified_since"]) -> list[str]:
    answer = caller.call("GET", path, if_modified_since=since)
    assert answer.status == 200, answer.body
    return [row["Name"] for row in json.loads(answer.body)[path]]


def test_accounts_items_and_contacts_tell_what_was_modified_since_and_the_others_all() -> None:
    caller = Caller()
    assert [len(modified(caller, path)) for path in ("Accounts", "Items", "Contacts")] == [0, 0, 0]
    assert [len(modified(caller, path)) for path in ("TaxRates", "TrackingCategories")] == [3, 2]
    caller.clock.advance(60)
    caller.vendor.rename_account("6110", "Air")
    caller.vendor.archive_account("6120")
    item = caller.vendor.books.items["labor"]
    item.name, item.updated = "Labour", caller.clock.now()
    assert modified(caller, "Accounts") == ["Air", "Electrical repairs"]
    assert modified(caller, "Items") == ["Labour"]
    told = {row["Code"]: row["UpdatedDateUTC"] for row in caller.rows("Accounts")}
    assert int(told["6110"][6:19]) - int(told["6100"][6:19]) == 60_000
    assert modified(caller, "Accounts", (caller.clock.now() + timedelta(seconds=1)).isoformat()) == []


def test_nothing_modified_may_be_a_304() -> None:
    caller = Caller(nothing_modified=304)
    answer = caller.call("GET", "Accounts", **LATER)
    assert (answer.status, answer.body) == (304, b"")
    assert len(modified(caller, "Accounts", "2026-03-02T15:00:00")) > 10


@pytest.mark.parametrize("what", ["category", "option"])
def test_what_is_archived_is_shown_when_it_is_asked_for_and_taken_by_no_document(what: str) -> None:
    caller = Caller()
    category = caller.vendor.books.categories[0]
    option, name = category.options[0]
    tracking = [{"TrackingCategoryID": category.id, "TrackingOptionID": option}]
    tracked = journal(JournalLines=[{"LineAmount": a, "AccountCode": c, "Tracking": tracking} for a, c in (("1", "6100"), ("-1", "2100"))])
    caller.write("PUT", "ManualJournals", tracked)
    category.archived.add(category.id if what == "category" else option)
    shown = [one["Name"] for row in caller.rows("TrackingCategories") for one in row["Options"] if row["Name"] == category.name]
    assert name not in shown
    every = caller.rows("TrackingCategories", includeArchived="true")
    statuses = {one["Name"]: (row["Status"], one["Status"]) for row in every for one in row["Options"] if row["Name"] == category.name}
    assert statuses[name] == (("ARCHIVED", "ACTIVE") if what == "category" else ("ACTIVE", "ARCHIVED"))
    (complaint,) = caller.complaints("PUT", "ManualJournals", tracked)
    assert "could not be found" in complaint


@pytest.mark.parametrize(("adviser", "role"), [(True, "FINANCIALADVISER"), (False, "STANDARD")])
def test_the_user_of_the_token_is_among_the_users_with_a_role(adviser: bool, role: str) -> None:
    caller = Caller(adviser=adviser)
    claims = caller.access.split(".")[1]
    user = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["xero_userid"]
    assert {row["UserID"]: row["OrganisationRole"] for row in caller.rows("Users")}[user] == role
    hidden = Caller(own_user_is_listed=False)
    assert user not in [row["UserID"] for row in hidden.rows("Users")]
