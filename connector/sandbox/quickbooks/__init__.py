"""A working stand-in for QuickBooks Online v3; KNOWS_NOT.md says what it does not know."""

from connector.sandbox.quickbooks.api import QuickBooksSandbox

__all__ = ["QuickBooksSandbox"]
