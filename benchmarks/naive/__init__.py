"""The other peer: the chat of the Channels tutorial, as most projects begin."""
