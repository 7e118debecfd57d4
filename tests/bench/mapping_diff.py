"""How long a month of work orders takes under two mappings, once it is read: `python -m tests.bench.mapping_diff [WORK_ORDERS]`."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from connector.config.mapping_file import load_mapping
from connector.core.period import Month
from connector.flows.mapping_diff import MappingDiff, Side, compare
from connector.upkeep.source import WorkOrderHead, WorkOrderRead
from tests.stage import Stage


def main() -> None:
    """Read one work order, and compare it as often as a month has some."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as name:
        stage = Stage(Path(name))
        stage.work_order("1", timeLogs=[{"duration": 90, "hourlyRate": "33.33"}])
        text = (stage.folder / "mapping.yaml").read_text("utf-8")
        (stage.folder / "new.yaml").write_text(text.replace("account: Repairs and maintenance", "account: HVAC repairs"), "utf-8")
        new, problems = load_mapping(stage.folder / "new.yaml")
        assert new is not None, problems
        with stage.world() as world:
            [head] = world.source.changed_since(None)
            read = world.source.read(head)
            assert read.work_order is not None
            sides = Side.of(world), Side.of(replace(world, mapping=new))
            result = MappingDiff("bench", world.ledger.kind, "USD", Month(date(2026, 2, 1), date(2026, 2, 28)), "", "")
            begun = time.process_time()
            for number in range(count):
                one = replace(read.work_order, number=str(number))
                result.add(compare(*sides, WorkOrderRead(WorkOrderHead(head.id, str(number), head.status, head.updated_at), one), None))
            seconds = time.process_time() - begun
    print(
        f"{len(result.differing)} of {result.work_orders} work orders moved, {seconds:.1f} s of one core, {count / seconds:,.0f} a second"
    )


if __name__ == "__main__":
    main()
