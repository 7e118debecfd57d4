"""Prove from UpKeep and the ledger alone that every completed work order is in the books once, to the cent, or has a named reason.

The story: list every document in the ledger that carries a marker of ours; read every work order of UpKeep with its details and
decide anew, by the rules that sync uses, what it should have become; lay the two side by side by marker; ask the ledger once more
for what the list did not show; what is left over in the list belongs to no work order. `world.store` is never asked: a lost,
forged or emptied database gives the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from connector.core.disposition import Decision, Disposition
from connector.core.drafting import clean_text
from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.core.period import Month, PeriodLock, posting_date
from connector.core.posting import Expectation, Posting, State
from connector.core.problem import Problem
from connector.core.proof import Claim, Row, Seen, Verdict, judge_number, orphan
from connector.core.reversal import FLOW, identity_of_reversal
from connector.core.tally import Tally
from connector.flows.chunks import chunked
from connector.flows.deciding import FLOW_OF_DOCUMENT, decide, identity_of
from connector.flows.reference import chart_now
from connector.flows.world import World
from connector.ledgers.ledger import Chart
from connector.upkeep.source import Source, WorkOrderHead

# So many work-order numbers are judged together; what the list did not show of them is asked for by one look-up.
NUMBERS_PER_LOOK_UP = 200
# A document may carry any later date; no ledger has one after this.
LAST_DAY = date(2099, 12, 31)
TITLE_LENGTH_MAX = 120


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another site or company whose work orders go into the same ledger company: its documents are no orphans of ours."""

    company: str
    site: str
    source: Source


@dataclass(slots=True)
class Proof:
    """What was read, what it should be, and the verdict on every work order in scope. `doubts` are about the reading itself."""

    world: World
    month: Month | None
    begun_at: datetime
    ended_at: datetime
    chart: Chart
    rows: list[Row] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    doubts: list[str] = field(default_factory=list)
    work_orders_read: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether every row agrees, the sums do too, and nothing was hidden from the reading."""
        return not self.tally.contradictions and self.tally.difference == 0 and not self.doubts

    def needs_a_person(self) -> bool:
        """Whether something contradicts, or waits for a person."""
        return not self.is_proven or bool(self.tally.verdicts[Verdict.HELD])

    def add(self, row: Row, claim: Claim | None = None) -> None:
        """Take a row in, when it belongs to the month that is proven."""
        if _is_in_scope(row, self.month):
            self.rows.append(row)
            self.tally.add(row, claim)


def prove(world: World, month: Month | None = None, neighbours: Sequence[Neighbour] = ()) -> Proof:
    """Compare every work order of UpKeep with the ledger, both read anew, both directions; nothing is written anywhere."""
    begun_at = world.clock.now()
    # The ledger first: what it shows was posted for work orders that UpKeep shows later.
    chart, listed = chart_now(world), _list_documents(world)
    proof = Proof(world, month, begun_at, begun_at, chart, doubts=[str(problem) for problem in world.source.visibility()])
    accounts = account_names(chart)
    for claims in chunked(_claims_by_number(world, chart, proof), NUMBERS_PER_LOOK_UP):
        found = [_taken(listed, same_number) for same_number in claims]
        shown_late = _look_up(world, [c for c, seen in zip(claims, found, strict=True) if not seen and _is_worth_a_look(c, month)])
        for same_number, seen in zip(claims, found, strict=True):
            documents = seen or _taken(shown_late, same_number)
            for claim, row in zip(same_number, judge_number(same_number, documents, accounts), strict=True):
                proof.add(row, claim)
    for documents in _belonging_to_nobody(listed, neighbours, world.ledger.company_id):
        proof.add(orphan(documents))
    proof.rows.sort(key=_as_a_person_reads)
    proof.ended_at = world.clock.now()
    return proof


def account_names(chart: Chart) -> dict[str, str]:
    """Number and name of every account, by the ledger's id."""
    return {account.id: f"{account.number} {account.name}".strip() for account in chart.accounts}


# --- the ledger ---------------------------------------------------------------------------------------------------------------

Documents = dict[str, list[Seen]]


def _list_documents(world: World) -> Documents:
    """Every document of ours by its marker, whatever its date: a second one may stand in another month than the first."""
    listed: Documents = {}
    for count, document in enumerate(world.ledger.documents(world.policy.start_date, LAST_DAY), 1):
        listed.setdefault(document.marker.upper(), []).append(Seen.of(document))
        world.progress("reading the ledger", count, None)
    return listed


def _taken(listed: Documents, claims: Sequence[Claim]) -> list[Seen]:
    """The documents under any marker of one work-order number, taken out of the list: what stays belongs to nobody."""
    numbers = dict.fromkeys(number for claim in claims for number in (*claim.markers.values(), claim.reversal))
    return [seen for number in numbers for seen in listed.pop(number, [])]


