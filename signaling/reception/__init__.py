"""What each person in a room really received, every five seconds: said by the page, else by the server."""
