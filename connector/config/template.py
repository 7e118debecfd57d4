"""The first config.yaml and mapping.yaml that `connector init` writes from a person's answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

_ADDRESSES = {
    "quickbooks": (
        "https://quickbooks.api.intuit.com",
        "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        "https://developer.intuit.com/v2/OAuth2Playground/RedirectUrl",
        "realm_id",
    ),
    "xero": ("https://api.xero.com", "https://identity.xero.com/connect/token", "http://localhost:8765/callback", "tenant_id"),
}


@dataclass(frozen=True, slots=True)
class InitAnswers:
    """What init asks. `parts_are` is stocked or expensed, `labor_credit` applied or wages."""

    connection: str
    ledger: str
    timezone: str
    currency: str
    start_date: date
    document: str
    parts_are: str
    labor_credit: str


def config_text(answers: InitAnswers) -> str:
    """config.yaml with the secrets left to the environment."""
    base_url, token_url, redirect_uri, company_key = _ADDRESSES[answers.ledger]
    prefix = answers.ledger.upper()
    return f"""\
# Written by `connector init`. Paths are relative to this file; ${{NAME}} is read from the environment.
database: connector.db
connections:
  - name: {json.dumps(answers.connection, ensure_ascii=False)}
    timezone: {answers.timezone}
    currency: {answers.currency}
    start_date: {answers.start_date.isoformat()}       # nothing completed before is ever posted
    source:
      kind: upkeep
      base_url: https://api.onupkeep.com
      email: ${{UPKEEP_EMAIL}}           # an administrator, so that every work order is seen
      password: ${{UPKEEP_PASSWORD}}
    ledger:
      kind: {answers.ledger}
      base_url: {base_url}
      token_url: {token_url}
      {company_key}: ${{{prefix}_{company_key.upper()}}}
      client_id: ${{{prefix}_CLIENT_ID}}
      client_secret: ${{{prefix}_CLIENT_SECRET}}
      redirect_uri: {redirect_uri}   # as registered with the app; `connector connect` needs it
    mapping: mapping.yaml
    document: {answers.document}
    closed_period: hold                # or next_open_day
    schedule: "*/15 * * * *"
    evidence: {{summary: true}}          # the work order as a PDF beside its document
"""


def mapping_text(answers: InitAnswers) -> str:
    """A first mapping; the names are ours, put your ledger's names or numbers under `names:`."""
    parts = "MRO parts inventory" if answers.parts_are == "stocked" else "Parts purchases"
    labor = "Maintenance labor applied" if answers.labor_credit == "applied" else "Maintenance wages"
    why_parts = "parts leave the stock account" if answers.parts_are == "stocked" else "parts were expensed at purchase: only moved here"
    why_labor = "a clearing account that payroll drains" if answers.labor_credit == "applied" else "wages are reclassified"
    return f"""\
# Written by `connector init`. An accountant should read it once; `connector check` compares it with your chart of accounts.
cost_code: category                    # the work order's category is its cost code

cost_codes:                            # one line a cost code:   HVAC: HVAC repairs

defaults:
  account: Repairs and maintenance     # where everything goes that has no line of its own

credits:
  labor: {labor}    # {why_labor}
  parts: {parts}    # {why_parts}
  other: Accrued maintenance           # until the vendor's bill arrives

labor_rates:                           # used where UpKeep knows no rate:  - {{from: 2026-01-01, rate_per_hour: 48.50}}

invoice:                               # used when a work order becomes an invoice
  customer: {{default: Internal departments}}
  markup_percent: {{labor: 0, parts: 0, other: 0}}
  items: {{labor: Maintenance labor, parts: Maintenance parts, other: Maintenance other}}
  accounts: {{labor: Maintenance labor revenue, parts: Maintenance parts revenue, other: Other maintenance revenue}}
  tax_codes: {{labor: No tax, parts: Sales tax, other: No tax}}
  due_days: 30

names:                                 # what each name is called in the ledger: its name, or its number
  {answers.ledger}:
    accounts:
    items:
    tax_codes: {{{_tax_codes(answers.ledger)}}}{_about_tax(answers.ledger)}
"""


def _tax_codes(ledger: str) -> str:
    return "No tax: NON, Sales tax: TAX" if ledger == "quickbooks" else "No tax: NONE, Sales tax: OUTPUT"


def _about_tax(ledger: str) -> str:
    return "    # without automated sales tax: the name of your tax code instead of TAX" if ledger == "quickbooks" else ""
