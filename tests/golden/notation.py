"""The books of a case in plain-text accounting notation, and what a journal in it comes to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from textwrap import wrap

from tests.golden.case import Books, Case, Entry, Leg

ROOTS = {
    **dict.fromkeys(("bank", "receivable", "asset"), "Assets"),
    **dict.fromkeys(("payable", "liability", "tax"), "Liabilities"),
    **dict.fromkeys(("expense", "rounding"), "Expenses"),
    "equity": "Equity",
    "income": "Income",
}
WIDTH = 48
TEXT_WIDTH = 110
FIRST_DAY = "2000-01-01"  # of an account, and of what has no document


def written(case: Case, books: Books) -> str:
    """The journal of a case: its documents, then the ledger's own balance of each account, then what is in no document."""
    lines = [
        *_told(case.about),
        *(_told(f"Source: {case.told['source']}") if "source" in case.told else []),
        "",
        f'option "operating_currency" "{books.currency}"',
        'option "tolerance_multiplier" "0"',
        "",
    ]
    used = sorted({named(leg.account) for entry in books.entries for leg in entry.legs} | {named(name) for name in books.balances})
    lines += [f"{FIRST_DAY} open {name:<{WIDTH}} {books.currency}" for name in used]
    for entry in books.entries:
        lines += ["", *_entry(entry, books.currency)]
    if books.balances:
        last = max(date.fromisoformat(entry.day) for entry in books.entries) + timedelta(days=1)
        sums = sorted((named(name), amount) for name, amount in books.balances.items())
        lines += ["", *(f"{last} balance {name:<{WIDTH}} {amount:>12.2f} {books.currency}" for name, amount in sums)]
    lines += ["", *(f'{FIRST_DAY} custom "{state}" "{number}" "{code}"' for number, state, code in books.left)] if books.left else []
    return "\n".join(lines) + "\n"


def _told(text: str) -> list[str]:
    return wrap(text, TEXT_WIDTH, initial_indent="; ", subsequent_indent="; ")


def _entry(entry: Entry, currency: str) -> Iterator[str]:
    yield f'{entry.day} * "{entry.kind.replace("_", " ")}" "{_text(entry.number)}"'
    for leg in entry.legs:
        yield f"  {named(leg.account):<{WIDTH}} {leg.amount:>12.2f} {currency}{_comment(leg)}"
        yield from (f'    {key}: "{_text(value)}"' for key, value in leg.tracking)


def _comment(leg: Leg) -> str:
    return f"  ; {leg.text}" if leg.text else ""


def _text(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def named(account: str) -> str:
    """'expense 6110 HVAC repairs' as the notation calls it."""
    kind, _, name = account.partition(" ")
    return f"{ROOTS[kind]}:" + re.sub("[^A-Za-z0-9]+", "-", name).strip("-")


# --- read back --------------------------------------------------------------------------------------------------------------------

_LEG = re.compile(r"^  (?P<account>[A-Z]\S+) +(?P<amount>-?[0-9.]+) [A-Z]{3}(?:  ;.*)?$")
_BALANCE = re.compile(r"^\d{4}-\d\d-\d\d balance (?P<account>\S+) +(?P<amount>-?[0-9.]+) [A-Z]{3}$")


def unbalanced(journal: str) -> list[str]:
    """What is wrong with a journal: a document that does not come to zero, and an account whose balance is not that of its lines."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    told: dict[str, Decimal] = {}
    wrong = []
    for block in journal.split("\n\n"):
        legs = [found for line in block.splitlines() if (found := _LEG.match(line))]
        if sum((Decimal(leg["amount"]) for leg in legs), Decimal(0)):
            wrong.append(block.splitlines()[0])
        for leg in legs:
            sums[leg["account"]] += Decimal(leg["amount"])
        told |= {found["account"]: Decimal(found["amount"]) for line in block.splitlines() if (found := _BALANCE.match(line))}
    return wrong + sorted(name for name in {**sums, **told} if sums.get(name, Decimal(0)) != told.get(name, Decimal(0)))
