"""The part of a mapping about invoices: whom they bill, what their lines are booked to, and how their tax is meant."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from connector.config.billing_rules import BILLING_KEYS, read_billing, read_limit
from connector.config.mapping_values import read_by_kind, read_fact, read_facts, read_lookup
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.mapping import Approval, Fact, InvoiceRules, ServiceDate, TaxRules
from connector.core.tax import Amounts

INVOICE_KEYS = (
    "customer", "markup_percent", "items", "accounts", "tax_codes", "tax", "due_days", "terms", "service_date", "bill_email", "memo",
    "branding_theme", "status", *BILLING_KEYS,
)  # fmt: skip
TAX_KEYS = ("amounts", "tolerance", "expected_percent", "tolerance_percent", "on_difference", "rounding", "exempt")
ON_DIFFERENCE = ("finding", "rounding_line")
ROUNDING_KEYS = ("item", "account", "tax_code")
EXEMPT_KEYS = ("customers", "tax_code")
DUE_DAYS_MAX = 3650


def read_invoice(reader: Reader, node: Node | None, other_customers: Collection[str] = ()) -> InvoiceRules:
    """What stands under `invoice:`; `other_customers` are those that facts give."""
    entries = reader.table(node, INVOICE_KEYS)
    markup, billing = read_billing(reader, entries, node)
    customer = read_lookup(reader, entries.get("customer"))
    known = {fact.value for fact in customer.facts} | set(other_customers)
    due = reader.whole(entries["due_days"], "due_days", minimum=0, maximum=DUE_DAYS_MAX) if "due_days" in entries else 30
    return InvoiceRules(
        customer=customer,
        markup_percent=markup,
        items=read_by_kind(reader, entries.get("items"), "invoice items:"),
        accounts=read_by_kind(reader, entries.get("accounts"), "invoice accounts:"),
        tax_codes=read_by_kind(reader, entries.get("tax_codes"), "invoice tax_codes:"),
        tax=_tax(reader, entries["tax"], known) if "tax" in entries else TaxRules(),
        due_days=due or 0,
        terms=_name(reader, entries, "terms"),
        branding_theme=_name(reader, entries, "branding_theme"),
        service_date=_service_date(reader, entries, node),
        bill_email=read_lookup(reader, entries.get("bill_email"), may_take_value=True),
        memo=read_lookup(reader, entries.get("memo"), may_take_value=True),
        approval=_approval(reader, entries, node),
        billing=billing,
        not_to_exceed=read_limit(reader, entries.get("not_to_exceed")),
        approval_place=entries["status"].place if "status" in entries else "",
    )


def _approval(reader: Reader, entries: dict[str, Node], node: Node | None) -> Approval:
    words = [approval.value for approval in Approval]
    word = reader.choice(entries, "status", node, words, Approval.AUTHORISED.value) if node is not None else ""
    return Approval(word) if word in words else Approval.AUTHORISED


def _name(reader: Reader, entries: dict[str, Node], key: str) -> Fact | None:
    return read_fact(reader, entries[key], f"'{key}'", f"invoice {key}") if key in entries else None


def _service_date(reader: Reader, entries: dict[str, Node], node: Node | None) -> ServiceDate | None:
    words = [day.value for day in ServiceDate]
    word = reader.choice(entries, "service_date", node, words, "") if node is not None else ""
    return ServiceDate(word) if word in words else None


def _tax(reader: Reader, node: Node, known: set[str]) -> TaxRules:
    entries = reader.table(node, TAX_KEYS)
    words = [amounts.value for amounts in Amounts]
    amounts = reader.choice(entries, "amounts", node, words, Amounts.EXCLUSIVE.value)
    adds_line = reader.choice(entries, "on_difference", node, ON_DIFFERENCE, "finding") == "rounding_line"
    rounding = read_facts(reader, entries.get("rounding"), ROUNDING_KEYS, under="invoice tax rounding:")
    # A line that no tax code keeps untaxed, or that is booked nowhere, would make a difference instead of mending one.
    if adds_line and not ("tax_code" in rounding and {"item", "account"} & rounding.keys()):
        message = "A rounding line needs a tax_code without tax, and an item (QuickBooks) or an account (Xero)."
        reader.add("MISSING", node.place, message, "Add `rounding:` with them under `tax:`.")

    def number(key: str) -> Decimal | None:
        return reader.decimal(entries[key], key, minimum=Decimal(0)) if key in entries else None

    exempt, exempt_code = _exempt(reader, entries.get("exempt"), known)
    return TaxRules(
        amounts=Amounts(amounts) if amounts in words else Amounts.EXCLUSIVE,
        tolerance=number("tolerance"),
        expected_percent=number("expected_percent"),
        tolerance_percent=number("tolerance_percent") or Decimal(0),
        adds_rounding_line=adds_line,
        rounding=rounding,
        exempt=exempt,
        exempt_code=exempt_code,
    )


def _exempt(reader: Reader, node: Node | None, known: set[str]) -> tuple[frozenset[str], Fact | None]:
    """The customers who are billed without tax, and under which code; a name that no work order leads to is a mistake."""
    entries = reader.table(node, EXEMPT_KEYS)
    code = read_fact(reader, entries["tax_code"], "'tax_code'", "invoice tax exempt:") if "tax_code" in entries else None
    if node is not None and (code is None or "customers" not in entries) and node.entries is not None:
        reader.add("MISSING", node.place, "It needs `customers:` and a `tax_code:` without tax.", "Write both.")
    found = [fact for item in reader.items(entries.get("customers")) if (fact := read_fact(reader, item, "a customer"))]
    for fact in found:
        if fact.value not in known:
            message = f"'{fact.value}' is no customer of this mapping."
            reader.add("BAD_CHOICE", fact.place, message, f"It must be one of: {', '.join(sorted(known))}.")
    return frozenset(fact.value for fact in found), code
