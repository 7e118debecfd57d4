"""Why a line went where it went: for each name on it the fact that won, the values that it compared, and what the ledger calls it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.core.costing import CostFact
from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalLine
from connector.core.facts import BILL_TO, COST_CODE, KIND, Target, WhenFact, tracking
from connector.core.mapping import Fact, Names, Situation, value_of
from connector.core.work_order import WorkOrder
from connector.ledgers.called_there import account_there, customer_there, item_there, tax_code_there, tracking_there
from connector.ledgers.ledger import Chart

Told = dict[str, object]


@dataclass(frozen=True, slots=True)
class Why:
    """One work order with what decided about it: its situation, the mapping's names, and the ledger's chart of that moment."""

    work_order: WorkOrder
    situation: Situation
    names: Names
    chart: Chart

    def of_line(self, line: JournalLine | InvoiceLine, fact: CostFact) -> Told:
        """What a line's row says besides its figures. `names`: what, here, there, place, rule and compared of every name on it."""
        cost = fact if line.explains else None
        code = value_of(self.work_order, self.situation.mapping.cost_code_key)
        named = self._of_journal(line, fact, cost) if isinstance(line, JournalLine) else self._of_invoice(line, cost)
        kind = fact.kind.value if line.explains else "rounding"
        return {"kind": kind, "cost_code": code, "description": fact.description, "names": [*named, *self._tracking(line, cost)]}

    def of_customer(self, draft: Draft) -> Told:
        """Who is billed, and why; nothing for a journal entry."""
        if not isinstance(draft, InvoiceDraft):
            return {}
        return self._name("customer", draft.customer, customer_there(self.names, draft.customer), Target.CUSTOMER, None)

    def _of_journal(self, line: JournalLine, fact: CostFact, cost: CostFact | None) -> Iterator[Told]:
        # A negative cost swaps the sides: its expense is credited.
        target = Target.ACCOUNT if line.is_debit == (fact.amount > 0) else Target.CREDIT
        yield self._name("account", line.account, account_there(self.chart, self.names, line.account), target, cost)

    def _of_invoice(self, line: InvoiceLine, cost: CostFact | None) -> Iterator[Told]:
        if line.item is not None:
            yield self._name("item", line.item, item_there(self.chart, self.names, line.item), Target.ITEM, cost)
        if line.account is not None:
            yield self._name("account", line.account, account_there(self.chart, self.names, line.account), Target.REVENUE_ACCOUNT, cost)
        if line.tax_code is not None:
            yield self._name("tax code", line.tax_code, tax_code_there(self.chart, self.names, line.tax_code), Target.TAX_CODE, cost)

    def _tracking(self, line: JournalLine | InvoiceLine, cost: CostFact | None) -> Iterator[Told]:
        for dimension, fact in line.tracking:
            called, there = tracking_there(self.names, dimension, fact)
            yield self._name(called, fact, there, tracking(dimension), cost)

    def _name(self, what: str, fact: Fact, there: str, target: str, cost: CostFact | None) -> Told:
        return {
            "what": what,
            "here": fact.value,
            "there": there,
            "place": fact.place,
            "rule": fact.rule,
            "compared": [list(pair) for pair in self._compared(target, fact, cost)],
        }

    def _compared(self, target: str, fact: Fact, cost: CostFact | None) -> list[tuple[str, str]]:
        """The keys that the winning fact compared, with what the work order has under each; none where something else decided."""
        if cost is None and target != Target.CUSTOMER:
            return []
        won = self.situation.winner(target, cost)
        if won is None or won.fact.place != fact.place:
            return []
        return [*((key, self._value(key, value)) for key, value in won.when), *_amounts(won)]

    def _value(self, key: str, folded: str) -> str:
        """As the work order writes it, capitals and all."""
        if key in (KIND, BILL_TO):
            return folded
        return value_of(self.work_order, self.situation.mapping.cost_code_key if key == COST_CODE else key).strip()


def _amounts(won: WhenFact) -> Iterator[tuple[str, str]]:
    if won.above is not None:
        yield "amount above", f"{won.above:f}"
    if won.up_to is not None:
        yield "amount up to", f"{won.up_to:f}"
