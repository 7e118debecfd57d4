"""The one-writer rule, as an exception that every room may name."""


class WriterBusyError(Exception):
    """Another process is posting to this ledger company right now; two writers could post the same document."""
