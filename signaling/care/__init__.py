"""Patients and their consents in the store."""
