"""Which customer of the ledger a name of the mapping means: a person says so once, and from then on the ledger's id alone decides.

The rules:
1. A confirmed link leads to its id, whatever the customer is called by now; that two customers swap their names changes nothing.
2. Without a link a name leads to a candidate at most: the only active customer who is called so. A person says whether it is meant.
3. The answer is about the name and what the mapping calls it in the ledger, both: where `names` lead to another customer, that is a new
   question, and two mappings of one ledger company may mean two customers by one name. Where they lead to the same one, it is none.
4. A link whose customer is inactive, merged or gone leads nowhere: nobody takes the place before a person says who.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.core.mapping import Fact
from connector.core.problem import Problem
from connector.core.reference import Entry

# The fact of an entry that holds the id of the customer into whom it was merged, where the ledger tells it.
MERGED_TO = "merged_to"
# Facts that help a person to tell two customers apart, in the order in which they are shown.
TELLING = ("company", "email", "city")
# So many merges are followed from one customer to the next.
MERGES_MAX = 10
# The problems that keep a work order from the books until a person has said which customer is meant.
CODES = frozenset({"CUSTOMER_UNCONFIRMED", "CUSTOMER_GONE", "CUSTOMER_UNKNOWN"})


class CustomerState(StrEnum):
    """Where a customer's name of the mapping stands."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"  # there is a candidate, and nobody has confirmed it
    CHANGED = "changed"  # the mapping means another customer than the confirmed one
    INACTIVE = "inactive"
    MERGED = "merged"
    GONE = "gone"
    UNKNOWN = "unknown"  # no active customer is called so, or several are


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A name of the mapping and the ledger's id that it means. `called`: what the mapping called it in the ledger when it was linked."""

    name: str
    id: str
    known_as: str  # the customer's full name then
    called: str
    confirmed_by: str = ""
    confirmed_at: datetime | None = None

    @property
    def key(self) -> Key:
        """The name and what it is called, as they are compared."""
        return folded(self.name), folded(self.called)

    def told(self) -> str:
        """The link in words, for the audit."""
        return f"{self.id} ({self.known_as})"


@dataclass(frozen=True, slots=True)
class CustomerBook:
    """What people confirmed, and the customers as the ledger has them now. `asks`: whether a first match waits for a person."""

    links: Mapping[Key, CustomerLink] = field(default_factory=dict)  # in the order in which they were confirmed
    entries: Mapping[str, Entry] = field(default_factory=dict)  # by id
    ids: Mapping[str, str] = field(default_factory=dict)  # by case-folded name: those that mean one active customer
    asks: bool = True

    def linked(self, name: str, called: str) -> list[CustomerLink]:
        """The links of that name: the one under what it is called now first, then the others, the newest of them first."""
        own = [link for key, link in reversed(list(self.links.items())) if key[0] == folded(name)]
        return sorted(own, key=lambda link: folded(link.called) != folded(called))

    def named(self, name: str) -> Entry | None:
        """The only active customer who is called so."""
        return self.entries.get(self.ids.get(folded(name), ""))


@dataclass(frozen=True, slots=True)
class Found:
    """What a name leads to: `entry` is the linked customer, or the candidate, or the one into whom the linked one was merged."""

    name: str
    state: CustomerState
    link: CustomerLink | None = None
    entry: Entry | None = None


def folded(name: str) -> str:
    """A name as it is compared: the ledgers do not tell capitals apart."""
    return name.strip().casefold()


def find_customer(book: CustomerBook, name: str, called: str) -> Found:
    """What the mapping's own name leads to; `called` is what the mapping says that it is called in the ledger."""
    links, candidate = book.linked(name, called), book.named(called)
    link = next((one for one in links if folded(one.called) == folded(called) or (candidate and candidate.id == one.id)), None)
    if link is None:
        known = CustomerState.CHANGED if links else CustomerState.WAITING
        return Found(name, known if candidate else CustomerState.UNKNOWN, links[0] if links else None, candidate)
    entry = book.entries.get(link.id)
    if entry is not None and entry.fact(MERGED_TO):
        return Found(name, CustomerState.MERGED, link, _merged_into(book, entry))
    if entry is None or entry.is_gone:
        return Found(name, CustomerState.GONE, link)
    return Found(name, CustomerState.CONFIRMED if entry.is_active else CustomerState.INACTIVE, link, entry)


