"""The protocols this server speaks, over real HTTP and WebSockets, with a media plane that moves nothing."""
