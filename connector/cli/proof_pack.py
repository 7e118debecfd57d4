"""The proof as a pack for the auditor: proof.json with every row and its hash, proof.html to read and print, SHA256SUMS over both."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from connector.cli.output import counted
from connector.cli.proof_page import write_page
from connector.core.money import plain, to_cents
from connector.core.proof import Row, Verdict
from connector.core.sealing import digest, root
from connector.core.tally import AccountTotal
from connector.flows.prove import Proof, account_names

FORMAT = "upkeep-connector-proof-1"
JSON_NAME, PAGE_NAME, SUMS_NAME = "proof.json", "proof.html", "SHA256SUMS"
_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Pack:
    """A written pack: where it is, what stands at its head, and the hash over all of it."""

    folder: Path
    head: Mapping[str, object]
    root_hash: str


def default_folder(proof: Proof) -> Path:
    """A name that says what it proves and when it was read."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", proof.world.policy.connection).strip("-.") or "connection"
    return Path(f"proof-{name}-{proof.month or 'all'}-{proof.begun_at:%Y%m%dT%H%M%SZ}")


def write_pack(proof: Proof, folder: Path) -> Pack:
    """Write the three files, all of them or none; raises FileExistsError when the folder is there already."""
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".proof-", dir=folder.parent))
    try:
        head = head_of(proof)
        root_hash = root(head, (digest(row_of(row, proof)) for row in proof.rows))
        _write_json(unfinished / JSON_NAME, proof, head, root_hash)
        rows = (row_of(row, proof) for row in proof.rows)
        write_page(unfinished / PAGE_NAME, head, rows, root_hash)
        sums = "".join(f"{_sum_of(unfinished / name)}  {name}\n" for name in (PAGE_NAME, JSON_NAME))
        (unfinished / SUMS_NAME).write_text(sums, "ascii")
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return Pack(folder, head, root_hash)


def verdict_line(proof: Proof) -> str:
    """The verdict in one line, the same five figures every time."""
    tally = proof.tally
    return (
        f"{counted(tally.work_orders, 'work order')}, {counted(tally.documents, 'document')}, "
        f"{counted(tally.verdicts[Verdict.DUPLICATE], 'duplicate')}, {tally.lost} lost, {_money(tally.difference, proof)} difference"
    )


def head_of(proof: Proof) -> dict[str, object]:
    """Everything but the rows: what was compared, when, under which rules, and what came out."""
    policy, ledger, mapping = proof.world.policy, proof.world.ledger, proof.world.mapping
    return {
        "format": FORMAT,
        "connection": policy.connection,
        "period": str(proof.month) if proof.month else None,
        "first_day": str(proof.month.first if proof.month else policy.start_date),
        "last_day": str(proof.month.last) if proof.month else None,
        "timezone": policy.timezone,
        "currency": policy.currency,
        "source": {"kind": "upkeep", "company": policy.source_company, "site": policy.site},
        "ledger": {"kind": ledger.kind, "company_id": ledger.company_id, "company_name": proof.chart.company_name},
        "read": {"begun_at": _moment(proof.begun_at), "ended_at": _moment(proof.ended_at)},
        "versions": {"connector": version("upkeep-accounting-connector")},
        "mapping": {"file": Path(mapping.file).name, "digest": mapping.digest},
        "proven": proof.is_proven,
        "verdict": verdict_line(proof),
        "doubts": proof.doubts,
        "counts": _counts(proof),
        "totals": _totals(proof),
        "accounts": _accounts(proof),
        "assumptions": _assumptions(proof),
    }


def row_of(row: Row, proof: Proof) -> dict[str, object]:
    """One row as JSON values, money as decimal strings; its hash is taken over exactly this."""
    return {
        "work_order": row.work_order,
        "upkeep_id": row.source_id,
        "title": row.title,
        "completed_on": str(row.completed_on) if row.completed_on else None,
        "cost": _money(row.amount, proof) if row.amount is not None else None,
        "marker": row.marker,
        "verdict": row.verdict.value,
        "reason": row.reason,
        "expected": _money(row.expected, proof),
        "booked": _money(row.booked, proof),
        "difference": _money(row.difference, proof),
        "documents": [
            {
                "id": one.id,
                "kind": one.kind.value,
                "number": one.marker,
                "date": str(one.date) if one.date else None,
                "status": one.status,
                "total": _money(one.total, proof),
                "tax": _money(one.tax, proof),
            }
            for one in row.documents
        ],
    }


