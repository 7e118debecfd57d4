"""A journal entry that is in order, and each way to spoil it by one step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Json = dict[str, Any]

ACCOUNT = "4"  # the parts inventory of the stand-in's company
LEG: Json = {"PostingType": "Debit", "AccountRef": {"value": ACCOUNT}}


def lines(detail: Json | None = None, **line: Any) -> Json:
    """Two lines that balance, both of them changed; a changed detail is the debit's alone."""
    told = {"Amount": Decimal("1.50"), "DetailType": "JournalEntryLineDetail", **line}
    debit, credit = detail if detail is not None else LEG, {**LEG, "PostingType": "Credit"}
    return {"Line": [{**told, "JournalEntryLineDetail": one} for one in (debit, credit)]}


RIGHT: Json = {"DocNumber": "1", "TxnDate": "2026-01-02", **lines()}
WRONG: list[tuple[Json, str]] = [
    ({"Unheard": "of"}, "Unheard"),
    ({"DocNumber": "1" * 22}, "DocNumber"),
    ({"TxnDate": "2026/01/02"}, "TxnDate"),
    ({"PrivateNote": "x" * 4001}, "PrivateNote"),
    ({"CurrencyRef": {"name": "Dollar"}}, "CurrencyRef"),
    ({"CurrencyRef": {"value": "USD", "colour": "green"}}, "CurrencyRef"),
    ({"TotalAmt": Decimal(1)}, "TotalAmt"),
    ({"Adjustment": "true"}, "Adjustment"),
    (lines(Amount="1.50"), "Amount"),
    (lines(Amount=Decimal("1.123456")), "Amount"),
    (lines(Amount=Decimal("12345678901")), "Amount"),
    (lines({**LEG, "PostingType": "debit"}), "PostingType"),
    (lines({**LEG, "Memo": "x"}), "Memo"),
    (lines({"PostingType": "Debit"}), "AccountRef"),
    (lines({"PostingType": "Debit", "AccountRef": {"value": ACCOUNT, "colour": "green"}}), "AccountRef"),
    (lines(DetailType="Unheard"), "DetailType"),
    (lines(Description="x" * 4001), "Description"),
]
# What Intuit's schema refuses and the stand-in takes.
TAKEN: list[Json] = [
    lines(Amount="1.50"),  # python-quickbooks sends every Decimal as a text
    {"TotalAmt": Decimal(1)},  # "read-only attributes sent by the client are silently overwritten"
    {"Adjustment": "true"},  # nobody says whether a text is taken for a yes
]
