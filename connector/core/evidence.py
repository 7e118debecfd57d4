"""What is put beside a document for whoever reviews it: its work order as a PDF, UpKeep's files, a note. Pure.

A piece of evidence has a life of its own, and everything that changes it is in this file. The rules, in the order in which they bind:
1. It belongs to a document that is in the books under our marker, and nothing that happens to it ever touches that document's posting.
2. Name, checksum and key are stored before a byte leaves; the bytes are made or read again, and leave only when they have that checksum.
3. A lost answer is UNCERTAIN, and UNCERTAIN never leads to SENDING: only the list of what is on the document leads out of it.
4. Before the first send too, that list is asked for: an earlier database may have put it there.
5. What is refused waits and is tried again, each time a little later; a person is told, and the books stand all the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connector.core.identity import Identity, idempotency_key
from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain

# So often in a row a piece fails before a person is told.
TRIES_TOLD = 5
_FIRST_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=24)
_NAME_LENGTH_MAX = 60
# What both ledgers are known to take (QuickBooks names them; Xero publishes no list), by the ending of the file's name.
MEDIA_TYPES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "png": "image/png",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class EvidenceKind(StrEnum):
    """What it is."""

    SUMMARY = "summary"  # the work order and its accounts as a PDF
    FILE_LIST = "file_list"  # the list of UpKeep's files is still to be read; it never leaves
    ATTACHMENT = "attachment"  # a file that lies on the work order in UpKeep
    HISTORY_NOTE = "history_note"  # a line in Xero's history of the document


class EvidenceState(StrEnum):
    """Where a piece stands."""

    DUE = "due"  # nothing has left, or what left is proven absent
    SENDING = "sending"  # leased; bytes may be leaving now
    UNCERTAIN = "uncertain"  # it may be on the document; only the document's own list decides
    ATTACHED = "attached"  # it is on the document
    LEFT_OUT = "left_out"  # it will not be sent: the document has ended, or the file is none that the ledger takes


class EvidenceEvent(StrEnum):
    """What can happen to a piece."""

    LEASED = "leased"
    ATTACHED = "attached"
    FAILED = "failed"  # refused, throttled, or nothing left
    LOST_ANSWER = "lost_answer"
    FOUND = "found"
    PROVEN_ABSENT = "proven_absent"
    LEFT_OUT = "left_out"


_S, _E = EvidenceState, EvidenceEvent
NEXT: dict[EvidenceState, dict[EvidenceEvent, EvidenceState]] = {
    _S.DUE: {_E.LEASED: _S.SENDING, _E.FOUND: _S.ATTACHED, _E.FAILED: _S.DUE, _E.LEFT_OUT: _S.LEFT_OUT},
    _S.SENDING: {_E.ATTACHED: _S.ATTACHED, _E.FAILED: _S.DUE, _E.LOST_ANSWER: _S.UNCERTAIN},
    _S.UNCERTAIN: {
        _E.FOUND: _S.ATTACHED,
        _E.FAILED: _S.UNCERTAIN,  # a look that could not be made proves nothing
        _E.PROVEN_ABSENT: _S.DUE,
        _E.LEFT_OUT: _S.LEFT_OUT,
    },
    _S.ATTACHED: {},
    _S.LEFT_OUT: {},
}
OPEN = (_S.DUE, _S.SENDING, _S.UNCERTAIN)


class IllegalEvidenceStepError(Exception):
    """The connector tried a step that the table does not have."""

    def __init__(self, state: EvidenceState, event: EvidenceEvent) -> None:
        super().__init__(f"Evidence that is {state} cannot meet '{event}'.")


def next_state(state: EvidenceState, event: EvidenceEvent) -> EvidenceState:
    """Where the event leads; illegal steps raise and change nothing."""
    try:
        return NEXT[state][event]
    except KeyError:
        raise IllegalEvidenceStepError(state, event) from None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece and how far it is. `id` is the store's own key; `document_id` and `marker` name the document in the books."""

    id: int
    posting_id: int
    kind: EvidenceKind
    document: DocumentKind
    document_id: str
    document_date: date
    marker: str
    work_order_number: str
    identity: Identity
    made_at: datetime  # when it was first meant: what its bytes say
    source: str = ""  # UpKeep's id of the file
    name: str = ""
    checksum: str = ""  # SHA-256 of the bytes that left, or are about to; "" when we never sent it
    size: int = 0
    state: EvidenceState = EvidenceState.DUE
    generation: int = 1
    key: str = ""
    token: int = 0
    attempts: int = 0  # sends that may have left
    tries: int = 0  # failures in a row
    uncertain_since: datetime | None = None
    absent_since: datetime | None = None
    remote_id: str = ""
    problem: str = ""
    document_state: str = ""  # in which the document was seen last, "" when as we posted it

    @property
    def planned(self) -> Planned:
        """What was meant at first."""
        return Planned(self.posting_id, self.document_id, self.identity, self.kind, self.name, self.source)

    @property
    def is_document_live(self) -> bool:
        """Whether the document is in the books by what we saw last."""
        return self.document_state.partition(" ")[0] in ("", "live")


