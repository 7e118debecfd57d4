"""What `explain` tells as one page: simple HTML without a script, the same in a file, in a browser and on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from connector.core.money import to_cents
from connector.core.summary import basis_in_words
from connector.flows.explain_document import Answer

LEDGERS = {"quickbooks": "QuickBooks Online", "xero": "Xero"}
KINDS = {"journal_entry": "journal entry", "invoice": "invoice", "credit": "credit"}
STATES = {"ready": "not sent yet", "sending": "being sent", "uncertain": "in doubt: it is looked for", "drafted": "a draft so far"}
STATES |= {"posted": "in the books", "held": "held"}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of one connection, with the kind of its ledger and the company's id there."""

    connection: str
    ledger: str
    company: str
    answer: Answer


def page(asked: str, told: Sequence[Told], *, form: bool = False) -> str:
    """The page as text. `form`: with a field to ask again, for a browser. Everything that people wrote is escaped."""
    seen = [_answer(one) for one in told]
    return str(_template().render(asked=asked, told=seen, form=form, is_missing=bool(asked) and not told))


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("connector.flows", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("explain.html")


def _answer(told: Told) -> dict[str, Any]:
    work_order, document = told.answer.work_order, told.answer.document
    kind = work_order.kind or ("invoice" if any("tax_code" in line for line in work_order.lines) else "journal_entry")
    is_sale = kind != "journal_entry"
    lines = [_line(line, work_order.currency, is_sale=is_sale) for line in work_order.lines]
    return {
        "connection": told.connection,
        "ledger": LEDGERS.get(told.ledger, told.ledger),
        "company": told.company,
        "work_order": work_order,
        "document": document,
        "kind": KINDS.get(document.kind if document else kind, ""),
        "state": STATES.get(document.state if document else work_order.posting_state, ""),
        "is_sale": is_sale,
        "amounts": {"inclusive": "with tax", "none": "without tax"}.get(str(next(iter(work_order.lines), {}).get("amounts")), "before tax"),
        "customer": _name(work_order.customer) if work_order.customer else None,
        "lines": lines,
        "totals": [_money(total, work_order.currency) for total in _totals(work_order.lines, is_sale=is_sale)],
        "amount": _money(Decimal(work_order.amount), work_order.currency) if work_order.amount else "",
        "tax": _money(Decimal(work_order.tax), work_order.currency) if work_order.tax else "",
        "files": sorted({name["place"].rpartition(":")[0] for line in lines for name in line["names"]} - {""}),
    }


def _totals(lines: Iterable[Mapping[str, Any]], *, is_sale: bool) -> tuple[Decimal, Decimal]:
    """A journal's debits and credits; what a sale's lines cost, and what they bill."""
    first = second = Decimal(0)
    for line in lines:
        amount = Decimal(str(line["amount"]))
        if is_sale:
            first, second = first + Decimal(str(line["cost"])), second + amount
        elif line["side"] == "debit":
            first += amount
        else:
            second += amount
    return first, second


def _line(line: Mapping[str, Any], currency: str, *, is_sale: bool) -> dict[str, Any]:
    amount = _money(Decimal(str(line["amount"])), currency)
    if is_sale:
        figures = [_money(Decimal(str(line["cost"])), currency), amount]
    else:
        figures = [amount, ""] if line["side"] == "debit" else ["", amount]
    return {
        "kind": line.get("kind", ""),
        "description": line["actual"],
        "quantity": _short(str(line["quantity"])),
        "price": line["unit_price"],
        "basis": basis_in_words(str(line["basis"])),
        "cost_code": line.get("cost_code", ""),
        "names": [_name(name) for name in _names(line)],
        "prices": [{**rule, "short": str(rule["rule"]).replace("\\", "/").rpartition("/")[2]} for rule in line.get("price", [])],
        "figures": figures,
    }


def _names(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The names on a line; what an earlier release decided knows of its account alone."""
    if "names" in line:
        yield from line["names"]
    elif line.get("account"):
        yield {"what": "account", "here": line["account"], "there": line["account"], "place": line["rule"], "rule": line.get("because", "")}


def _name(name: Mapping[str, Any]) -> dict[str, Any]:
    place = str(name["place"])
    compared = [(str(key).replace("_", " "), str(value)) for key, value in name.get("compared", [])]
    return {**name, "place": place, "short": place.replace("\\", "/").rpartition("/")[2], "compared": compared}


def _money(amount: Decimal, currency: str) -> str:
    """An amount as accountants read it: with its cents, the thousands set apart, a real minus sign."""
    return f"{to_cents(amount, currency):,}".replace("-", "−")


def _short(quantity: str) -> str:
    """Without the zeros that only say how it was stored."""
    return quantity.rstrip("0").rstrip(".") if "." in quantity else quantity
