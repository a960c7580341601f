"""How much anybody may do: counts per period (`20/10s`), or 0 for no limit."""

from chatrouting.settings.environment import number, rate, whole

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
# What everybody in a chat hears of as of a send: edits, work asked for again, changes of the chat
# and of who is in it.
RATE_LIMIT_CHANGES = rate("RATE_LIMIT_CHANGES", default="60/10s")
# New chats, and people who are put into chats by somebody else.
RATE_LIMIT_CHATS = rate("RATE_LIMIT_CHATS", default="60/h")
RATE_LIMIT_PEOPLE = rate("RATE_LIMIT_PEOPLE", default="500/h")
# Pictures of videos that have to be fetched first.
RATE_LIMIT_PICTURES = rate("RATE_LIMIT_PICTURES", default="300/10m")
# Walks through a part of a chat, half a second of work each.
RATE_LIMIT_SEARCH = rate("RATE_LIMIT_SEARCH", default="60/m")

# One connection's frames; past it the connection is closed with 4008.
RATE_LIMIT_FRAMES = rate("RATE_LIMIT_FRAMES", default="1000/10s")

# Sockets and streams of one person, and from one address, in all processes; requests in each.
# 0: any number.
MAX_CONNECTIONS_USER = whole("MAX_CONNECTIONS_USER", default=50, most=1_000_000)
MAX_CONNECTIONS_ADDRESS = whole("MAX_CONNECTIONS_ADDRESS", default=500, most=1_000_000)

# A client has this long for a whole request, and for each one's first byte after the last.
REQUEST_SECONDS = number("REQUEST_SECONDS", default=20)