@dataclass(frozen=True, slots=True)
class Planned:
    """A piece that is meant for a document, before it has a row of its own."""

    posting_id: int
    document_id: str
    identity: Identity
    kind: EvidenceKind
    name: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one piece, as they leave."""

    content: bytes
    media_type: str

    @property
    def checksum(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is on a document, as the ledger lists it. `size` is None when it does not say."""

    id: str
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """The ledger answered with what it put on the document.

    `age_seconds`: how old that was when the ledger answered, both by the ledger's own clock; None when it does not say.
    """

    found: Found
    age_seconds: float | None = None


EvidenceOutcome = Attached | Rejected | Throttled | NotSent | Uncertain


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """What one ledger takes: bytes of one file, files on one document."""

    bytes_max: int
    files_max: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a connection's configuration asks for."""

    summary: bool = False
    attachments: bool = False
    history_note: bool = False

    def kinds(self) -> tuple[EvidenceKind, ...]:
        """The kinds that every document of the connection gets; files follow from their list."""
        told = ((self.summary, EvidenceKind.SUMMARY), (self.history_note, EvidenceKind.HISTORY_NOTE))
        return tuple(kind for is_on, kind in (*told, (self.attachments, EvidenceKind.FILE_LIST)) if is_on)

    def sent(self) -> tuple[EvidenceKind, ...]:
        """The kinds that are served: with the list of files, the files."""
        return (*self.kinds(), *((EvidenceKind.ATTACHMENT,) if self.attachments else ()))


@dataclass(frozen=True, slots=True)
class EvidenceTally:
    """How a connection's evidence stands: counts by state, and the pieces that fail."""

    counts: dict[EvidenceState, int] = field(default_factory=dict)
    failing: tuple[Evidence, ...] = ()


def key_of(planned: Planned, checksum: str, generation: int) -> str:
    """The idempotency key of one send of one piece. The document and the bytes are in it: a key names one request for ever."""
    return idempotency_key(planned.identity, f"evidence {planned.kind} {planned.source} {planned.document_id} {checksum}", generation)


def summary_name(marker: str) -> str:
    """The summary's file name: by it the ledger is asked whether it is there."""
    return f"work-order-{marker}.pdf"


def file_name(name: str, source: str, marker: str) -> str:
    """The name under which one of UpKeep's files lies on the document: its own, as far as both ledgers take it, and what makes it one.

    Xero refuses blanks and : " / \\ | ? * + and a name must not be another file's: the marker and a hash of UpKeep's id are in it.
    """
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, ending.lower()) if dot else (name, "")
    readable = re.sub(r"[^0-9A-Za-z_-]+", "-", stem).strip("-")[:_NAME_LENGTH_MAX] or "file"
    which = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{marker}-{which}" + (f".{ending}" if media_type_of(name) else "")


def media_type_of(name: str) -> str:
    """What the ending of a file's name says that it is; "" for one that a ledger may not take."""
    return MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def wait_after(tries: int) -> timedelta:
    """How long a piece waits after so many failures in a row."""
    return min(_FIRST_WAIT * (1 << min(max(tries, 1) - 1, 10)), _LONGEST_WAIT)


class Doubtful(Protocol):
    """What may have arrived, and since when nobody knows."""

    @property
    def uncertain_since(self) -> datetime | None:
        """When it became uncertain."""

    @property
    def absent_since(self) -> datetime | None:
        """When a first look began that did not find it."""


def proves_absence(evidence: Doubtful, begun_at: datetime, settle_seconds: float) -> bool | None:
    """Whether a look that found nothing proves an uncertain piece absent: as for documents, the second of two looks T apart does.

    None: it counts for nothing, because it began sooner than D after the lease ended; False: it is the first.
    """
    settle = timedelta(seconds=settle_seconds)
    if evidence.absent_since is not None:
        return begun_at > evidence.absent_since + settle
    if evidence.uncertain_since is not None and begun_at <= evidence.uncertain_since + settle:
        return None
    return False


def is_other(evidence: Evidence, found: Found) -> bool:
    """Whether what lies there under our name cannot be what we sent: half a file is none."""
    return evidence.attempts > 0 and found.size is not None and found.size != evidence.size


def note_text(evidence: Evidence, digest: str) -> str:
    """The line in Xero's history: short, because its length is published nowhere, and with our marker, by which it is found again."""
    number = "".join(c for c in evidence.work_order_number if c.isprintable())[:40]
    return f"{note_opening(evidence.marker)} work order {number}, under mapping {digest[:16]}."


def note_opening(marker: str) -> str:
    """How the line begins: what the history is searched for. More than the marker, because Xero's own lines may name the document."""
    return f"[{marker}] Posted from UpKeep"
