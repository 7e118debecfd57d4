"""Seeded histories of people who change the chart of accounts between runs: each document debits the account that has the name then."""

from __future__ import annotations

import random
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.ledgers.ledger import ServiceUnreachableError
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks import lists
from connector.sandbox.quickbooks.books import INACTIVE
from connector.sandbox.xero.signin import SCOPES
from tests.everyday import a_few
from tests.flows.test_reference import later
from tests.stage import Stage

RUNS = 8
NAMES = ("Target", "Roof", "Paint", "Halls")
MAPPING = plain_mapping_text("USD").replace("account: Repairs and maintenance", "account: Target")


@dataclass
class Town:
    """A stage, its accounts of expense, and what people do to them."""

    stage: Stage
    chance: random.Random
    backups: list[Path] = field(default_factory=list)

    def accounts(self) -> list[Any]:
        if self.stage.ledger == "xero":
            return [one for one in self.stage.vendor.books.accounts if one.group == "EXPENSE" and not one.system]
        return [one for one in self.stage.vendor.books.lists["Account"].values() if one["AccountType"] == "Expense"]

    def told(self) -> list[tuple[str, str, str, bool]]:
        """Number, full name, short name, and whether it is in use, by the ledger's own books."""
        if self.stage.ledger == "xero":
            return [(one.code, one.name, one.name, one.status == "ACTIVE") for one in self.accounts()]
        return [
            (one["AcctNum"], *(one[name].replace(INACTIVE, "") for name in ("FullyQualifiedName", "Name")), one["Active"])
            for one in self.accounts()
        ]

    def meant(self) -> str:
        """The number of the account that the mapping means now; "" when it is none or not clear which."""
        told = self.told()
        for way in (1, 2):
            found = [one for one in told if one[way] == "Target"]
            if found:
                numbers = [number for number, _, _, is_active in found if is_active]
                return numbers[0] if len(numbers) == 1 else ""
        return ""

    def act(self) -> None:
        one = self.chance.choice(self.accounts())
        (self._in_xero if self.stage.ledger == "xero" else self._in_quickbooks)(one, self.chance.choice(NAMES))

    def _in_xero(self, one: Any, name: str) -> None:
        one.updated = self.stage.clock.now()
        if self.chance.random() < 0.25:
            one.status = "ARCHIVED" if one.status == "ACTIVE" else "ACTIVE"
        else:  # Who takes a name leaves the old one to whoever had it.
            for other in self.accounts():
                if other.name == name:
                    other.name, other.updated = f"Was {name} {other.code}", one.updated
            one.name = name

    def _in_quickbooks(self, one: Any, name: str) -> None:
        books, what = self.stage.vendor.books, self.chance.random()
        is_above = any(other.get("ParentRef", {}).get("value") == one["Id"] for other in self.accounts())
        others = [other for other in self.accounts() if other is not one and other.get("ParentRef", {}).get("value") != one["Id"]]
        top = [other for other in others if other["Active"] and not other.get("ParentRef")]
        if what < 0.15 and one["Active"]:
            lists.deactivate(books, "Account", one["Name"])
        elif what < 0.3 and not one["Active"]:
            one["Active"] = True
            lists._name(books, "Account", one, one["Name"].replace(INACTIVE, ""))
        elif what < 0.4 and len(others) > 3 and others[0]["Active"] and not is_above:
            lists.merge(books, "Account", one["Name"], others[0]["Name"])
        elif what < 0.6 and top and one["Active"] and not is_above:
            one["ParentRef"] = {"value": self.chance.choice(top)["Id"]}
            lists._name(books, "Account", one, one["Name"])
        elif one["Active"]:
            for other in [other for other in self.accounts() if other["Name"] == name]:
                lists._name(books, "Account", other, f"Was {name} {other['AcctNum']}")
            lists._name(books, "Account", one, name)

    def trouble(self) -> None:
        """Time passes, a read fails, our clock is set, yesterday's database comes back."""
        later(self.stage, seconds=self.chance.choice((1, 60, 900, 7200, 90_000, 3_000_000)))
        if self.chance.random() < 0.3:
            path = "*/Accounts" if self.stage.ledger == "xero" else self.chance.choice(("*/cdc", "*/preferences"))
            kind = self.chance.choice(("5xx", "garbled", "html", "drop_before_commit"))
            self.stage.plan(Fault(kind, path=path, times=self.chance.choice((1, 9))))  # type: ignore[arg-type]
        if self.backups and self.chance.random() < 0.15:
            for suffix in ("-wal", "-shm"):
                Path(f"{self.stage.database_path}{suffix}").unlink(missing_ok=True)
            shutil.copy(self.chance.choice(self.backups), self.stage.database_path)
            self.reconnect()
        elif self.chance.random() < 0.3:
            self.backups.append(Path(shutil.copy(self.stage.database_path, f"{self.stage.database_path}.{len(self.backups)}")))

    def reconnect(self) -> None:
        """A restored sign-in is dead; a person puts one that works into the configuration."""
        vendor, config = self.stage.vendor, self.stage.folder / "config.yaml"
        token = vendor.signin._new_refresh(SCOPES) if self.stage.ledger == "xero" else vendor._sign_in.refresh_token
        config.write_text(re.sub('refresh_token: ".*"', f'refresh_token: "{token}"', config.read_text("utf-8")), "utf-8")


def debits(stage: Stage) -> dict[str, str]:
    """The number of the account that each document debits, by the document's id."""
    return {document["id"]: next(line["number"] for line in document["lines"] if line["debit"] != "0.00") for document in stage.documents()}


@pytest.mark.parametrize("seed", a_few(range(6)))
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_each_document_debits_the_account_that_has_the_name_when_it_is_decided(ledger: str, seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"{ledger} {seed}")
    switches = {
        "cdc_too_old": chance.choice(("cut", "refuse")),
        "cdc_tells_children": chance.random() < 0.5,
        "nothing_modified": chance.choice((200, 304)),
    }
    town = Town(Stage(tmp_path, ledger, mapping_text=MAPPING, company=Company(switches=switches)), chance)
    for run in range(RUNS):
        for _ in range(chance.randrange(4)):
            town.act()
        town.trouble()
        before, meant = debits(town.stage), town.meant()
        town.stage.work_order(str(run), dateCompleted=f"{town.stage.clock.now():%Y-%m-%d}T12:00:00.000Z")
        for _ in range(2):  # The second time nothing fails, and what was held is asked again.
            with suppress(ServiceUnreachableError):
                town.stage.sync()
            town.stage.shell.plan.clear()
        fresh = {number for identifier, number in debits(town.stage).items() if identifier not in before}
        assert fresh == ({meant} if meant else set()), f"run {run}: {town.told()}"
