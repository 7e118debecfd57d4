"""Where every work order of a connection stands, from our own records alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.core.disposition import Finding
from connector.core.money import plain
from connector.core.posting import State
from connector.core.problem import Problem
from connector.flows.signed_in import sign_in_problems
from connector.flows.world import World


@dataclass(frozen=True, slots=True)
class Status:
    """Counts and amounts by disposition, the last run, and what is in doubt."""

    connection: str
    currency: str
    totals: dict[str, tuple[int, Decimal]]
    last_run_at: datetime | None
    last_run: str
    uncertain: int
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()  # of the stored sign-in
    lists_kept_at: datetime | None = None  # when the oldest of the ledger's lists was last brought up to date

    def needs_a_person(self) -> bool:
        """Whether anything is held, uncertain or in doubt, or the sign-in needs a person."""
        return bool(self.totals.get("held", (0, 0))[0] or self.uncertain or self.findings or self.problems)

    def to_json(self) -> dict[str, object]:
        """The status as JSON values; money as decimal strings."""
        return {
            "connection": self.connection,
            "currency": self.currency,
            "work_orders": {name: {"count": count, "amount": plain(amount)} for name, (count, amount) in self.totals.items()},
            "last_run_at": self.last_run_at.isoformat() if self.last_run_at else None,
            "last_run": self.last_run,
            "uncertain": self.uncertain,
            "lists_kept_at": self.lists_kept_at.isoformat() if self.lists_kept_at else None,
            "problems": [{"code": p.code, "message": p.message, "next_step": p.next_step} for p in self.problems],
            "findings": [{"code": f.code, "work_order": f.number, "message": f.message, "next_step": f.next_step} for f in self.findings],
        }


def status(world: World) -> Status:
    """Read the standing of one connection; no service is called."""
    last = world.store.last_run()
    return Status(
        connection=world.policy.connection,
        currency=world.policy.currency,
        totals={disposition.value: total for disposition, total in world.store.totals().items()},
        last_run_at=last[0] if last else None,
        last_run=last[1] if last else "",
        uncertain=len(world.store.postings(State.UNCERTAIN)),
        findings=tuple(world.store.findings()),
        problems=tuple(sign_in_problems(world)),
        lists_kept_at=min((listing.kept_at for listing in world.store.reference().values()), default=None),
    )
