"""How much anybody may do: counts per period (`20/10s`), or 0 for no limit."""

from chatrouting.settings.environment import rate

RATE_LIMIT_SEND = rate("RATE_LIMIT_SEND", default="20/10s")
