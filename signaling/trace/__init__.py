"""The trace: the ledger as people search it and read it, each look at it an event of its own."""
