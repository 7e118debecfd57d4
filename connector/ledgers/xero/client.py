"""One Xero organisation as a Ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property, partial
from typing import Any

from connector.core.clock import Clock
from connector.core.drafting import Draft
from connector.core.identity import Identity, idempotency_key
from connector.core.mapping import DocumentKind, Names
from connector.core.period import PeriodLock
from connector.core.posting import LedgerDocument, Outcome, Phase, Posting, State, WriteRequest
from connector.core.problem import Problem
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.gateway import write
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import Chart, Rendered, ServiceUnreachableError
from connector.ledgers.xero.chart import account_ids, read_chart, read_lock
from connector.ledgers.xero.documents import API, parse, phase_two, render
from connector.ledgers.xero.faults import ELEMENTS, classify

LOOK_UP_NUMBERS_MAX = 40
# Up to so many manual journals are asked for one by one; for more, one scan over their dates is cheaper.
LOOK_UP_NARRATIONS_MAX = 3
PAGE_SIZE = 1000
OUR_MARKER = re.compile(r"([0-9A-Z]{1,7}-)?[A-Z2-7]{13}")


class XeroLedger:
    """Reads, look-ups and single writes against one tenant (ledgers/ledger.py)."""

    kind = "xero"
    # Xero caches a 5xx under the key for six minutes, even when it has healed.
    repeats_errors = True

    def __init__(self, *, http: LedgerHttp, tenant_id: str, currency: str, clock: Clock) -> None:
        self.company_id = tenant_id
        self._http = http
        self._currency = currency
        self._clock = clock
        self._headers = {"xero-tenant-id": tenant_id, "Accept": "application/json"}

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far."""
        return self._http.calls

    @cached_property
    def _account_ids(self) -> dict[str, str]:
        return account_ids(self._http, self._headers)

    def close(self) -> None:
        """Give back every socket."""
        self._http.close()

    def chart(self) -> Chart:
        """Read the reference data."""
        return read_chart(self._http, self._headers)

    def period_lock(self) -> PeriodLock:
        """Read the lock dates anew."""
        return read_lock(self._http, self._headers)

    def render(self, draft: Draft, identity: Identity, names: Names, chart: Chart) -> Rendered | list[Problem]:
        """Resolve and freeze a draft."""
        return render(draft, identity, names, chart, self._currency)

    def phase_two(self, posting: Posting) -> WriteRequest:
        """The write that posts a drafted manual journal."""
        return phase_two(posting)

    def key(self, identity: Identity, phase: Phase, generation: int) -> str:
        """The part of the Idempotency-Key that names document, phase and generation."""
        return idempotency_key(identity, phase.value, generation)

    def send(self, posting: Posting, deadline_seconds: float) -> Outcome:
        """One write with its Idempotency-Key; keys are app-wide at Xero, so the tenant is in it."""
        return write(
            self._http,
            posting,
            params={},
            headers={**self._headers, "Idempotency-Key": f"upkeep:{self.company_id}:{posting.key}"},
            deadline_seconds=deadline_seconds,
            classify=partial(classify, posting.kind, self._currency, self._account_ids),
        )

    # --- look-ups ---------------------------------------------------------------------------------------------------------------

    def look_up(self, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        """Documents by marker: invoices by a list of numbers, journals by narration or by one scan over their dates."""
        found: dict[str, list[LedgerDocument]] = {}
        invoices = [posting for posting in postings if posting.kind is DocumentKind.INVOICE]
        journals = [posting for posting in postings if posting.kind is DocumentKind.JOURNAL_ENTRY]
        for document in [*self._invoices(invoices), *self._journals(journals)]:
            found.setdefault(document.marker.upper(), []).append(document)
        return {marker: tuple(documents) for marker, documents in found.items()}

    def _invoices(self, postings: Sequence[Posting]) -> Iterator[LedgerDocument]:
        for start in range(0, len(postings), LOOK_UP_NUMBERS_MAX):
            wanted = {posting.marker.upper() for posting in postings[start : start + LOOK_UP_NUMBERS_MAX]}
            for row in self._pages("Invoices", {"InvoiceNumbers": ",".join(sorted(wanted))}):
                if row.get("Type") == "ACCREC" and str(row.get("InvoiceNumber") or "").upper() in wanted:
                    yield self._document(DocumentKind.INVOICE, row)

    def _journals(self, postings: Sequence[Posting]) -> Iterator[LedgerDocument]:
        if not postings:
            return
        wanted = {posting.narration.casefold() for posting in postings}
        if len(postings) <= LOOK_UP_NARRATIONS_MAX:
            filters = [f'Narration=="{posting.narration}"' for posting in postings]
        else:
            days = [posting.expectation.date for posting in postings]
            filters = [_between(min(days), max(days))]
        seen: set[str] = set()
        for where in filters:
            for row in self._pages("ManualJournals", {"where": where}):
                if str(row.get("Narration") or "").casefold() in wanted and row.get("ManualJournalID") not in seen:
                    seen.add(str(row.get("ManualJournalID")))
                    yield self._document(DocumentKind.JOURNAL_ENTRY, row)

    def documents(self, first_day: date, last_day: date) -> Iterator[LedgerDocument]:
        """Our documents dated in the range, page by page."""
        for kind, path in ELEMENTS.items():
            for row in self._pages(path, {"where": _between(first_day, last_day)}):
                document = self._document(kind, row)
                if OUR_MARKER.fullmatch(document.marker.upper()):
                    yield document

    def _pages(self, path: str, params: dict[str, str | int]) -> Iterator[dict[str, Any]]:
        """Every row of a well-formed list; anything else proves nothing."""
        page = 1
        while True:
            rows = self._list(path, {**params, "page": page, "pageSize": PAGE_SIZE})
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            page += 1

    def _list(self, path: str, params: dict[str, str | int]) -> list[dict[str, Any]]:
        answer = self._http.read("GET", f"{API}/{path}", params=params, headers=self._headers)
        try:
            told = decode(answer.content) if answer.status_code == 200 else None
        except ValueError:
            told = None
        rows = told.get(path) if isinstance(told, dict) else None
        if not isinstance(rows, list):
            raise ServiceUnreachableError("xero", f"{path} answered {answer.status_code} without a list")
        return rows

    def read(self, posting: Posting) -> LedgerDocument | None:
        """One document by its id; an empty 404 says that it does not exist."""
        path = ELEMENTS[posting.kind]
        answer = self._http.read("GET", f"{API}/{path}/{posting.remote_id}", headers=self._headers)
        if answer.status_code == 404:
            return None
        try:
            told = decode(answer.content)
            return self._document(posting.kind, told[path][0])
        except (ValueError, KeyError, IndexError, TypeError):
            raise ServiceUnreachableError("xero", f"a read by id answered {answer.status_code} without the document") from None

    def _document(self, kind: DocumentKind, row: dict[str, Any]) -> LedgerDocument:
        try:
            return parse(kind, row, self._currency, self._account_ids)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            raise ServiceUnreachableError("xero", f"a document has another shape ({type(error).__name__})") from None

    # --- drafts and sight -------------------------------------------------------------------------------------------------------

    def delete_draft(self, posting: Posting, draft_id: str) -> bool:
        """Delete a surplus draft of ours by its id: it has no effect in the books, so it needs no posting of its own."""
        body = encode({"ManualJournals": [{"ManualJournalID": draft_id, "Status": "DELETED"}]})
        request = WriteRequest(
            "POST", f"{API}/ManualJournals/{draft_id}?summarizeErrors=false", body, (("content-type", "application/json"),)
        )
        if posting.state not in (State.READY, State.UNCERTAIN, State.DRAFTED):
            return False
        key = {"Idempotency-Key": f"upkeep:{self.company_id}:delete:{draft_id}"}
        answer = self._http.attempt(request, params={}, headers={**self._headers, **key}, deadline_seconds=60)
        return getattr(answer, "status_code", 0) == 200

    def visibility(self) -> list[Problem]:
        """The sign-in works when the organisation can be read."""
        self.period_lock()
        return []


def _between(first_day: date, last_day: date) -> str:
    """A where clause over dates, both days included."""
    first, last = (f"DateTime({day.year},{day.month:02},{day.day:02})" for day in (first_day, last_day))
    return f"Date>={first} AND Date<={last}"
