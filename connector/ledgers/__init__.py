"""The ledgers: one protocol, one door for a write, and QuickBooks Online and Xero behind it."""
