"""One Xero organisation as a Ledger."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import httpx

from connector.core.batch import Batch
from connector.core.booked import BookedDocument, BookedLine
from connector.core.clock import Clock, Deadline
from connector.core.drafting import Draft
from connector.core.evidence import Evidence, EvidenceOutcome, Found, Piece
from connector.core.identity import Identity, idempotency_key
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences
from connector.core.period import PeriodLock
from connector.core.posting import LedgerDocument, NotSent, Outcome, Phase, Posting, State, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, Told
from connector.core.reversal import doubts_about, is_application
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.gateway import write, write_batch
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import EVERY_KIND, Changes, Chart, Ours, Rendered, ServiceUnreachableError
from connector.ledgers.xero import adviser, attachments, booked, changes
from connector.ledgers.xero.asking import between, object_in, paging, query_of
from connector.ledgers.xero.chart import account_ids, chart_of, lock_of
from connector.ledgers.xero.documents import (
    API,
    ELEMENTS,
    ID_KEYS,
    LIMITS,
    SUPPLIERS,
    batch_request,
    customer_in,
    is_id,
    marker_of,
    parse,
    phase_two,
    render,
)
from connector.ledgers.xero.faults import classify, classify_application, classify_batch, is_deleted
from connector.ledgers.xero.lists import LISTS, Office, read_accounts, read_lists, read_settings
from connector.ledgers.xero.reversing import WHOLE, application, credit_note

# A batch has 50 elements at most; their numbers in one address are about 900 characters.
LOOK_UP_NUMBERS_MAX = 50
# Up to so many manual journals or credit notes are asked for one by one; for more, it is first seen whether reading all of them takes
# fewer calls.
LOOK_UP_ALONE_MAX = 3
PAGE_SIZE = 1000
# An order that no edit changes: by Xero's own order, a document changed meanwhile moves all behind it across the page's edge.
ORDER = ID_KEYS
NO_MORE: Mapping[str, str] = MappingProxyType({})
_QUOTABLE = re.compile(r'[^"\\]+')
OUR_MARKER = re.compile(r"([0-9A-Z]{1,7}-)?[A-Z2-7]{13}")


class XeroLedger:
    """Reads, look-ups and writes against one tenant (ledgers/ledger.py)."""

    kind = "xero"
    # Xero caches a 5xx under the key for six minutes, even when it has healed.
    repeats_errors = True
    lists = LISTS
    batch_limits = LIMITS
    evidence_limits = attachments.LIMITS

    def __init__(self, *, http: LedgerHttp, tenant_id: str, currency: str, clock: Clock) -> None:
        self.company_id = tenant_id
        self._http = http
        self._currency = currency
        self._clock = clock
        self._turn = threading.Lock()
        self._account_ids: dict[str, str] | None = None
        self._headers = {"xero-tenant-id": tenant_id, "Accept": "application/json"}

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return self._http.calls

    @cached_property
    def _office(self) -> Office:
        return Office(self._http, self.company_id)

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    def read_lists(self, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> dict[ListKind, Told]:
        """Read lists, or what was modified in them."""
        return read_lists(self._office, kinds, since)

    def chart_of(self, lists: Mapping[ListKind, Sequence[Entry]]) -> Chart:
        """The chart that the lists make; its accounts serve the answers to journals too, which name some by code."""
        self._account_ids = account_ids(lists.get(ListKind.ACCOUNTS, ()))
        return chart_of(lists)

    def period_lock(self) -> PeriodLock:
        """Read the lock dates anew."""
        return lock_of(read_settings(self._office).entries[0])

    def render(self, draft: Draft, identity: Identity, names: Names, chart: Chart) -> Rendered | list[Problem]:
        """Resolve and freeze a draft."""
        return render(draft, identity, names, chart, self._currency)

    def customer_in(self, posting: Posting) -> str:
        """Whose invoice it is, by its frozen bytes."""
        return customer_in(posting)

    def phase_two(self, posting: Posting) -> WriteRequest:
        """The write that posts a drafted manual journal, or allocates a credit note to the invoice that it takes back."""
        return application(posting) if posting.expectation.settles else phase_two(posting)

    def take_back(self, posting: Posting, identity: Identity, day: date, *, is_there: bool) -> Rendered | list[Problem]:
        """A credit note of the invoice's lines as they are now."""
        row = self._row(posting.kind, posting.remote_id, WHOLE)
        found = self._document(posting.kind, row) if row is not None else None
        wrong = differences(posting.expectation, found) if found is not None else []
        problems = doubts_about(posting, found, wrong, is_there=is_there)
        if problems or row is None or found is None:
            return problems
        try:
            return credit_note(posting, row, found, identity, day)
        except (KeyError, TypeError, AttributeError) as error:
            raise ServiceUnreachableError("xero", f"an invoice has another shape ({type(error).__name__})") from None

    def key(self, identity: Identity, phase: Phase, generation: int) -> str:
        """The part of the Idempotency-Key that names document, phase and generation."""
        return idempotency_key(identity, phase.value, generation)

    def send(self, posting: Posting, deadline: Deadline) -> Outcome:
        """One write with its Idempotency-Key; keys are app-wide at Xero, so the tenant is in it."""
        try:
            account_ids = self._ids(posting.kind)
        except ServiceUnreachableError as error:
            return NotSent(str(error))
        return write(
            self._http,
            posting,
            params=query_of(posting.request),
            headers={**self._headers, "Idempotency-Key": f"upkeep:{self.company_id}:{posting.key}"},
            deadline=deadline,
            classify=partial(classify_application, posting)
            if is_application(posting)
            else partial(classify, posting, self._currency, account_ids),
        )

    def batch_request(self, postings: Sequence[Posting]) -> WriteRequest:
        """Several writes of one kind and phase as one call."""
        return batch_request(postings)

    def send_batch(self, batch: Batch, deadline: Deadline) -> list[Outcome]:
        """One call for several documents with its Idempotency-Key."""
        try:
            account_ids = self._ids(batch.members[0].kind)
        except ServiceUnreachableError as error:
            return [NotSent(str(error))] * len(batch.members)
        return write_batch(
            self._http,
            batch,
            params=query_of(batch.request),
            headers={**self._headers, "Idempotency-Key": f"upkeep:{self.company_id}:{batch.key}"},
            deadline=deadline,
            classify=partial(classify_batch, batch.members, self._currency, account_ids),
        )

    def _ids(self, kind: DocumentKind) -> dict[str, str]:
        """Account ids by code, which only a journal's lines need."""
        if kind is not DocumentKind.JOURNAL_ENTRY:
            return {}
        # Sends run side by side, and one read serves them all; those of another company must not wait for it.
        with self._turn:
            if self._account_ids is None:
                self._account_ids = account_ids(read_accounts(self._office).entries)
            return self._account_ids

    # --- look-ups ---------------------------------------------------------------------------------------------------------------

    def look_up(self, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        """Documents by marker: invoices by a list of numbers, journals by narration and credit notes by number, or among all of them.

        An invoice and a credit note share their marker, and either is asked for in both lists: a work order has one of the two.
        Dates are no help: a person may have changed one, and after a restart the period lock may have moved ours. The document that
        a posting already knows comes first, so that of several drafts that one is kept.
        """
        found: dict[str, list[LedgerDocument]] = {}
        sales = list({posting.marker: posting for posting in postings if posting.kind.is_sale}.values())
        journals = [posting for posting in postings if posting.kind is DocumentKind.JOURNAL_ENTRY]
        for document in [*self._invoices(sales), *self._credits(sales), *self._journals(journals)]:
            found.setdefault(document.marker, []).append(document)
        known = {posting.remote_id for posting in postings}
        return {marker: tuple(sorted(documents, key=lambda one: one.id not in known)) for marker, documents in found.items()}

    def _invoices(self, postings: Sequence[Posting]) -> Iterator[LedgerDocument]:
        for start in range(0, len(postings), LOOK_UP_NUMBERS_MAX):
            wanted = {posting.marker.upper() for posting in postings[start : start + LOOK_UP_NUMBERS_MAX]}
            params: dict[str, str | int] = {"InvoiceNumbers": ",".join(sorted(wanted))}
            yield from self._only(DocumentKind.INVOICE, wanted, self._pages(DocumentKind.INVOICE, params))

    def _credits(self, postings: Sequence[Posting]) -> Iterator[LedgerDocument]:
        """Xero takes no list of numbers for credit notes, of which an organisation has few."""
        names = {posting.marker.upper(): f'CreditNoteNumber=="{posting.marker}"' for posting in postings}
        return self._alone_or_among_all(DocumentKind.CREDIT, names, {"where": 'Type=="ACCRECCREDIT"'})

    def _journals(self, postings: Sequence[Posting]) -> Iterator[LedgerDocument]:
        names = {
            posting.marker.upper(): f'Narration=="{posting.narration}"' if _QUOTABLE.fullmatch(posting.narration) else ""
            for posting in postings
        }
        return self._alone_or_among_all(DocumentKind.JOURNAL_ENTRY, names, {})

    def _alone_or_among_all(
        self, kind: DocumentKind, names: Mapping[str, str], everything: Mapping[str, str | int]
    ) -> Iterator[LedgerDocument]:
        """The documents with these markers: each by its own where clause ("" where it has none), or by reading the list of everything."""
        if self._reading_all_is_cheaper(kind, names, everything):
            yield from (self._document(kind, row) for row in self._pages(kind, {**everything}) if marker_of(kind, row) in names)
            return
        for marker, where in names.items():
            yield from self._only(kind, {marker}, self._pages(kind, {"where": where}))

    def _reading_all_is_cheaper(self, kind: DocumentKind, names: Mapping[str, str], everything: Mapping[str, str | int]) -> bool:
        if not all(names.values()):
            return True
        if len(names) <= LOOK_UP_ALONE_MAX:
            return False
        told = self._list(kind, {**everything, "page": 1, "pageSize": 1})
        count, _ = paging(told.get("pagination"), 1, len(told[ELEMENTS[kind]]))
        return count <= len(names) * PAGE_SIZE

    def _only(self, kind: DocumentKind, wanted: Collection[str], rows: Iterable[dict[str, Any]]) -> Iterator[LedgerDocument]:
        """Documents of an answer that should hold ours alone: one that holds others was not an answer to what we asked."""
        for row in rows:
            if marker_of(kind, row) not in wanted:
                raise ServiceUnreachableError("xero", "a look-up was answered with other documents than asked for")
            if row.get("Type") in SUPPLIERS:
                continue  # A supplier's bill or credit may carry any number.
            yield self._document(kind, row)

    def documents(self, first_day: date, last_day: date, kinds: Collection[DocumentKind] = EVERY_KIND) -> Iterator[LedgerDocument]:
        """Our documents dated in the range, page by page."""
        for kind in kinds:
            for row in self._pages(kind, {"where": between(first_day, last_day)}):
                if not OUR_MARKER.fullmatch(marker_of(kind, row)) or row.get("Type") in SUPPLIERS:
                    continue
                document = self._document(kind, row)
                if document.date is None or not first_day <= document.date <= last_day:
                    raise ServiceUnreachableError("xero", "a list was answered with other dates than asked for")
                yield document

    def booked_in(self, kind: DocumentKind, body: bytes) -> tuple[BookedLine, ...]:
        """What the lines of a frozen write are booked to."""
        return booked.lines_of(kind, decode(body)[ELEMENTS[kind]][0])

    def everything(self, first_day: date, last_day: date) -> Iterator[BookedDocument]:
        """Everybody's journals, invoices and credit notes that are in the books."""
        for kind in EVERY_KIND:
            for row in self._pages(kind, {"where": between(first_day, last_day)}):
                found = marker_of(kind, row)
                try:
                    document = booked.document_of(kind, row, self._currency, found if OUR_MARKER.fullmatch(found) else "")
                except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
                    raise ServiceUnreachableError("xero", f"a document has another shape ({type(error).__name__})") from None
                if document is not None:
                    yield document

    def changes(self, kinds: Collection[DocumentKind], since: datetime | None, ours: Ours) -> Changes:
        """Our documents that were modified, in one call a kind and page; voided and deleted ones stay in Xero's lists."""
        header = changes.modified_since(since, self._clock.now())
        moments: list[datetime | None] = []
        documents: list[LedgerDocument] = []
        for kind in sorted(kinds):
            rows = {str(row[ID_KEYS[kind]]): row for row in self._pages(kind, {}, header, moments)}
            mine = ours(list(rows))
            documents += [self._document(kind, row) for identifier, row in rows.items() if identifier.casefold() in mine]
        return Changes(tuple(documents), changes.earliest(moments), is_whole=since is not None)

    def _pages(
        self,
        kind: DocumentKind,
        params: dict[str, str | int],
        headers: Mapping[str, str] | None = None,
        moments: list[datetime | None] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every row of a list, each once, or an error: a page that is missing would look like absence. `moments` takes the pages' own."""
        seen: set[str] = set()
        expected, page, is_last = 0, 0, False
        while not is_last:
            page += 1
            told = self._list(kind, {**params, "order": ORDER[kind], "page": page, "pageSize": PAGE_SIZE}, headers or {})
            if moments is not None:
                moments.append(changes.moment_of(told))
            rows = {str(row.get(ID_KEYS[kind]) or ""): row for row in told[ELEMENTS[kind]]}
            fresh = {identifier: row for identifier, row in rows.items() if identifier not in seen}
            if "" in rows or (rows and not fresh):
                raise ServiceUnreachableError("xero", f"page {page} of a list shows nothing new")
            yield from fresh.values()
            seen |= fresh.keys()
            count, is_last = paging(told.get("pagination"), page, len(rows))
            expected = count if page == 1 else min(expected, count)
        if len(seen) < expected:
            raise ServiceUnreachableError("xero", f"a list counts {expected} documents and shows {len(seen)}")

    def _list(self, kind: DocumentKind, params: dict[str, str | int], headers: Mapping[str, str] = NO_MORE) -> dict[str, Any]:
        """One page of a well-formed list; anything else proves nothing."""
        path = ELEMENTS[kind]
        answer = self._http.read("GET", f"{API}/{path}", params=params, headers={**self._headers, **headers})
        if answer.status_code == 304 and headers:
            return changes.not_modified(path, answer.headers)
        told = object_in(answer.content) if answer.status_code == 200 else {}
        rows = told.get(path)
        is_error = told.get("ErrorNumber") or told.get("Elements") or told.get("Status", "OK") != "OK"
        if is_error or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ServiceUnreachableError("xero", f"{path} answered {answer.status_code} without a list")
        return told

    def read(self, posting: Posting) -> LedgerDocument | None:
        """One document by its id."""
        row = self._row(posting.kind, posting.remote_id, NO_MORE)
        if row is None:
            return None
        document = self._document(posting.kind, row)
        if document.id.casefold() != posting.remote_id.casefold():
            raise ServiceUnreachableError("xero", "a read by id was answered with another document")
        return document

    def _row(self, kind: DocumentKind, identifier: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        """One element by its id; an empty 404 says that it does not exist."""
        path = ELEMENTS[kind]
        answer = self._http.read("GET", f"{API}/{path}/{identifier}", params=dict(params), headers=self._headers)
        if answer.status_code == 404 and not answer.content.strip():
            return None
        rows = object_in(answer.content).get(path) if answer.status_code == 200 else None
        if not isinstance(rows, list) or len(rows) != 1:
            raise ServiceUnreachableError("xero", f"a read by id answered {answer.status_code} without the document")
        row: dict[str, Any] = rows[0]
        return row

    def _document(self, kind: DocumentKind, row: dict[str, Any]) -> LedgerDocument:
        account_ids = self._ids(kind)
        try:
            return parse(kind, row, self._currency, account_ids)
        except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise ServiceUnreachableError("xero", f"a document has another shape ({type(error).__name__})") from None

    # --- drafts and sight -------------------------------------------------------------------------------------------------------

    def delete_draft(self, posting: Posting, draft_id: str) -> bool:
        """Delete a surplus draft of ours by its id: it has no effect in the books, so it needs no posting of its own."""
        is_surplus = posting.kind is DocumentKind.JOURNAL_ENTRY and is_id(draft_id) and draft_id.casefold() != posting.remote_id.casefold()
        if not is_surplus or posting.state not in (State.READY, State.UNCERTAIN, State.DRAFTED, State.POSTED):
            return False
        # Xero's interface calls the narration required, whatever is changed.
        body = encode({"ManualJournals": [{"ManualJournalID": draft_id, "Narration": posting.narration, "Status": "DELETED"}]})
        request = WriteRequest("POST", f"{API}/ManualJournals/{draft_id}", body, (("content-type", "application/json"),))
        key = {"Idempotency-Key": f"upkeep:{self.company_id}:delete:{draft_id}"}
        answer = self._http.attempt(request, params={}, headers={**self._headers, **key}, deadline=Deadline(self._clock.monotonic(), 60))
        return isinstance(answer, httpx.Response) and is_deleted(draft_id, answer.status_code, answer.content)

    def evidence_on(self, wanted: Sequence[Evidence]) -> dict[int, tuple[Found, ...]]:
        """What of these pieces is on their documents: a list of files and one of notes for each document that needs it."""
        return attachments.look_up(self._http, self._headers, wanted)

    def send_evidence(self, evidence: Evidence, piece: Piece, deadline: Deadline) -> EvidenceOutcome:
        """One file or note with its Idempotency-Key."""
        headers = {**self._headers, "Idempotency-Key": f"upkeep:{self.company_id}:{evidence.key}"}
        return attachments.send(self._http, headers, evidence, piece, deadline)

    def visibility(self) -> list[Problem]:
        """The sign-in works when the organisation can be read; it is better not an adviser's."""
        self.period_lock()
        try:
            users, _ = self._office.rows("Users", "get_users")
        except ServiceUnreachableError:
            return []  # A custom connection has no user, and not every scope shows them.
        return adviser.warnings(adviser.user_of(self._http.access()), users)
