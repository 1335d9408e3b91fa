"""The pages' own API under /api/v1: JSON over HTTP and one events WebSocket."""
