"""The state table: the one file where a posting changes its state."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connector.core.mapping import DocumentKind
from connector.core.posting import (
    NEXT,
    Event,
    Expectation,
    IllegalStepError,
    NotSent,
    Phase,
    Posted,
    Posting,
    Rejected,
    State,
    Throttled,
    Uncertain,
    event_of,
    next_state,
)
from tests.core.examples import ledger_document

# The table once more, in another form: a row that is lost or led astray there does not agree with this one.
EVERY_STEP = """
ready     leased         sending
ready     blocked        held
ready     found_live     posted
ready     found_draft    drafted
ready     found_other    held
sending   posted         posted
sending   draft_created  drafted
sending   rejected       held
sending   throttled      ready
sending   not_sent       ready
sending   lost_answer    uncertain
sending   lease_expired  uncertain
uncertain found_live     posted
uncertain found_draft    drafted
uncertain found_other    held
uncertain proven_absent  ready
uncertain proven_refused held
drafted   leased         sending
drafted   blocked        held
drafted   found_live     posted
drafted   found_other    held
drafted   proven_absent  ready
held      released       ready
held      found_live     posted
"""


def test_every_state_has_a_row() -> None:
    assert set(NEXT) == set(State)


def test_the_table_has_these_steps_and_no_other() -> None:
    steps = {(state.value, event.value, target.value) for state, row in NEXT.items() for event, target in row.items()}
    assert steps == {tuple(line.split()) for line in EVERY_STEP.strip().splitlines()}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_illegal_step_raises_and_a_legal_one_leads_where_the_table_says(state: State, event: Event) -> None:
    if event in NEXT[state]:
        assert next_state(state, event, attempted=False) is NEXT[state][event]
    else:
        with pytest.raises(IllegalStepError, match=f"^A posting that is {state.value} cannot meet '{event.value}'.$"):
            next_state(state, event, attempted=False)


def test_uncertain_never_leads_to_sending() -> None:
    assert State.SENDING not in NEXT[State.UNCERTAIN].values()


def test_nothing_leads_out_of_posted() -> None:
    assert NEXT[State.POSTED] == {}


@pytest.mark.parametrize("event", [Event.REJECTED, Event.THROTTLED, Event.NOT_SENT])
def test_after_an_attempt_that_may_have_arrived_no_later_answer_but_posted_ends_the_uncertainty(event: Event) -> None:
    assert next_state(State.SENDING, event, attempted=True) is State.UNCERTAIN
    assert next_state(State.SENDING, Event.POSTED, attempted=True) is State.POSTED


def test_a_person_who_releases_a_posting_that_may_have_arrived_does_not_send_it() -> None:
    assert next_state(State.HELD, Event.RELEASED, attempted=True) is State.UNCERTAIN
    assert next_state(State.HELD, Event.RELEASED, attempted=False) is State.READY


def test_a_throttled_second_phase_goes_back_to_its_draft() -> None:
    assert next_state(State.SENDING, Event.THROTTLED, attempted=False, drafted=True) is State.DRAFTED
    assert next_state(State.SENDING, Event.NOT_SENT, attempted=False, drafted=True) is State.DRAFTED
    assert next_state(State.SENDING, Event.REJECTED, attempted=False, drafted=True) is State.HELD


def test_a_new_posting_has_met_nothing_yet() -> None:
    """What is not stored otherwise: no attempt that may have arrived, no look-up, the first key of the first write."""
    expectation = Expectation(DocumentKind.INVOICE, "M", date(2026, 2, 20), "USD", Decimal(1))
    new = Posting(1, "M", DocumentKind.INVOICE, "4711", State.READY, expectation)
    assert (new.attempted, new.attempts, new.looked, new.generation, new.phase) == (False, 0, False, 1, Phase.CREATE)
    assert (new.uncertain_since, new.absent_since, new.refused, new.remote_id, new.token) == (None, None, "", "", 0)


def test_every_outcome_means_one_event() -> None:
    assert event_of(Posted(ledger_document())) is Event.POSTED
    assert event_of(Posted(ledger_document(status="draft"))) is Event.DRAFT_CREATED
    assert event_of(Rejected("6070", "wrong amount")) is Event.REJECTED
    assert event_of(Throttled(60)) is Event.THROTTLED
    assert event_of(NotSent("refused")) is Event.NOT_SENT
    assert event_of(Uncertain("read time-out")) is Event.LOST_ANSWER
