"""What people do between any two steps: in UpKeep, in the ledger, at the connector. Each takes the scene and its own chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connector.core.mapping import CHOSEN_KINDS
from connector.core.period import ClosedPeriodPolicy
from tests.simulation.judge import killed_by_a_person, live_documents, number_in
from tests.simulation.scene import CUSTOMER, SETTLE_SECONDS, Scene

ORDERS_MAX = 8
ACCOUNTS = ("Repairs and maintenance", "HVAC repairs", "Electrical repairs")
CREDIT_ACCOUNT = "Accrued maintenance"
NAMESAKE = "Harbor Mall"
OTHERS = ("Northgate Clinic", "Riverside Apartments")

Act = Callable[[Scene, random.Random], None]


@dataclass
class Version:
    """What a work order said at one time: its cost in cents, None when it could not be read."""

    is_complete: bool
    cents: int | None


@dataclass
class Order:
    """A work order as its people know it, with everything that it ever said."""

    number: str
    record: dict[str, Any]
    versions: list[Version] = field(default_factory=list)
    is_deleted: bool = False


# --- in UpKeep ------------------------------------------------------------------------------------------------------------------


def _costs(scene: Scene, chance: random.Random) -> tuple[list[dict[str, str]], int | None]:
    kind = chance.random()
    if kind < 0.05:
        return [{"description": "?", "category": "Rental", "cost": "N/A"}], None
    if kind < 0.1:
        return [], 0
    cents = [chance.randrange(1, 100_000) for _ in range(chance.choice((1, 1, 2)))]
    if scene.setting.refunds and chance.random() < 0.5:
        cents = [-amount for amount in cents]
    return [{"description": f"Crane {n}", "category": "Rental", "cost": f"{c / 100:.2f}"} for n, c in enumerate(cents)], sum(cents)


def create(scene: Scene, chance: random.Random, *, orders_max: int = ORDERS_MAX) -> None:
    """A new work order, mostly complete, completed some days ago."""
    if len(scene.orders) >= orders_max:
        return
    number = str(len(scene.orders) + 1)
    costs, cents = _costs(scene, chance)
    is_complete = chance.random() < 0.85
    fields: dict[str, Any] = {"title": f"Job {number}", "workOrderNo": number, "category": "HVAC", "additionalCosts": costs}
    if is_complete:
        moment = scene.clock.now() - timedelta(hours=chance.randrange(0, 240))
        fields |= {"status": "complete", "dateCompleted": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    record = scene.records.create("work-orders", fields)
    scene.orders[number] = Order(number, record, [Version(is_complete, cents)])


def create_simple(scene: Scene, number: str, cents: int) -> None:
    """A complete work order of that amount."""
    costs = [{"description": "Crane", "category": "Rental", "cost": f"{cents / 100:.2f}"}]
    moment = (scene.clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    fields = {"title": number, "workOrderNo": number, "category": "HVAC", "status": "complete", "dateCompleted": moment}
    record = scene.records.create("work-orders", {**fields, "additionalCosts": costs})
    scene.orders[number] = Order(number, record, [Version(is_complete=True, cents=cents)])


def turn(scene: Scene, order: Order) -> None:
    """A person finds that the customer gets back what he was to pay, or the other way round."""
    cents = -(order.versions[-1].cents or 0)
    costs = [{"description": "Crane", "category": "Rental", "cost": f"{cents / 100:.2f}"}]
    scene.records.change("work-orders", order.record, {"additionalCosts": costs})
    order.versions.append(Version(order.versions[-1].is_complete, cents))


def _some(scene: Scene, chance: random.Random) -> Order | None:
    alive = [order for order in scene.orders.values() if not order.is_deleted]
    return chance.choice(alive) if alive else None


def edit_cost(scene: Scene, chance: random.Random) -> None:
    """A person corrects the costs."""
    if order := _some(scene, chance):
        costs, cents = _costs(scene, chance)
        scene.records.change("work-orders", order.record, {"additionalCosts": costs})
        order.versions.append(Version(order.versions[-1].is_complete, cents))


def reopen_or_complete(scene: Scene, chance: random.Random) -> None:
    """A complete work order is reopened, an open one completed."""
    if order := _some(scene, chance):
        last = order.versions[-1]
        scene.records.change("work-orders", order.record, {"status": "inProgress" if last.is_complete else "complete"})
        order.versions.append(Version(not last.is_complete, last.cents))


def retitle(scene: Scene, chance: random.Random) -> None:
    """A change that matters to nobody's books."""
    if order := _some(scene, chance):
        scene.records.change("work-orders", order.record, {"title": f"Job {order.number}, again"})


