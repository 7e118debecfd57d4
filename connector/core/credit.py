"""A work order whose billable total is below zero owes the customer money: it becomes a credit (pure).

A credit is the invoice of the same costs with their signs turned, so that customer, items, tax and tracking follow the same rules. It has
the invoice's identity too: one work order has one document for its customer, whichever of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from connector.core.costing import CostFact
from connector.core.drafting import InvoiceDraft, draft_invoice
from connector.core.mapping import Mapping
from connector.core.problem import Problem
from connector.core.work_order import WorkOrder


def draft_sale(
    work_order: WorkOrder,
    facts: Sequence[CostFact],
    mapping: Mapping,
    dates: tuple[date, date],
    currency: str,
    done: Callable[[CostFact], date | None] = lambda _: None,
) -> InvoiceDraft | list[Problem]:
    """Bill the costs, or credit them when their total is below zero; `dates` are the document's and an invoice's due date."""
    invoice = draft_invoice(work_order, facts, mapping, dates, currency, done)
    if isinstance(invoice, list) or invoice.total >= 0:
        return invoice
    credit = draft_invoice(work_order, [turned(fact) for fact in facts], mapping, dates, currency, done)
    return credit if isinstance(credit, list) else replace(credit, is_credit=True)


def turned(fact: CostFact) -> CostFact:
    """The cost as a credit says it: what came back is counted in pieces, what was charged is taken off by its price."""
    if fact.quantity < 0:
        return replace(fact, quantity=-fact.quantity, amount=-fact.amount)
    return replace(fact, unit_price=-fact.unit_price, amount=-fact.amount)
