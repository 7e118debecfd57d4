"""The picture of a posting's life is the table that decides it."""

from __future__ import annotations

from connector.core.posting import NEXT, Event, State
from tests.core.state_diagram import PAGE, diagram, drawn, steps


def test_the_page_shows_the_table_as_it_is() -> None:
    page = PAGE.read_text("utf-8")
    assert page.count("```mermaid") == 1
    assert page == drawn(page), f"draw it anew with: python -m tests.core.state_diagram\n{diagram()}"


def test_the_page_says_what_every_state_means() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert sorted(rows) == sorted(["state", *State])


def test_every_step_of_the_table_is_an_arrow() -> None:
    drawn_steps = {(before, event) for (before, _), events in steps().items() for event in events if " " not in event}
    assert drawn_steps == {(state, event.value) for state, row in NEXT.items() for event in row}


def test_a_throttle_after_an_attempt_is_drawn_to_where_it_leads() -> None:
    throttled = Event.THROTTLED.value
    assert throttled in steps()[State.SENDING, State.READY]
    assert f"{throttled} (attempted)" in steps()[State.SENDING, State.UNCERTAIN]
    assert f"{throttled} (phase two)" in steps()[State.SENDING, State.DRAFTED]
