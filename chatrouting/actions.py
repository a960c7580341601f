"""What a client can ask for on a socket: a table from the action's name to one function.

A function gets the connection and the frame's fields. It returns the reply's `data`, or what
will become it: something to be written, or a coroutine, which runs beside the receive loop.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from chatrouting import protocol
from chatrouting.fields import Caller, Data, Fields, message_id_of, whole
from chatrouting.process import process
from chatrouting.reading import read
from chatrouting.subscribing import subscribe, unsubscribe
from messages import chats, history, moderation, pipeline, reports
from messages.access import Actor, access_to
from messages.clock import now_ms
from messages.drafts import Draft, draft_from, require_content
from messages.errors import BadRequest, ChatError, NotFound
from messages.identity import MAX_SEQ, require_chat_id
from messages.models import MAX_CONTENT
from messages.rendering import render, render_plain
from messages.representation import WireMessage

TYPING_INTERVAL_MS = 500


class ToWrite:
    """What the writer is asked for; its answer is the result."""

    def __init__(self, job: "Draft | Callable[[], Data]") -> None:
        self.job = job


class InOrder:
    """A result whose making must end before the connection's next frame is looked at."""

    def __init__(self, making: Coroutine[Any, Any, ToWrite]) -> None:
        self.making = making


# --- messages ------------------------------------------------------------------------------------


def send(caller: Caller, fields: Fields) -> ToWrite | InOrder | Coroutine[Any, Any, Data]:
    """What one connection sends is stored in its order, also where rendering takes a while."""
    chat_id = require_chat_id(fields.get("chatId"))
    if _is_slow(fields.get("content")):
        return InOrder(_send_slow(caller.actor, chat_id, fields))
    try:
        return ToWrite(draft_from(caller.actor, chat_id, fields))
    except ChatError as error:
        return _refuse(caller.actor, chat_id, error)


async def _send_slow(actor: Actor, chat_id: str, fields: Fields) -> ToWrite:
    try:
        return ToWrite(await read(draft_from, actor, chat_id, fields))
    except ChatError as error:
        await _refuse(actor, chat_id, error)
        raise


async def _refuse(actor: Actor, chat_id: str, error: ChatError) -> Data:
    """Membership comes before the body: whoever is not in the chat hears nothing but NotFound."""
    await read(access_to, actor, chat_id)
    raise error


def edit(caller: Caller, fields: Fields) -> InOrder:
    message_id = message_id_of(fields)
    rev = whole(fields, "rev", least=1, most=MAX_SEQ)
    content = require_content(fields.get("content"), may_be_empty=True)

    async def make() -> ToWrite:
        html = render_plain(content)
        if html is None:
            html = await read(render, content)
        return ToWrite(partial(_edit, caller.actor, message_id, rev, content, html))

    return InOrder(make())


def _edit(actor: Actor, message_id: str, rev: int, content: str, html: str) -> Data:
    return {"message": pipeline.edit(actor, message_id, rev=rev, content=content, html=html)}


def remove(caller: Caller, fields: Fields) -> ToWrite:
    return _to_change(moderation.remove, caller, fields)


def report(caller: Caller, fields: Fields) -> ToWrite:
    actor, message_id = caller.actor, message_id_of(fields)
    return ToWrite(partial(_report, actor, message_id, fields.get("reason")))


def _report(actor: Actor, message_id: str, reason: object) -> Data:
    reports.report(actor, message_id, reason)
    return {}


def retry(caller: Caller, fields: Fields) -> ToWrite:
    return _to_change(pipeline.retry, caller, fields)


def cancel(caller: Caller, fields: Fields) -> ToWrite:
    return _to_change(pipeline.cancel, caller, fields)


def _to_change(
    verb: Callable[[Actor, str], WireMessage], caller: Caller, fields: Fields
) -> ToWrite:
    """A verb of the pipeline on the message that the frame names; the reply has it changed."""
    actor, message_id = caller.actor, message_id_of(fields)
    return ToWrite(lambda: {"message": verb(actor, message_id)})


async def fetch(caller: Caller, fields: Fields) -> Data:
    chat_id = require_chat_id(fields.get("chatId"))
    return await process.endings.read(_fetch, caller.actor, chat_id, fields.get("messageIds"))


def _fetch(actor: Actor, chat_id: str, message_ids: object) -> Data:
    found = history.lookup(access_to(actor, chat_id).reach, message_ids)
    missing = {"error": NotFound.code.value}
    return {"results": {message_id: message or missing for message_id, message in found.items()}}


def mark_read(caller: Caller, fields: Fields) -> ToWrite:
    chat_id = require_chat_id(fields.get("chatId"))
    seq = whole(fields, "seq", least=0, most=MAX_SEQ)
    return ToWrite(partial(_mark_read, caller.actor, chat_id, seq))


def _mark_read(actor: Actor, chat_id: str, seq: int) -> Data:
    return {"seq": chats.mark_read(actor, chat_id, seq)}


# --- the moment ----------------------------------------------------------------------------------


def typing(caller: Caller, fields: Fields) -> Data:
    """Tell the others; too often is dropped, as ephemeral frames may be."""
    chat_id = require_chat_id(fields.get("chatId"))
    on = fields.get("on")
    if not isinstance(on, bool):
        raise BadRequest("on is true or false.", field="on")
    if chat_id not in caller.subscriptions:
        raise NotFound
    now = now_ms()
    told_at, was_on = caller.typed.get(chat_id, (0, False))
    is_news = now - told_at >= TYPING_INTERVAL_MS if on else was_on
    if not is_news:
        return {}
    caller.typed[chat_id] = (now if on else told_at, on)
    text = protocol.typing(chat_id, caller.actor.as_author(), on=on)
    process.registry.tell(chat_id, text, but=caller.actor.id)
    process.doorbell.say_typing(chat_id, caller.actor.id, text)
    return {}


def ping(caller: Caller, fields: Fields) -> Data:
    heads = {chat_id: str(s.room.head) for chat_id, s in caller.subscriptions.items()}
    return {"heads": heads, "now": now_ms()}


def _is_slow(content: object) -> bool:
    return (
        isinstance(content, str) and len(content) <= MAX_CONTENT and render_plain(content) is None
    )


ACTIONS: dict[str, Callable[[Any, Fields], Any]] = {
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "send": send,
    "edit": edit,
    "remove": remove,
    "report": report,
    "retry": retry,
    "cancel": cancel,
    "fetch": fetch,
    "read": mark_read,
    "typing": typing,
    "ping": ping,
}
