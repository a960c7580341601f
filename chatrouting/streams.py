"""One stream of server-sent events and its chats: a listener of their rooms, like a socket."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation

from chatrouting import protocol
from chatrouting.audience import Subscription
from chatrouting.ears import Beginning, Ear
from chatrouting.identities import Identity
from chatrouting.outbox import Outbox, Send
from chatrouting.presence import MAX_PRESENCE
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Notice
from chatrouting.reading import read
from chatrouting.rooms import Room
from chatrouting.tasks import Tasks
from chatrouting.transport import abort_http
from messages.access import access_to
from messages.clock import now_ms
from messages.errors import ChatError, Internal, NotFound
from messages.identity import join_positions

logger = logging.getLogger(__name__)

# A comment is sent this often, in seconds, so that nobody in between takes the stream for dead.
KEEP_ALIVE = 15.0
# A client has this long to take what is left for it, in seconds.
GOODBYE = 5.0
_GOODBYE_IN_A_HURRY = 1.0
_COMMENT = ":\n\n"


Begin = Callable[[Ear], Awaitable[None]]


class Stream:
    """One answer without an end, sent through the same bounded outbox as a socket's frames."""

    def __init__(
        self,
        identity: Identity,
        chats: Mapping[str, Beginning],
        send: Callable[..., Any],
        *,
        begin: Callable[[], Awaitable[None]],
    ) -> None:
        self.identity = identity
        self.outbox = Outbox(_as_body(send, begin), clock=asyncio.get_running_loop().time)
        self._send = send
        self._language = translation.get_language()
        self._ears = {chat_id: Ear(self, chat_id, b) for chat_id, b in chats.items()}
        self._lost = [self._ears[chat_id] for chat_id, b in chats.items() if b.is_lost]
        self._over = asyncio.Event()
        self._tasks = Tasks()

    # --- its life ---------------------------------------------------------------------------------

    async def run(self, receive: Callable[..., Any]) -> None:
        """Until the client is gone or has been told why it ends."""
        process.connections.add(self)
        try:
            await self._settle_in()
            await self._keep_alive(receive)
        finally:
            self._let_go()

    async def _settle_in(self) -> None:
        await process.settle(self)
        if self._over.is_set():
            return
        self._say_hello()
        for ear in list(self._ears.values()):
            self._spawn(ear, self._begin_anew if ear in self._lost else self._begin)

    def _say_hello(self) -> None:
        """The socket's first frame, with the position that the stream begins at."""
        hello = protocol.hello(
            self.identity.actor,
            version=settings.VERSION,
            now=now_ms(),
            ping_interval_ms=int(KEEP_ALIVE * 1000),
        )
        # Everybody comes back after a deploy; not all in the same moment.
        self.outbox.push_always(f"retry: {1000 + secrets.randbelow(3000)}\n{self._numbered(hello)}")

    async def _keep_alive(self, receive: Callable[..., Any]) -> None:
        gone = asyncio.create_task(_gone(receive))
        over = asyncio.create_task(self._over.wait())
        try:
            while not gone.done() and not over.done():
                either = asyncio.FIRST_COMPLETED
                done, _ = await asyncio.wait({gone, over}, timeout=KEEP_ALIVE, return_when=either)
                if not done:
                    self.outbox.push_if_idle(_COMMENT)
            if over.done():
                await self._close()
        finally:
            gone.cancel()
            over.cancel()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_GOODBYE_IN_A_HURRY if process.is_leaving else GOODBYE):
                await self.outbox.drained()
                await self._send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            self.outbox.close()
            abort_http(self._send)
            await asyncio.sleep(0)  # the server hears of it

    def _let_go(self) -> None:
        process.connections.discard(self)
        self._unsubscribe_all()
        self.outbox.close()

    def _unsubscribe_all(self) -> None:
        self._tasks.cancel()
        for subscription in self._subscriptions():
            process.registry.unsubscribe(subscription)
        self._ears.clear()

    def _subscriptions(self) -> list[Subscription]:
        ears = self._ears.values()
        return [ear.subscription for ear in ears if ear.subscription is not None]

    # --- its chats --------------------------------------------------------------------------------

    async def _begin(self, ear: Ear) -> None:
        """From where the client is: the room catches up from the log what it has missed."""
        room = await process.registry.open_at(ear.chat_id, ear.position.epoch)
        self._subscribe(ear, room)
        self._say_who_is_there(room)

    async def _begin_anew(self, ear: Ear) -> None:
        """From the head, read before the client hears of it: what it loads then is no older."""
        access = await read(access_to, ear.actor, ear.chat_id)
        room = await process.registry.open_at(ear.chat_id, access.head.epoch)
        self._tell(protocol.notice(Notice.POSITION_LOST, ear.chat_id))
        ear.position, ear.reach = access.head, access.reach
        self._subscribe(ear, room)

    def _subscribe(self, ear: Ear, room: Room) -> None:
        subscription = process.registry.subscribe(room, ear, ear.position, ear.reach)
        ear.subscription = None if subscription.ended else subscription

    def _say_who_is_there(self, room: Room) -> None:
        here = room.presence.here
        if len(here) > MAX_PRESENCE:
            return
        for user_id, name in here.items():
            if user_id != self.identity.actor.id:
                user = {"id": user_id, "name": name}
                self.push_if_idle(protocol.presence(room.chat_id, user, online=True))

    def lost(self, ear: Ear, why: Notice) -> None:
        """A room has let go of this chat."""
        ear.subscription = None
        if why is Notice.POSITION_LOST:
            self._spawn(ear, self._begin_anew)
        else:
            self._revoke(ear)

    def _revoke(self, ear: Ear) -> None:
        if self._ears.pop(ear.chat_id, None) is not None:
            self._tell(protocol.notice(Notice.SUBSCRIPTION_REVOKED, ear.chat_id))
        if not self._ears:
            self.end(CloseCode.ACCESS_REMOVED, NotFound())

    def _spawn(self, ear: Ear, begin: Begin) -> None:
        self._tasks.start(self._begin_or_end(ear, begin))

    async def _begin_or_end(self, ear: Ear, begin: Begin) -> None:
        try:
            await begin(ear)
        except NotFound:
            self._revoke(ear)
        except ChatError as error:
            self.end(CloseCode.SERVER_ERROR, error)
        except Exception:
            logger.exception("stream of user %s", ear.actor.id)
            self.end(CloseCode.SERVER_ERROR, Internal())

    # --- frames -----------------------------------------------------------------------------------

    def push_event(self, text: str) -> bool:
        return self.outbox.push(self._numbered(text))

    def push_if_idle(self, text: str) -> None:
        self.outbox.push_if_idle(_data(text))

    def _tell(self, text: str) -> None:
        self.outbox.push_always(_data(text))

    def _numbered(self, text: str) -> str:
        """A frame with the position after it, from which the client can go on."""
        positions = {chat_id: ear.position for chat_id, ear in self._ears.items()}
        return f"id: {join_positions(positions)}\n{_data(text)}"

    # --- upkeep, asked by `connections` -----------------------------------------------------------

    takes_room = True
    silent_for = 0.0  # nothing can be heard of who only listens

    @property
    def stuck_for(self) -> float:
        return self.outbox.stuck_for()

    def identify(self, identity: Identity) -> None:
        """Their name or rights have changed: whether they may hear this is looked at again."""
        self.identity = identity
        for subscription in self._subscriptions():
            subscription.room.recheck(subscription)

    def tell(self, chat_id: str, text: str) -> None:
        if chat_id in self._ears:
            self.outbox.push(_data(text))

    def notify(self, kind: Notice) -> None:
        self._tell(protocol.notice(kind))

    async def flushed(self) -> None:
        await self.outbox.drained()

    def end(self, code: CloseCode, error: ChatError) -> None:
        """Say why, and close; there is no code for it in a stream. No event follows."""
        if not self._over.is_set():
            if code is CloseCode.SIGNED_OUT:
                unsent = self.outbox.forget()
                process.record.signed_out(self.identity, self._subscriptions(), unsent)
            self._unsubscribe_all()
            with translation.override(self._language):
                self._tell(protocol.error(error))
            self._over.set()


def _data(text: str) -> str:
    return f"data: {text}\n\n"


def _as_body(send: Callable[..., Any], begin: Callable[[], Awaitable[None]]) -> Send:
    """What the outbox sends as frames, as pieces of the answer, which begins with the first one."""
    has_begun = False

    async def send_piece(message: Mapping[str, Any]) -> None:
        nonlocal has_begun
        if not has_begun:
            has_begun = True
            await begin()
        body = message["text"].encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})

    return send_piece


async def _gone(receive: Callable[..., Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
