"""Long-polling: the API's missed events, asked for again once the room has heard of one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.views.decorators.csrf import csrf_exempt

from chatrouting.identities import Identity, bearer_token, credential_of
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Notice
from chatrouting.rooms import Subscription
from messages.access import Actor, Reach
from messages.api.events import EventsView
from messages.errors import ChatError, NotFound
from messages.identity import Cursor

_ask: Callable[..., Awaitable[Any]] = sync_to_async(EventsView.as_view())


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

    def identify(self, identity: Identity) -> None:
        self.identity = identity

    def tell(self, chat_id: str, text: str) -> None:
        """Nothing that is worth an answer."""

    def end(self, code: CloseCode, error: ChatError) -> None:
        self.heard.set()

    def going_away(self) -> None:
        self.heard.set()

    async def flushed(self) -> None: ...


@csrf_exempt  # The API's view checks it, for what it takes as signed in by a cookie.
async def events(request: HttpRequest, chat_id: str) -> Any:
    """The API's answer; where it is empty and the client waits, its answer a little later."""
    process.start()
    answer = await _ask_and_look(request, chat_id)
    if answer.status_code != 200 or request.method != "GET" or answer.data["events"]:
        return answer
    seconds = int(request.GET.get("wait", 0))
    if not seconds:
        return answer
    identity = await _identity(request)
    if identity is not None:
        await _wait(identity, chat_id, Cursor.parse(answer.data["head"]), seconds)
    return await _ask_and_look(request, chat_id)


async def _ask_and_look(request: HttpRequest, chat_id: str) -> Any:
    """Whose sign-in has ended by the time that the log was read is refused, whatever was read."""
    answer = await _ask(request, chat_id=chat_id)
    is_page = answer.status_code == 200 and request.method == "GET"
    is_over = is_page and answer.data["events"] and await _identity(request) is None
    return await _ask(request, chat_id=chat_id) if is_over else answer


async def _identity(request: HttpRequest) -> Identity | None:
    token = bearer_token(request.headers.get("Authorization", ""))
    credential = credential_of(token, request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    return None if credential is None else await process.identity_of(credential)


async def _wait(identity: Identity, chat_id: str, position: Cursor, seconds: int) -> None:
    """Until the room has an event after `position`, the sign-in ends, or the process leaves."""
    waiter = Waiter(identity)
    try:
        room = await process.registry.open(chat_id)
    except NotFound:
        return  # deleted in between, as the next look says
    # What it hears only wakes it: the look that follows tells what they may see.
    subscription = process.registry.subscribe(room, waiter, position, Reach(chat_id))
    process.connections.add(waiter)
    process.waiting.add(waiter.heard)
    try:
        await process.connections.settle(waiter)
        if not process.is_leaving:
            async with asyncio.timeout(seconds):
                await waiter.heard.wait()
    except TimeoutError:
        pass
    finally:
        process.connections.discard(waiter)
        process.waiting.discard(waiter.heard)
        process.registry.unsubscribe(subscription)
