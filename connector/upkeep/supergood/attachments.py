"""The files of a work order through the normalised API. Downloads are published; the path and the names are our own defaults."""

from __future__ import annotations

from typing import Any

from connector.core.contract import Contract
from connector.upkeep.attachments import file_of
from connector.upkeep.source import SourceFile, UnreadableAnswerError
from connector.upkeep.supergood.pointing import first


def attachments_of(told: Any, contract: Contract) -> list[SourceFile]:
    """Every file of an answer; raises UnreadableAnswerError where one cannot be read, so that none is passed over."""
    rows = first(told, contract.fields["attachment_rows"])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableAnswerError("the files of the work order were answered without rows", 200)
    return [file_of(row) for row in rows]