def delete_order(scene: Scene, chance: random.Random) -> None:
    """A work order is deleted for good."""
    if order := _some(scene, chance):
        scene.records.delete("work-orders", order.record)
        order.is_deleted = True


# --- in the ledger --------------------------------------------------------------------------------------------------------------


def remove_document(scene: Scene, chance: random.Random) -> None:
    """A person voids or deletes a document."""
    if not (live := live_documents(scene)):
        return
    identifier, marker, day = chance.choice(live)
    if scene.locked_through is not None and day <= scene.locked_through:
        return  # The ledger does not let a person do it either.
    killed_by_a_person(scene, identifier, number_in(marker))
    if scene.setting.ledger == "xero" or (scene.vendor.books.documents[identifier].kind == "Invoice" and chance.random() < 0.5):
        scene.vendor.void(identifier)
    else:
        scene.vendor.delete(scene.vendor.books.documents[identifier].kind, identifier)


def edit_document(scene: Scene, chance: random.Random) -> None:
    """A person changes the amounts of a document."""
    if not (live := live_documents(scene)):
        return
    identifier, _, _ = chance.choice(live)
    scene.edited.add(identifier)
    if scene.setting.ledger == "quickbooks":
        scene.vendor.edit_amount(identifier, 2)
    else:
        scene.vendor.edit_line_amount(identifier, 0, Decimal("1.23"))


def strip_marker(scene: Scene, chance: random.Random) -> None:
    """A person gives a document another number; of a posting that is still open nobody does (docs/exactly-once.md)."""
    settled = {row[0] for row in scene.rows("SELECT remote_id FROM posting WHERE state = 'posted'")}
    if not (live := [one for one in live_documents(scene) if one[0] in settled]):
        return
    identifier, marker, _ = chance.choice(live)
    scene.stripped[identifier] = number_in(marker)
    if scene.setting.ledger == "quickbooks":
        document = scene.vendor.books.documents[identifier]
        scene.vendor.books.by_number[(document.kind, document.entity["DocNumber"].casefold())].remove(identifier)
        document.entity["DocNumber"] = f"HAND{identifier}"
        scene.vendor.books.by_number[(document.kind, f"hand{identifier}")].append(identifier)
    else:
        document = next(shelf.by_id[identifier] for shelf in scene.vendor.books.shelves.values() if identifier in shelf.by_id)
        renamed = replace(document, number=f"By hand {identifier[:8]}")
        scene.vendor.books.commit(renamed)


def delete_drafts(scene: Scene, chance: random.Random) -> None:
    """A person tidies up drafts in Xero."""
    if scene.setting.ledger == "xero":
        for document in scene.vendor.drafts():
            if chance.random() < 0.5:
                killed_by_a_person(scene, document["id"], number_in(document["number"]))
                scene.vendor.delete_draft(document["id"])


def move_lock(scene: Scene, chance: random.Random) -> None:
    """The books are closed through a day, or opened."""
    today = scene.clock.now().date()
    scene.locked_through = chance.choice((None, today - timedelta(days=chance.randrange(1, 12)), today - timedelta(days=1), today))
    scene.vendor.set_lock(scene.locked_through)


