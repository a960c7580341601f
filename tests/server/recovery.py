"""What must be true after any accident: asked of what is stored and of every tab."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

from tests.server.cast import CHAT
from tests.server.socket_client import Frame, SocketClient
from tests.server.stored import Row
from tests.server.tab import Tab
from tests.server.world import World


async def caught_up(tabs: Sequence[Tab], messages: int, *, within: float = 30) -> None:
    """Wait until all that was written is acknowledged and every tab stands at the head."""
    async with asyncio.timeout(within):
        while sum(len(tab.acknowledged) for tab in tabs) < messages:
            await asyncio.sleep(0.02)
        # Nobody may have been told yet of what was acknowledged as sent before.
        stored = [message["seq"] for tab in tabs for message in tab.acknowledged.values()]
        while len({tab.seq for tab in tabs}) > 1 or tabs[0].seq < max(stored, default=0):
            await asyncio.sleep(0.02)


def assert_nothing_lost(world: World, tabs: Collection[Tab], chat_id: str = CHAT) -> list[Row]:
    """The log has no hole, every acknowledged send once, and every tab has heard exactly it."""
    stored = world.stored(chat_id)
    assert [row.seq for row in stored] == list(range(1, len(stored) + 1))
    _assert_each_send_once(stored, tabs)
    log = [(row.seq, row.message_id) for row in stored]
    for tab in tabs:
        assert tab.problems == []
        assert tab.log == log[-len(tab.log) :]
        assert tab.seq == len(stored)
    return stored


def _assert_each_send_once(stored: list[Row], tabs: Collection[Tab]) -> None:
    sent = [row for row in stored if row.client_message_id is not None]
    place = {row.client_message_id: (row.seq, row.message_id) for row in sent}
    assert len(place) == len(sent), "a clientMessageId is stored twice"
    acknowledged = {
        client_message_id: (message["seq"], message["messageId"])
        for tab in tabs
        for client_message_id, message in tab.acknowledged.items()
    }
    assert acknowledged.items() <= place.items()


async def push_arrives(
    here: SocketClient, there: SocketClient, chat_id: str, *, within: float
) -> None:
    """The push path works, also between processes: what is never in the log comes through."""

    def heard() -> list[Frame]:
        return [f for f in there.heard if f["op"] == "ephemeral" and f["type"] == "typing"]

    before = len(heard())
    async with asyncio.timeout(within):
        while len(heard()) == before:
            await here.ask("typing", chatId=chat_id, on=True)
            with suppress(TimeoutError):
                await there.until(lambda: len(heard()) > before, within=0.2)
