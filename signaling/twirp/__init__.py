"""RoomService over Twirp: what LiveKit's server SDKs and `lk room` call."""
