"""The actions `subscribe` and `unsubscribe`: join, learn what was missed, go live."""

from collections.abc import Coroutine
from typing import Any

from django.conf import settings

from chatrouting import protocol
from chatrouting.fields import Caller, Data, Fields, whole
from chatrouting.presence import MAX_PRESENCE
from chatrouting.process import process
from chatrouting.rooms import Room
from messages.access import Access, Actor
from messages.errors import Conflict, TooLarge, Unavailable
from messages.identity import Cursor, require_chat_id
from messages.models import MAX_CONTENT
from messages.ratelimit import send_limit
from messages.resumption import Mode, Resumption, resume
from messages.windows import Budget

MAX_TAIL = 200
DEFAULT_TAIL = 50
MAX_SUBSCRIPTIONS = 500


def subscribe(caller: Caller, fields: Fields) -> "Data | Coroutine[Any, Any, Data]":
    """From memory where the room remembers who this is and what they missed, else from the log."""
    chat_id = require_chat_id(fields.get("chatId"))
    since = None if fields.get("since") is None else Cursor.parse(fields["since"])
    tail = whole(fields, "tail", least=0, most=MAX_TAIL, default=DEFAULT_TAIL)
    if len(caller.wanted) >= MAX_SUBSCRIPTIONS and chat_id not in caller.wanted:
        raise TooLarge("A connection listens to at most %(most)d chats.", most=MAX_SUBSCRIPTIONS)
    wish = caller.wanted[chat_id] = object()
    room = process.registry.ready(chat_id)
    # Counters elsewhere are asked for over the network, which is nothing for the event loop.
    if room is not None and since is not None and not settings.REDIS_URL:
        access, events = room.access.get(caller.actor), room.remembered(since)
        # Memory has whole events: who may not see all of them is told from the log.
        if access is not None and access.reach.first_seq == 1 and events is not None:
            return _go_on(caller, room, access, events)
    return _resume(caller, chat_id, since, tail, wish)


def unsubscribe(caller: Caller, fields: Fields) -> Data:
    chat_id = require_chat_id(fields.get("chatId"))
    caller.wanted.pop(chat_id, None)
    subscription = caller.subscriptions.pop(chat_id, None)
    if subscription is not None:
        process.registry.unsubscribe(subscription)
    return {}


def _go_on(caller: Caller, room: Room, access: Access, events: list[dict[str, Any]]) -> Data:
    _enter(caller, room, room.head, access)
    found: Data = {"mode": Mode.LIVE.value, "head": str(room.head), "open": []}
    if events:
        found |= {"mode": Mode.REPLAY.value, "events": events}
    return found | _surroundings(room, access, send_limit.look(caller.actor.id, room.chat_id))


async def _resume(
    caller: Caller, chat_id: str, since: Cursor | None, tail: int, wish: object
) -> Data:
    _require_latest(caller, chat_id, wish)
    try:
        found, budget, room = await _read_and_open(caller.actor, chat_id, since, tail)
    except BaseException:
        if caller.wanted.get(chat_id) is wish:
            del caller.wanted[chat_id]
        raise
    _require_latest(caller, chat_id, wish)
    room.access.remember(found.access)
    _enter(caller, room, found.position, found.access)
    return _found(found) | _surroundings(room, found.access, budget)


def _require_latest(caller: Caller, chat_id: str, wish: object) -> None:
    if caller.wanted.get(chat_id) is not wish:
        raise Conflict("Another subscribe or unsubscribe came after this one.")


async def _read_and_open(
    actor: Actor, chat_id: str, since: Cursor | None, tail: int
) -> tuple[Resumption, Budget | None, Room]:
    """What was missed, and the room where it goes on."""
    for _ in range(2):
        found, budget = await process.endings.read(_missed_and_budget, actor, chat_id, since, tail)
        room = await process.registry.open(chat_id)
        if room.epoch == found.position.epoch:
            return found, budget, room
        # The numbers have begun anew, and one of the two was there before.
        await process.registry.compare_heads([chat_id])
    raise Unavailable


def _missed_and_budget(
    actor: Actor, chat_id: str, since: Cursor | None, tail: int
) -> tuple[Resumption, Budget | None]:
    return resume(actor, chat_id, since, tail=tail), send_limit.look(actor.id, chat_id)


def _enter(caller: Caller, room: Room, position: Cursor, access: Access) -> None:
    before = caller.subscriptions.pop(room.chat_id, None)
    subscription = process.registry.subscribe(room, caller, position, access.reach)
    if before is not None:
        process.registry.unsubscribe(before)
    if subscription.ended:
        caller.wanted.pop(room.chat_id, None)
        raise Unavailable
    caller.subscriptions[room.chat_id] = caller.wanted[room.chat_id] = subscription


def _found(found: Resumption) -> Data:
    data: Data = {"mode": found.mode.value, "head": str(found.position), "open": found.open}
    if found.mode is Mode.REPLAY:
        data["events"] = [event.as_dict() for event in found.events]
    elif found.mode is Mode.SNAPSHOT:
        data["messages"] = found.history
    return data


def _surroundings(room: Room, access: Access, budget: Budget | None) -> Data:
    here = list(room.presence.here.items())[:MAX_PRESENCE]
    return {
        "oldestSeq": access.oldest_seq,
        "presence": [{"id": user_id, "name": name} for user_id, name in here],
        "permissions": access.permissions,
        "mutedForMs": access.muted_for_ms,
        "limits": {
            "contentChars": MAX_CONTENT,
            "frameBytes": protocol.MAX_FRAME,
            "slowModeSeconds": access.slow_mode_seconds,
            "budget": budget and budget.as_dict(),
        },
    }
