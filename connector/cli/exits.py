"""The exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0  # all done
    NEEDS_PERSON = 1  # something is held, uncertain or in doubt
    BAD_CONFIGURATION = 2  # configuration, mapping or usage is wrong
    UNREACHABLE = 3  # a service could not be reached
