"""The files of a work order on their way to a folder: whole, with the right checksum, and over nothing that is there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.core.problem import Problem
    from connector.upkeep.source import Source, SourceFile


def fetched(
    source: Source, work_order: str, files: Sequence[SourceFile], folder: Path, connection: str, bytes_max: int
) -> tuple[list[dict[str, str]], list[Problem]]:
    """What was put into the folder, and what was wrong with the rest."""
    from connector.upkeep.source import FileGoneError, UnreadableAnswerError

    rows: list[dict[str, str]] = []
    problems: list[Problem] = []
    for one in files:
        try:
            content = source.file(work_order, one.id, bytes_max)
        except (UnreadableAnswerError, FileGoneError) as error:
            why = str(error) or "it is not on the work order any more"
            problems.append(_not_fetched(connection, one, why))
            continue
        if content is None:
            problems.append(_not_fetched(connection, one, f"it has more than {bytes_max} bytes"))
            continue
        row, problem = _stored(folder, one, content, connection)
        rows += [row] if row else []
        problems += [problem] if problem else []
    return rows, problems


def _not_fetched(connection: str, file: SourceFile, why: str) -> Problem:
    from connector.core.problem import Problem

    step = "Nothing of it was kept. Run the command again: its address is asked for anew."
    return Problem("UPKEEP_FILE_NOT_FETCHED", connection, f"'{file.name}' (id {file.id}) was not fetched: {why}.", step)


def _stored(folder: Path, file: SourceFile, content: bytes, connection: str) -> tuple[dict[str, str] | None, Problem | None]:
    """Only the last part of a name is a name: what UpKeep calls a file must not lead out of the folder."""
    name = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in file.name).strip(". ") or file.id
    path = folder / name
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as target:
            target.write(content)
    except FileExistsError:
        if not path.is_file() or path.read_bytes() != content:
            return None, _not_fetched(connection, file, f"{path} exists and holds something else")
    checked = "as UpKeep tells it" if file.sha256 else "UpKeep tells none"
    return {"path": str(path), "id": file.id, "bytes": str(len(content)), "sha256": digest, "checked": checked}, None
