"""The WebSocket door: accept or refuse, listen, deliver, let go."""

import asyncio
import logging
import re
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.utils import translation

from chatrouting import protocol, transport
from chatrouting.audience import Subscription
from chatrouting.connections import too_many_connections
from chatrouting.dialogue import Breach, Dialogue
from chatrouting.identities import Identity
from chatrouting.outbox import Outbox, Send
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Notice
from chatrouting.subscribing import subscribe
from messages.access import Actor
from messages.clock import now_ms
from messages.errors import (
    BadChatId,
    BadRequest,
    ChatError,
    NotFound,
)

logger = logging.getLogger(__name__)

PING_INTERVAL_MS = 25_000
# A client has this long to take what is left for it, in seconds.
GOODBYE = 5.0


class ChatConsumer(AsyncConsumer):
    """One connection and its chats, with a receive loop of its own.

    Channels' loop would give every connection a place in the channel layer and pass every event
    through the one thread that Django's synchronous code shares; rooms make both unnecessary.
    """

    takes_room = True
    identity: Identity
    outbox: Outbox

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        self.scope = scope
        self._send = send
        self._language: str = scope["language"]
        self._closing: asyncio.Task[None] | None = None
        self.subscriptions: dict[str, Subscription] = {}
        self.wanted: dict[str, object] = {}
        self.typed: dict[str, tuple[int, bool]] = {}
        self.outbox = Outbox(send, clock=asyncio.get_running_loop().time)
        self.push = self.outbox.push
        self.push_always = self.outbox.push_always
        self.push_if_idle = self.outbox.push_if_idle
        self.drained = self.outbox.drained
        await receive()
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocol"]})
        self.outbox.direct = transport.of(send)
        if scope["refusal"] is not None:
            code, error = scope["refusal"]
            await self._refuse(code, error, receive)
            return
        self.identity = scope["identity"]
        if not process.connections.has_room_for(self.actor.id):
            await self._refuse(CloseCode.TOO_MANY, too_many_connections(), receive)
            return
        self._dialogue = Dialogue(self.outbox, user_id=self.actor.id, language=self._language)
        process.connections.add(self)
        try:
            await self._run(receive)
        finally:
            self._let_go()

    @property
    def actor(self) -> Actor:
        return self.identity.actor

    # --- the life of a connection -----------------------------------------------------------------

    async def _run(self, receive: Any) -> None:
        await self._settle_in()
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._dialogue.is_over:
                continue
            try:
                await self._dialogue.hear(self, message.get("text"))
            except Breach as breach:
                self.end(breach.code, breach.error)

    async def _settle_in(self) -> None:
        await process.settle(self)
        if not self._dialogue.is_over:
            self._say_hello()
            self.outbox.flush()  # together with the handshake's answer
            await self._enter_path_chat()

    def _say_hello(self) -> None:
        self.push_always(
            protocol.hello(
                self.actor,
                version=settings.VERSION,
                now=now_ms(),
                ping_interval_ms=PING_INTERVAL_MS,
            )
        )

    async def _enter_path_chat(self) -> None:
        """`/ws/chat/<chatId>/` begins with a subscription, answered with `id: null`."""
        chat_id = self.scope["url_route"]["kwargs"].get("chat_id")
        if chat_id is None:
            return
        try:
            found = subscribe(self, {"chatId": chat_id} | self._position())
            data = found if isinstance(found, dict) else await found
        except (NotFound, BadChatId):
            self.end(CloseCode.NO_SUCH_CHAT, NotFound())
        except BadRequest as error:
            self.end(CloseCode.PROTOCOL_ERROR, error)
        except ChatError as error:
            self.end(CloseCode.SERVER_ERROR, error)
        except Exception:  # noqa: BLE001
            self.end(CloseCode.SERVER_ERROR, self._dialogue.fault())
        else:
            self._dialogue.reply(protocol.reply(None, data))

    def _position(self) -> dict[str, Any]:
        """`?since=&tail=` as the fields of a subscribe."""
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        names = query.keys() & {"since", "tail"}
        fields: dict[str, Any] = {name: query[name][0] for name in names}
        if re.fullmatch("[0-9]{1,9}", fields.get("tail", "")):
            fields["tail"] = int(fields["tail"])
        return fields

    def end(self, code: CloseCode, error: ChatError) -> None:
        """Say why and close; the client's own goodbye, or its silence, ends the receive loop.

        From here on nothing of any chat goes out. Whoever is signed out does not get either what
        was waiting for them to read on.
        """
        if not self._dialogue.is_over:
            self._dialogue.end()
            if code is CloseCode.SIGNED_OUT:
                unsent = self.outbox.forget()
                process.record.signed_out(self.identity, self.subscriptions.values(), unsent)
            self._unsubscribe_all()
            with translation.override(self._language):
                self.push_always(protocol.error(error))
            self._closing = asyncio.create_task(self._close(code))

    async def _close(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(GOODBYE):
                await self.outbox.drained()
                await self._send({"type": "websocket.close", "code": code.value})
        except TimeoutError:
            self._abort()
        except Exception:  # noqa: BLE001, S110  # it is gone already
            pass

    def _abort(self) -> None:
        """Drop a client that takes nothing, not even a goodbye. ASGI has no word for it: under
        another server than uvicorn its own time-outs have to do."""
        self.outbox.close()
        if self.outbox.direct is not None:
            self.outbox.direct.abort()

    async def _refuse(self, code: CloseCode, error: ChatError, receive: Any) -> None:
        with translation.override(self._language):
            text = protocol.error(error)
        await self._send({"type": "websocket.send", "text": text})
        await self._send({"type": "websocket.close", "code": code.value})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    def _let_go(self) -> None:
        process.connections.discard(self)
        self._unsubscribe_all()
        if process.is_leaving and not self.outbox.is_idle:
            self._abort()  # the server would wait for it to read
        self.outbox.close()
        if self._closing is not None:
            self._closing.cancel()
        self._dialogue.close()

    def _unsubscribe_all(self) -> None:
        for subscription in list(self.subscriptions.values()):
            process.registry.unsubscribe(subscription)
        self.subscriptions.clear()
        self.wanted.clear()

    # --- upkeep, asked by `connections` -----------------------------------------------------------

    @property
    def silent_for(self) -> float:
        return self._dialogue.silent_for

    @property
    def stuck_for(self) -> float:
        return self.outbox.stuck_for()

    def identify(self, identity: Identity) -> None:
        """Their name or rights have changed: whether they may hear this is looked at again."""
        self.identity = identity
        for subscription in self.subscriptions.values():
            subscription.room.recheck(subscription)

    def tell(self, chat_id: str, text: str) -> None:
        if chat_id in self.subscriptions:
            self.push(text)

    def notify(self, kind: Notice) -> None:
        self.push_always(protocol.notice(kind))

    async def flushed(self) -> None:
        await self._dialogue.all_answered()
        await self.outbox.drained()

    def unsubscribed(self, subscription: Subscription, why: Notice) -> None:
        """A room has let us go, and said why."""
        chat_id = subscription.room.chat_id
        if why is Notice.SUBSCRIPTION_REVOKED:
            process.record.revoked(subscription)
        if self.subscriptions.get(chat_id) is subscription:
            del self.subscriptions[chat_id]
            if self.wanted.get(chat_id) is subscription:  # else another is being asked for
                del self.wanted[chat_id]
        is_ours = chat_id == self.scope["url_route"]["kwargs"].get("chat_id")
        if is_ours and why is Notice.SUBSCRIPTION_REVOKED:
            self.end(CloseCode.ACCESS_REMOVED, NotFound())
