"""The UpKeep accounting connector: completed work orders reach the books, each exactly once."""
