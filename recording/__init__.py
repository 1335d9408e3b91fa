"""Proof of what happened: recorder, event ledger, manifest, verify, export."""
