"""What lies beside the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector.core import evidence as core
from connector.core.evidence import Evidence, EvidenceEvent, EvidenceState, Wanted
from connector.flows import evidence as flow
from connector.flows.evidence import AttachedReport
from connector.flows.world import World
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import calls_with, helpless


def an_upload_is_sent_again_without_a_look(patch: pytest.MonkeyPatch) -> None:
    """An upload that timed out counts as failed, and goes out again when its wait is over; nobody asks what is on the document."""

    def look_at_nothing(world: World, report: AttachedReport, pieces: Sequence[Evidence]) -> list[Evidence]:
        return list(pieces)

    patch.setitem(core.NEXT[EvidenceState.SENDING], EvidenceEvent.LOST_ANSWER, EvidenceState.DUE)
    patch.setattr(flow, "_look", look_at_nothing)


ACCIDENTS = (
    Accident(
        "an upload resent without a look",
        an_upload_is_sent_again_without_a_look,
        calls_with("drop_after_commit", replace(helpless("quickbooks", upload_keys="ignored"), evidence=Wanted(summary=True))),
        Caught("evidence twice", at=16, within=30),
    ),
)
