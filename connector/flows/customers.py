"""Who the mapping's customers are in the ledger: what people confirmed, what waits for them, and what a new answer would change.

A sync asks with_customers alone. The rest is for the commands: they ask the ledger for its customers as they are now, because a person
is about to decide by them, and they keep nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.core.customer_link import CODES, CustomerBook, CustomerLink, CustomerState, Found, find_customer, folded, link_to
from connector.core.disposition import Disposition, Remembered
from connector.core.facts import Target
from connector.core.mapped_names import CUSTOMER, read_names
from connector.core.mapping import DocumentKind, Fact, Mapping, Names
from connector.core.money import ZERO
from connector.core.posting import Posting
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, by_name, called, taken_in
from connector.flows.world import World
from connector.ledgers.ledger import Chart

TO_CHANGE = "To change that, run `connector relink`."


def with_customers(world: World, chart: Chart, *, keeps: bool) -> Chart:
    """The chart with what people confirmed; a rehearsal, which keeps nothing, sees what a sync would take over first."""
    if not world.makes(DocumentKind.INVOICE):
        return chart
    entries = {entry.id: entry for entry in chart.lists.get(ListKind.CUSTOMERS, ())}
    book = CustomerBook(world.store.customers.links(), entries, chart.customers, asks=world.policy.confirm_customers)
    return replace(chart, customer_book=_with_earlier(world, book, keeps=keeps))


def _with_earlier(world: World, book: CustomerBook, *, keeps: bool) -> CustomerBook:
    """Before there were links, invoices went by the name: a customer to whom they went counts as confirmed, once, after an upgrade."""
    if not world.store.customers.is_first_look():
        return book
    adopted = list(_proven(world, book))
    if keeps:
        world.store.customers.adopt(adopted)
    return replace(book, links={link.key: link for link in adopted} | dict(book.links))


def _proven(world: World, book: CustomerBook) -> Iterator[CustomerLink]:
    """The customer of the newest posted invoice under each name; not where the name means another one by now: that is a question.

    Where earlier versions did not keep the name, a customer is proven who is called so exactly, and to whom an invoice of ours went.
    """
    newest: dict[str, tuple[str, str]] = {}
    billed: set[str] = set()
    for name, posting in world.store.customers.posted_invoices():
        identifier = world.ledger.customer_in(posting)
        billed |= set() if name else {identifier}
        newest |= {folded(name): (name, identifier)} if name else {}
    for name, identifier in newest.values():
        entry, candidate = book.entries.get(identifier), book.named(called_in(world, name))
        if entry is not None and candidate in (None, entry):
            yield link_to(entry, name, called_in(world, name))
    for fact in customers_of(world.mapping):
        candidate = book.named(called_in(world, fact.value))
        if folded(fact.value) not in newest and candidate is not None and candidate.id in billed:
            yield link_to(candidate, fact.value, called_in(world, fact.value))


def called_in(world: World, name: str) -> str:
    """What the mapping says that its own name is called in this ledger."""
    names = world.mapping.names.get(world.ledger.kind, Names()).customers
    return names[name].value if name in names else name


def customers_of(mapping: Mapping) -> list[Fact]:
    """The customers that the mapping names, each once, in its order."""
    found = {folded(fact.value): fact for fact in reversed(mapping.given(Target.CUSTOMER))}
    return list(reversed(found.values()))


# --- the list -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of the mapping: where its name stands, and how many work orders wait for a person's answer (amounts: their cost)."""

    name: str
    place: str
    called: str
    found: Found
    waiting: int = 0
    amount: Decimal = ZERO
    near: tuple[Entry, ...] = ()  # several active customers who are called so

    @property
    def needs_a_person(self) -> bool:
        """Whether a work order of it would be held."""
        return self.found.state is not CustomerState.CONFIRMED


def live_book(world: World) -> CustomerBook:
    """The customers as the ledger has them now, and what people confirmed."""
    kept, now = world.store.reference(), world.clock.now()
    told = world.ledger.read_lists({ListKind.CUSTOMERS}, {})[ListKind.CUSTOMERS]
    entries = taken_in(kept.get(ListKind.CUSTOMERS), told, now).present
    book = CustomerBook(world.store.customers.links(), {entry.id: entry for entry in entries}, by_name(entries))
    return _with_earlier(world, book, keeps=False)


