"""How long a search of the trace takes over a million events, on both stores."""
