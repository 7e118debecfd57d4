"""proof.html: one page that reads and prints without any other file, script or address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from connector.core.proof import AGREEING

# What a verdict is called on paper.
WORDS = {
    "posted": "Posted",
    "reversed": "Taken back",
    "moved": "Date moved",
    "excluded": "Excluded",
    "held": "Held",
    "not_ready": "Not complete",
    "lost": "Lost",
    "duplicate": "Duplicate",
    "different": "Different",
    "voided": "Voided",
    "deleted": "Deleted",
    "awaiting_approval": "Awaits approval",
    "drafted": "Draft only",
    "unexpected": "Unexpected",
    "orphaned": "Orphaned",
}
LEDGERS = {"quickbooks": "QuickBooks Online", "xero": "Xero"}


def write_page(path: Path, head: Mapping[str, object], rows: Iterable[Mapping[str, object]], root_hash: str) -> None:
    """Render the page; every text on it may be hostile, so every one is escaped."""
    environment = Environment(
        loader=PackageLoader("connector.cli", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"money": money, "word": WORDS.__getitem__, "ledger": lambda kind: LEDGERS.get(kind, kind)}
    listed = list(rows)
    agreeing = {verdict.value for verdict in AGREEING}
    page = environment.get_template("proof.html").stream(
        head=head,
        rows=listed,
        contradictions=[row for row in listed if row["verdict"] not in agreeing],
        reasons=[row for row in listed if row["verdict"] in ("moved", "held", "excluded")],
        words=WORDS,
        agreeing=agreeing,
        root_hash=root_hash,
    )
    # A ledger's name may hold half a character, which no file can.
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(page)


def money(amount: str | None) -> str:
    """An amount as accountants read it: 12,345.60, a real minus sign."""
    if amount is None:
        return "–"
    whole, point, rest = amount.lstrip("-").partition(".")
    return ("−" if amount.startswith("-") else "") + f"{int(whole):,}{point}{rest}"
