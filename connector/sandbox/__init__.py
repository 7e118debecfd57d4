"""Working stand-ins for UpKeep, QuickBooks Online and Xero: strict, stateful, and knowing nothing of the connector."""
