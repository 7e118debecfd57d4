"""What UpKeep's answers had in them is added up after each run; a field that the books need and that is gone is an alarm."""

from __future__ import annotations

from collections.abc import Sequence

from connector.core.field_watch import FieldStanding, used_fields
from connector.flows.world import World
from connector.upkeep.source import WatchedSource


def note_fields(world: World) -> None:
    """Keep what this run saw."""
    if isinstance(world.source, WatchedSource):
        world.source_records.note_fields(world.source.watched(), used_fields(world.mapping))


def field_counts(standings: Sequence[FieldStanding]) -> dict[str, list[str]]:
    """Which fields are new, gone, or of another type than is known, as "kind: name"; `missing` are known ones that were never there."""
    return {
        "new": [_named(one) for one in standings if not one.is_known and one.present],
        "gone": [_named(one) for one in standings if one.is_gone],
        "retyped": [f"{_named(one)} ({one.types}, {one.retyped} times)" for one in standings if one.retyped],
        "missing": [_named(one) for one in standings if one.is_known and not one.present],
    }


def _named(standing: FieldStanding) -> str:
    return f"{standing.kind}: {standing.name}"
