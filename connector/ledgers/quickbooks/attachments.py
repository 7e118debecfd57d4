"""Files on QuickBooks' documents: uploads with their link, and look-ups by name (vendors' facts: Attachable, upload, query).

A file is asked for by its name, which has the document's marker in it, and counts only where it is linked to that document: names may
be queried, 40 at a time, and a query's rows may be sparse, so that a link that is not told is read by the file's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connector.core.clock import Deadline
from connector.core.evidence import Attached, Evidence, EvidenceLimits, EvidenceOutcome, Found, Piece
from connector.core.posting import Posted, Uncertain, WriteRequest
from connector.ledgers.exact_json import encode
from connector.ledgers.gateway import write_evidence
from connector.ledgers.http import LedgerHttp, Params
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks.documents import ENTITY
from connector.ledgers.quickbooks.faults import AT_THE_DOOR, errors_of, read_answer, refusal_of, refused_at_the_door

# An upload may have 100 MB; ours are kept in memory. No number of files on a journal entry is published: 10,000 on other documents.
LIMITS = EvidenceLimits(bytes_max=20_000_000, files_max=100)
NAMES_MAX = 40
ROWS_MAX = 1000

Query = Callable[[str, str], list[dict[str, Any]]]
Read = Callable[[str], Mapping[str, Any]]


def upload_request(company_id: str, evidence: Evidence, piece: Piece) -> WriteRequest:
    """The bytes of an upload: the link and the file. The boundary is made of the file's checksum, so that the bytes are always the same."""
    boundary = f"upkeep-{piece.checksum[:40]}"
    linked = {"EntityRef": {"type": ENTITY[evidence.document], "value": evidence.document_id}, "IncludeOnSend": False}
    metadata = encode({"AttachableRef": [linked], "FileName": evidence.name, "ContentType": piece.media_type})
    parts = (
        ("file_metadata_01", "attachment.json", "application/json; charset=UTF-8", metadata),
        ("file_content_01", evidence.name, piece.media_type, piece.content),
    )
    body = b"".join(_part(boundary, *part) for part in parts) + f"--{boundary}--\r\n".encode()
    headers = (("content-type", f"multipart/form-data; boundary={boundary}"),)
    return WriteRequest("POST", f"/v3/company/{company_id}/upload", body, headers)


def _part(boundary: str, name: str, file_name: str, media_type: str, content: bytes) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: {media_type}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def send(http: LedgerHttp, company_id: str, evidence: Evidence, piece: Piece, params: Params, deadline: Deadline) -> EvidenceOutcome:
    """One upload."""

    def judge(status: int, headers: Mapping[str, str], body: bytes) -> EvidenceOutcome:
        return classify_upload(evidence, status, headers, body)

    request = upload_request(company_id, evidence, piece)
    return write_evidence(http, evidence, piece.content, request, params=params, headers={}, deadline=deadline, classify=judge)


def classify_upload(evidence: Evidence, status: int, headers: Mapping[str, str], body: bytes) -> EvidenceOutcome:
    """One answer to one upload, as one outcome (pure). A 200 may hold a fault, at the top or beside the file."""
    if status in AT_THE_DOOR:
        return _without_document(refused_at_the_door(status, headers, body))
    told = read_answer(body)
    if status >= 500 or not isinstance(told, dict):
        return Uncertain(f"QuickBooks answered {status} to an upload")
    rows = told.get("AttachableResponse")
    row = rows[0] if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict) else told
    if errors_of(row):
        return _without_document(refusal_of(row))
    made = row.get("Attachable")
    if status != 200 or not isinstance(made, dict) or not _is_of(made, evidence):
        return Uncertain(f"QuickBooks answered {status} to an upload without the file on its document")
    return Attached(_found(made), _age_seconds(made, headers))


def _age_seconds(made: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """How long before this answer the file was made, by QuickBooks' own clock: an answer may come from its memory."""
    told = made.get("MetaData")
    try:
        answered_at = parsedate_to_datetime(headers.get("date", ""))
        made_at = datetime.fromisoformat(str(told["CreateTime"]) if isinstance(told, dict) else "")
        return (answered_at - made_at).total_seconds()
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _without_document(outcome: object) -> EvidenceOutcome:
    assert not isinstance(outcome, Posted)
    return outcome  # type: ignore[return-value]


def look_up(wanted: Sequence[Evidence], query: Query, read: Read) -> dict[int, tuple[Found, ...]]:
    """The files of these names on the documents that they are for."""
    found: dict[int, list[Found]] = {evidence.id: [] for evidence in wanted}
    for start in range(0, len(wanted), NAMES_MAX):
        some = {evidence.name.casefold(): evidence for evidence in wanted[start : start + NAMES_MAX]}
        names = ", ".join(f"'{evidence.name}'" for evidence in some.values())
        rows = query("Attachable", f"WHERE FileName IN ({names}) MAXRESULTS {ROWS_MAX}")
        for evidence, row in _answered(some, rows, read):
            found[evidence.id].append(_found(row))
    return {identifier: tuple(several) for identifier, several in found.items()}


def _answered(some: Mapping[str, Evidence], rows: Iterable[Mapping[str, Any]], read: Read) -> Iterator[tuple[Evidence, Mapping[str, Any]]]:
    for row in rows:
        evidence = some.get(str(row.get("FileName") or "").casefold())
        if evidence is None or not row.get("Id"):
            raise ServiceUnreachableError("quickbooks", "a look-up of files was answered with others than asked for")
        whole = row if "AttachableRef" in row else read(str(row["Id"]))
        if _is_of(whole, evidence):
            yield evidence, whole


def _is_of(row: Mapping[str, Any], evidence: Evidence) -> bool:
    """Whether the file is on the document that it is for."""
    references = row.get("AttachableRef")
    linked = [one.get("EntityRef") or {} for one in references if isinstance(one, dict)] if isinstance(references, list) else []
    wanted = (ENTITY[evidence.document].casefold(), evidence.document_id)
    return bool(row.get("Id")) and wanted in [(str(one.get("type") or "").casefold(), str(one.get("value") or "")) for one in linked]


def _found(row: Mapping[str, Any]) -> Found:
    size = row.get("Size")
    return Found(str(row["Id"]), str(row.get("FileName") or ""), int(size) if size is not None and str(size).isdecimal() else None)