def list_customers(world: World) -> list[CustomerRow]:
    """Every customer of the mapping as it stands; nothing when it makes no invoices."""
    if not world.makes(DocumentKind.INVOICE):
        return []
    book, waiting = live_book(world), _waiting(world)
    rows = [_row(world, book, fact, waiting.get(folded(fact.value), [])) for fact in customers_of(world.mapping)]
    return _with_mergers(world, book, rows)


def _with_mergers(world: World, book: CustomerBook, rows: list[CustomerRow]) -> list[CustomerRow]:
    """QuickBooks does not tell into whom a customer was merged; but our invoices went with it, so the newest of them tells."""
    lost = {folded(row.name) for row in rows if row.found.state in (CustomerState.GONE, CustomerState.INACTIVE)}
    newest = {folded(name): posting for name, posting in world.store.customers.posted_invoices()} if lost else {}
    return [_merged(world, book, row, newest[key]) if (key := folded(row.name)) in lost & newest.keys() else row for row in rows]


def _merged(world: World, book: CustomerBook, row: CustomerRow, posting: Posting) -> CustomerRow:
    document = world.ledger.read(posting)
    entry = book.entries.get(document.customer_id) if document is not None else None
    if entry is None or row.found.link is None or not entry.is_active or entry.id == row.found.link.id:
        return row
    return replace(row, found=replace(row.found, state=CustomerState.MERGED, entry=entry))


def _row(world: World, book: CustomerBook, fact: Fact, waiting: Sequence[Remembered]) -> CustomerRow:
    called_so = called_in(world, fact.value)
    found = find_customer(book, fact.value, called_so)
    several = [entry for entry in called(book.entries.values(), called_so) if entry.is_active]
    near = tuple(several) if found.state is CustomerState.UNKNOWN else ()
    return CustomerRow(fact.value, fact.place, called_so, found, len(waiting), _sum(waiting), near)


def _waiting(world: World) -> dict[str, list[Remembered]]:
    """The held work orders by the customer that they wait for."""
    waiting: dict[str, list[Remembered]] = {}
    for row in world.store.remembered_with(Disposition.HELD):
        if CODES & set(row.codes):
            waiting.setdefault(_customer_of(row), []).append(row)
    return waiting


def _customer_of(row: Remembered) -> str:
    return next((folded(name.value) for name in read_names(row.explanation) if name.kind == CUSTOMER), "")


def _sum(rows: Iterable[Remembered]) -> Decimal:
    return sum((row.amount for row in rows if row.amount is not None), ZERO)


# --- the answers --------------------------------------------------------------------------------------------------------------


class CustomerRefusedError(Exception):
    """A person's answer cannot be taken; the problem says why, and what to do instead."""

    def __init__(self, place: str, message: str, next_step: str) -> None:
        super().__init__(message)
        self.problem = Problem("CUSTOMER_ANSWER_REFUSED", place, message, next_step)


@dataclass(frozen=True, slots=True)
class Answer:
    """A link that a person is about to make: what stands now, what would stand, and what it would move.

    `posted` documents (counted where there was an answer before) stay with whom the ledger has them; `waiting` work orders go to the new
    one, and so do `unsent` documents, of which nothing has left; `in_flight` ones may have left already and stay with the old one.
    """

    name: str
    before: CustomerLink | None
    link: CustomerLink
    entry: Entry
    posted: int = 0
    waiting: int = 0
    amount: Decimal = ZERO
    unsent: int = 0
    in_flight: int = 0


def confirmations(world: World, names: Sequence[str] = ()) -> list[Answer]:
    """The answers that "yes" means for each name that has a candidate; without names, for all of the mapping."""
    rows = list_customers(world)
    wanted = {folded(name) for name in names}
    asked = (CustomerState.WAITING, CustomerState.CHANGED)
    chosen = [row for row in rows if row.found.state in asked and (not names or folded(row.name) in wanted)]
    return [_answer(world, row, row.found.entry) for row in chosen if row.found.entry is not None]


