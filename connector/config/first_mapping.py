"""A first mapping from what a ledger and UpKeep have: every guess says how it was made, and what nobody can guess says FILL IN."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.core.drafting import clean_text
from connector.core.guessing import Offered, Seen, guess

# Codes with less money than all of these together are seldom worth a line of their own.
CODES_MAX = 300
DEFAULT = ("Repairs and maintenance", "Repairs & maintenance", "Maintenance and repairs", "Building maintenance", "Maintenance", "Repairs")
CREDITS = {
    "labor": (
        ("Maintenance labor applied", "Labor applied", "Labour applied", "Applied labor", "Wages", "Salaries", "Payroll"),
        "payroll debits it",
    ),
    "parts": (("MRO parts inventory", "Parts inventory", "Inventory", "Spare parts", "Stock", "Parts"), "parts leave the stock at cost"),
    "other": (("Accrued maintenance", "Accrued expenses", "Accrued liabilities", "Accruals"), "until the vendor's bill arrives"),
}
ITEMS = {
    "labor": ("Maintenance labor", "Labor", "Labour", "Services", "Hours"),
    "parts": ("Maintenance parts", "Parts", "Materials", "Services"),
    "other": ("Maintenance other", "Other", "Services"),
}
REVENUE = {
    "labor": ("Maintenance labor revenue", "Labor revenue", "Service revenue", "Services", "Sales"),
    "parts": ("Maintenance parts revenue", "Parts revenue", "Sales of product income", "Sales"),
    "other": ("Other maintenance revenue", "Other revenue", "Sales"),
}
TAXED, UNTAXED = ("TAX", "OUTPUT", "OUTPUT2", "GST on Income", "Sales tax"), ("NON", "NONE", "Tax exempt", "Exempt", "No tax")
FILL_IN = "FILL IN"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to guess from, and what a person chose: the key that is the cost code. `codes` and `places` the most money first."""

    ledger: str
    is_invoice: bool
    cost_code: str
    codes: Sequence[Seen]
    places: Sequence[Seen]
    accounts: Sequence[Offered]
    expenses: Sequence[Offered]
    income: Sequence[Offered]
    items: Sequence[Offered]
    tax_codes: Sequence[Offered]
    customers: Sequence[Offered]
    about: str = ""  # how much was read


def first_mapping_text(found: Found) -> str:
    """mapping.yaml, ready to be read by an accountant and checked by `connector check`."""
    return "\n".join([*_costs(found), *(_invoice(found) if found.is_invoice else ())]) + "\n"


def _costs(found: Found) -> Iterator[str]:
    yield "# Guessed by `connector init-mapping`: an accountant should read every line. `connector check` compares it with the chart."
    yield f"# {clean_text(found.about)}"
    yield f"cost_code: {_quoted(found.cost_code)}"
    yield ""
    yield "cost_codes:"
    for seen in found.codes[:CODES_MAX]:
        yield _code(seen, found.expenses)
    if len(found.codes) > CODES_MAX:
        yield f"  # {len(found.codes) - CODES_MAX} more codes with less money go to defaults"
    yield ""
    yield "defaults:"
    yield f"  account: {_guessed(DEFAULT, found.expenses)}; where everything goes that has no line of its own"
    yield ""
    yield "credits:"
    for kind, (words, why) in CREDITS.items():
        yield f"  {kind}: {_guessed(words, found.accounts)}; {why}"


def _code(seen: Seen, expenses: Sequence[Offered]) -> str:
    much = f"{seen.count} {'work order' if seen.count == 1 else 'work orders'}, {seen.amount:,.2f}"
    if not seen.value:
        return f"  # {much}, without a code: they go to defaults"
    found = guess((seen.value,), expenses)
    if found.entry is None:
        return f"  # {_quoted(seen.value)}: {FILL_IN}      # {much}; no expense account is near: they go to defaults"
    return f"  {_quoted(seen.value)}: {_quoted(found.entry.name)}      # guessed: {much}; {found.how}{_number(found.entry)}"


def _guessed(words: Sequence[str], offered: Sequence[Offered]) -> str:
    found = guess(words, offered)
    if found.entry is None:
        return f"{_quoted(words[0])}      # {FILL_IN}: the ledger has nothing of that name or near it"
    return f"{_quoted(found.entry.name)}      # guessed: {found.how}{_number(found.entry)}"


def _invoice(found: Found) -> Iterator[str]:
    yield ""
    yield "invoice:"
    yield "  customer:"
    yield "    by: location"
    named = {one.name.casefold(): one for one in found.customers}
    same = [(seen, named[seen.value.casefold()]) for seen in found.places if seen.value.casefold() in named]
    if same:
        yield "    values:"
        yield from (f"      {_quoted(seen.value)}: {_quoted(one.name)}      # guessed: the customer of that name" for seen, one in same)
    internal = named.get("internal departments")
    default = _quoted(internal.name) if internal else _quoted(FILL_IN)
    yield f"    default: {default}      # {'guessed' if internal else FILL_IN}: who is billed for every other place"
    yield "  markup_percent: {labor: 0, parts: 0, other: 0}"
    yield from _kinds("items", ITEMS, found.items)
    if found.ledger == "xero":
        yield from _kinds("accounts", REVENUE, found.income)
    yield "  tax_codes: {labor: No tax, parts: Sales tax, other: No tax}      # what is taxed differs from place to place: ask"
    yield "  due_days: 30"
    yield ""
    yield "names:"
    yield f"  {found.ledger}:"
    yield "    tax_codes:"
    yield from (f"      {name}: {_tax_code(words, found.tax_codes)}" for name, words in (("Sales tax", TAXED), ("No tax", UNTAXED)))


def _kinds(what: str, words: Mapping[str, Sequence[str]], offered: Sequence[Offered]) -> Iterator[str]:
    yield f"  {what}:"
    for kind, tried in words.items():
        yield f"    {kind}: {_guessed(tried, offered)}"


def _tax_code(words: Sequence[str], offered: Sequence[Offered]) -> str:
    """By its code where there is one of these, else by its name."""
    by_code = {one.number: one for one in offered}
    code = next((word for word in words if word in by_code), "")
    return f"{_quoted(code)}      # guessed: {clean_text(by_code[code].name)}" if code else _guessed(words, offered)


def _number(entry: Offered) -> str:
    return f" ({clean_text(entry.number)})" if entry.number and entry.number.isascii() and len(entry.number) < 20 else ""


def _quoted(text: str) -> str:
    """A scalar of YAML, whatever stands in it; half a character, which no file can hold, is written as its number."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)
