"""Who someone is, and what they may do. Nothing below signaling knows either."""
