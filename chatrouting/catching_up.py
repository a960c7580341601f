"""Brings one listener from where it stands to where its room stands, from the log."""

import asyncio
from typing import TYPE_CHECKING

from chatrouting import protocol
from chatrouting.audience import Subscription
from chatrouting.reading import Read
from messages.access import Actor
from messages.identity import Cursor
from messages.resumption import EventPage, missed

if TYPE_CHECKING:
    from chatrouting.rooms import Room

# The longest messages make each event of a page a quarter of a megabyte while it is read.
PAGE = 8
# What the room has heard of may not be to be read yet for so long, in seconds.
PAUSE = 0.05


async def catch_up(room: "Room", subscription: Subscription, read: Read) -> None:
    while not subscription.ended and subscription.seq < room.seq:
        await subscription.listener.drained()
        await _push_page(room, subscription, read)


async def _push_page(room: "Room", subscription: Subscription, read: Read) -> None:
    """A function of its own, so that a page is not kept while a slow reader is waited for."""
    position = Cursor(room.epoch, subscription.seq)
    page = await read(page_after, subscription.listener.actor, room.chat_id, position)
    room.audience.limit(subscription, page.access.reach)
    if not page.events:
        await asyncio.sleep(PAUSE)
    for event in page.events:
        text = protocol.event_text(event)
        if subscription.ended or not subscription.push(text):
            break
        subscription.seq = event.seq


def page_after(actor: Actor, chat_id: str, since: Cursor) -> EventPage:
    return missed(actor, chat_id, since, limit=PAGE)
