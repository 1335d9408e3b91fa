"""CPU time per forwarded packet: one publisher, a growing number of subscribers, everything on."""
