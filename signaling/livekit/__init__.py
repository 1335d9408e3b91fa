"""LiveKit's client protocol: protobuf and WebSocket on one side, rooms on the other."""
