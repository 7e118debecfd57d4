"""Work orders and mappings that make the connector write everything that it can write, on both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connector.sandbox.company import Company
from tests.contract.wire import WatchedStage
from tests.stage import batches_from

# Longer than any field, in every alphabet, with what a keyboard cannot write.
LONG = "Ünïcödé “quoted” – it's <b>& ~ 泵房 🔧 \x07\t" * 120
PARTS = ({"name": "Seal", "cost": "12.345", "quantity": 9}, {"name": "Oil", "cost": "19.99", "quantity": 9})
DAY = "2026-02-20T17:00:00.000Z"


@dataclass(frozen=True)
class Scene:
    """One kind of document in one country, with or without everything that is optional."""

    document: str
    country: str = "US"
    is_plain: bool = False  # without tracking, markup and tax
    taxed: str = "Sales tax"  # what the taxed lines' code is called in QuickBooks
    is_batched: bool = False  # all of them leave in one call
    gives_back: bool = False  # each work order owes its customer money

    @property
    def name(self) -> str:
        more = f"{'-credits' if self.gives_back else ''}{'-batched' if self.is_batched else ''}"
        return f"{self.document}-{self.country}-{'plain' if self.is_plain else self.taxed}{more}"

    @property
    def kind(self) -> str:
        """What its work orders become."""
        return "credit" if self.gives_back else self.document

    @property
    def company(self) -> Company:
        return Company(currency="AUD", country="AU", timezone="Australia/Perth") if self.country == "AU" else Company()

    def stage(self, folder: Path, ledger: str) -> WatchedStage:
        """A stage with the scene's work orders, not yet synced."""
        mapping = "" if self.is_plain else self._mapping()
        batched = batches_from(2 if self.is_batched else 0)
        stage = WatchedStage(folder, ledger, self.document, company=self.company, mapping_text=mapping, config_change=batched)
        place = stage.upkeep.post("/api/v2/locations", json={"name": "Harbor"}).json()["result"]["id"]
        parts = [stage.upkeep.post("/api/v2/parts", json=part).json()["result"]["id"] for part in PARTS]
        for number, fields in work_orders(parts):
            stage.work_order(number, location=place, **(_turned(fields) if self.gives_back else fields))
        return stage

    def headed(self, folder: Path, ledger: str, terms: str, more: str = "") -> WatchedStage:
        """A stage without work orders whose invoices say all that their head and their lines may say."""
        head = f"""\
  terms: {terms}
  service_date: worked
  bill_email: {{default: pay@example.com}}
  memo: {{by: PO number}}
  branding_theme: Tenants
{more}"""
        text = self._mapping().replace("  due_days: 30\n", f"  due_days: 30\n{head}")
        url = ("      kind: upkeep\n", "      kind: upkeep\n      work_order_url: https://up.test/wo/{id}\n")
        return WatchedStage(folder, ledger, self.document, company=self.company, mapping_text=text, config_change=url)

    def _mapping(self) -> str:
        untaxed, xero_untaxed = ("GST Free", "EXEMPTOUTPUT") if self.country == "AU" else ("NON", "NONE")
        return f"""\
cost_code: category
defaults: {{account: Repairs and maintenance}}
credits: {{labor: Maintenance labor applied, parts: MRO parts inventory, other: Accrued maintenance}}
invoice:
  customer: {{by: location, values: {{Harbor: Harbor Mall}}, default: Internal departments}}
  markup_percent: {{labor: 12.5, parts: 20, other: 0}}
  items: {{labor: Maintenance labor, parts: Maintenance parts, other: Maintenance other}}
  accounts: {{labor: Maintenance labor revenue, parts: Maintenance parts revenue, other: Other maintenance revenue}}
  tax_codes: {{labor: Untaxed, parts: Taxed, other: Untaxed}}
  due_days: 30
tracking:
  department: {{by: location, values: {{Harbor: Harbor}}, default: Plant}}
  class: {{by: category, values: {{HVAC: Tenants}}, default: Facilities}}
names:
  quickbooks:
    tax_codes: {{Untaxed: "{untaxed}", Taxed: "{self.taxed}"}}
  xero:
    items: {{Maintenance labor: LABOR, Maintenance parts: PARTS, Maintenance other: OTHER}}
    tax_codes: {{Untaxed: {xero_untaxed}, Taxed: OUTPUT}}
"""


JOURNALS, INVOICES = Scene("journal_entry"), Scene("invoice", taxed="State sales tax")
CREDITS = replace(INVOICES, gives_back=True)
BATCHED = (replace(JOURNALS, is_batched=True), replace(INVOICES, is_batched=True), replace(CREDITS, is_batched=True))
SCENES = (
    JOURNALS,
    INVOICES,
    Scene("journal_entry", is_plain=True),
    Scene("journal_entry", country="AU", taxed="GST"),
    Scene("invoice", taxed="TAX"),
    Scene("invoice", is_plain=True),
    Scene("invoice", country="AU", taxed="GST"),
    CREDITS,
    Scene("invoice", is_plain=True, gives_back=True),
    Scene("invoice", country="AU", taxed="GST", gives_back=True),
    *BATCHED,
)


def _turned(fields: dict[str, Any]) -> dict[str, Any]:
    """The same work order, with more given back than was charged."""
    costs = fields.get("additionalCosts") or [{"description": "Crane", "category": "Rental", "cost": "100.00"}]
    given = [{**one, "cost": one["cost"].removeprefix("-") if one["cost"].startswith("-") else f"-{one['cost']}"} for one in costs]
    return {**fields, "additionalCosts": [*given, {"description": "Goodwill", "category": "Credit", "cost": "-5000.00"}]}


def work_orders(parts: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Small, full, negative, long and large ones, by number; `parts` are ids."""
    crane = {"description": "Crane", "category": "Rental", "cost": "100.00"}
    yield "1", {}
    yield (
        "2",
        {
            "timeLogs": [{"duration": 20, "hourlyRate": "45.00", "dateStarted": DAY}, {"duration": 135, "hourlyRate": "38.50"}],
            "parts": [{"id": parts[0], "quantity": 3, "cost": "12.345"}, {"id": parts[1], "quantity": "0.75", "cost": "19.99"}],
            "additionalCosts": [crane],
        },
    )
    yield "3", {"additionalCosts": [{**crane, "cost": "300.00"}, {"description": "Core return", "category": "Credit", "cost": "-25.01"}]}
    yield "Süd/№ 4-泵" * 12, {"title": LONG, "additionalCosts": [{**crane, "description": LONG}]}
    yield "5", {"additionalCosts": [{**crane, "description": f"Crane, day {day}", "cost": f"{day}.01"} for day in range(1, 41)]}
    yield "6", {"additionalCosts": [{**crane, "cost": "9999999999.99"}]}