def _counts(proof: Proof) -> dict[str, int]:
    tally = proof.tally
    sums = {
        "work_orders_read": proof.work_orders_read,
        "work_orders": tally.work_orders,
        "documents": tally.documents,
        "duplicates": tally.verdicts[Verdict.DUPLICATE],
        "lost": tally.lost,
        "contradictions": tally.contradictions,
    }
    return sums | {f"verdict_{verdict.value}": tally.verdicts[verdict] for verdict in Verdict}


def _totals(proof: Proof) -> dict[str, str]:
    tally = proof.tally
    return {
        "expected": _money(tally.expected, proof),
        "booked": _money(tally.booked, proof),
        "net_difference": _money(tally.booked - tally.expected, proof),
        "difference": _money(tally.difference, proof),
        "held": _money(tally.held, proof),
        "excluded": _money(tally.excluded, proof),
        "tax_on_invoices": _money(tally.tax, proof),
    }


def _accounts(proof: Proof) -> list[dict[str, str]]:
    names = account_names(proof.chart)
    told = sorted((names.get(key, key), key, total) for key, total in proof.tally.accounts.items())
    invoiced = proof.tally.invoiced
    if invoiced != AccountTotal():
        told.append(("Invoices less credits, before tax", "", invoiced))
    return [
        {
            "account": name,
            "account_id": key,
            "debits": _money(total.debits, proof),
            "credits": _money(total.credits, proof),
            "balance": _money(total.balance, proof),
            "expected": _money(total.expected, proof),
            "difference": _money(total.difference, proof),
        }
        for name, key, total in told
    ]


def _assumptions(proof: Proof) -> list[str]:
    """What a reader must accept for the verdict to hold."""
    policy = proof.world.policy
    scope = (
        f"In scope is what was completed in {proof.month}, and what is dated in it, by the calendar of {policy.timezone}."
        if proof.month
        else f"In scope is every work order of UpKeep; what was completed before {policy.start_date} is excluded by start_date."
    )
    return [
        "Both services were read anew for this proof; no record of the connector was consulted.",
        "A document belongs to a work order by its number (marker), which is derived from ledger company, UpKeep company and site, "
        "work-order number and kind of document.",
        scope,
        "What each work order should have become was decided anew by the mapping named here. A document posted under an earlier mapping "
        "shows as different where the two mappings differ.",
        "The period lock as it stood at posting cannot be read any more: a date later than the day of completion is told as moved.",
        "A person who edits UpKeep or the ledger while they are read can make one row differ; a second proof settles it.",
        "QuickBooks does not list deleted documents: what was deleted there shows as lost.",
    ]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _money(amount: Decimal, proof: Proof) -> str:
    """An amount in its currency's own digits, or all of its digits where it has more: nothing is rounded away."""
    rounded = to_cents(amount, proof.world.policy.currency)
    return plain(rounded if rounded == amount else amount)


def _write_json(path: Path, proof: Proof, head: Mapping[str, object], root_hash: str) -> None:
    """One row a line, written as it is made: a year of work orders need not fit into memory twice. ASCII, as it is hashed."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_json_text(proof, head, root_hash))


def _json_text(proof: Proof, head: Mapping[str, object], root_hash: str) -> Iterator[str]:
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "rows": ['
    comma = "\n    "
    for row in proof.rows:
        content = row_of(row, proof)
        yield comma + json.dumps({**content, "hash": digest(content)})
        comma = ",\n    "
    yield f'\n  ],\n  "root_hash": "{root_hash}"\n}}\n'


def _sum_of(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_READ_AT_ONCE):
            found.update(part)
        os.fsync(file.fileno())
    return found.hexdigest()
