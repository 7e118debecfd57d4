"""The part of a mapping about the rates of documents in another currency than the books'."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.exchange import ExchangeRates

LEFT_TO = "ledger"
EXCHANGE_KEYS = ("from", "rate")


def read_exchange_rates(reader: Reader, node: Node | None) -> ExchangeRates | None:
    """The word `ledger`, or a list of days and rates; None when nothing is written: then no currency but the books' own."""
    if node is None:
        return None
    if node.scalar is not None:
        if node.scalar.strip() != LEFT_TO:
            step = f"Write `{LEFT_TO}`, or a list of entries like {{from: 2026-01-01, rate: 1.0850}}."
            reader.add("BAD_CHOICE", node.place, f"exchange_rates is '{node.scalar}'.", step)
        return ExchangeRates(node.place)
    rows = [row for item in reader.items(node) if (row := _row(reader, item)) is not None]
    seen: dict[date, str] = {}
    for day, _, place in rows:
        if day in seen:
            reader.add("TWICE", place, f"A second rate from {day} on (first at {seen[day]}).", "Keep one.")
        seen.setdefault(day, place)
    return ExchangeRates(node.place, tuple(rows))


def _row(reader: Reader, node: Node) -> tuple[date, Decimal, str] | None:
    entries = reader.table(node, EXCHANGE_KEYS)
    for name in EXCHANGE_KEYS:
        if name not in entries:
            reader.add("MISSING", node.place, f"'{name}' is missing.", "Write both, like {from: 2026-01-01, rate: 1.0850}.")
            return None
    day, rate = reader.day(entries["from"], "from"), reader.decimal(entries["rate"], "rate")
    if rate is not None and rate <= 0:
        reader.add("RATE_NOT_POSITIVE", entries["rate"].place, f"rate is {rate}.", "A rate is above zero.")
        return None
    return None if day is None or rate is None else (day, rate, node.place)
