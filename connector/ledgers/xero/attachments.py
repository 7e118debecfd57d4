"""Files and notes on Xero's documents: PUT of raw bytes under a name, PUT of a history record, and the lists of both.

PUT, because POST under a name that is there replaces what a person may have put there. The history cannot be searched: it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.core.clock import Deadline
from connector.core.evidence import Attached, Evidence, EvidenceKind, EvidenceLimits, EvidenceOutcome, Found, Piece, note_opening
from connector.core.posting import Posted, Uncertain, WriteRequest
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.gateway import write_evidence
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.traced import traced
from connector.ledgers.xero.documents import API, ELEMENTS
from connector.ledgers.xero.faults import TRACES, read_plain

# Xero's pages say 25, 10 and 3 MB for a file; the smallest holds everywhere. Ten files on a document.
LIMITS = EvidenceLimits(bytes_max=3_000_000, files_max=10)
FILES, NOTES = "Attachments", "HistoryRecords"


def request_of(evidence: Evidence, piece: Piece) -> WriteRequest:
    """The write that puts the piece on its document."""
    document = f"{API}/{ELEMENTS[evidence.document]}/{evidence.document_id}"
    if evidence.kind is EvidenceKind.HISTORY_NOTE:
        body = encode({NOTES: [{"Details": piece.content.decode()}]})
        return WriteRequest("PUT", f"{document}/History", body, (("content-type", "application/json"),))
    return WriteRequest("PUT", f"{document}/Attachments/{evidence.name}", piece.content, (("content-type", piece.media_type),))


def send(http: LedgerHttp, headers: Mapping[str, str], evidence: Evidence, piece: Piece, deadline: Deadline) -> EvidenceOutcome:
    """One file or note."""

    def judge(status: int, told: Mapping[str, str], body: bytes) -> EvidenceOutcome:
        return classify_put(evidence, status, told, body)

    request = request_of(evidence, piece)
    return write_evidence(http, evidence, piece.content, request, params={}, headers=headers, deadline=deadline, classify=judge)


def classify_put(evidence: Evidence, status: int, headers: Mapping[str, str], body: bytes) -> EvidenceOutcome:
    """One answer to one piece, as one outcome (pure)."""
    told = read_plain(status, headers, body)
    if not isinstance(told, dict):
        outcome = traced(told, headers, TRACES)
        assert not isinstance(outcome, Posted)
        return outcome
    found = found_of(evidence, told.get(_list_of(evidence)))
    if not found:
        return Uncertain("Xero answered 200 without what was put on the document")
    return Attached(found[0])


def look_up(http: LedgerHttp, headers: Mapping[str, str], wanted: Sequence[Evidence]) -> dict[int, tuple[Found, ...]]:
    """What of these pieces is on their documents; each list is read once."""
    lists: dict[tuple[str, str], list[Any]] = {}
    found = {}
    for evidence in wanted:
        which = (evidence.document_id, _list_of(evidence))
        if which not in lists:
            lists[which] = _read(http, headers, evidence)
        found[evidence.id] = found_of(evidence, lists[which])
    return found


def _read(http: LedgerHttp, headers: Mapping[str, str], evidence: Evidence) -> list[Any]:
    part = "History" if evidence.kind is EvidenceKind.HISTORY_NOTE else FILES
    answer = http.read("GET", f"{API}/{ELEMENTS[evidence.document]}/{evidence.document_id}/{part}", headers=headers)
    try:
        told = decode(answer.content) if answer.status_code == 200 else None
    except (ValueError, RecursionError):
        told = None
    rows = told.get(_list_of(evidence)) if isinstance(told, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ServiceUnreachableError("xero", f"{part} of a document answered {answer.status_code} without a list")
    return rows


def _list_of(evidence: Evidence) -> str:
    return NOTES if evidence.kind is EvidenceKind.HISTORY_NOTE else FILES


def found_of(evidence: Evidence, rows: Any) -> tuple[Found, ...]:
    """The piece among what a list shows: a file by its name, a note by its opening words."""
    told = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if evidence.kind is EvidenceKind.HISTORY_NOTE:
        opening = note_opening(evidence.marker).casefold()
        notes = [row for row in told if opening in str(row.get("Details") or "").casefold()]
        return tuple(Found(f"note of {row.get('DateUTCString') or 'an unknown moment'}", "note") for row in notes)
    files = [row for row in told if str(row.get("FileName") or "").casefold() == evidence.name.casefold() and row.get("AttachmentID")]
    return tuple(Found(str(row["AttachmentID"]), str(row["FileName"]), _size(row.get("ContentLength"))) for row in files)


def _size(told: Any) -> int | None:
    return int(told) if told is not None and str(told).isdecimal() else None
