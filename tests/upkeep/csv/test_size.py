"""A file of 100 MB is read row by row: what it takes of memory does not grow with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.upkeep.csv.desk import HEADER

ROWS, BYTES_MIN, GROWN_BYTES_MAX = 10_000, 100_000_000, 48_000_000
READ = """
import resource, sys
from pathlib import Path
from tests.upkeep.csv.desk import Desk, HEADER, ROW
desk = Desk(Path(sys.argv[1]))
desk.put(HEADER + ROW)
desk.heads()
desk.put("", "b.csv").unlink()
(Path(sys.argv[1]) / "big.csv").rename(Path(sys.argv[1]) / "inbox" / "big.csv")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for head in desk.source.changed_since(None) if desk.source.read(head).work_order or head.number == "no")
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.long
def test_a_file_of_100_megabytes_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    title = "long story " * 930
    with (tmp_path / "big.csv").open("w") as file:
        file.write(HEADER)
        file.writelines(f"w{n},{n},{title},2026-02-20,,,,,,{n}.00\n" for n in range(2, ROWS + 2))
    assert (tmp_path / "big.csv").stat().st_size > BYTES_MIN
    told = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    count, grown = map(int, told.stdout.split())
    assert count == ROWS + 1
    assert grown < GROWN_BYTES_MAX
