"""How many acts a second the ledger takes, acknowledged after their commit, and how far checkpoints lag."""
