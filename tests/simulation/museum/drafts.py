"""The two phases of a Xero manual journal: a draft has no effect in the books, until one of them is posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connector.core.clock import Deadline
from connector.core.matching import Match
from connector.core.posting import LedgerDocument, Phase, Posting, State
from connector.flows import sending
from connector.flows.sending import Sent
from connector.flows.world import World
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import copied_drafts, helpless


def all_drafts_are_deleted(patch: pytest.MonkeyPatch) -> None:
    """Where one draft too many is found, all of them are deleted, the good one too."""
    _treat_drafts(patch, lambda world, posting, draft: world.ledger.delete_draft(posting, draft.id))


def surplus_drafts_are_left(patch: pytest.MonkeyPatch) -> None:
    """Phase two takes the first draft that is found, without proving that it is the only one."""
    _treat_drafts(patch, lambda world, posting, draft: None)


def every_draft_is_posted(patch: pytest.MonkeyPatch) -> None:
    """Phase two posts every draft that is found."""

    def post(world: World, posting: Posting, draft: LedgerDocument) -> None:
        drafted = replace(posting, state=State.SENDING, token=1, phase=Phase.POST_DRAFT, remote_id=draft.id, key=draft.id)
        deadline = Deadline(world.clock.monotonic(), world.policy.send_deadline_seconds)
        world.ledger.send(replace(drafted, request=world.ledger.phase_two(drafted)), deadline)

    _treat_drafts(patch, post)


def _treat_drafts(patch: pytest.MonkeyPatch, treat: Callable[[World, Posting, LedgerDocument], object]) -> None:
    """Let this be done to each draft where there are several."""

    def treat_all(world: World, sent: Sent, posting: Posting, answer: Match) -> None:
        for draft in answer.documents if len(answer.documents) > 1 else ():
            treat(world, posting, draft)

    patch.setattr(sending, "_delete_surplus", treat_all)


COPIED = copied_drafts(helpless("xero"))
ACCIDENTS = (
    Accident("deleting good documents because one failed", all_drafts_are_deleted, COPIED, Caught("lost", at=10, within=30)),
    Accident("phase two without proof of one draft", surplus_drafts_are_left, COPIED, Caught("draft left behind", at=10, within=30)),
    Accident("phase two of two drafts", every_draft_is_posted, COPIED, Caught("duplicate", at=10, within=30)),
)
