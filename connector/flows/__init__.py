"""What the connector does; each file reads top-down as a story. Read sync.py first."""
