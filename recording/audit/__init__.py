"""The event ledger as proof: acts in a chain, checkpoints over it, and the offline check of both."""