def rename_account(scene: Scene, chance: random.Random) -> None:
    """An account is renamed, so that the mapping no longer finds it, or gets its name back; and so is the customer, which changes nothing.

    While the customer has another name, somebody else has its old one: an invoice that went by the name would be that one's.
    """
    names = (CREDIT_ACCOUNT, "Accrued work")
    scene.vendor.rename_account(*(reversed(names) if scene.is_renamed else names))
    swaps = ((CUSTOMER, "Own use"), (NAMESAKE, CUSTOMER)) if not scene.is_renamed else ((CUSTOMER, NAMESAKE), ("Own use", CUSTOMER))
    for name, new in swaps:
        scene.vendor.change_customer("rename", name, new)
    scene.is_renamed = not scene.is_renamed


# --- at the connector -----------------------------------------------------------------------------------------------------------


def change_account(scene: Scene, chance: random.Random) -> None:
    """The mapping sends every cost to another account from now on."""
    scene.account = chance.choice(ACCOUNTS)


def change_document(scene: Scene, chance: random.Random) -> None:
    """From now on the other document: what was posted stays, so nobody restores an older database after that."""
    kinds = [kind for kind in CHOSEN_KINDS if kind is not scene.config.document]
    scene.config = replace(scene.config, document=chance.choice(kinds))
    scene.may_restore = False


def change_policy(scene: Scene, chance: random.Random) -> None:
    """What becomes of a closed period, the name of the connection, which is part of no identity, and who the customer is from now on."""
    policy = chance.choice(list(ClosedPeriodPolicy))
    scene.config = replace(scene.config, closed_period=policy, name=chance.choice(("simulated", "renamed")))
    scene.relink(chance.choice(OTHERS))


def back_up(scene: Scene, chance: random.Random) -> None:
    """Somebody keeps a copy of the database file."""
    scene.backups.append(scene.snapshot())


def restore(scene: Scene, chance: random.Random) -> None:
    """Yesterday's database comes back, or an empty one; a document without its marker could not be found again."""
    if not scene.may_restore or scene.stripped:
        return
    scene.restores += 1
    if scene.backups and chance.random() < 0.7:
        scene.restore(chance.choice(scene.backups))
    elif chance.random() < 0.5:
        scene.restore_empty()
    else:
        scene.restore_nothing_but_the_counter()


def release(scene: Scene, chance: random.Random) -> None:
    """A person releases a held work order."""
    held = [row[0] for row in scene.rows("SELECT number FROM work_order WHERE disposition = 'held' ORDER BY number")]
    if held:
        scene.release(chance.choice(held))


def invoiced(scene: Scene) -> list[str]:
    """The work orders whose invoice is posted by our record."""
    posted = "SELECT work_order_number FROM posting JOIN posting_identity ON posting.id = posting_id WHERE state = 'posted'"
    return [row[0] for row in scene.rows(f"{posted} AND kind = 'invoice' ORDER BY work_order_number")]


def sign_out(scene: Scene, chance: random.Random) -> None:
    """Every access token ends before its time."""
    scene.sign_out()


def reconnect(scene: Scene, chance: random.Random) -> None:
    """A person connects the account again."""
    scene.reconnect()


def tell(scene: Scene, chance: random.Random) -> None:
    """What changed in the ledger is told to us; some of it is lost, some of it comes twice."""
    if scene.setting.listens:
        scene.hear(lambda: chance.choice((0, 1, 1, 2)))


# --- time -----------------------------------------------------------------------------------------------------------------------


def idle(scene: Scene, chance: random.Random) -> None:
    """Nothing happens for a while: minutes, hours, or days over the change to summer time."""
    scene.clock.advance(chance.choice((20, 70, 130, 900, 4000, 20_000, 90_000)))


def shift_clock(scene: Scene, chance: random.Random) -> None:
    """The host's clock is set, by less than clocks may differ."""
    scene.skew = timedelta(seconds=chance.uniform(-5, 5))


def set_clock_back(scene: Scene, chance: random.Random) -> None:
    """The host's clock is set back or forward by a day, in a quiet hour: nothing hangs at the ledger any more."""
    scene.clock.advance(10 * SETTLE_SECONDS)
    scene.skew = timedelta(0) if abs(scene.skew) > timedelta(hours=1) else timedelta(days=chance.choice((-1, 1)))
    scene.clock.advance(10 * SETTLE_SECONDS)
