"""The store: one database (SQLite or PostgreSQL) that holds what the service knows and the ledger of how it
came so.
"""
