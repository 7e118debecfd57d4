"""Invoices go to the customer that a person confirmed, by the ledger's id: through renames, swaps, merges, and an upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connector.core.customer_link import CustomerState
from connector.core.disposition import Disposition, Remembered
from connector.core.writer import WriterBusyError
from connector.flows.customers import (
    CustomerRefusedError,
    confirmation,
    confirmations,
    give,
    list_customers,
    relinking,
)
from connector.sandbox.company import Company
from connector.store.audit import newest
from tests.everyday import a_few
from tests.flows.test_reference import later
from tests.stage import Stage, write_fault

LEDGERS = ["xero", "quickbooks"]
NAME, OTHER = "Internal departments", "Harbor Mall"
TRUSTS = ("confirm_customers: true", "confirm_customers: false")


def unconfirmed(folder: Path, ledger: str, **more: Any) -> Stage:
    """A stage on which nobody has confirmed any customer."""
    stage = Stage(folder, ledger, "invoice", **more)
    stage.confirms = False
    return stage


def say_yes(stage: Stage, name: str = NAME, identifier: str = "") -> None:
    """A person confirms a customer."""
    with stage.world() as world:
        answer = confirmation(world, name, identifier)
        assert answer is not None
        give(world, [answer], "confirmed by a person")


def relink(stage: Stage, to: str, name: str = NAME) -> None:
    with stage.world() as world:
        give(world, [relinking(world, name, to)], "relinked by a person")


def standing(stage: Stage, number: str = "1") -> Remembered:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row


def state(stage: Stage, name: str = NAME) -> CustomerState:
    with stage.world() as world:
        return next(row.found.state for row in list_customers(world) if row.name == name)


def billed(stage: Stage) -> dict[str, str]:
    """The customer's id of each invoice in the books, by its work order."""
    if stage.ledger == "quickbooks":
        entities = [document.entity for document in stage.vendor.books.documents.values()]
        return {entity["DocNumber"].partition("-")[0]: entity["CustomerRef"]["value"] for entity in entities}
    documents = stage.vendor.books.shelves["invoice"].by_id.values()
    return {document.number.partition("-")[0]: document.contact.id for document in documents}


def change(stage: Stage, what: str, name: str = NAME, other: str = "") -> None:
    """A person changes a customer at the ledger's screen."""
    later(stage)
    stage.vendor.change_customer(what, name, other)


def add_customer(stage: Stage, name: str) -> str:
    if stage.ledger == "quickbooks":
        return str(stage.vendor.books.add_customer(name)["Id"])
    contact = type(next(iter(stage.vendor.books.contacts.values())))(stage.vendor.books.guid("contact"), name, updated=stage.clock.now())
    stage.vendor.books.contacts[contact.id] = contact
    return str(contact.id)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_first_match_waits_for_a_person_and_goes_at_the_next_sync(ledger: str, tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, ledger)
    stage.work_order("1")
    assert (stage.sync().held, stage.documents()) == (1, [])
    row, candidate = standing(stage), stage.customers()[NAME]
    assert row.codes == ("CUSTOMER_UNCONFIRMED",)
    assert f"'{NAME}' (id {candidate}" in row.problems[0].message
    assert f'connector customers confirm "{NAME}"' in row.problems[0].next_step
    with stage.world() as world:
        (listed,) = list_customers(world)
        assert (listed.found.state, listed.waiting, str(listed.amount)) == (CustomerState.WAITING, 1, "100.00")
    say_yes(stage)
    assert stage.sync().posted == 1
    assert billed(stage) == {"1": candidate}
    assert state(stage) is CustomerState.CONFIRMED


