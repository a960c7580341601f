"""Messages as long as they may be, many at once."""

import asyncio
from uuid import uuid4

from tests.server.socket_client import SocketClient

MIB = 1024 * 1024
# The emoji makes each of its characters cost four bytes wherever it is kept as text.
LONG = "\N{PARTY POPPER}" + "x" * 15_999
# An event carries it twice, as content and as html.
FRAME = 2 * len(LONG)
IN_FLIGHT = 16


async def say_long(client: SocketClient, chat_id: str, messages: int) -> None:
    """All acknowledged; what the client has heard meanwhile is forgotten."""
    numbers = iter(range(messages))

    async def go_on() -> None:
        for _ in numbers:
            await client.ask(
                "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content=LONG
            )

    await asyncio.gather(*(go_on() for _ in range(IN_FLIGHT)))
    client.heard.clear()
