"""Session descriptions: bytes from strangers into frozen values, and our own values back into text."""
