"""Xero behind the Ledger protocol."""