def test_until_somebody_answers_upkeep_is_not_asked_again_for_what_waits(tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, "quickbooks")
    stage.work_order("1")
    stage.sync()
    report = stage.sync()
    assert (report.pulled, report.standing) == (0, {"held": 1})


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_a_customer_that_is_renamed_stays_the_same_customer(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    confirmed = stage.customers()[NAME]
    stage.work_order("1")
    stage.sync()
    change(stage, "rename", other="Own use")
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert billed(stage) == {"1": confirmed, "2": confirmed}
    with stage.world() as world:
        (row,) = list_customers(world)
    assert (row.found.state, row.found.entry and row.found.entry.name) == (CustomerState.CONFIRMED, "Own use")


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_two_customers_that_swap_their_names_are_no_danger(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    confirmed = stage.customers()[NAME]
    stage.work_order("1")
    stage.sync()
    for name, new in ((NAME, "Meanwhile"), (OTHER, NAME), ("Meanwhile", OTHER)):
        change(stage, "rename", name, new)
    assert stage.customers()[NAME] != confirmed
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert billed(stage)["2"] == confirmed


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_a_mapping_that_means_another_customer_is_asked_about_and_the_old_one_is_not_used(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    stage.sync()
    stage.confirms = False
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace(f"  {ledger}:\n", f"  {ledger}:\n    customers: {{{NAME}: {OTHER}}}\n"), "utf-8")
    stage.work_order("2")
    stage.sync()
    assert standing(stage, "2").codes == ("CUSTOMER_UNCONFIRMED",)
    assert (state(stage), len(stage.documents())) == (CustomerState.CHANGED, 1)
    say_yes(stage)
    stage.sync()
    assert billed(stage)["2"] == stage.customers()[OTHER]


MERGES = [("quickbooks", "deleted"), ("xero", ""), ("quickbooks", "inactive")]


@pytest.mark.parametrize(("ledger", "leaves"), a_few(MERGES, 2))
def test_after_a_merge_the_work_orders_wait_for_relink_and_the_posted_ones_stay(ledger: str, leaves: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice", company=Company(switches={"merge_leaves": leaves}))
    stage.work_order("1")
    stage.sync()
    target = stage.customers()[OTHER]
    change(stage, "merge", other=OTHER)
    stage.work_order("2")
    stage.sync()
    row = standing(stage, "2")
    assert row.codes == ("CUSTOMER_GONE",)
    assert f'connector relink "{NAME}" --to {target if ledger == "xero" else "ID"}' in row.problems[0].next_step
    with stage.world() as world:
        (listed,) = list_customers(world)
        answer = relinking(world, NAME, OTHER)
    # QuickBooks does not tell into whom; our own invoice, which went with it, does.
    assert (listed.found.state, listed.found.entry and listed.found.entry.id) == (CustomerState.MERGED, target)
    assert (answer.posted, answer.waiting, answer.unsent, answer.in_flight) == (1, 1, 0, 0)
    assert (answer.before and answer.before.known_as, answer.link.id) == (NAME, target)
    relink(stage, target)
    assert stage.sync().posted == 1
    assert billed(stage) == {"1": target, "2": target}
    assert len(stage.documents()) == 2


def test_a_document_that_was_frozen_before_the_merge_is_refused_and_goes_to_the_one_who_takes_the_place(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks", "invoice")
    stage.work_order("1")
    stage.plan(write_fault(stage, "refuse", times=9))
    stage.sync()
    stage.shell.plan.clear()
    change(stage, "merge", other=OTHER)
    codes = []
    for _ in range(2):
        stage.sync()
        codes.append(standing(stage).codes)
    assert codes == [("NAME_UNUSABLE",), ("CUSTOMER_GONE",)]
    relink(stage, OTHER)
    assert stage.sync().posted == 1
    assert billed(stage) == {"1": stage.customers()[OTHER]}


def test_a_customer_that_was_deleted_and_made_again_is_another_one_until_a_person_says_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks", "invoice")
    stage.work_order("1")
    stage.sync()
    change(stage, "delete")
    again = add_customer(stage, NAME)
    stage.work_order("2")
    stage.sync()
    assert standing(stage, "2").codes == ("CUSTOMER_GONE",)
    relink(stage, again)
    stage.sync()
    assert billed(stage)["2"] == again


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_an_inactive_customer_holds_and_goes_on_when_it_is_active_again(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    stage.sync()
    change(stage, "deactivate")
    stage.work_order("2")
    stage.sync()
    assert standing(stage, "2").codes == ("CUSTOMER_GONE",)
    later(stage)
    if ledger == "quickbooks":
        entry = next(one for one in stage.vendor.books.lists["Customer"].values() if not one["Active"])
        entry["Active"] = True
        stage.vendor.books.touch(entry)
    else:
        contact = next(one for one in stage.vendor.books.contacts.values() if one.status != "ACTIVE")
        contact.status, contact.updated = "ACTIVE", stage.clock.now()
    assert stage.sync().posted == 1


@pytest.mark.parametrize("ledger", LEDGERS)
def test_what_was_frozen_for_the_old_customer_and_never_left_is_made_anew(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    stage.plan(write_fault(stage, "refuse", times=9))
    stage.sync()
    assert standing(stage).posting_state == "ready"
    stage.shell.plan.clear()
    target = stage.customers()[OTHER]
    with stage.world() as world:
        assert relinking(world, NAME, target).unsent == 1
    relink(stage, target)
    assert standing(stage).codes == ("CUSTOMER_RELINKED",)
    assert stage.sync().posted == 1
    assert billed(stage) == {"1": target}
    with stage.world() as world:
        (posting,) = world.store.every_posting()
        assert world.ledger.customer_in(posting) == target


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_what_may_have_left_is_never_made_anew(ledger: str, tmp_path: Path) -> None:
    """The answer is lost after the commit: the document is the old customer's, and it is found, not sent to the new one as well."""
    stage = Stage(tmp_path, ledger, "invoice", config_change=("settle_seconds: 0.5", "settle_seconds: 180"))
    old = stage.customers()[NAME]
    stage.work_order("1")
    stage.plan(write_fault(stage, "drop_after_commit"))
    later(stage, seconds=900)
    assert stage.sync().uncertain == 1
    with stage.world() as world:
        (posting,) = world.store.every_posting()
        assert relinking(world, NAME, OTHER).in_flight == 1
    frozen = posting.request.body
    relink(stage, OTHER)
    later(stage, seconds=900)
    assert stage.sync().adopted == 1
    with stage.world() as world:
        (after,) = world.store.every_posting()
    assert (after.request.body, after.key) == (frozen, posting.key)
    assert billed(stage) == {"1": old}


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_where_exact_names_are_trusted_the_first_match_is_kept_and_audited(ledger: str, tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, ledger)
    config = stage.folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace(*TRUSTS), "utf-8")
    for number in ("1", "2"):
        stage.work_order(number)
    assert stage.sync().posted == 2
    confirmed = billed(stage)["1"]
    with stage.world() as world, world.store._database.write() as connection:
        told = [link.entry for link in newest(connection, 99) if link.entry.event == "customer_linked"]
    assert [(entry.before, entry.after) for entry in told] == [("", f"{confirmed} ({NAME})")]
    assert "the only customer of exactly that name" in told[0].reason
    for name, new in ((NAME, "Meanwhile"), (OTHER, NAME)):
        change(stage, "rename", name, new)
    stage.work_order("3")
    stage.sync()
    assert billed(stage)["3"] == confirmed


def test_who_begins_to_trust_names_need_not_confirm_what_waits(tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, "xero")
    stage.work_order("1")
    stage.sync()
    config = stage.folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace(*TRUSTS), "utf-8")
    assert stage.sync().posted == 1


def as_before_the_upgrade(stage: Stage) -> None:
    """The database as it was before there were links."""
    with stage.world() as world, world.store._database.write() as connection:
        connection.execute(sa.text("DELETE FROM customer_link"))
        connection.execute(sa.text("DELETE FROM meta WHERE key LIKE 'customers_looked_at%'"))
    stage.confirms = False


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_an_upgrade_goes_on_with_the_customers_that_it_posted_to(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    stage.sync()
    confirmed = billed(stage)["1"]
    as_before_the_upgrade(stage)
    change(stage, "rename", other="Own use")
    stage.work_order("2")
    assert stage.sync(dry_run=True).held == 0
    assert stage.sync().posted == 1
    assert billed(stage)["2"] == confirmed
    with stage.world() as world, world.store._database.write() as connection:
        (entry,) = [link.entry for link in newest(connection, 99) if link.entry.event == "customer_adopted"]
    assert entry.after == f"{confirmed} (Own use)"
    assert "posted before customers were confirmed" in entry.reason


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_an_upgrade_asks_where_the_name_means_another_customer_by_now(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("1")
    stage.sync()
    as_before_the_upgrade(stage)
    for name, new in ((NAME, "Meanwhile"), (OTHER, NAME)):
        change(stage, "rename", name, new)
    stage.work_order("2")
    stage.sync()
    assert standing(stage, "2").codes == ("CUSTOMER_UNCONFIRMED",)


@pytest.mark.parametrize("is_renamed", [False, True])
def test_an_upgrade_from_before_names_were_kept_takes_an_exact_name_that_was_billed(is_renamed: bool, tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    stage.work_order("1")
    stage.sync()
    as_before_the_upgrade(stage)
    with stage.world() as world, world.store._database.write() as connection:
        connection.execute(sa.text("UPDATE work_order SET explanation = ''"))
    if is_renamed:
        for name, new in ((NAME, "Meanwhile"), (OTHER, NAME)):
            change(stage, "rename", name, new)
    stage.work_order("2")
    assert stage.sync().posted == (0 if is_renamed else 1)


def test_an_answer_is_not_given_into_a_sync_that_read_the_earlier_ones(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    with stage.world() as syncing, stage.world() as world, syncing.store.writer():
        with pytest.raises(WriterBusyError):
            give(world, [relinking(world, NAME, OTHER)], "relinked by a person")
        assert [link.id for link in world.store.customers.links().values()] == [stage.customers()[NAME]]


def test_a_company_that_posts_journals_alone_is_asked_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.confirms = False
    stage.work_order("1")
    assert stage.sync().posted == 1
    with stage.world() as world:
        assert (list_customers(world), world.store.customers.links()) == ([], {})


def test_a_vendor_who_has_the_name_explains_why_there_is_no_such_customer(tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, "quickbooks")
    books = stage.vendor.books
    change(stage, "rename", other="Own use")
    books.add("Vendor", "x", DisplayName=NAME)
    stage.work_order("1")
    stage.sync()
    row = standing(stage)
    assert row.codes == ("CUSTOMER_UNKNOWN",)
    assert "a vendor of that name" in row.problems[0].message
    assert "6240" in row.problems[0].message


@pytest.mark.parametrize("ledger", LEDGERS)
def test_answers_that_cannot_be_taken_say_why(ledger: str, tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, ledger)
    stage.work_order("1")
    there = stage.customers()
    with stage.world() as world:
        for words, wrong in (
            ("has no customer 'Nobody'", lambda: confirmation(world, "Nobody", "")),
            ("never confirmed", lambda: relinking(world, NAME, OTHER)),
            ("no customer with the id", lambda: confirmation(world, NAME, "999")),
        ):
            with pytest.raises(CustomerRefusedError, match=words):
                wrong()
        (answer,) = confirmations(world)
        assert answer.waiting == 0
        give(world, [answer], "confirmed by a person")
        assert confirmation(world, NAME, "") is None
        assert confirmations(world) == []
        for words, wrong in (
            ("already", lambda: relinking(world, NAME, there[NAME])),
            ("already", lambda: confirmation(world, NAME, there[OTHER])),
        ):
            with pytest.raises(CustomerRefusedError, match=words):
                wrong()
        stage.vendor.change_customer("deactivate", OTHER)
        with pytest.raises(CustomerRefusedError, match="inactive"):
            relinking(world, NAME, there[OTHER])
        stage.vendor.change_customer("deactivate", NAME)
        with pytest.raises(CustomerRefusedError, match="is inactive"):
            confirmation(world, NAME, "")
        with pytest.raises(CustomerRefusedError, match="was confirmed as"):
            confirmation(world, NAME, there["Northgate Clinic"])


def test_a_name_of_several_is_confirmed_by_an_id(tmp_path: Path) -> None:
    stage = unconfirmed(tmp_path, "quickbooks")
    for name in (NAME, OTHER):
        entry = next(one for one in stage.vendor.books.lists["Customer"].values() if one["DisplayName"] == name)
        entry["FullyQualifiedName"], entry["DisplayName"] = f"{name}:Twin", "Twin"
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace(f"default: {NAME}", "default: Twin"), "utf-8")
    stage.work_order("1")
    stage.sync()
    assert standing(stage).codes == ("NAME_AMBIGUOUS",)
    with stage.world() as world, pytest.raises(CustomerRefusedError, match="Several customers are called 'Twin'"):
        confirmation(world, "Twin", "")
    chosen = stage.customers()[f"{OTHER}:Twin"]
    say_yes(stage, "Twin", chosen)
    stage.sync()
    assert (standing(stage).disposition, billed(stage)) == (Disposition.POSTED, {"1": chosen})
