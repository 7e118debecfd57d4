"""The checkers of evidence: what lies beside the documents, asked of the ledger past its API, and what our record says of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connector.core.evidence import Wanted
from connector.sandbox.xero import attachments

if TYPE_CHECKING:
    from tests.simulation.scene import Scene, Setting

SWITCHES: dict[str, dict[str, tuple[Any, ...]]] = {
    "quickbooks": {
        "upload_keys": ("replay", "ignored"),
        "attachable_rows": ("whole", "sparse"),
        "attaching_changes_document": (False, True),
    },
    "xero": {
        "put_same_file_name": ("adds", "replaces"),
        "attachment_lag_seconds": (0, 15),
        "attaching_changes_document": (False, True),
    },
}
# A piece that failed waits for a day at most, four hours a cycle.
CYCLES_MORE = 8
NOTE = re.compile(r"\[([0-9A-Z-]+)\] Posted from UpKeep")


def with_evidence(setting: Setting, chance: random.Random) -> Setting:
    """The same world, in which each document gets its summary, and at Xero a note."""
    more = tuple((name, chance.choice(values)) for name, values in SWITCHES[setting.ledger].items())
    wanted = Wanted(summary=True, history_note=setting.ledger == "xero")
    return replace(setting, switches=(*setting.switches, *more), evidence=wanted)


def lying(scene: Scene) -> list[tuple[str, str, str]]:
    """What of ours lies on which document: document, what it is (its kind and the marker in it), checksum."""
    if scene.setting.ledger == "quickbooks":
        told = scene.vendor.files.told()
        kinds = {identifier: document.kind for identifier, document in scene.vendor.books.documents.items()}
        assert all(kinds[one["document"]] == one["kind"] for one in told)
    else:
        told = attachments.told(scene.vendor.books)
    found = []
    for one in told:
        note = NOTE.match(one["sha256"]) if one["name"] == "note" else None
        if note or one["name"] != "note":
            what = f"note {note[1]}" if note else f"summary {one['name'].removeprefix('work-order-').removesuffix('.pdf')}"
            found.append((one["document"], what, one["sha256"]))
    return found


def twice(scene: Scene) -> list[str]:
    """No document ever has a piece of evidence twice, or one that is another document's."""
    if not scene.setting.evidence.kinds():
        return []
    counts = Counter((document, what) for document, what, _ in lying(scene))
    found = [f"evidence twice: document {document} has {what} {count} times" for (document, what), count in counts.items() if count > 1]
    markers = {identifier: marker.upper() for identifier, marker, *_ in scene.every_document() if identifier not in scene.stripped}
    strange = [(document, what) for document, what in counts if document in markers and what.split()[1] not in markers[document]]
    return found + [f"evidence of another: document {document} has {what}" for document, what in strange]


def missing(scene: Scene) -> list[str]:
    """At rest each posted document that is live has each piece once, with the checksum that is stored, or a person was told."""
    if not scene.setting.evidence.kinds():
        return []
    live = {identifier for identifier, _, _, _, in_books in scene.every_document() if in_books}
    told = {row[0] for row in scene.rows("SELECT number FROM finding WHERE code LIKE 'EVIDENCE%'")}
    there = {(document, what.split()[0]): checksum for document, what, checksum in lying(scene)}
    statement = (
        "SELECT remote_id, number FROM posting JOIN work_order ON posting_id = posting.id"
        " WHERE state = 'posted' AND disposition = 'posted'"  # the document that stands for its work order now
    )
    found = []
    wanted = ["summary", *(["note"] if scene.setting.evidence.history_note else [])]
    for remote, number in scene.rows(statement):
        absent = [kind for kind in wanted if (remote, kind) not in there]
        if remote in live and absent and number not in told:
            found.append(f"evidence missing: document {remote} of work order {number} has no {absent}")
    rows = scene.rows("SELECT remote_id, checksum FROM evidence WHERE state = 'attached' AND kind = 'summary' AND checksum <> ''")
    sums = set(there.values())
    return found + [f"evidence of other bytes: {remote} was sent with {checksum}" for remote, checksum in rows if checksum not in sums]


def open_ones(scene: Scene) -> list[Any]:
    """Pieces that are still on their way."""
    return scene.rows("SELECT id, state, problem FROM evidence WHERE state IN ('due', 'sending', 'uncertain')")
