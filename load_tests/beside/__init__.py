"""The same packets through this service and through its peers: what each forwarded packet costs."""