def _merged_into(book: CustomerBook, entry: Entry) -> Entry | None:
    """The customer at the end of the merges; None when the ledger does not have it, or names one merge after another."""
    for _ in range(MERGES_MAX):
        target = book.entries.get(entry.fact(MERGED_TO))
        if target is None or not target.fact(MERGED_TO):
            return target if target is not None and target.is_active else None
        entry = target
    return None


def first_match(book: CustomerBook, name: str, called: str) -> CustomerLink | None:
    """The link that needs no question: the mapping has another word for the confirmed customer; or, where nobody is to be asked, it is the
    only customer of exactly that name.
    """
    found = find_customer(book, name, called)
    is_trusted = not book.asks and found.state in (CustomerState.WAITING, CustomerState.CHANGED)
    is_reworded = found.state is CustomerState.CONFIRMED and found.link is not None and found.link.key != (folded(name), folded(called))
    return link_to(found.entry, name, called) if found.entry is not None and (is_trusted or is_reworded) else None


def link_to(entry: Entry, name: str, called: str) -> CustomerLink:
    """The link of a name to a customer."""
    return CustomerLink(name, entry.id, entry.name, called)


def told(entry: Entry) -> str:
    """A customer in words: its name, its id, and what else tells it from another one."""
    facts = [fact for name in TELLING if (fact := entry.fact(name)) and folded(fact) != folded(entry.name)]
    return f"'{entry.name}' (id {', '.join([entry.id, *facts])})"


def problem_of(found: Found, fact: Fact, what: str, ledger: str) -> Problem | None:
    """Why no document may go to that customer yet; None when it may. `what` is the ledger's word for a customer.

    An unknown name is told by who knows all of them (ledgers/names.py).
    """
    if found.state in (CustomerState.CONFIRMED, CustomerState.UNKNOWN):
        return None
    if found.state in (CustomerState.WAITING, CustomerState.CHANGED):
        return _unconfirmed(found, fact, what, ledger)
    name, was = found.name, found.link.told() if found.link else ""
    relink = f'run `connector relink "{name}" --to {found.entry.id if found.entry and found.entry.is_active else "ID"}`'
    anybody = f"{relink} with the one in its place."
    if found.state is CustomerState.MERGED:
        into = f" into {told(found.entry)}" if found.entry else ""
        message = f"The {what} {was} of '{name}' was merged{into} in {ledger}."
        next_step = f"If that one takes its place, {relink}." if found.entry else f"Find out into whom, and {anybody}"
    elif found.state is CustomerState.INACTIVE:
        message, next_step = f"The {what} {was} of '{name}' is archived or inactive in {ledger}.", f"Make it active again, or {anybody}"
    else:
        message = f"{ledger} no longer has the {what} {was} of '{name}': it was deleted, or merged into another one."
        next_step = f"`connector customers` shows whose its invoices are now; then {anybody}"
    return Problem("CUSTOMER_GONE", fact.place, message, next_step)


def _unconfirmed(found: Found, fact: Fact, what: str, ledger: str) -> Problem:
    assert found.entry is not None
    message = f"Nobody has confirmed yet that '{found.name}' is the {what} {told(found.entry)} of {ledger}."
    if found.link is not None:
        message = f"'{found.name}' was confirmed as {found.link.told()}, and the mapping means {told(found.entry)} now."
    next_step = f'If it is, run `connector customers confirm "{found.name}"`; else correct the mapping.'
    return Problem("CUSTOMER_UNCONFIRMED", fact.place, message, next_step)
