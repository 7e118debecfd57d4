"""Which of many cases run with every test run; the others are marked `long` and run in `.ci/run`."""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

# Modules whose tests have many alike cases (two ledgers, two documents, two databases): so many of each test's cases run every day.
FIRST_CASES = {
    "flows/test_sweep.py": 1,
    "flows/test_sync.py": 2,
    "flows/test_bad_weather.py": 1,
    "flows/test_tax.py": 2,
    "flows/test_reference.py": 1,
    "flows/test_reversal.py": 1,
    "flows/test_write_back.py": 1,
    "flows/test_window.py": 1,
    "flows/test_batches.py": 1,
    "flows/test_in_vain.py": 1,
    "flows/test_limits.py": 1,
    "flows/test_prove.py": 1,
    "flows/test_postgres.py": 1,
    "flows/test_credits.py": 1,
    "flows/test_plan.py": 1,
    "flows/test_customers.py": 1,
    "cli/test_secrets.py": 1,
    "cli/test_prove.py": 1,
    "cli/test_commands.py": 1,
    "cli/test_connecting.py": 1,
    "cli/test_plan.py": 1,
    "problems/test_refusals.py": 6,
    "store/test_migrations.py": 6,
    "store/test_upgrades.py": 6,
    "contract/test_xero_answers.py": 2,
    "contract/test_xero_requests.py": 3,
    "contract/test_quickbooks_requests.py": 3,
    "sandbox/test_serve.py": 1,
    "sandbox/test_faults.py": 2,
    "simulation/test_histories.py": 3,
    "sandbox/quickbooks/test_sdk.py": 2,
    "store/test_postings.py": 1,
    "store/test_database.py": 1,
    "store/test_locks.py": 1,
    "store/test_audit.py": 1,
    "store/test_work_orders.py": 1,
    "store/test_evidence.py": 1,
    "store/test_hints.py": 1,
    "store/test_shelf.py": 1,
    "store/test_clock_set_back.py": 1,
    "store/test_reference.py": 1,
    "store/test_customers.py": 1,
    "store/test_source_records.py": 1,
    "web/test_webhooks.py": 1,
    "web/test_from_upkeep.py": 1,
    "cli/test_mapping_diff.py": 1,
    "cli/test_reversing.py": 1,
    "flows/test_evidence.py": 1,
    "flows/test_fields.py": 1,
    "flows/test_side_by_side.py": 1,
    "flows/test_renames.py": 1,
}


# "2/5": of the further alike cases only those of that part; the others wait for another day. Without it all of them are `long`.
PART = "LONG_PART"


def mark_alike_cases(items: Iterable[pytest.Item], root: str) -> None:
    """Mark `long` what comes after the first cases of a test in one of those modules, or of that a part that moves with the commit."""
    part, _, parts = os.environ.get(PART, "0/1").partition("/")
    met: Counter[str] = Counter()
    for item in items:
        count = FIRST_CASES.get(item.path.as_posix().removeprefix(f"{root}/tests/"))
        if count is not None:
            test = item.nodeid.partition("[")[0]
            met[test] += 1
            if met[test] > count:
                is_due = zlib.crc32(item.nodeid.encode()) % int(parts) == int(part)
                item.add_marker("long" if is_due else "another_day")


def a_few(cases: Iterable[Any], count: int = 1) -> list[Any]:
    """The cases as parameters: the first so many as they are, the others marked `long`."""
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*row, marks=[] if number < count else [pytest.mark.long]) for number, row in enumerate(rows)]
