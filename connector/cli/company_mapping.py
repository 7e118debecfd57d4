"""The mapping of an invented company: what is billable goes to its tenants as invoices, everything else into journal entries."""

from __future__ import annotations

import json
from collections.abc import Iterable


def company_mapping_text(customers: Iterable[str], sites: Iterable[str]) -> str:
    """A whole mapping.yaml, with every tenant and every site by name."""
    return f"""\
# Written by the sandbox for the company that it invented; the examples in mappings/ explain each part.
cost_code: category
exclude:
  - {{category: Warranty, because: the manufacturer pays}}
cost_codes:
  HVAC: HVAC repairs
  Electrical: Electrical repairs
  Plumbing: Plumbing repairs
  Equipment: Equipment repairs
  Vehicles: Vehicle repairs
  Preventive: Preventive maintenance
  Capital: Capital improvements        # a replacement is an asset, and no expense of the month
defaults:
  account: Repairs and maintenance
credits:
  labor: Maintenance labor applied
  parts: MRO parts inventory
  other: Accrued maintenance
documents:
  - {{Billable: "yes", document: invoice}}
  - {{Billable: "no", document: journal_entry}}
invoice:
  customer:
    by: Bill to
    values:
{_same(customers)}
    default: Internal departments
  markup_percent: {{labor: 15, parts: 20, other: 10}}
  items: {{labor: Maintenance labor, parts: Maintenance parts, other: Maintenance other}}
  accounts: {{labor: Maintenance labor revenue, parts: Maintenance parts revenue, other: Other maintenance revenue}}
  tax_codes: {{labor: No tax, parts: Sales tax, other: No tax}}
  due_days: 30
tracking:
  department:
    by: Site
    values:
{_same(sites)}
    default: Plant
names:
  quickbooks:
    tax_codes: {{Sales tax: TAX, No tax: NON}}
  xero:
    items: {{Maintenance labor: LABOR, Maintenance parts: PARTS, Maintenance other: OTHER}}
    tax_codes: {{Sales tax: OUTPUT, No tax: NONE}}
    tracking: {{department: Department}}
"""


def _same(names: Iterable[str]) -> str:
    """Each name as its own value, quoted: a name may hold whatever YAML gives a meaning to."""
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]
    return "\n".join(f"      {name}: {name}" for name in quoted)
