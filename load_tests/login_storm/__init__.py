"""What a storm of logins does to a live call: how long pings and media packets take, before and during it."""
