"""What medicine says: people, consent, consultation, as pure state; no HTTP, SQL, socket or clock."""
