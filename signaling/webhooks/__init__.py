"""Webhooks: events told to other systems as they happen, at least once and in order within a case."""
