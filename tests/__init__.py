"""Tests: unit, contract, integration, end to end, fuzz and architecture."""
