"""Our records: what was decided, what is on its way, what is posted. SQLite by default, PostgreSQL when asked."""
