"""One golden case: what its folder says, and the books that the real flow makes of it at a stand-in of the ledger.

`case.yaml` is read plainly: `company` (country, currency, accounts and tax codes of its own), `lists` (parts, assets, … put into UpKeep
first; "$name" in a work order is the id of one), `work_orders` as UpKeep takes them, and `then`: what happens after the first sync.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from connector.sandbox.company import CHART, AccountSeed, Company
from connector.sandbox.quickbooks.tax import add_tax_code
from connector.sandbox.xero.tax import composed
from tests.stage import Stage

FOLDER = Path(__file__).parent
LEDGERS = ("quickbooks", "xero")
UPKEEP_LISTS = ("locations", "assets", "parts", "users")


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of the books, debit positive, with the class, location or tracking options that the ledger keeps for it."""

    account: str
    amount: Decimal
    text: str = ""
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One live document of the ledger."""

    day: str
    kind: str
    number: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """All that stands in the ledger: its documents, its own trial balance (debit positive), and the work orders that are not in it."""

    currency: str
    entries: tuple[Entry, ...]
    balances: dict[str, Decimal]
    left: tuple[tuple[str, str, str], ...]  # (number, disposition, code)


@dataclass(frozen=True, slots=True)
class Case:
    """A folder of this package."""

    name: str
    told: dict[str, Any]

    @property
    def about(self) -> str:
        """What the case shows, in words."""
        return " ".join(str(self.told["about"]).split())

    @property
    def ledgers(self) -> tuple[str, ...]:
        """The ledgers that it is for."""
        return tuple(self.told.get("ledgers", LEDGERS))

    def journal(self, ledger: str) -> Path:
        """The expected journal."""
        return FOLDER / self.name / f"{ledger}.beancount"


def cases() -> list[Case]:
    """Every case, by name."""
    return [case_of(path.parent.name) for path in sorted(FOLDER.glob("*/case.yaml"))]


def case_of(name: str) -> Case:
    """The case of that name."""
    return Case(name, yaml.safe_load((FOLDER / name / "case.yaml").read_text("utf-8")))


def books_of(case: Case, ledger: str, folder: Path) -> Books:
    """Send the case through the real flow, and read what the ledger has then."""
    told = case.told
    mapping = (FOLDER / case.name / "mapping.yaml").read_text("utf-8")
    stage = Stage(folder, ledger, told.get("document", "journal_entry"), company=_company(told.get("company", {})), mapping_text=mapping)
    _own_tax_codes(stage, told.get("company", {}))
    ids = _lists(stage, told.get("lists", {}))
    for body in told["work_orders"]:
        filled = _filled(body, ids)
        number = filled.pop("workOrderNo")
        ids[f"${number}"] = stage.work_order(number, **({"additionalCosts": []} | filled))
    stage.sync()
    for step in told.get("then", ()):
        _happens(stage, step, ids)
        stage.sync()
    return _read(stage)


def _happens(stage: Stage, step: dict[str, Any], ids: dict[str, str]) -> None:
    """A person releases a held work order, or changes one in UpKeep, or first the one and then the other."""
    if "release" in step:
        with stage.world() as world:
            assert world.store.release(step["release"])
    if "change" in step:
        stage.change(ids[f"${step['change']}"], **_filled(step["to"], ids))


def _company(told: dict[str, Any]) -> Company:
    own = tuple(AccountSeed(*row) for row in told.get("accounts", ()))
    facts = {key: value for key, value in told.items() if key not in ("accounts", "tax_codes")}
    return Company(chart=(*CHART, *own), **facts)


def _own_tax_codes(stage: Stage, told: dict[str, Any]) -> None:
    """Codes that the company has made for itself, as [name, percent]; no stand-in has them of its own."""
    for name, percent in told.get("tax_codes", ()):
        books = stage.vendor.books
        if stage.ledger == "quickbooks":
            add_tax_code(books, name, (f"{name} rate", percent, "TaxOnAmount"))
        else:
            code = f"TAX{len(books.tax_rates) + 100}"
            books.tax_rates[code] = composed(code, name, (name, percent, False))


def _lists(stage: Stage, told: dict[str, Any]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for kind in UPKEEP_LISTS:
        for name, body in told.get(kind, {}).items():
            sent = json.dumps(_filled(body, ids))
            answer = stage.upkeep.post(f"/api/v2/{kind}", content=sent, headers={"content-type": "application/json"})
            assert answer.status_code < 300, answer.text
            ids[f"${name}"] = answer.json()["result"]["id"]
    return ids


def _filled(value: Any, ids: dict[str, str]) -> Any:
    """The same with ids in the place of names."""
    if isinstance(value, dict):
        return {key: _filled(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


# --- what the ledger has --------------------------------------------------------------------------------------------------------


def _read(stage: Stage) -> Books:
    kinds = {seed.number: seed.kind for seed in stage.company.chart}

    def account(number: str, name: str) -> str:
        return f"{kinds[number]} {number} {name}"

    entries = []
    for document in sorted(stage.documents(), key=lambda one: (one["date"], one["number"])):
        tracked = list(_tracking(stage, document))
        legs = [
            Leg(
                account(row["number"], row["account"]),
                Decimal(row["debit"]) - Decimal(row["credit"]),
                row["description"],
                tracked[place] if len(tracked) == len(document["lines"]) else (),
            )
            for place, row in enumerate(document["lines"])
        ]
        entries.append(Entry(document["date"], document["kind"], document["number"], tuple(legs)))
    rows = stage.vendor.trial_balance()["accounts"]
    balances = {account(row["account"], row["name"]): Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows}
    return Books(
        stage.company.currency,
        tuple(entries),
        {name: amount for name, amount in balances.items() if amount},
        tuple(_left(stage)),
    )


def _tracking(stage: Stage, document: dict[str, Any]) -> Iterator[tuple[tuple[str, str], ...]]:
    """The tracking of a journal's lines, in their order."""
    if stage.ledger == "quickbooks":
        for line in stage.vendor.books.documents[document["id"]].entity["Line"]:
            detail = line.get("JournalEntryLineDetail", {})
            named = (("class", detail.get("ClassRef")), ("location", detail.get("DepartmentRef")))
            lists = {"class": "Class", "location": "Department"}
            yield tuple((key, stage.vendor.books.lists[lists[key]][ref["value"]]["Name"]) for key, ref in named if ref)
        return
    for shelf in stage.vendor.books.shelves.values():
        for line in shelf.by_id[document["id"]].lines if document["id"] in shelf.by_id else ():
            yield tuple((one["Name"].lower(), one["Option"]) for one in line.tracking)


def _left(stage: Stage) -> Iterator[tuple[str, str, str]]:
    from connector.core.disposition import Disposition

    with stage.world() as world:
        for disposition in (Disposition.HELD, Disposition.EXCLUDED):
            for row in sorted(world.store.remembered_with(disposition), key=lambda one: one.number):
                yield row.number, disposition.value, " ".join(row.codes)
        for finding in sorted(world.store.findings(), key=lambda one: (one.number, one.code)):
            yield finding.number, "posted", finding.code