def _look_up(world: World, absent: Sequence[Sequence[Claim]]) -> Documents:
    """Ask by marker for what the list did not show: it may have been posted since, or carry a date from before the first day."""
    asked = [_as_posting(world, claim, kind) for claims in absent for claim in claims[:1] for kind in DocumentKind]
    found = world.ledger.look_up(asked) if asked else {}
    return {number.upper(): [Seen.of(document) for document in documents] for number, documents in found.items()}


def _as_posting(world: World, claim: Claim, kind: DocumentKind) -> Posting:
    """What a look-up asks with: a marker and a narration, which the work order's number alone leads to."""
    identity = identity_of(world, claim.number, kind)
    nothing = Expectation(kind, marker(identity), world.policy.start_date, world.policy.currency, ZERO)
    return Posting(0, marker(identity), kind, claim.number, State.READY, nothing, identity=identity, narration=narration(identity))


def _belonging_to_nobody(listed: Documents, neighbours: Sequence[Neighbour], ledger_company: str) -> Iterator[list[Seen]]:
    """Live documents that no work order read so far leads to, without those of a neighbour's work orders."""
    left = {number: live for number, seen in listed.items() if (live := [one for one in seen if one.status in ("live", "awaiting")])}
    for neighbour in neighbours if left else ():
        for head in neighbour.source.changed_since(None):
            for flow in (*FLOW_OF_DOCUMENT.values(), FLOW):
                left.pop(marker(Identity(ledger_company, neighbour.company, neighbour.site, head.number, flow)), None)
    yield from (left[number] for number in sorted(left))


# --- UpKeep -------------------------------------------------------------------------------------------------------------------


def _claims_by_number(world: World, chart: Chart, proof: Proof) -> Iterator[list[Claim]]:
    """Every work order with its details, decided anew; those that share a number together, because they share a marker."""
    heads = {head.id: head for head in world.source.changed_since(None)}
    in_order = sorted(heads.values(), key=lambda head: (head.number, head.id))
    for _, same_number in groupby(in_order, key=lambda head: head.number):
        claims = [claim for head in same_number if (claim := _claim(world, chart, head)) is not None]
        proof.work_orders_read += len(claims)
        world.progress("reading UpKeep", proof.work_orders_read, len(heads))
        if claims:
            yield claims


def _claim(world: World, chart: Chart, head: WorkOrderHead) -> Claim | None:
    """What the work order asks of the ledger; None when it was deleted while we read.

    The period lock is left out of the decision: what was posted in time stays right when the books are closed behind it. So are
    approvals, which only our records know: what is in the ledger was approved, what is not may wait for a person.
    """
    read = world.source.read(head)
    if read.work_order is None and not read.problems:
        return None
    decision = decide(world, lambda: replace(chart, lock=PeriodLock()), read, lambda number, content: True)
    return Claim(
        source_id=decision.source_id,
        number=decision.number,
        title=clean_text(decision.title, TITLE_LENGTH_MAX),
        completed_on=decision.completed_on,
        disposition=decision.disposition,
        amount=decision.amount,
        markers={kind: marker(identity_of(world, decision.number, kind)) for kind in DocumentKind},
        reason=" ".join(_in_words(problem) for problem in decision.problems),
        expectation=decision.intent.expectation if decision.intent else None,
        closed=_closed(world, chart, decision),
        reversal=marker(identity_of_reversal(identity_of(world, decision.number, DocumentKind.INVOICE))),
    )


def _in_words(problem: Problem) -> str:
    where = f" ({Path(problem.place).name})" if problem.code == "EXCLUDED_BY_RULE" else ""
    return f"{problem.code} {problem.message}{where}"


def _closed(world: World, chart: Chart, decision: Decision) -> str:
    """Why it may rightly be absent: its period is closed as the lock stands now, or a person has to approve it first."""
    if decision.approval is not None:
        return _in_words(decision.approval)
    if decision.completed_on is None:
        return ""
    day = posting_date(decision.completed_on, chart.lock, world.policy.closed_period, f"work order {decision.number}")
    return _in_words(day) if isinstance(day, Problem) else ""


# --- scope and order ----------------------------------------------------------------------------------------------------------


def _is_worth_a_look(claims: Sequence[Claim], month: Month | None) -> bool:
    """Whether a document may exist that the list did not show, and would count here."""
    return any(
        claim.disposition in (Disposition.QUEUED, Disposition.HELD)
        and (month is None or claim.completed_on is None or claim.completed_on in month)
        for claim in claims
    )


def _is_in_scope(row: Row, month: Month | None) -> bool:
    """A month's proof covers what was completed in it, what is dated in it, and what nobody can date."""
    if month is None or row.completed_on in month or any(document.date in month for document in row.documents):
        return True
    return row.completed_on is None and row.verdict is Verdict.HELD


def _as_a_person_reads(row: Row) -> tuple[date, int, str, str, str]:
    """By day and number; what has no day comes last."""
    digits = row.work_order if row.work_order.isascii() and row.work_order.isdigit() else "0"
    return (row.completed_on or date.max, int(digits), row.work_order, row.marker, row.source_id)
