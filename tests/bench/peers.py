"""The vendors' SDKs as their documentation shows them, posting work orders as journals: what the connector is measured against.

Each function is one whole program that posts every work order it is given; nothing of the SDKs is changed but the address. They
remember nothing between runs, because the documentation of the SDKs has nothing to remember with. The `keyed` ones are what a careful
programmer adds with the SDK's own means: numbers and keys derived from the work order.

`python -m tests.bench.peers NAME SIGN_IN_JSON WORK_ORDERS.csv` runs one as a process of its own; it prints no more than an SDK does.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

DEBIT, CREDIT = "Repairs and maintenance", "Accrued maintenance"
DEBIT_CODE, CREDIT_CODE = "6100", "2100"
# Xero recommends no more than so many elements a call.
XERO_ELEMENTS = 50
DUPLICATE_NUMBER = 6140


@dataclass(frozen=True)
class Job:
    """One completed work order with what it cost."""

    number: str
    day: date
    title: str
    amount: Decimal

    @property
    def words(self) -> str:
        """By these words a bookkeeper, and the tally, knows whose document it is."""
        return f"Work order {self.number}: {self.title}"


@dataclass(frozen=True)
class SignIn:
    """What the operator has put into the settings of his program."""

    address: str
    client_id: str
    client_secret: str
    refresh_token: str
    company: str


def read_jobs(path: Path) -> list[Job]:
    """The work orders of a file with the columns of the excavators' file; the row is the number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Job(str(number), date.fromisoformat(row["BscStartDate"]), row["OriginalShorttext"], Decimal(row["Cost"]))
        for number, row in enumerate(rows, 1)
    ]


# --- python-quickbooks --------------------------------------------------------------------------------------------------------


def quickbooks_client(sign_in: SignIn) -> Any:
    """The client as the README of python-quickbooks makes it."""
    warnings.simplefilter("ignore", DeprecationWarning)
    from intuitlib.client import AuthClient
    from quickbooks import QuickBooks

    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # The stand-in speaks http.
    auth_client = AuthClient(
        client_id=sign_in.client_id,
        client_secret=sign_in.client_secret,
        environment=f"{sign_in.address}/.well-known/openid_sandbox_configuration/",
        redirect_uri="http://localhost:8000/callback",
    )
    client = QuickBooks(auth_client=auth_client, refresh_token=sign_in.refresh_token, company_id=sign_in.company)
    client.api_url_v3 = f"{sign_in.address}/v3"
    return client


def journal_entries(client: Any, jobs: Sequence[Job]) -> list[Any]:
    """One JournalEntry object for each work order."""
    from quickbooks.objects.account import Account
    from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail

    accounts = {name: Account.filter(Name=name, qb=client)[0].to_ref() for name in (DEBIT, CREDIT)}
    entries = []
    for job in jobs:
        entry = JournalEntry()
        entry.TxnDate, entry.PrivateNote = job.day.isoformat(), job.words
        for side, name in (("Debit", DEBIT), ("Credit", CREDIT)):
            line = JournalEntryLine()
            line.Amount, line.Description = job.amount, job.title
            line.JournalEntryLineDetail = JournalEntryLineDetail()
            line.JournalEntryLineDetail.PostingType, line.JournalEntryLineDetail.AccountRef = side, accounts[name]
            entry.Line.append(line)
        entries.append(entry)
    return entries


