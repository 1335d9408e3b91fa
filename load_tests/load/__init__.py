"""Load tests: scenarios as data, virtual peers, a few real clients, a verdict."""
