"""QuickBooks' lists through python-quickbooks, over our own HTTP client: as a whole, or what changed since (change data capture).

The SDK's own transport has no time-out and turns a throttle into a validation error, so only its one HTTP seam is replaced; what it
reads here never decides whether a document exists. Reads are metered: one call asks for the changes of every list that tells them.

Change data capture looks back 30 days and shows 1,000 objects at most, of all lists together. Recordings show that it was once asked
for more days than that without a refusal, so neither end is left to it: what is too old or too much is read as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from connector.core.reference import ListKind, Told
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks.changes import ASKED_BACK, OBJECTS_MAX
from connector.ledgers.quickbooks.entries import entry_of, settings_of
from connector.ledgers.quickbooks.unreadable import unreadable

PAGE_SIZE = 1000
ENTITIES = {
    ListKind.ACCOUNTS: "Account",
    ListKind.ITEMS: "Item",
    ListKind.CUSTOMERS: "Customer",
    ListKind.VENDORS: "Vendor",
    ListKind.CLASSES: "Class",
    ListKind.DEPARTMENTS: "Department",
    ListKind.TERMS: "Term",
    ListKind.TAX_CODES: "TaxCode",
    ListKind.TAX_RATES: "TaxRate",
}
LISTS = frozenset({ListKind.SETTINGS, ListKind.COMPANY, *ENTITIES})
# Change data capture knows every list but those of the taxes.
TELL_NO_CHANGES = frozenset({ListKind.TAX_CODES, ListKind.TAX_RATES})
# Asked again from so long before the last answer: Intuit does not publish how soon a change is told.
OVERLAP = timedelta(minutes=10)

Row = dict[str, Any]


def sdk_client(http: LedgerHttp, realm_id: str) -> Any:
    """python-quickbooks, reading through our client; imported late because that takes a tenth of a second."""
    from quickbooks import QuickBooks

    class OverOurHttp(QuickBooks):  # type: ignore[misc]
        """The SDK with its one HTTP seam replaced."""

        def process_request(self, request_type: str, url: str, headers: Any = "", params: Any = "", data: Any = "") -> Any:
            """Send what the SDK built through our client: its time-outs, its retries of reads, its counting."""
            body = data.encode() if isinstance(data, str) and data else None
            kept = {k: v for k, v in (headers or {}).items() if k.lower() not in ("authorization", "accept-encoding")}
            path = url.removeprefix(self.api_url_v3.removesuffix("/v3"))
            return http.read(request_type, path, params=params or None, headers=kept, content=body)

    client = OverOurHttp(company_id=realm_id, minorversion=75, use_decimal=True)
    client.session, client.api_url_v3, client.sandbox = object(), "https://quickbooks.invalid/v3", False
    return client


def read_lists(http: LedgerHttp, realm_id: str, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> dict[ListKind, Told]:
    """These lists of one company, each whole or as changes; the changes of all that tell them come in one answer."""
    client = sdk_client(http, realm_id)
    told: dict[ListKind, Told] = {}
    with _told_as_unreachable():
        if ListKind.SETTINGS in kinds:
            told[ListKind.SETTINGS] = _settings(client)
        if ListKind.COMPANY in kinds:
            told[ListKind.COMPANY] = _company(client, realm_id)
        if any(kind in since and kind not in TELL_NO_CHANGES for kind in kinds if kind in ENTITIES):
            told |= _changed(client, since, told.get(ListKind.SETTINGS))
        for kind in ENTITIES:
            if kind in kinds and kind not in told:
                told[kind] = _no_rates(told) or _whole(client, kind) if kind is ListKind.TAX_RATES else _whole(client, kind)
    return told


def _no_rates(told: Mapping[ListKind, Told]) -> Told | None:
    """An empty list of rates, when the codes were just told and none of them names one: there is nothing to ask for."""
    codes = told.get(ListKind.TAX_CODES)
    if codes is None or any(entry.fact("sales_rates") for entry in codes.entries):
        return None
    return Told((), codes.as_of)


@contextmanager
def _told_as_unreachable() -> Iterator[None]:
    """Whatever the SDK makes of a bad answer, for us nothing can be concluded."""
    from quickbooks.exceptions import QuickbooksException

    try:
        yield
    except QuickbooksException as error:
        raise unreadable("its reference data could not be read", [(str(error.error_code), str(error))]) from None
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ServiceUnreachableError("quickbooks", f"its reference data has another shape ({type(error).__name__})") from None


def read_settings(http: LedgerHttp, realm_id: str) -> Told:
    """The preferences alone, read anew."""
    with _told_as_unreachable():
        return _settings(sdk_client(http, realm_id))


def _settings(client: Any) -> Told:
    told = client.get(f"{client.api_url_v3}/company/{client.company_id}/preferences", {})
    return Told((settings_of(told["Preferences"]),), _moment_of(told))


def _company(client: Any, realm_id: str) -> Told:
    told = client.get(f"{client.api_url_v3}/company/{realm_id}/companyinfo/{realm_id}", {})
    return Told((entry_of(ListKind.COMPANY, {**told["CompanyInfo"], "Id": realm_id}),), _moment_of(told))


# --- all of a list ------------------------------------------------------------------------------------------------------------


def _whole(client: Any, kind: ListKind) -> Told:
    """Every entry of a list, inactive ones too, page by page; the first page's moment is the list's."""
    entity = ENTITIES[kind]
    rows: list[Row] = []
    as_of = ""
    where = "" if kind in TELL_NO_CHANGES else " WHERE Active IN (true, false)"
    while True:
        statement = f"SELECT * FROM {entity}{where} STARTPOSITION {len(rows) + 1} MAXRESULTS {PAGE_SIZE}"  # noqa: S608 no user data
        told = client.query(statement)
        page = told["QueryResponse"].get(entity, [])
        as_of = as_of if rows else _moment_of(told)
        rows += page
        if len(page) < PAGE_SIZE:
            return Told(tuple(entry_of(kind, row) for row in rows), as_of)


# --- what changed -------------------------------------------------------------------------------------------------------------


def _changed(client: Any, since: Mapping[ListKind, str], settings: Told | None) -> dict[ListKind, Told]:
    """The changes of every list that tells them and that reaches back no further than they do; nothing when they cannot be had."""
    now = _parsed(settings.as_of if settings else "")
    reached = {kind: _parsed(since[kind]) for kind in ENTITIES if kind in since and kind not in TELL_NO_CHANGES}
    kinds = {kind: moment for kind, moment in reached.items() if moment and now and timedelta(0) <= now - moment < ASKED_BACK}
    if not kinds:
        return {}
    earliest = min(kinds.values()) - OVERLAP
    rows, as_of = _captured(client, [ENTITIES[kind] for kind in kinds], earliest.isoformat(timespec="seconds"))
    return {kind: _told_changes(kind, rows[ENTITIES[kind]], as_of or since[kind]) for kind in kinds} if rows is not None else {}


def _captured(client: Any, entities: list[str], changed_since: str) -> tuple[dict[str, list[Row]] | None, str]:
    """The changed rows by entity, and the moment of the answer; no rows when it was refused, cut, or is none."""
    from quickbooks.exceptions import QuickbooksException

    rows: dict[str, list[Row]] = {entity: [] for entity in entities}
    try:
        told = client.change_data_capture(",".join(entities), changed_since)
        for part in told["CDCResponse"]:
            for response in part["QueryResponse"]:
                for entity in entities:
                    rows[entity] += response.get(entity, [])
    except (QuickbooksException, ServiceUnreachableError, LookupError, TypeError, AttributeError):
        return None, ""  # Where nothing at all can be read, reading the lists as a whole says so.
    is_cut = sum(len(changed) for changed in rows.values()) >= OBJECTS_MAX
    return None if is_cut else rows, _moment_of(told)


def _told_changes(kind: ListKind, rows: list[Row], as_of: str) -> Told:
    gone = frozenset(str(row["Id"]) for row in rows if row.get("status") == "Deleted")
    return Told(tuple(entry_of(kind, row) for row in rows if row.get("status") != "Deleted"), as_of, is_whole=False, gone=gone)


def _moment_of(told: Any) -> str:
    """The moment of an answer by the ledger's own clock; "" when it tells none that can be read."""
    text = str(told.get("time") or "")
    return text if _parsed(text) else ""


def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
