"""How much anybody may do: counts per period (`20/10s`), or 0 for no limit."""

from chatrouting.settings.environment import rate

# Accepted sends: one person's in one chat, everybody's in a chat, one person's in all chats.
RATE_LIMIT_SEND = rate("RATE_LIMIT_SEND", default="20/10s")
RATE_LIMIT_CHAT = rate("RATE_LIMIT_CHAT", default="200/10s")
RATE_LIMIT_USER = rate("RATE_LIMIT_USER", default="60/10s")

# Sign-ins that failed, with a password at any door: for one name, and from one address.
RATE_LIMIT_SIGN_IN_NAME = rate("RATE_LIMIT_SIGN_IN_NAME", default="20/5m")
RATE_LIMIT_SIGN_IN_ADDRESS = rate("RATE_LIMIT_SIGN_IN_ADDRESS", default="60/5m")

# One person's.
RATE_LIMIT_REPORTS = rate("RATE_LIMIT_REPORTS", default="20/10m")
RATE_LIMIT_INVITATIONS = rate("RATE_LIMIT_INVITATIONS", default="60/h")
