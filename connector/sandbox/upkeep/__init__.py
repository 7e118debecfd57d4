"""A working stand-in for UpKeep's REST API v2; KNOWS_NOT.md says what it does not know."""

from connector.sandbox.upkeep.api import UpKeepSandbox

__all__ = ["UpKeepSandbox"]
