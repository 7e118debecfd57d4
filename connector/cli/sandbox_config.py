"""The text of a working config.yaml for each ledger of a running sandbox: nothing else is needed to sync against it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# The stand-ins commit at once and show it at once, so D and T may be small; a planned late commit must stay below this.
SETTLE_SECONDS = 0.5
# Where each stand-in gives tokens, asks a person, and ends a grant: the vendors' own paths.
_SIGN_IN_PATHS = {
    "quickbooks": ("/oauth2/v1/tokens/bearer", "/connect/oauth2", "/v2/oauth2/tokens/revoke"),
    "xero": ("/connect/token", "/identity/connect/authorize", "/connect/revocation"),
}


@dataclass(frozen=True, slots=True)
class SandboxFacts:
    """What the configuration texts need to know of a running sandbox."""

    folder: Path
    upkeep: str
    quickbooks: str
    xero: str
    email: str
    password: str
    realm_id: str
    tenant_id: str
    credentials: dict[str, tuple[str, str, str]]  # by ledger: client id, client secret, first refresh token
    currency: str
    timezone: str
    start_date: str
    document: str
    mapping: Path
    bills_some: bool = False  # whether the mapping makes invoices of some work orders, whatever `document` says


def config_texts(facts: SandboxFacts) -> dict[str, str]:
    """config.yaml by ledger, paths absolute, secrets written out: they open nothing but the sandbox."""
    return {"quickbooks": _text(facts, "quickbooks"), "xero": _text(facts, "xero")}


def _text(facts: SandboxFacts, ledger: str) -> str:
    client_id, client_secret, refresh_token = facts.credentials[ledger]
    root = facts.quickbooks if ledger == "quickbooks" else facts.xero
    token_path, authorize_path, revoke_path = _SIGN_IN_PATHS[ledger]
    company = f'realm_id: "{facts.realm_id}"' if ledger == "quickbooks" else f'tenant_id: "{facts.tenant_id}"'
    # The stand-in's customers are invented with the mapping's own names: nobody has to say that they are the ones that are meant.
    trusts_names = "    confirm_customers: false\n" if facts.document == "invoice" or facts.bills_some else ""
    return f"""\
database: "{facts.folder / f"{ledger}-{facts.document}.db"}"
connections:
  - name: sandbox-{ledger}
    timezone: {facts.timezone}
    currency: {facts.currency}
    start_date: {facts.start_date}
    source:
      kind: upkeep
      base_url: "{facts.upkeep}"
      email: "{facts.email}"
      password: "{facts.password}"
    ledger:
      kind: {ledger}
      base_url: "{root}"
      token_url: "{root}{token_path}"
      authorize_url: "{root}{authorize_path}"
      revoke_url: "{root}{revoke_path}"
      redirect_uri: "http://localhost:8765/callback"
      {company}
      client_id: "{client_id}"
      client_secret: "{client_secret}"
      refresh_token: "{refresh_token}"
    mapping: "{facts.mapping}"
    document: {facts.document}
    closed_period: hold
    schedule: "*/15 * * * *"
    settle_seconds: {SETTLE_SECONDS}
{trusts_names}"""


def plain_mapping_text(currency: str) -> str:
    """A mapping without markup or tax, for work orders of any category: one expense account, one credit account a kind of cost."""
    tax = {"AUD": ("GST Free", "EXEMPTOUTPUT")}.get(currency, ("NON", "NONE"))
    return f"""\
# Written by the sandbox: the simplest mapping that posts every cost of every work order.
cost_code: category
defaults:
  account: Repairs and maintenance
credits:
  labor: Maintenance labor applied
  parts: MRO parts inventory
  other: Accrued maintenance
invoice:
  customer: {{default: Internal departments}}
  items: {{labor: Maintenance labor, parts: Maintenance parts, other: Maintenance other}}
  accounts: {{labor: Maintenance labor revenue, parts: Maintenance parts revenue, other: Other maintenance revenue}}
  tax_codes: {{labor: No tax, parts: No tax, other: No tax}}
  due_days: 30
names:
  quickbooks:
    tax_codes: {{No tax: "{tax[0]}"}}
  xero:
    items: {{Maintenance labor: LABOR, Maintenance parts: PARTS, Maintenance other: OTHER}}
    tax_codes: {{No tax: "{tax[1]}"}}
"""
