"""How fast a data folder's ledger is checked: `python -m load_tests.audit_verify`."""
