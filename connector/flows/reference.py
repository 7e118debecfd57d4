"""The ledger's lists as they are now: what we kept of them, brought up to date by asking what changed.

The story: a run that decides about nothing asks for nothing. One that does asks the ledger for its settings and for what changed in
the lists that the mapping needs, and keeps the answer. A name that is still unknown then is looked for once more in the whole list
before it is called unknown. What the ledger refused makes the copy doubtful, and the next run reads it as a whole.

Which day is locked is never taken from the copy: the settings are always read anew, and again before each chunk of sends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from connector.core.disposition import Decision
from connector.core.facts import Target
from connector.core.mapping import DocumentKind
from connector.core.reference import NAMED_BY_NO_DOCUMENT, ONLY_IF_NAMED, Listing, ListKind, Lists, changes_others, taken_in
from connector.flows.customers import with_customers
from connector.flows.deciding import decide
from connector.flows.world import World
from connector.ledgers.ledger import Chart, ReconnectRequiredError, ServiceUnreachableError
from connector.upkeep.source import WorkOrderRead

# A list that the mapping does not need is brought up to date once in so long.
KEPT_MAX = timedelta(days=1)
# Each list is read as a whole once in so long: a change that the ledger told too late, or to nobody, is found then.
WHOLE_MAX = timedelta(days=7)
# A doubt is not raised again about lists that were read as a whole so recently: the refusal has another reason then.
DOUBT_AFTER = timedelta(hours=1)
_TRACKING = frozenset({ListKind.CLASSES, ListKind.DEPARTMENTS, ListKind.TRACKING})
# Where a name is looked for once more, by the problem that its absence would be.
BEHIND = {
    "ACCOUNT_UNKNOWN": (ListKind.ACCOUNTS,),
    "ACCOUNT_AMBIGUOUS": (ListKind.ACCOUNTS,),  # one of them may be gone: Xero's changes do not tell what was deleted
    "NAME_AMBIGUOUS": (ListKind.ITEMS, ListKind.CUSTOMERS, ListKind.TAX_CODES, ListKind.TERMS, ListKind.BRANDING_THEMES, *_TRACKING),
    "ITEM_UNKNOWN": (ListKind.ITEMS,),
    "CUSTOMER_UNKNOWN": (ListKind.CUSTOMERS,),
    "CUSTOMER_GONE": (ListKind.CUSTOMERS,),
    "TAX_CODE_UNKNOWN": (ListKind.TAX_CODES,),
    "TERMS_UNKNOWN": (ListKind.TERMS,),
    "BRANDING_THEME_UNKNOWN": (ListKind.BRANDING_THEMES,),
    "TRACKING_UNKNOWN": tuple(_TRACKING),
}


class ReferenceData:
    """The chart of one run: read when first asked for, and read further where a name is missing. A rehearsal keeps nothing."""

    def __init__(self, world: World, *, keeps: bool = True) -> None:
        self._world = world
        self._keeps = keeps
        self._lists: dict[ListKind, Listing] = {}
        self._whole: set[ListKind] = set()  # read as a whole in this run
        self._chart: Chart | None = None

    def chart(self) -> Chart:
        """The chart as the ledger has it now."""
        if self._chart is None:
            self._lists, now = self._world.store.reference(), self._world.clock.now()
            since = {kind: kept.as_of for kind, kept in self._lists.items() if kept.as_of and not _is_older(kept.whole_at, now, WHOLE_MAX)}
            asked = due(self._world, self._lists)
            for_people = _for_people(self._world)
            self._read(asked - for_people, since)
            self._read_for_people(asked & for_people, since)
        assert self._chart is not None
        return self._chart

    def _read_for_people(self, kinds: set[ListKind], since: Mapping[ListKind, str]) -> None:
        """A list of which no document names an entry keeps none from being posted; it is asked for again at the next run."""
        try:
            if kinds:
                # The settings tell the ledger's own moment, without which no changes are asked for.
                self._read({*kinds, ListKind.SETTINGS} if kinds & since.keys() else kinds, since)
        except ReconnectRequiredError:
            raise
        except ServiceUnreachableError:
            return

    def decide(self, read: WorkOrderRead) -> Decision:
        """Decide about a work order; before a name is called unknown, its list is read as a whole, once a run."""
        decision = decide(self._world, self.chart, read)
        missing = self._not_found(decision) - self._whole
        if not missing:
            return decision
        self._read(missing, {})
        return decide(self._world, self.chart, read)

    def _not_found(self, decision: Decision) -> set[ListKind]:
        if not decision.content:
            return set()  # It did not come as far as the ledger's names.
        behind = {kind for problem in decision.problems for kind in BEHIND.get(problem.code, ())}
        return behind & self._world.ledger.lists

    def _read(self, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> None:
        """Read these lists, as changes where there is a moment since when, and as a whole where a change may not tell all."""
        before = dict(self._lists)
        told = self._world.ledger.read_lists(kinds, since)
        unsure = {kind for kind, one in told.items() if not one.is_whole and changes_others(before[kind], one)}
        told |= self._world.ledger.read_lists(unsure, {}) if unsure else {}
        now = self._world.clock.now()
        fresh = {kind: taken_in(before.get(kind), one, now) for kind, one in told.items()}
        self._whole |= {kind for kind, one in told.items() if one.is_whole}
        self._lists |= fresh
        if self._keeps:
            self._world.store.keep_reference(before, fresh)
        chart = self._world.ledger.chart_of({kind: listing.present for kind, listing in self._lists.items()})
        self._chart = with_customers(self._world, chart, keeps=self._keeps)


def live_chart(world: World) -> Chart:
    """The lists read anew and nothing kept of them; what we kept before only tells which other name an entry had."""
    kept, now = world.store.reference(), world.clock.now()
    told = world.ledger.read_lists(world.ledger.lists - _for_people(world), {})
    chart = world.ledger.chart_of({kind: taken_in(kept.get(kind), one, now).present for kind, one in told.items()})
    return with_customers(world, chart, keeps=False)


def chart_now(world: World) -> Chart:
    """The lists read anew, and nothing else: our own records are not asked."""
    told = world.ledger.read_lists(world.ledger.lists - _for_people(world), {})
    return world.ledger.chart_of({kind: one.entries for kind, one in told.items()})


def _for_people(world: World) -> frozenset[ListKind]:
    """The lists of which no document of this mapping names an entry."""
    return NAMED_BY_NO_DOCUMENT - _needed(world)


def due(world: World, kept: Lists) -> set[ListKind]:
    """The lists that must be asked for now: the settings, what the mapping needs, what is not kept, and what was kept long ago."""
    now = world.clock.now()
    needed = _needed(world)
    new = {kind for kind in world.ledger.lists - ONLY_IF_NAMED if kind not in kept}
    old = {kind for kind in world.ledger.lists & kept.keys() if _is_older(kept[kind].kept_at, now, KEPT_MAX)}
    return (needed & world.ledger.lists) | new | old


def _needed(world: World) -> set[ListKind]:
    """What the documents of this mapping are resolved against; a stale copy of it could lead to another account than the one named."""
    needed = {ListKind.SETTINGS, ListKind.ACCOUNTS}
    if world.mapping.exchange_rates:
        needed |= {ListKind.CURRENCIES}
    if world.mapping.dimensions:
        needed |= _TRACKING
    if world.makes(DocumentKind.INVOICE):
        rules = world.mapping.invoice
        needed |= {ListKind.CUSTOMERS}
        needed |= {ListKind.BRANDING_THEMES} if rules.branding_theme else set()
        needed |= {ListKind.TERMS} if rules.terms else set()
        needed |= {ListKind.ITEMS} if world.mapping.given(Target.ITEM) else set()
        needed |= {ListKind.TAX_CODES, ListKind.TAX_RATES} if world.mapping.given(Target.TAX_CODE) else set()
    return needed


def _is_older(moment: datetime, now: datetime, limit: timedelta) -> bool:
    """Whether it is further away than that, in either direction: a clock may have been set back since."""
    return abs(now - moment) > limit


def doubt(world: World) -> None:
    """The ledger refused a document: what we kept may be what was wrong with it, so it is read as a whole next time."""
    now, kept = world.clock.now(), world.store.reference()
    if any(_is_older(listing.whole_at, now, DOUBT_AFTER) for listing in kept.values()):
        world.store.doubt_reference()
