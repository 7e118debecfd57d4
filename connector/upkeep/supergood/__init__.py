"""The normalised API (Supergood's) as a source: every name in it is the contract's (core/contract.py)."""
