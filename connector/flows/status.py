"""Where every work order of a connection stands, from our own records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connector.core.disposition import Finding
from connector.core.evidence import EvidenceState, EvidenceTally
from connector.core.hint import Heard
from connector.core.money import plain
from connector.core.posting import State
from connector.core.problem import Problem
from connector.core.source_record import WindowResult
from connector.flows.listening import deafness_problems, heard_json
from connector.flows.shadow import apart
from connector.flows.signed_in import sign_in_problems, source_problems
from connector.flows.watching import field_counts
from connector.flows.world import World
from connector.ledgers.limits import Standing

# So much of the month's reads left is little.
READS_LOW_SHARE = 0.1


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
    lists_kept_at: datetime | None = None  # when the oldest of the ledger's lists was last brought up to date
    problems: tuple[Problem, ...] = ()  # of the stored sign-in, and of the month's reads
    limits: Standing = field(default_factory=Standing)
    awaiting_approval: int = 0  # posted documents that a person has yet to approve in the ledger
    heard: Heard | None = None  # None where nothing is to come in
    evidence: EvidenceTally = field(default_factory=EvidenceTally)
    from_upkeep: Heard | None = None  # None where UpKeep tells nothing by itself
    messages: dict[EvidenceState, int] = field(default_factory=dict)  # how what work orders are told stands
    reversed: int = 0  # posted invoices that were taken back
    reversing: int = 0  # those whose credit is on its way, or waits for a person
    is_shadow: bool = False  # drafts, and never posts
    window: WindowResult | None = None  # the last comparison of a window with UpKeep
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)  # flows/watching.py, field_counts

    def needs_a_person(self) -> bool:
        """Whether anything is held, uncertain or in doubt, or the sign-in needs a person."""
        return bool(self.totals.get("held", (0, 0))[0] or self.uncertain or self.findings or self.problems)

    def to_json(self) -> dict[str, object]:
        """The status as JSON values; money as decimal strings."""
        return {
            "connection": self.connection,
            "mode": "shadow" if self.is_shadow else "post",
            "currency": self.currency,
            "work_orders": {name: {"count": count, "amount": plain(amount)} for name, (count, amount) in self.totals.items()},
            "last_run_at": self.last_run_at.isoformat() if self.last_run_at else None,
            "last_run": self.last_run,
            "uncertain": self.uncertain,
            "awaiting_approval": self.awaiting_approval,
            "reversed": self.reversed,
            "reversing": self.reversing,
            "lists_kept_at": self.lists_kept_at.isoformat() if self.lists_kept_at else None,
            "window": window_json(self.window),
            "fields": {name: list(names) for name, names in self.fields.items()},
            "limits": limits_json(self.limits),
            "webhooks": heard_json(self.heard),
            "webhooks_of_upkeep": heard_json(self.from_upkeep),
            "messages": {state.value: count for state, count in self.messages.items()},
            "evidence": {
                "counts": {state.value: count for state, count in self.evidence.counts.items()},
                "failing": [
                    {"work_order": one.work_order_number, "name": one.name, "tries": one.tries, "problem": one.problem}
                    for one in self.evidence.failing
                ],
            },
            "problems": [{"code": p.code, "message": p.message, "next_step": p.next_step} for p in self.problems],
            "findings": [{"code": f.code, "work_order": f.number, "message": f.message, "next_step": f.next_step} for f in self.findings],
        }


def limits_json(standing: Standing) -> dict[str, object]:
    """How the company stands with its vendor's limits, as JSON values; null where the vendor has no such limit, or has not told yet."""
    pause, day_at = standing.pause, standing.day_left_at
    reads = {
        "month": standing.month,
        "used": standing.reads,
        "used_by_all_companies": standing.reads_of_all,
        "allowance": standing.allowance or None,
        "left": standing.reads_left,
    }
    return {
        "paused_until": pause.until.isoformat() if pause else None,
        "reason": pause.reason if pause else "",
        "reads": reads if standing.reads is not None else None,
        "calls_left_today": standing.day_left,
        "calls_left_told_at": day_at.isoformat() if day_at else None,
    }


def window_json(result: WindowResult | None) -> dict[str, object] | None:
    """A comparison of a window as JSON values."""
    if result is None:
        return None
    return {
        "compared_at": result.at.isoformat(),
        "first_day": result.first_day.isoformat(),
        "listed": {"count": result.listed, "shown_cost": plain(result.listed_total)},
        "here": {"count": result.here, "shown_cost": plain(result.here_total)},
        "missed": result.missed,
        "changed": result.changed,
        "gone": result.gone,
    }


def reads_problems(connection: str, standing: Standing) -> list[Problem]:
    """The month's reads are nearly used up: told while there is still something left."""
    left = standing.reads_left
    if left is None or left > standing.allowance * READS_LOW_SHARE:
        return []
    used = f"{standing.reads_of_all:,} of {standing.allowance:,} reads of {standing.month} are used by all companies here"
    message = f"{used}; when they are used up, QuickBooks refuses reads until the month ends."
    next_step = "Run less often (schedule), or take a higher tier at Intuit and write its reads_per_month into the configuration."
    return [Problem("READS_LOW", connection, message, next_step)]


def status(world: World) -> Status:
    """Read the standing of one connection; no service is called."""
    last, limits = world.store.last_run(), world.limits.standing()
    heard = world.hints.heard() if world.policy.listens else None
    done = [reversal.is_done for reversal in world.store.reversals()]
    return Status(
        connection=world.policy.connection,
        currency=world.policy.currency,
        totals=apart(world, world.store.totals()),
        is_shadow=not world.policy.posts,
        last_run_at=last[0] if last else None,
        last_run=last[1] if last else "",
        uncertain=len(world.store.postings(State.UNCERTAIN)),
        findings=tuple(world.store.findings()),
        lists_kept_at=min((listing.kept_at for listing in world.store.reference().values()), default=None),
        problems=(
            *sign_in_problems(world),
            *source_problems(world),
            *reads_problems(world.policy.connection, limits),
            *deafness_problems(world, heard),
        ),
        limits=limits,
        awaiting_approval=world.store.awaiting_approval(),
        heard=heard,
        from_upkeep=world.source_hints.heard() if world.policy.hears and world.source_hints is not None else None,
        messages=world.messages.counts() if world.policy.write_back and world.messages is not None else {},
        evidence=world.evidence.tally(),
        reversed=done.count(True),
        reversing=done.count(False),
        window=world.source_records.window(),
        fields=field_counts(world.source_records.fields()),
    )
