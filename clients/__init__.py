"""What runs where the patient is: the pages (clients/web) and the gateway (clients/gateway)."""
