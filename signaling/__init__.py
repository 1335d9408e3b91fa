"""Who may do what, over HTTP and WebSocket: the room protocol, the REST API, and the composition root."""
