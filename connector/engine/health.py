"""Is the scheduled sync alive? What each connection's last run told, in a file and for whoever asks over HTTP.

`python -m connector.engine.health FILE` exits 0 when the health file is young, else 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from datetime import datetime, timedelta
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


class Health:
    """How each connection last ran and when, kept here and in a small JSON file; its age is what a health check looks at."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._state: dict[str, tuple[datetime, bool, str]] = {}
        self._lock = threading.Lock()

    def tell(self, connection: str, summary: str, *, ok: bool) -> None:
        """Write what happened, by replacing the file, so that a reader never sees half of it."""
        with self._lock:
            self._state[connection] = (SystemClock().now(), ok, summary)
            if self._path is None:
                return
            state = {name: {"at": at.isoformat(), "ok": ok, "summary": summary} for name, (at, ok, summary) in self._state.items()}
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(state, indent=2), encoding="utf-8")
            draft.replace(self._path)

    def told(self) -> dict[str, tuple[datetime, bool]]:
        """When each last told something, and whether it was good. The words stay here: they are for the operator alone."""
        with self._lock:
            return {name: (at, ok) for name, (at, ok, _) in self._state.items()}

    def is_young(self, max_age_seconds: float = MAX_AGE_SECONDS) -> bool:
        """Whether anything was told within that time."""
        newest = max((at for at, _ in self.told().values()), default=None)
        return newest is not None and (SystemClock().now() - newest).total_seconds() <= max_age_seconds


def main() -> None:
    """Answer a container's health check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--max-age-seconds", type=float, default=MAX_AGE_SECONDS)
    given = parser.parse_args()
    sys.exit(0 if is_healthy(given.file, given.max_age_seconds) else 1)


if __name__ == "__main__":
    main()
