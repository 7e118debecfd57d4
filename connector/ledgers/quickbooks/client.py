"""One QuickBooks Online company as a Ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from connector.core.batch import Batch
from connector.core.booked import BookedDocument, BookedLine
from connector.core.clock import Clock, Deadline
from connector.core.drafting import Draft
from connector.core.evidence import Evidence, EvidenceOutcome, Found, Piece
from connector.core.identity import Identity, idempotency_key
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences
from connector.core.period import PeriodLock
from connector.core.posting import Expectation, LedgerDocument, Outcome, Phase, Posting, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, Told
from connector.core.reversal import doubts_about, is_application
from connector.ledgers.exact_json import decode
from connector.ledgers.gateway import write, write_batch
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import EVERY_KIND, Changes, Chart, Ours, Rendered, ServiceUnreachableError
from connector.ledgers.quickbooks import attachments, booked, changes
from connector.ledgers.quickbooks.batch import LIMITS, batch_request, classify_batch
from connector.ledgers.quickbooks.chart import chart_of, lock_of
from connector.ledgers.quickbooks.documents import ENTITY, customer_in, parse, render
from connector.ledgers.quickbooks.faults import classify, classify_application, errors_of
from connector.ledgers.quickbooks.lists import LISTS, read_lists, read_settings
from connector.ledgers.quickbooks.reversing import PAYMENT, application, credit_memo, payments_of, pays
from connector.ledgers.quickbooks.unreadable import unreadable

MINOR_VERSION = "75"
LOOK_UP_MARKERS_MAX = 40
PAGE_SIZE = 1000


class QuickBooksLedger:
    """Reads, look-ups and writes against one realm (ledgers/ledger.py)."""

    kind = "quickbooks"
    repeats_errors = False
    lists = LISTS
    batch_limits = LIMITS
    evidence_limits = attachments.LIMITS

    def __init__(self, *, http: LedgerHttp, realm_id: str, currency: str, clock: Clock) -> None:
        self.company_id = realm_id
        self._http = http
        self._currency = currency
        self._clock = clock

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return self._http.calls

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    def read_lists(self, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> dict[ListKind, Told]:
        """Read lists, or what changed in them."""
        return read_lists(self._http, self.company_id, kinds, since)

    def chart_of(self, lists: Mapping[ListKind, Sequence[Entry]]) -> Chart:
        """The chart that the lists make."""
        return chart_of(lists)

    def period_lock(self) -> PeriodLock:
        """Read the closing date anew."""
        return lock_of(read_settings(self._http, self.company_id).entries[0])

    def render(self, draft: Draft, identity: Identity, names: Names, chart: Chart) -> Rendered | list[Problem]:
        """Resolve and freeze a draft."""
        return render(draft, identity, names, chart, self.company_id)

    def customer_in(self, posting: Posting) -> str:
        """Whose invoice it is, by its frozen bytes."""
        return customer_in(posting)

    def phase_two(self, posting: Posting) -> WriteRequest:
        """The payment that applies a credit memo to the invoice that it takes back; no other document has a second step."""
        if not is_application(replace(posting, phase=Phase.POST_DRAFT)):
            raise NotImplementedError("a QuickBooks document has no second phase")
        return application(self.company_id, posting)

    def take_back(self, posting: Posting, identity: Identity, day: date, *, is_there: bool) -> Rendered | list[Problem]:
        """A credit memo of the invoice's lines as they are now."""
        row = self._row(ENTITY[posting.kind], posting.remote_id)
        found = self._document(posting.kind, row) if row is not None else None
        wrong = differences(posting.expectation, found) if found is not None else []
        problems = doubts_about(posting, found, wrong, is_there=is_there)
        if problems or row is None or found is None:
            return problems
        try:
            return credit_memo(self.company_id, posting, row, found, identity, day)
        except (KeyError, TypeError, AttributeError) as error:
            raise ServiceUnreachableError("quickbooks", f"an invoice has another shape ({type(error).__name__})") from None

    def key(self, identity: Identity, phase: Phase, generation: int) -> str:
        """The requestid: 32 hex characters."""
        return idempotency_key(identity, phase.value, generation)

    def look_up(self, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        """Documents by marker, one query for up to 40 of one kind.

        An invoice and a credit share their marker, and either is asked for in both lists: a work order has one of the two.
        """
        found: dict[str, list[LedgerDocument]] = {}
        for kind in DocumentKind:
            asking = [posting for posting in postings if posting.kind.is_sale == kind.is_sale]
            markers = list(dict.fromkeys(posting.marker for posting in asking))
            for start in range(0, len(markers), LOOK_UP_MARKERS_MAX):
                some = markers[start : start + LOOK_UP_MARKERS_MAX]
                wanted = ", ".join(f"'{marker}'" for marker in some)
                rows = self._query(ENTITY[kind], f"WHERE DocNumber IN ({wanted}) MAXRESULTS {PAGE_SIZE}")
                for row in rows:
                    document = self._document(kind, row)
                    if document.marker.upper() not in some or len(rows) >= PAGE_SIZE:
                        raise ServiceUnreachableError("quickbooks", "a look-up was answered with other documents than asked for")
                    found.setdefault(document.marker.upper(), []).append(document)
        expected = {posting.marker: posting.expectation for posting in postings}
        return {number: tuple(self._with_application(expected[number], one) for one in some) for number, some in found.items()}

    def _with_application(self, expected: Expectation, found: LedgerDocument) -> LedgerDocument:
        """A credit that is to take an invoice back, with the invoice that it was applied to, if it is that one."""
        if not expected.settles or found.status != "live" or found.settles is not None or found.kind is not DocumentKind.CREDIT:
            return found
        invoice = self._row(ENTITY[DocumentKind.INVOICE], expected.settles) or {}
        try:
            payments = [self._row(PAYMENT, identifier) or {} for identifier in payments_of(invoice)]
            is_applied = any(pays(payment, found.id, expected.settles) == found.total for payment in payments)
        except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise ServiceUnreachableError("quickbooks", f"a payment has another shape ({type(error).__name__})") from None
        return replace(found, settles=expected.settles if is_applied else "")

    def read(self, posting: Posting) -> LedgerDocument | None:
        """One document by its id."""
        row = self._row(ENTITY[posting.kind], posting.remote_id)
        if row is None:
            return None
        document = self._document(posting.kind, row)
        if document.id != posting.remote_id:
            raise ServiceUnreachableError("quickbooks", "a read by id was answered with another document")
        return self._with_application(posting.expectation, document)

    def _row(self, entity: str, identifier: str) -> dict[str, Any] | None:
        """One entity by its id; QuickBooks says 610 for one that is deleted."""
        url = f"/v3/company/{self.company_id}/{entity.lower()}/{identifier}"
        answer = self._http.read("GET", url, params={"minorversion": MINOR_VERSION})
        told = self._json(answer.content)
        if answer.status_code < 500 and "610" in [code for code, _ in errors_of(told)]:
            return None
        if answer.status_code != 200 or not isinstance(told.get(entity), dict):
            raise unreadable(f"a read by id answered {answer.status_code}", errors_of(told))
        row: dict[str, Any] = told[entity]
        return row

    def send(self, posting: Posting, deadline: Deadline) -> Outcome:
        """One create with its requestid; the application of a credit creates a payment."""
        return write(
            self._http,
            posting,
            params={"minorversion": MINOR_VERSION, "requestid": posting.key},
            headers={},
            deadline=deadline,
            classify=partial(classify_application, posting) if is_application(posting) else partial(classify, posting.kind),
        )

    def batch_request(self, postings: Sequence[Posting]) -> WriteRequest:
        """Several creates as one batch."""
        return batch_request(self.company_id, postings)

    def send_batch(self, batch: Batch, deadline: Deadline) -> list[Outcome]:
        """One batch with its requestid; the pair of requestid and bId is what QuickBooks remembers."""
        return write_batch(
            self._http,
            batch,
            params={"minorversion": MINOR_VERSION, "requestid": batch.key},
            headers={},
            deadline=deadline,
            classify=partial(classify_batch, batch),
        )

    def delete_draft(self, posting: Posting, draft_id: str) -> bool:
        """There are no drafts here."""
        return False

    def documents(self, first_day: date, last_day: date, kinds: Collection[DocumentKind] = EVERY_KIND) -> Iterator[LedgerDocument]:
        """Our documents dated in the range, page by page."""
        for kind in kinds:
            for row in self._dated(kind, first_day, last_day):
                if booked.OUR_MARKER.fullmatch(str(row.get("DocNumber") or "").upper()):
                    yield self._document(kind, row)

    def _dated(self, kind: DocumentKind, first_day: date, last_day: date) -> Iterator[dict[str, Any]]:
        """Everybody's rows dated in the range, page by page."""
        start, is_last = 1, False
        while not is_last:
            where = f"WHERE TxnDate >= '{first_day}' AND TxnDate <= '{last_day}' ORDERBY Id STARTPOSITION {start} MAXRESULTS {PAGE_SIZE}"
            rows = self._query(ENTITY[kind], where)
            yield from rows
            start, is_last = start + len(rows), len(rows) < PAGE_SIZE

    def booked_in(self, kind: DocumentKind, body: bytes) -> tuple[BookedLine, ...]:
        """What the lines of a frozen write are booked to."""
        return booked.lines_of(kind, decode(body))

    def everything(self, first_day: date, last_day: date) -> Iterator[BookedDocument]:
        """Everybody's journals, invoices and credits; what was voided has no total and no line that moves anything."""
        for kind in EVERY_KIND:
            for row in self._dated(kind, first_day, last_day):
                try:
                    yield booked.document_of(kind, row)
                except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
                    raise ServiceUnreachableError("quickbooks", f"a document has another shape ({type(error).__name__})") from None

    def changes(self, kinds: Collection[DocumentKind], since: datetime | None, ours: Ours) -> Changes:
        """Our documents that changed, in one call for all kinds."""
        params = changes.question(kinds, since, self._clock.now())
        answer = self._http.read("GET", f"/v3/company/{self.company_id}/cdc", params={"minorversion": MINOR_VERSION, **params})
        told = self._json(answer.content)
        if changes.CANNOT_TELL & {code for code, _ in errors_of(told)}:
            return Changes((), changes.moment_of(told), is_whole=False)
        try:
            rows = changes.rows_of(told)
        except (LookupError, TypeError, AttributeError, ValueError):
            raise unreadable(f"the changes of documents were answered with {answer.status_code}", errors_of(told)) from None
        mine = ours([row["Id"] for _, row in rows])
        until = changes.moment_of(told)
        documents = tuple(self._document(kind, row) for kind, row in rows if row["Id"] in mine)
        return Changes(documents, until, changes.is_whole(params, since, until, len(rows)))

    def evidence_on(self, wanted: Sequence[Evidence]) -> dict[int, tuple[Found, ...]]:
        """What of these files is on their documents, one query for up to 40 names."""
        return attachments.look_up(wanted, self._query, self._attachable)

    def _attachable(self, identifier: str) -> dict[str, Any]:
        url = f"/v3/company/{self.company_id}/attachable/{identifier}"
        told = self._json(self._http.read("GET", url, params={"minorversion": MINOR_VERSION}).content)
        if not isinstance(told.get("Attachable"), dict):
            raise unreadable("a file could not be read by its id", errors_of(told))
        return dict(told["Attachable"])

    def send_evidence(self, evidence: Evidence, piece: Piece, deadline: Deadline) -> EvidenceOutcome:
        """One upload with its requestid."""
        params = {"minorversion": MINOR_VERSION, "requestid": evidence.key}
        return attachments.send(self._http, self.company_id, evidence, piece, params, deadline)

    def visibility(self) -> list[Problem]:
        """The sign-in works when the preferences can be read."""
        self.period_lock()
        return []

    def _query(self, entity: str, rest: str) -> list[dict[str, Any]]:
        """Rows of a query whose answer is well formed; anything else proves nothing."""
        statement = f"SELECT * FROM {entity} {rest}"  # noqa: S608 markers and dates only, both our own
        answer = self._http.read(
            "POST",
            f"/v3/company/{self.company_id}/query",
            params={"minorversion": MINOR_VERSION},
            headers={"Content-Type": "application/text"},
            content=statement.encode(),
        )
        told = self._json(answer.content)
        response = told.get("QueryResponse")
        rows = response.get(entity, []) if isinstance(response, dict) else None
        is_short = not rows and isinstance(response, dict) and response.get("maxResults")  # It counts rows that it does not show.
        if answer.status_code != 200 or errors_of(told) or not isinstance(rows, list) or is_short:
            raise unreadable(f"a query answered {answer.status_code} without a QueryResponse", errors_of(told))
        return rows

    @staticmethod
    def _json(body: bytes) -> dict[str, Any]:
        try:
            told = decode(body)
        except (ValueError, RecursionError):
            raise ServiceUnreachableError("quickbooks", "it answered with something that is not JSON") from None
        if not isinstance(told, dict):
            raise ServiceUnreachableError("quickbooks", "it answered with something that is not an object")
        return told

    @staticmethod
    def _document(kind: DocumentKind, row: dict[str, Any]) -> LedgerDocument:
        try:
            return parse(kind, row)
        except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise ServiceUnreachableError("quickbooks", f"a document has another shape ({type(error).__name__})") from None
