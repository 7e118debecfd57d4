"""A stateful, strict stand-in for the Xero Accounting API 2.0."""

from connector.sandbox.xero.sandbox import XeroSandbox

__all__ = ["XeroSandbox"]