def confirmation(world: World, name: str, identifier: str) -> Answer | None:
    """The answer to "is that the customer?"; with an id: "this one is". None when it was given before."""
    row = row_of(world, name)
    if row.found.state is CustomerState.CONFIRMED:
        if row.found.link is not None and identifier in ("", row.found.link.id):
            return None
        raise CustomerRefusedError(row.place, f"'{row.name}' is confirmed as {_known(row)} already.", TO_CHANGE)
    if identifier:
        if row.found.link is not None and row.found.state is not CustomerState.CHANGED:
            raise CustomerRefusedError(row.place, f"'{row.name}' was confirmed as {_known(row)}.", TO_CHANGE)
        return _answer(world, row, _active(world, identifier))
    if row.found.state in (CustomerState.WAITING, CustomerState.CHANGED) and row.found.entry is not None:
        return _answer(world, row, row.found.entry)
    raise CustomerRefusedError(row.place, *_why_not(row))


def relinking(world: World, name: str, to: str) -> Answer:
    """What it would change if that name meant another customer of the ledger, named by id or by name, from now on."""
    row = row_of(world, name)
    if row.found.link is None:
        next_step = "Run `connector customers confirm`, with --id if need be."
        raise CustomerRefusedError(row.place, f"'{row.name}' was never confirmed.", next_step)
    entry = _active(world, to)
    if entry.id == row.found.link.id:
        raise CustomerRefusedError(row.place, f"'{row.name}' is {_known(row)} already.", "Nothing to do.")
    return _answer(world, row, entry)


def give(world: World, answers: Sequence[Answer], why: str) -> None:
    """Store answers as the ledger company's only writer: a sync that is under way has made documents by the old one."""
    with world.store.writer():
        world.store.customers.link([answer.link for answer in answers], why)


def row_of(world: World, name: str) -> CustomerRow:
    """The customer of the mapping with that name."""
    rows = list_customers(world)
    row = next((row for row in rows if folded(row.name) == folded(name)), None)
    if row is None:
        known = ", ".join(f"'{row.name}'" for row in rows)
        told = f"Its customers are {known}." if rows else "It makes no invoices, so it has no customers."
        raise CustomerRefusedError(world.policy.connection, f"The mapping has no customer '{name}'.", told)
    return row


def _known(row: CustomerRow) -> str:
    return row.found.link.told() if row.found.link else ""


def _why_not(row: CustomerRow) -> tuple[str, str]:
    """Why there is nothing to confirm, and the next step."""
    if row.near:
        several = ", ".join(f"{entry.id} '{entry.name}'" for entry in row.near)
        return f"Several customers are called '{row.called}': {several}.", "Say which with --id."
    if row.found.state is CustomerState.UNKNOWN:
        return f"No active customer is called '{row.called}'.", "Correct the mapping, or say who it is with --id."
    return f"The customer of '{row.name}', {_known(row)}, is {row.found.state.value}.", TO_CHANGE


def _active(world: World, to: str) -> Entry:
    """The active customer with that id, or the only one with that name."""
    book = live_book(world)
    entry = book.entries.get(to.strip()) or book.entries.get(to.strip().lower()) or book.named(to)
    if entry is None:
        message = f"The ledger has no customer with the id or the full name '{to}', or has several of that name."
        raise CustomerRefusedError(world.policy.connection, message, "Copy the id from the ledger.")
    if not entry.is_active:
        message = f"The customer {entry.id} '{entry.name}' is inactive."
        raise CustomerRefusedError(world.policy.connection, message, "Make it active again first, or name another.")
    return entry


def _answer(world: World, row: CustomerRow, entry: Entry) -> Answer:
    """The answer with everything that it moves, counted."""
    key = folded(row.name)
    earlier = world.store.remembered_with(Disposition.POSTED) if row.found.link is not None else iter(())
    posted = sum(_customer_of(one) == key for one in earlier)
    queued = [one for one in world.store.remembered_with(Disposition.QUEUED) if _customer_of(one) == key]
    unsent = [one for one in queued if one.posting_state == "ready" and not one.posting_attempted]
    link = link_to(entry, row.name, row.called)
    in_flight = len(queued) - len(unsent)
    return Answer(row.name, row.found.link, link, entry, posted, row.waiting, row.amount, len(unsent), in_flight)
