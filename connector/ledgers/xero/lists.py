"""Xero's lists through xero-python, over our own HTTP client: as a whole, or what was modified since.

The SDK's own transport sends some calls again and sleeps for hours on a throttle, so only its one HTTP seam is replaced. Its models
raise on a word that they do not know, after a good answer, so it gives us the answers as they came.

Accounts, items and contacts tell what was modified since a moment, but not what was deleted; tax rates, tracking categories and
currencies are read as a whole, so they are asked only where the mapping needs them, and once a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.core.reference import Entry, ListKind, Told
from connector.ledgers.exact_json import decode
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.xero import entries
from connector.ledgers.xero.documents import API, parse_moment

CONTACTS_PAGE_SIZE = 500
# Asked again from so long before the last answer: Xero counts in seconds, and does not publish how soon a change is told.
OVERLAP = timedelta(minutes=10)
NOT_MODIFIED = 304

Row = dict[str, Any]


class Office:
    """The SDK's accounting API for one tenant, reading through our client; imported late because that takes half a second."""

    def __init__(self, http: LedgerHttp, tenant_id: str) -> None:
        from xero_python.accounting import AccountingApi
        from xero_python.api_client import ApiClient, Configuration

        class OverOurHttp(ApiClient):  # type: ignore[misc]
            """The SDK with its one HTTP seam replaced."""

            def request(self, method: str, url: str, query_params: Any = None, headers: Any = None, **_unused: Any) -> Any:
                """Send what the SDK built through our client: its time-outs, its retries of reads, its counting."""
                return http.read(method, url, params=dict(query_params or ()), headers={**headers, "Accept": "application/json"})

            def update_params_for_auth(self, headers: Any, querys: Any, auth_settings: Any) -> None:
                """Our client signs."""

        # Called plainly, Configuration() keeps its first instance for the whole process and gives copies of it to everybody.
        self._api = AccountingApi(OverOurHttp(type.__call__(Configuration)), base_url=API)
        self._tenant_id = tenant_id

    def rows(self, key: str, read: str, **params: Any) -> tuple[list[Row], str]:
        """What the SDK's call of that name answers under that key, and the moment of the answer by Xero's clock."""
        return _rows(getattr(self._api, read)(self._tenant_id, _preload_content=False, **params), key)


_CALLS = {
    ListKind.ACCOUNTS: ("Accounts", "get_accounts"),
    ListKind.ITEMS: ("Items", "get_items"),
    ListKind.CUSTOMERS: ("Contacts", "get_contacts"),
    ListKind.TAX_CODES: ("TaxRates", "get_tax_rates"),
    ListKind.TRACKING: ("TrackingCategories", "get_tracking_categories"),
    ListKind.CURRENCIES: ("Currencies", "get_currencies"),
    ListKind.BRANDING_THEMES: ("BrandingThemes", "get_branding_themes"),
}
_PARAMS: dict[ListKind, dict[str, Any]] = {
    ListKind.CUSTOMERS: {"include_archived": True, "page_size": CONTACTS_PAGE_SIZE},
    ListKind.TRACKING: {"include_archived": True},
}
LISTS = frozenset({ListKind.SETTINGS, *_CALLS})
TELL_CHANGES = frozenset({ListKind.ACCOUNTS, ListKind.ITEMS, ListKind.CUSTOMERS})


def read_lists(office: Office, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> dict[ListKind, Told]:
    """These lists of one organisation, each whole or as changes."""
    with _told_as_unreachable():
        told = {ListKind.SETTINGS: read_settings(office)} if ListKind.SETTINGS in kinds else {}
        now = _parsed(told[ListKind.SETTINGS].as_of) if told else None
        for kind in _CALLS:
            if kind in kinds:
                told[kind] = _list(office, kind, since.get(kind, ""), now)
        return told


@contextmanager
def _told_as_unreachable() -> Iterator[None]:
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ServiceUnreachableError("xero", f"its reference data has another shape ({type(error).__name__})") from None


def read_settings(office: Office) -> Told:
    """The organisation, read anew."""
    rows, as_of = office.rows("Organisations", "get_organisations")
    if not rows:
        raise ServiceUnreachableError("xero", "it shows no organisation")
    with _told_as_unreachable():
        return Told((entries.organisation(rows[0]),), as_of)


def read_accounts(office: Office) -> Told:
    """The chart of accounts, read anew."""
    with _told_as_unreachable():
        return _list(office, ListKind.ACCOUNTS, "", None)


def _list(office: Office, kind: ListKind, since: str, now: datetime | None) -> Told:
    """A list as a whole, or its changes since a moment that is not to come by Xero's own clock."""
    moment = _parsed(since) if kind in TELL_CHANGES else None
    moment = None if moment and now and moment > now else moment
    # A text, because the SDK writes a datetime in Xero's older form, which this header does not have.
    modified = {"if_modified_since": (moment - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S")} if moment else {}
    rows, as_of = _every_page(office, kind, modified)
    return Told(tuple(_entries(kind, rows)), as_of or (since if moment else ""), is_whole=moment is None)


def _every_page(office: Office, kind: ListKind, modified: dict[str, str]) -> tuple[list[Row], str]:
    key, read = _CALLS[kind]
    params = {**_PARAMS.get(kind, {}), **modified}
    if kind is not ListKind.CUSTOMERS:
        return office.rows(key, read, **params)
    found: list[Row] = []
    as_of, page = "", 1
    while True:
        rows, moment = office.rows(key, read, page=page, **params)
        as_of = as_of or moment
        found += rows
        if len(rows) < CONTACTS_PAGE_SIZE:
            return found, as_of
        page += 1


def _entries(kind: ListKind, rows: list[Row]) -> Iterator[Entry]:
    if kind is ListKind.TRACKING:
        for row in rows:
            yield from entries.tracking_options(row)
        return
    of_row = {
        ListKind.ACCOUNTS: entries.account,
        ListKind.ITEMS: entries.item,
        ListKind.CUSTOMERS: entries.contact,
        ListKind.TAX_CODES: entries.tax_rate,
        ListKind.CURRENCIES: entries.currency,
        ListKind.BRANDING_THEMES: entries.branding_theme,
    }[kind]
    yield from (of_row(row) for row in rows)


def _rows(told: Any, key: str) -> tuple[list[Row], str]:
    """The rows of an answer that the SDK gave us as it came; an answer that nothing was modified has none."""
    if told.status_code == NOT_MODIFIED:
        return [], ""
    try:
        content = decode(told.content) if told.status_code == 200 else {}
    except ValueError:
        content = {}
    rows = content.get(key) if isinstance(content, dict) else None
    if not isinstance(rows, list):
        hint = "; is the tenant_id that of an organisation which you connected?" if told.status_code in (401, 403) else ""
        raise ServiceUnreachableError("xero", f"{key} answered {told.status_code} without rows{hint}")
    moment = parse_moment(str(content.get("DateTimeUTC") or ""))
    return rows, moment.isoformat() if moment else ""


def _parsed(since: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
