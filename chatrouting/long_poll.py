"""Long-polling: an empty answer is not sent, but asked for again once the room has heard something.

It is asked for from the start, so that who may see what, and whose the session is, is looked up
anew. In between nothing is held: no thread, and no connection to the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chatrouting.audience import Subscription
from chatrouting.identities import Identity, bearer_token, credential_of
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Notice
from messages.access import Actor, Reach
from messages.api.events import Wait
from messages.errors import ChatError, NotFound

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Waiter:
    """Listens in a room like a socket does, for as long as it takes to hear something."""

    takes_room = False
    silent_for = stuck_for = 0.0

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.heard = asyncio.Event()

    @property
    def actor(self) -> Actor:
        return self.identity.actor

    def push(self, text: str, frame: bytes | None = None) -> bool:
        self.heard.set()
        return True

    def push_always(self, text: str) -> None:
        self.heard.set()

    def push_if_idle(self, text: str) -> None:
        """Nothing that is worth an answer."""

    async def drained(self) -> None: ...

    def unsubscribed(self, subscription: Subscription, why: Notice) -> None:
        self.heard.set()

    # --- upkeep, asked by `connections` -----------------------------------------------------------

    def identify(self, identity: Identity) -> None:
        self.identity = identity

    def tell(self, chat_id: str, text: str) -> None:
        """Nothing that is worth an answer."""

    def end(self, code: CloseCode, error: ChatError) -> None:
        self.heard.set()

    def notify(self, kind: Notice) -> None:
        if kind is Notice.GOING_AWAY:
            self.heard.set()

    async def flushed(self) -> None: ...


async def waited(wait: Wait, receive: Receive) -> bool:
    """Whether the client is still there, once there is something to hear or the time is over."""
    left = asyncio.ensure_future(receive())  # after the request there only is a disconnect
    waiting = asyncio.create_task(_wait(wait))
    try:
        await asyncio.wait((left, waiting), return_when=asyncio.FIRST_COMPLETED)
        return not left.done()
    finally:
        for task in (left, waiting):
            task.cancel()
        await asyncio.gather(left, waiting, return_exceptions=True)


async def _wait(wait: Wait) -> None:
    """Until the room has an event after the one that is known, the sign-in ends, or the process
    leaves."""
    process.start()
    credential = credential_of(bearer_token(wait.authorization), wait.session_key)
    identity = None if credential is None else await process.identity_of(credential)
    if identity is None:
        return  # signed out in between, as the next look says
    waiter = Waiter(identity)
    try:
        room = await process.registry.open(wait.chat_id)
    except NotFound:
        return  # deleted in between, as the next look says
    # What it hears only wakes it: the look that follows tells what they may see.
    subscription = process.registry.subscribe(room, waiter, wait.after, Reach(wait.chat_id))
    process.connections.add(waiter)
    try:
        await process.settle(waiter)
        async with asyncio.timeout(wait.seconds):
            await waiter.heard.wait()
    except TimeoutError:
        pass
    finally:
        process.connections.discard(waiter)
        process.registry.unsubscribe(subscription)
