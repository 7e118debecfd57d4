"""A shadow's drafts beside what people booked in the ledger themselves: matched, only drafted, only booked, and each account's difference.

Reads the ledger, our records and nothing else; adopts nothing. Journals, customers' invoices and credits are read, because a draft is
one of these; bills, expenses and payments are not, and what was booked as one shows as a difference of its account.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector.core.booked import AccountNames, BookedLine, Sums
from connector.core.disposition import Remembered
from connector.core.legs import Leg
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.core.period import Month
from connector.core.shadow import DAYS_MAX, ByHand, Pair, ShadowDraft, paired
from connector.flows.account_names import account_names
from connector.flows.outcomes import RECEIVABLE, SALES_TAX, legs_of
from connector.flows.reference import live_chart
from connector.flows.shadow import KEY, drafts
from connector.flows.world import World

_OF_THE_LEDGER = frozenset({RECEIVABLE, SALES_TAX})


@dataclass(frozen=True, slots=True)
class AccountBeside:
    """One account: what the drafts would have moved it by, and what people's documents did."""

    account: str
    drafted: Sums
    booked: Sums

    @property
    def difference(self) -> Decimal:
        """What people booked beyond the drafts, net."""
        return self.booked.net - self.drafted.net


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """A month's drafts beside what was booked by hand in it. `ours` counts documents of the connector's own making, which are left out."""

    connection: str
    ledger: str
    currency: str
    month: Month
    pairs: tuple[Pair, ...]
    only_drafted: tuple[ShadowDraft, ...]
    only_booked: tuple[ByHand, ...]
    accounts: tuple[AccountBeside, ...]
    ours: int

    @property
    def agrees(self) -> bool:
        """Whether each draft has its document and each account its amount."""
        alone = self.only_drafted or self.only_booked or any(pair.difference for pair in self.pairs)
        return not alone and not any(account.difference for account in self.accounts)


def shadow_report(world: World, month: Month) -> ShadowReport:
    """Lay the drafts of the work orders completed in the month beside the ledger's documents of about that time."""
    names = account_names(live_chart(world))
    found = [_draft(world, row, names) for row in drafts(world) if row.completed_on in month]
    first, last = _days([draft.date for draft, _ in found], month)
    documents = list(world.ledger.everything(first, last))
    hands = [ByHand(one, frozenset(names.account(line) for line in one.lines)) for one in documents if not one.marker]
    pairs = paired([draft for draft, _ in found], hands)
    drafted, booked = {pair.draft.number for pair in pairs}, {pair.hand.document.id for pair in pairs}
    touched = frozenset(leg.account for _, legs in found for leg in legs)
    return ShadowReport(
        connection=world.policy.connection,
        ledger=world.ledger.kind,
        currency=world.policy.currency,
        month=month,
        pairs=tuple(sorted(pairs, key=lambda pair: (len(pair.draft.number), pair.draft.number))),
        only_drafted=tuple(draft for draft, _ in found if draft.number not in drafted),
        only_booked=tuple(
            hand
            for hand in hands
            if hand.document.id not in booked and hand.document.date in month and not touched.isdisjoint(hand.accounts)
        ),
        accounts=_accounts([leg for _, legs in found for leg in legs], [h for h in hands if _counts(h, booked, month)], names),
        ours=sum(bool(one.marker) and one.date in month for one in documents),
    )


def _days(days: Sequence[date], month: Month) -> tuple[date, date]:
    around = timedelta(days=DAYS_MAX)
    return min([month.first, *days]) - around, max([month.last, *days]) + around


def _counts(hand: ByHand, booked: set[str], month: Month) -> bool:
    """What belongs to a draft of the month counts in it, on whichever day it was booked; the rest by its day."""
    return hand.document.id in booked or hand.document.date in month


def _draft(world: World, row: Remembered, names: AccountNames) -> tuple[ShadowDraft, list[Leg]]:
    told: dict[str, Any] = json.loads(row.explanation)
    kept: dict[str, Any] = told[KEY]
    booked = tuple(BookedLine(account, item, ZERO) for account, item in kept["lines"])
    legs = [leg for leg in legs_of(row.explanation, booked, names) if leg.account not in _OF_THE_LEDGER]
    memos = [str(value) for field, value, _ in told.get("head", []) if "memo" in str(field)]
    draft = ShadowDraft(
        number=row.number,
        title=row.title,
        kind=DocumentKind(kept["kind"]),
        date=date.fromisoformat(kept["date"]),
        currency=row.currency,
        total=Decimal(kept["total"]),
        accounts=frozenset(leg.account for leg in legs),
        customer_id=kept["customer"],
        words=tuple(memos),
    )
    return draft, legs


def _accounts(legs: Sequence[Leg], hands: Sequence[ByHand], names: AccountNames) -> tuple[AccountBeside, ...]:
    """The accounts that the drafts touch."""
    drafted: dict[str, Sums] = {}
    for leg in legs:
        drafted[leg.account] = drafted.get(leg.account, Sums()).plus(leg.amount)
    booked = dict.fromkeys(drafted, Sums())
    for hand in hands:
        for line in hand.document.lines:
            account = names.account(line)
            if account in booked:
                booked[account] = booked[account].plus(line.amount)
    return tuple(AccountBeside(account, drafted[account], booked[account]) for account in sorted(drafted))
