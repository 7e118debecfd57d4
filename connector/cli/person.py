"""Who gives a command, for the audit: the user that the operating system knows, not one that the environment names."""

from __future__ import annotations

import os
import pwd


def person() -> str:
    """The user's name, or the number of one who has no name here."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
