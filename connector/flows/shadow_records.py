"""What is kept of the time in which a connection was a shadow, as a protocol."""

from __future__ import annotations

from typing import Protocol

from connector.core.shadow import ShadowTime


class ShadowRecords(Protocol):
    """One connection's shadow time; every method is one transaction."""

    def time(self) -> ShadowTime | None:
        """The last one; None when it never was a shadow."""
        ...

    def keep(self, time: ShadowTime) -> None:
        """Keep it in the place of the last one."""
        ...
