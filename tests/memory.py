"""A folder in memory, where there is room: databases that live for a second need no disk, and a busy disk doubles their tests' time."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
FREE_BYTES_MIN = 4_000_000_000


def folder_in_memory() -> Path | None:
    """The folder, or None where there is none with room enough."""
    is_there = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    return IN_MEMORY if is_there and shutil.disk_usage(IN_MEMORY).free > FREE_BYTES_MIN else None


def work_in_memory() -> None:
    """Have every temporary folder of this process made there."""
    memory = folder_in_memory()
    if memory:
        tempfile.tempdir = str(memory)
