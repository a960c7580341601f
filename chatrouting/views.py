"""Long-polling: the API's missed events, asked for again once the room has heard of one."""

import asyncio

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from chatrouting.process import process
from chatrouting.protocol import Notice
from chatrouting.rooms import Subscription
from messages.access import Actor, Reach, actor_of
from messages.api.events import EventsView
from messages.errors import NotFound
from messages.identity import Cursor

_ask = sync_to_async(EventsView.as_view())


class Waiter:
    """Listens in a room like a socket does, for as long as it takes to hear something."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.heard = asyncio.Event()

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


@csrf_exempt  # The API's view checks it, for what it takes as signed in by a cookie.
async def events(request: HttpRequest, chat_id: str) -> HttpResponse:
    """The API's answer; where it is empty and the client waits, its answer a little later."""
    answer = await _ask(request, chat_id=chat_id)
    if answer.status_code != 200 or request.method != "GET" or answer.data["events"]:
        return answer
    seconds = int(request.GET.get("wait", 0))
    if not seconds:
        return answer
    actor = await sync_to_async(actor_of)(request.user)
    await _wait(actor, chat_id, Cursor.parse(answer.data["head"]), seconds)
    return await _ask(request, chat_id=chat_id)


async def _wait(actor: Actor, chat_id: str, position: Cursor, seconds: int) -> None:
    """Until the room has an event after `position`, or the process leaves."""
    process.start()
    waiter = Waiter(actor)
    try:
        room = await process.registry.open(chat_id)
    except NotFound:
        return  # deleted in between, as the next look says
    # What it hears only wakes it: the look that follows tells what they may see.
    subscription = process.registry.subscribe(room, waiter, position, Reach(chat_id))
    process.waiting.add(waiter.heard)
    try:
        if not process.is_leaving:
            async with asyncio.timeout(seconds):
                await waiter.heard.wait()
    except TimeoutError:
        pass
    finally:
        process.waiting.discard(waiter.heard)
        process.registry.unsubscribe(subscription)
