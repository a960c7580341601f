"""The HTTP door: the only place of the domain with HTTP words in it."""
