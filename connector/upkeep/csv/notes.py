"""What the source remembers of files between runs: a small protocol that the records satisfy, and a stand-in that forgets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from connector.core.export import ExportFile


class FileNotes(Protocol):
    """The files of one connection that were begun or read whole, and up to which state of a work order a decision is stored."""

    def noted(self, keys: Collection[str]) -> Mapping[str, ExportFile]:
        """What is remembered of these files, by key."""
        ...

    def note(self, files: Collection[ExportFile]) -> None:
        """Remember files, or what is new of them."""
        ...

    def longest(self, series: str) -> ExportFile | None:
        """Of the exports of that name, the one with the most rows."""
        ...

    def has_whole(self, columns: str) -> bool:
        """Whether a file was read whole with these columns."""
        ...

    def moments(self, source_ids: Collection[str]) -> Mapping[str, datetime]:
        """The `updated_at` of the decisions that are stored about these work orders."""
        ...


class NoNotes:
    """For whoever only reads along: nothing was read before, and nothing is remembered."""

    def noted(self, keys: Collection[str]) -> Mapping[str, ExportFile]:
        """Nothing."""
        return {}

    def note(self, files: Collection[ExportFile]) -> None:
        """Forgotten at once."""

    def longest(self, series: str) -> ExportFile | None:
        """None."""
        return None

    def has_whole(self, columns: str) -> bool:
        """No."""
        return False

    def moments(self, source_ids: Collection[str]) -> Mapping[str, datetime]:
        """No decision."""
        return {}
