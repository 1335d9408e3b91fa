"""One hostile subscriber among honest people, and junk from strangers: what the others notice of it."""
