"""Core values to JSON text and back, exactly: what a posting expects to find, the problems of a work order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connector.core.mapping import DocumentKind
from connector.core.posting import Expectation, LedgerLine
from connector.core.problem import Problem


def expectation_text(expected: Expectation) -> str:
    """An expectation as JSON text, money as decimal strings."""
    return json.dumps(
        {
            "kind": expected.kind.value,
            "marker": expected.marker,
            "date": expected.date.isoformat(),
            "currency": expected.currency,
            "total": str(expected.total),
            "lines": [[line.account_id, str(line.amount)] for line in expected.lines],
            "net": str(expected.net),
            "tax": None if expected.tax is None else str(expected.tax),
            **_further_facts(expected),
        }
    )


def _further_facts(expected: Expectation) -> dict[str, object]:
    """What is expected besides, where anything is: an invoice without a prediction is stored as it always was."""
    facts: dict[str, object] = {
        "tax_tolerance": str(expected.tax_tolerance) if expected.tax_tolerance else None,
        "tax_is_due": expected.tax_is_due or None,
        "gross": None if expected.gross is None else str(expected.gross),
        "includes_tax": expected.includes_tax or None,
        "may_await": expected.may_await or None,
        "exchange_rate": None if expected.exchange_rate is None else str(expected.exchange_rate),
        "due_date": expected.due_date.isoformat() if expected.due_date else None,
        "settles": expected.settles or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def read_expectation(text: str) -> Expectation:
    """The expectation that was stored."""
    told = json.loads(text)
    return Expectation(
        DocumentKind(told["kind"]),
        told["marker"],
        date.fromisoformat(told["date"]),
        told["currency"],
        Decimal(told["total"]),
        tuple(LedgerLine(account, Decimal(amount)) for account, amount in told["lines"]),
        None if told["tax"] is None else Decimal(told["tax"]),
        Decimal(told["net"]),
        Decimal(told.get("tax_tolerance", "0")),
        bool(told.get("tax_is_due")),
        Decimal(told["gross"]) if "gross" in told else None,
        bool(told.get("includes_tax")),
        bool(told.get("may_await")),
        date.fromisoformat(told["due_date"]) if "due_date" in told else None,
        Decimal(told["exchange_rate"]) if "exchange_rate" in told else None,
        told.get("settles", ""),
    )


def problems_text(problems: Sequence[Problem]) -> str:
    """Problems as JSON text."""
    return json.dumps([[p.code, p.place, p.message, p.next_step] for p in problems], ensure_ascii=False)


def read_problems(text: str) -> tuple[Problem, ...]:
    """The problems that were stored."""
    return tuple(Problem(*told) for told in json.loads(text))
