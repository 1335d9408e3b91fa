"""Measured claims about load."""
