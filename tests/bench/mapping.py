"""How fast a mapping of ten thousand facts is read, checked, and work orders are mapped and drafted by it: python -m tests.bench.mapping.

Counted is CPU time of this process; the best of three rounds is shown, because the machine may be shared.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

from connector.cli.sandbox_config import plain_mapping_text
from connector.config.mapping_file import load_mapping
from connector.core.costing import cost
from connector.core.drafting import draft_journal
from connector.core.mapping import Mapping, map_costs
from connector.core.mapping_lint import lint
from connector.flows import check as flows_check
from connector.flows.mapping_check import check_mapping
from connector.flows.reference import live_chart
from connector.ledgers.ledger import Account
from tests.core.examples import work_order
from tests.stage import Stage

FACTS, WORK_ORDERS, ACCOUNTS = 10_000, 3_000, 600
DAY = date(2026, 1, 6)


def text() -> str:
    """A quarter each: a code, a code and a kind, a category at a location, a class by asset."""
    lines = ["defaults: {account: Repairs}", "credits: {labor: L, parts: P, other: O}", "facts:"]
    for n in range(FACTS // 4):
        lines += [
            f"  - {{when: {{cost_code: C{n}}}, account: '6{n:04}'}}",
            f"  - {{when: {{cost_code: C{n}, kind: parts}}, account: '7{n:04}'}}",
            f"  - {{when: {{category: C{n}, location: L{n % 50}}}, account: '8{n:04}'}}",
            f"  - {{when: {{asset: A{n}}}, class: K{n}}}",
        ]
    return "\n".join(lines) + "\n"


def seconds(work: Callable[[], object]) -> float:
    """The least CPU time of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        work()
        rounds.append(time.process_time() - began)
    return min(rounds)


def drafted(mapping: Mapping) -> None:
    """Every work order priced, mapped and drafted: three costs, six lines."""
    for number in range(WORK_ORDERS):
        order = work_order(number=str(number), category=f"C{number % (FACTS // 4)}")
        facts, _ = cost(order, (), DAY, "USD")
        mapped, _ = map_costs(order, facts, mapping)
        draft_journal(order, mapped, mapping, DAY, "USD")


def checking(ledger: str) -> float:
    """CPU time of a whole check but reading the file; the vendor's stand-in answers in the same process."""
    numbered = re.sub(r"account: '\d(\d{4})'", lambda found: f"account: '{60_000 + int(found[1]) % (ACCOUNTS * 4 // 3)}'", text())
    own = plain_mapping_text("USD") + numbered[numbered.index("facts:") :]
    known = tuple(Account(f"bench {n}", f"Group {n % 20}:Account {n}", f"{60_000 + n}", "EXPENSE", active=True) for n in range(ACCOUNTS))
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), ledger, mapping_text=own).world() as world:
        chart = live_chart(world)
        with patch.object(flows_check, "live_chart", lambda _: replace(chart, accounts=(*chart.accounts, *known))):
            return seconds(lambda: check_mapping(world))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.yaml"
        path.write_text(text(), "utf-8")
        mapping, problems = load_mapping(path)
        assert mapping is not None, problems
        print(f"reading {FACTS} facts: {seconds(lambda: load_mapping(path)):.2f} s")
    print(f"looking for unreachable ones: {seconds(lambda: lint(mapping)):.2f} s")
    for ledger in ("quickbooks", "xero"):
        print(f"checking against {ACCOUNTS} accounts of {ledger}, every fourth account and every class unknown: {checking(ledger):.2f} s")
    print(f"priced, mapped and drafted: {WORK_ORDERS / seconds(lambda: drafted(mapping)):,.0f} work orders a second")


if __name__ == "__main__":
    main()
