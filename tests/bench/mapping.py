"""How fast a mapping of ten thousand facts is read, and work orders are mapped and drafted by it: python -m tests.bench.mapping.

Counted is CPU time of this process; the best of three rounds is shown, because the machine may be shared.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from connector.config.mapping_file import load_mapping
from connector.core.costing import cost
from connector.core.drafting import draft_journal
from connector.core.mapping import Mapping, map_costs
from tests.core.examples import work_order

FACTS, WORK_ORDERS = 10_000, 3_000
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.yaml"
        path.write_text(text(), "utf-8")
        mapping, problems = load_mapping(path)
        assert mapping is not None, problems
        print(f"reading {FACTS} facts: {seconds(lambda: load_mapping(path)):.2f} s")
    kinds = ("labor", "parts", "other")
    print(f"looking for unreachable ones: {seconds(lambda: list(mapping.index.unreachable({}, kinds))):.2f} s")
    print(f"priced, mapped and drafted: {WORK_ORDERS / seconds(lambda: drafted(mapping)):,.0f} work orders a second")


if __name__ == "__main__":
    main()
