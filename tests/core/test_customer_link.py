"""A name leads to the id that a person confirmed, to a candidate, or nowhere: every way in which it can stand."""

from __future__ import annotations

import pytest

from connector.core.customer_link import (
    MERGED_TO,
    CustomerBook,
    CustomerLink,
    CustomerState,
    find_customer,
    first_match,
    link_to,
    problem_of,
    told,
)
from connector.core.mapping import Fact
from connector.core.reference import Entry, by_name

MILL = Entry("1", ("Mill",), facts={"email": "mill@example.com", "company": "Mill", "city": "Hull"})
PIER = Entry("2", ("Pier",))
LEFT = Entry("3", ("Left",), is_active=False)
MERGED = Entry("4", ("Merged",), is_active=False, facts={MERGED_TO: "5"})
AGAIN = Entry("5", ("Merged again",), is_active=False, facts={MERGED_TO: "1"})
LOST = Entry("6", ("Lost",), is_active=False, facts={MERGED_TO: "99"})
RING = Entry("7", ("Ring",), is_active=False, facts={MERGED_TO: "7"})
DEAD_END = Entry("8", ("Dead end",), is_active=False, facts={MERGED_TO: "3"})
GONE = Entry("9", ("Gone",), is_active=False, is_gone=True)
TWINS = (Entry("10", ("A:Twin",), leaf="Twin"), Entry("11", ("B:Twin",), leaf="Twin"))
ENTRIES = (MILL, PIER, LEFT, MERGED, AGAIN, LOST, RING, DEAD_END, GONE, *TWINS)


def book(*links: CustomerLink, asks: bool = True) -> CustomerBook:
    return CustomerBook({link.key: link for link in links}, {entry.id: entry for entry in ENTRIES}, by_name(ENTRIES), asks=asks)


def linked(identifier: str, called: str = "Mill", name: str = "Tenant") -> CustomerLink:
    return CustomerLink(name, identifier, "As it was", called)


@pytest.mark.parametrize(
    ("links", "called", "state", "entry"),
    [
        ((), "mill ", CustomerState.WAITING, MILL),
        ((), "Nobody", CustomerState.UNKNOWN, None),
        ((), "Twin", CustomerState.UNKNOWN, None),
        ((), "Left", CustomerState.UNKNOWN, None),
        ((linked("1"),), "MILL", CustomerState.CONFIRMED, MILL),
        # The confirmed customer has another name now, and somebody else has its old one: the id decides.
        ((linked("2"),), "Mill", CustomerState.CONFIRMED, PIER),
        # The mapping was corrected after a rename: it means the same customer.
        ((linked("2", "Old pier"),), "Pier", CustomerState.CONFIRMED, PIER),
        ((linked("2", "Pier"),), "Mill", CustomerState.CHANGED, MILL),
        ((linked("2", "Pier"),), "Nobody", CustomerState.UNKNOWN, None),
        # Two mappings of one company: each has its own answer.
        ((linked("2", "Pier"), linked("1", "Mill")), "Pier", CustomerState.CONFIRMED, PIER),
        ((linked("2", "Mill"), linked("1", "Pier")), "Mill", CustomerState.CONFIRMED, PIER),
        ((linked("3"),), "Mill", CustomerState.INACTIVE, LEFT),
        ((linked("4"),), "Mill", CustomerState.MERGED, MILL),
        ((linked("6"),), "Mill", CustomerState.MERGED, None),
        ((linked("7"),), "Mill", CustomerState.MERGED, None),
        ((linked("8"),), "Mill", CustomerState.MERGED, None),
        ((linked("9"),), "Mill", CustomerState.GONE, None),
        ((linked("77"),), "Mill", CustomerState.GONE, None),
    ],
)
def test_where_a_name_stands(links: tuple[CustomerLink, ...], called: str, state: CustomerState, entry: Entry | None) -> None:
    found = find_customer(book(*links), "tenant", called)
    assert (found.state, found.entry) == (state, entry)


@pytest.mark.parametrize(
    ("links", "called", "code", "says", "next_step"),
    [
        ((), "Mill", "CUSTOMER_UNCONFIRMED", "'Mill' (id 1, mill@example.com, Hull)", 'connector customers confirm "Tenant"'),
        ((linked("2", "Pier"),), "Mill", "CUSTOMER_UNCONFIRMED", "confirmed as 2 (As it was), and the mapping means 'Mill'", "confirm"),
        ((linked("3"),), "Mill", "CUSTOMER_GONE", "is archived or inactive in Xero", 'connector relink "Tenant" --to ID'),
        ((linked("4"),), "Mill", "CUSTOMER_GONE", "merged into 'Mill' (id 1,", 'connector relink "Tenant" --to 1'),
        ((linked("6"),), "Mill", "CUSTOMER_GONE", "was merged in Xero", 'connector relink "Tenant" --to ID'),
        ((linked("9"),), "Mill", "CUSTOMER_GONE", "Xero no longer has the contact 9 (As it was)", 'connector relink "Tenant" --to ID'),
    ],
)
def test_what_stands_in_the_way_names_the_command_that_answers_it(
    links: tuple[CustomerLink, ...], called: str, code: str, says: str, next_step: str
) -> None:
    problem = problem_of(find_customer(book(*links), "Tenant", called), Fact(called, "mapping.yaml:9"), "contact", "Xero")
    assert problem is not None
    assert (problem.code, problem.place) == (code, "mapping.yaml:9")
    assert says in problem.message
    assert next_step in problem.next_step


def test_a_confirmed_or_an_unknown_name_has_no_problem_of_this_kind() -> None:
    for links, called in (((linked("1"),), "Mill"), ((), "Nobody")):
        assert problem_of(find_customer(book(*links), "Tenant", called), Fact(called, ""), "contact", "Xero") is None


@pytest.mark.parametrize(
    ("links", "called", "identifier"),
    [
        ((), "Mill", "1"),
        ((linked("2", "Pier"),), "Mill", "1"),
        ((linked("1"),), "Mill", None),
        ((linked("3"),), "Mill", None),
        ((), "Twin", None),
    ],
)
def test_without_questions_only_the_one_customer_of_that_name_is_taken(
    links: tuple[CustomerLink, ...], called: str, identifier: str | None
) -> None:
    """A customer that is inactive, merged or gone is replaced by nobody, also where exact names are trusted."""
    match = first_match(book(*links, asks=False), "Tenant", called)
    assert (match.id if match else None) == identifier
    assert first_match(book(*links), "Tenant", called) is None


@pytest.mark.parametrize("asks", [True, False])
def test_another_word_of_the_mapping_for_the_confirmed_customer_is_kept_without_a_question(asks: bool) -> None:
    """Else a merge after it would find nobody of that name, instead of a confirmed customer that is gone."""
    assert first_match(book(linked("1", "Old mill"), asks=asks), "Tenant", "Mill") == link_to(MILL, "Tenant", "Mill")


def test_a_link_remembers_what_the_customer_and_the_mapping_said_then() -> None:
    link = link_to(MILL, "Tenant ", "mill")
    assert (link.key, link.id, link.known_as, link.called, link.told()) == (("tenant", "mill"), "1", "Mill", "mill", "1 (Mill)")
    assert told(PIER) == "'Pier' (id 2)"
