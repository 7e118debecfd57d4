"""A work order whose billable total is below zero owes the customer money: it becomes a credit (pure).

A credit is the invoice of the same costs with their signs turned, so that customer, items, tax and tracking follow the same rules. It has
the invoice's identity too: one work order has one document for its customer, whichever of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from connector.core.billing import bill, turned
from connector.core.costing import CostFact
from connector.core.drafting import InvoiceDraft, invoice_of
from connector.core.mapping import Mapping
from connector.core.money import ZERO
from connector.core.problem import Problem
from connector.core.work_order import WorkOrder


def draft_sale(
    work_order: WorkOrder,
    facts: Sequence[CostFact],
    mapping: Mapping,
    dates: tuple[date, date],
    currency: str,
    done: Callable[[CostFact], date | None] = lambda _: None,
    worked: Callable[[CostFact], date] | None = None,
) -> InvoiceDraft | list[Problem]:
    """Bill the costs, or credit them when their total is below zero; `dates` are the document's and an invoice's due date.

    `done` and `worked` are those of draft_invoice.
    """
    charges, problems = bill(work_order, facts, mapping, currency, worked or (lambda _: dates[0]))
    if problems:
        return problems
    if sum((charge.amount for charge in charges), ZERO) >= 0:
        return invoice_of(work_order, charges, mapping, dates, currency, done)
    credit = invoice_of(work_order, [turned(charge) for charge in charges], mapping, dates, currency, done)
    return credit if isinstance(credit, list) else replace(credit, is_credit=True)
