"""The store's contract: the same tests on SQLite and on PostgreSQL."""