def quickbooks_save(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`save` in a loop."""
    client = quickbooks_client(sign_in)
    for entry in journal_entries(client, jobs):
        entry.save(qb=client)


def quickbooks_batch(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`batch_create`, which cuts its list into thirties."""
    client = quickbooks_client(sign_in)
    from quickbooks.batch import batch_create

    results = batch_create(journal_entries(client, jobs), qb=client)
    for fault in results.faults:
        for error in fault.Error:
            print("Error " + error.Message)


def quickbooks_save_keyed(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`save` in a loop, each entry with a number and a request id of its own; a number in use counts as posted before."""
    client = quickbooks_client(sign_in)
    from quickbooks.exceptions import QuickbooksException

    for job, entry in zip(jobs, journal_entries(client, jobs), strict=True):
        entry.DocNumber = f"WO-{job.number}"
        try:
            entry.save(qb=client, request_id=key_of([job]))
        except QuickbooksException as error:
            if error.error_code != DUPLICATE_NUMBER:
                raise


def quickbooks_batch_numbered(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`batch_create`, each entry with a number of its own; the SDK's batch takes no request id."""
    client = quickbooks_client(sign_in)
    from quickbooks.batch import batch_create

    entries = journal_entries(client, jobs)
    for job, entry in zip(jobs, entries, strict=True):
        entry.DocNumber = f"WO-{job.number}"
    batch_create(entries, qb=client)


# --- xero-python --------------------------------------------------------------------------------------------------------------


def xero_api(sign_in: SignIn) -> Any:
    """The client as the README of xero-python makes it."""
    from xero_python.accounting import AccountingApi
    from xero_python.api_client import ApiClient, Configuration
    from xero_python.api_client.oauth2 import OAuth2Token

    token = xero_token(sign_in)
    oauth2_token = OAuth2Token(client_id=sign_in.client_id, client_secret=sign_in.client_secret)
    api_client = ApiClient(Configuration(oauth2_token=oauth2_token), pool_threads=1)
    api_client.oauth2_token_getter(lambda: token)
    api_client.oauth2_token_saver(lambda changed: None)
    api_client.set_oauth2_token(token)
    return AccountingApi(api_client, base_url=f"{sign_in.address}/api.xro/2.0")


def xero_token(sign_in: SignIn) -> dict[str, Any]:
    """A new token set for a custom connection, the documented way for programs without a browser."""
    form = f"grant_type=client_credentials&client_id={sign_in.client_id}&client_secret={sign_in.client_secret}"
    with urlopen(Request(f"{sign_in.address}/connect/token", form.encode())) as answer:
        return dict(json.load(answer))


def manual_journals(jobs: Sequence[Job]) -> Any:
    """One ManualJournals object with an element for each work order."""
    from xero_python.accounting import LineAmountTypes, ManualJournal, ManualJournalLine, ManualJournals

    return ManualJournals(
        manual_journals=[
            ManualJournal(
                narration=job.words,
                date=job.day,
                status="POSTED",
                line_amount_types=LineAmountTypes.NOTAX,
                journal_lines=[
                    ManualJournalLine(line_amount=job.amount, account_code=DEBIT_CODE, description=job.title),
                    ManualJournalLine(line_amount=-job.amount, account_code=CREDIT_CODE, description=job.title),
                ],
            )
            for job in jobs
        ]
    )


def xero_singles(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`create_manual_journals` in a loop, one a call."""
    api = xero_api(sign_in)
    for job in jobs:
        api.create_manual_journals(sign_in.company, manual_journals([job]))
    api.api_client.rest_client.pool_manager.clear()


def xero_fifties(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`create_manual_journals`, 50 a call."""
    api = xero_api(sign_in)
    for some in fifties(jobs):
        api.create_manual_journals(sign_in.company, manual_journals(some))
    api.api_client.rest_client.pool_manager.clear()


def xero_fifties_keyed(sign_in: SignIn, jobs: Sequence[Job]) -> None:
    """`create_manual_journals`, 50 a call, each call with an idempotency key made from what it carries."""
    api = xero_api(sign_in)
    for some in fifties(jobs):
        api.create_manual_journals(sign_in.company, manual_journals(some), summarize_errors=False, idempotency_key=key_of(some))
    api.api_client.rest_client.pool_manager.clear()


def fifties(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """The work orders in the portions in which Xero takes them."""
    for begin in range(0, len(jobs), XERO_ELEMENTS):
        yield jobs[begin : begin + XERO_ELEMENTS]


def key_of(jobs: Sequence[Job]) -> str:
    """The same key for the same work orders in every run."""
    return hashlib.sha256("|".join(job.number for job in jobs).encode()).hexdigest()[:32]


PEERS: dict[str, Callable[[SignIn, Sequence[Job]], None]] = {
    "quickbooks-save": quickbooks_save,
    "quickbooks-batch": quickbooks_batch,
    "quickbooks-save-keyed": quickbooks_save_keyed,
    "quickbooks-batch-numbered": quickbooks_batch_numbered,
    "xero-singles": xero_singles,
    "xero-fifties": xero_fifties,
    "xero-fifties-keyed": xero_fifties_keyed,
}

if __name__ == "__main__":
    PEERS[sys.argv[1]](SignIn(**json.loads(sys.argv[2])), read_jobs(Path(sys.argv[3])))
