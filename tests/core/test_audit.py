"""The chain of the audit: no entry can be changed, removed, put in or cut off without being missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from connector.core.audit import NOTHING, Chain, Entry, Head, Link, head_of, linked
from connector.core.problem import Problem

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ENTRY = Entry(AT, "sync", "decided", "realm-1", "upkeep", "north", "4711", "4711-ABC", 7, "queued", "posted", "ledger id 146", "digest-1")
TEXTS = [name for name, kind in Entry.__annotations__.items() if kind == "str"]
OTHER = {"at": AT + timedelta(microseconds=1), "token": 8, **dict.fromkeys(TEXTS, "another")}


def chain_of(*entries: Entry) -> list[Link]:
    links: list[Link] = []
    for entry in entries:
        links.append(linked(Head(links[-1].number, links[-1].hash) if links else Head(), entry))
    return links


def four() -> list[Link]:
    return chain_of(*(replace(ENTRY, work_order=str(n)) for n in range(1, 5)))


def end_of(links: list[Link]) -> Head:
    return Head(links[-1].number, links[-1].hash) if links else Head()


def problem_of(links: list[Link], stored: Head | None, *noted: Head) -> Problem | None:
    chain = Chain(*noted)
    for link in links:
        problem = chain.problem_of(link)
        if problem is not None:
            return problem
    return chain.problem_at_end(stored)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    links = four()
    assert problem_of(links, end_of(links), end_of(links[:2]), end_of(links)) is None
    assert problem_of([], Head()) is None
    assert links[0].previous == NOTHING


def test_the_hash_is_the_same_on_every_machine_and_for_ever() -> None:
    """Entries that were written stay verifiable: a change of the canonical bytes is a new kind of chain."""
    (link,) = chain_of(ENTRY)
    assert link.hash == "a76d26ffb19438084df796e07113f0f3979d79b19c0795170949553fa06bad6e"
    elsewhere = replace(ENTRY, at=AT.astimezone(timezone(timedelta(hours=-6))))
    assert chain_of(elsewhere)[0].hash == link.hash


@pytest.mark.parametrize("name", sorted(OTHER))
def test_a_changed_field_is_noticed_at_its_entry(name: str) -> None:
    links = four()
    links[1] = replace(links[1], entry=replace(links[1].entry, **{name: OTHER[name]}))
    problem = problem_of(links, end_of(links))
    assert problem is not None
    assert (problem.code, problem.place) == ("AUDIT_BROKEN", "audit entry 2")
    assert "expected" in problem.message
    assert problem.next_step


def test_every_field_of_an_entry_is_under_the_hash() -> None:
    assert set(OTHER) == set(Entry.__annotations__)


def test_a_changed_entry_with_a_hash_that_fits_it_is_noticed_at_the_next_one() -> None:
    links = four()
    links[1] = linked(end_of(links[:1]), replace(links[1].entry, after="held"))
    problem = problem_of(links, end_of(links))
    assert problem is not None
    assert problem.place == "audit entry 3"


def test_a_removed_entry_is_noticed() -> None:
    links = four()
    problem = problem_of([*links[:1], *links[2:]], end_of(links))
    assert problem is not None
    assert problem.place == "audit entry 2"
    assert "missing" in problem.message


def test_an_entry_put_in_at_the_end_is_noticed() -> None:
    links = four()
    problem = problem_of([*links, linked(end_of(links), ENTRY)], end_of(links))
    assert problem is not None
    assert (problem.code, problem.place) == ("AUDIT_BROKEN", "audit entry 5")


def test_an_entry_put_in_between_is_noticed() -> None:
    links = four()
    problem = problem_of([*links[:2], linked(end_of(links[:2]), ENTRY), *links[2:]], end_of(links))
    assert problem is not None
    assert problem.place == "audit entry 4"


def test_a_tail_cut_off_is_noticed_by_the_head_in_the_database() -> None:
    links = four()
    problem = problem_of(links[:3], end_of(links))
    assert problem is not None
    assert problem.code == "AUDIT_CUT_OFF"


def test_a_tail_cut_off_together_with_the_head_is_noticed_by_the_head_beside_it() -> None:
    links = four()
    problem = problem_of(links[:3], end_of(links[:3]), end_of(links))
    assert problem is not None
    assert problem.code == "AUDIT_CUT_OFF"
    assert "restored a backup" in problem.next_step


def test_a_chain_written_anew_is_noticed_by_a_head_that_somebody_noted() -> None:
    links = four()
    anew = chain_of(*(replace(link.entry, after="held") for link in links))
    assert problem_of(anew, end_of(anew)) is None  # Consistent in itself: only what was noted elsewhere tells.
    for noted in ((end_of(links),), (end_of(anew), end_of(links))):
        problem = problem_of(anew, end_of(anew), *noted)
        assert problem is not None
        assert (problem.code, problem.place) == ("AUDIT_BROKEN", "audit entry 4")


def test_a_database_that_does_not_say_where_its_chain_ends_is_told() -> None:
    links = four()
    for stored in (None, Head(4, "f" * 64)):
        problem = problem_of(links, stored)
        assert problem is not None
        assert problem.code == "AUDIT_BROKEN"


def test_what_is_no_entry_at_all_is_told_by_its_number() -> None:
    chain = Chain()
    for link in four()[:2]:
        assert chain.problem_of(link) is None
    assert chain.problem_of_unreadable().place == "audit entry 3"
    odd = replace(four()[2], entry=replace(ENTRY, reason=b"bytes"))  # type: ignore[arg-type]
    assert chain.problem_of(odd) is not None


def test_a_head_is_read_as_it_was_printed_and_nothing_else_is_one() -> None:
    head = end_of(four())
    assert head_of(head.text()) == head
    assert head_of(f"  {head.text()}\n") == head
    for text in ("", "4", "4:", f"x:{head.hash}", f"4:{head.hash[1:]}", f"4:{'G' * 64}", f"-4:{head.hash}", f"٤:{head.hash}"):
        assert head_of(text) is None
