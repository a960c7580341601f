"""The WebSocket door: accept or refuse, decode, hand to an action, answer, deliver."""

import asyncio
import logging
import re
import secrets
from collections.abc import Coroutine
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from chatrouting import actions, protocol, transport
from chatrouting.audience import Subscription
from chatrouting.connections import too_many_connections
from chatrouting.identities import Identity
from chatrouting.outbox import Outbox, Send
from chatrouting.pace import Pace
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Frame, Notice
from chatrouting.subscribing import subscribe
from messages.acceptance import Accepted
from messages.access import Actor
from messages.clock import now_ms
from messages.errors import (
    BadChatId,
    BadRequest,
    ChatError,
    Internal,
    NotFound,
    RateLimited,
    TooLarge,
)
from messages.windows import rate_of
from messages.writer import writer

logger = logging.getLogger(__name__)

PING_INTERVAL_MS = 25_000
MAX_BAD_FRAMES = 20
MAX_UNDER_WAY = 64
MAX_READING = 2
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
        self._loop = asyncio.get_running_loop()
        self.subscriptions: dict[str, Subscription] = {}
        self.wanted: dict[str, object] = {}
        self.typed: dict[str, tuple[int, bool]] = {}
        self._send = send
        self._language: str = scope["language"]
        self._under_way = 0
        self._room_for_more = asyncio.Event()
        self._reading = asyncio.Semaphore(MAX_READING)
        self._tasks: set[asyncio.Task[None]] = set()
        self._bad_frames = 0
        self._pace = Pace(*rate_of(settings.RATE_LIMIT_FRAMES))
        self._ended = False
        self.heard_at = self._loop.time()
        self.outbox = Outbox(send, on_drain=self._room_for_more.set, clock=self._loop.time)
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
            if self._ended:
                continue
            await self._on_frame(message.get("text"))
            while self._is_busy:
                self._room_for_more.clear()
                await self._room_for_more.wait()

    async def _settle_in(self) -> None:
        await process.settle(self)
        if not self._ended:
            self._say_hello()
            self.outbox.flush()  # together with the handshake's answer
            await self._enter_path_chat()

    @property
    def _is_busy(self) -> bool:
        is_full = self._under_way >= MAX_UNDER_WAY or self.outbox.is_full
        return is_full and not self._ended

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
            self.end(CloseCode.SERVER_ERROR, self._internal())
        else:
            self._reply(protocol.reply(None, data))

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
        if not self._ended:
            self._ended = True
            self._room_for_more.set()
            if code is CloseCode.SIGNED_OUT:
                unsent = self.outbox.forget()
                process.record.signed_out(self.identity, self.subscriptions.values(), unsent)
            self._unsubscribe_all()
            with translation.override(self._language):
                self.push_always(protocol.error(error))
            self._spawn(self._close(code))

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
        for task in self._tasks:
            task.cancel()

    def _unsubscribe_all(self) -> None:
        for subscription in list(self.subscriptions.values()):
            process.registry.unsubscribe(subscription)
        self.subscriptions.clear()
        self.wanted.clear()

    # --- upkeep, asked by `connections` -----------------------------------------------------------

    @property
    def silent_for(self) -> float:
        return self._loop.time() - self.heard_at

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
        while self._under_way:
            self._room_for_more.clear()
            await self._room_for_more.wait()
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

    # --- frames -----------------------------------------------------------------------------------

    async def _on_frame(self, text: str | None) -> None:
        self.heard_at = self._loop.time()
        if self._pace.is_exceeded(self.heard_at):
            self.end(CloseCode.TOO_MANY, self._too_fast())
            return
        frame_id = None
        try:
            frame = protocol.decode(text)
            frame_id, self._bad_frames = frame.id, 0
            self._answer(frame_id, await self._begin(frame))
        except TooLarge as error:
            if frame_id is None:
                self.end(CloseCode.TOO_LARGE, error)
            else:
                self.push_always(self._refusal(frame_id, error))
        except ChatError as error:
            self.push_always(self._refusal(frame_id, error))
            if frame_id is None:
                self._count_bad_frame()
        except Exception:  # noqa: BLE001
            self._failed(frame_id)

    async def _begin(self, frame: Frame) -> Any:
        action = actions.ACTIONS.get(frame.action)
        if action is None:
            raise BadRequest("There is no such action.", field="action")
        result = action(self, frame.fields)
        return await result.making if isinstance(result, actions.InOrder) else result

    def _answer(self, frame_id: Any, result: Any) -> None:
        """Reply now, or when what was begun has ended."""
        if isinstance(result, dict):
            self.push_always(protocol.reply(frame_id, result))
            return
        if isinstance(result, actions.ToWrite):
            done = partial(process.hand_over, self._written, frame_id)
            writer.ask(result.job, done)
        else:
            self._spawn(self._finish(frame_id, result))
        self._under_way += 1

    def _written(self, frame_id: Any, outcome: Any) -> None:
        try:
            if isinstance(outcome, ChatError):
                self._reply(self._refusal(frame_id, outcome))
            else:
                data = outcome.as_dict() if isinstance(outcome, Accepted) else outcome
                self._reply(protocol.reply(frame_id, data))
        except Exception:  # noqa: BLE001
            self._failed(frame_id)
        finally:
            self._one_less()

    async def _finish(self, frame_id: Any, work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        try:
            # A reply may be megabytes: few are made at once, and none for who takes none.
            async with self._reading:
                await self.outbox.has_room()
                self._reply(protocol.reply(frame_id, await work))
        except ChatError as error:
            self._reply(self._refusal(frame_id, error))
        except Exception:  # noqa: BLE001
            self._failed(frame_id)
        finally:
            work.close()
            self._one_less()

    def _reply(self, text: str) -> None:
        """What was under way when the connection ended is not told any more."""
        if not self._ended:
            self.push_always(text)

    def _refusal(self, frame_id: Any, error: ChatError) -> str:
        """In the language of this connection: answers come from any thread."""
        with translation.override(self._language):
            return protocol.refusal(frame_id, error)

    def _one_less(self) -> None:
        self._under_way -= 1
        self._room_for_more.set()

    def _failed(self, frame_id: Any) -> None:
        """One bad item must not end the connection."""
        self._reply(self._refusal(frame_id, self._internal()))

    def _internal(self) -> Internal:
        """Log the exception under a number that the client is told too."""
        trace_id = secrets.token_hex(8)
        logger.exception("socket of user %s, traceId %s", self.actor.id, trace_id)
        return Internal(details={"traceId": trace_id})

    def _too_fast(self) -> RateLimited:
        return RateLimited(
            _("Too many frames at once."),
            scope="frames",
            limit=rate_of(settings.RATE_LIMIT_FRAMES)[0],
            retry_after_ms=int(self._pace.wait(self.heard_at) * 1000),
        )

    def _count_bad_frame(self) -> None:
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self.end(CloseCode.PROTOCOL_ERROR, BadRequest("Too many malformed frames."))

    def _spawn(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
