"""Is the scheduled sync alive? `python -m connector.engine.health FILE` exits 0 when the health file is young, else 1."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from connector.clock import SystemClock

MAX_AGE_SECONDS = 3600


def is_healthy(path: Path, max_age_seconds: float) -> bool:
    """Whether the file was written within that time; a file that is not there is not healthy."""
    try:
        written = path.stat().st_mtime
    except OSError:
        return False
    return SystemClock().now().timestamp() - written <= timedelta(seconds=max_age_seconds).total_seconds()


def main() -> None:
    """Answer a container's health check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--max-age-seconds", type=float, default=MAX_AGE_SECONDS)
    given = parser.parse_args()
    sys.exit(0 if is_healthy(given.file, given.max_age_seconds) else 1)


if __name__ == "__main__":
    main()
