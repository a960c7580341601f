"""The verbs of a chat's life: create, rename, freeze, delete, and how far its members have read."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from messages import bulk, log, membership, ratelimit
from messages.access import Actor, access_to
from messages.clock import now_ms
from messages.drafts import require_text
from messages.errors import BadRequest, IdConflict, NotFound
from messages.identity import MAX_SEQ, new_chat_id, require_chat_id
from messages.models import (
    MAX_SLOW_MODE,
    MAX_TITLE,
    Ban,
    Chat,
    Decision,
    Event,
    EventType,
    Feedback,
    Held,
    History,
    Invitation,
    Job,
    Membership,
    Message,
    Report,
    Revocation,
    Role,
)

# Sent with `user_id`, `chat_id` and `seq`, once it has committed: somebody has read further.
read_further = Signal()


def create_chat(
    owner: Actor,
    title: object,
    *,
    chat_id: str | None = None,
    members: Sequence[Actor] = (),
    is_free: bool = False,
) -> str:
    """A new chat with its owner and first members; returns its chatId.

    Free is what no door asks for, but a command. Raises BadRequest, BadChatId, IdConflict (the
    chatId is taken), RateLimited.
    """
    chat_id = new_chat_id() if chat_id is None else require_chat_id(chat_id)
    now = now_ms()
    try:
        with transaction.atomic():
            Chat.objects.create(
                chat_id=chat_id, title=require_title(title), created_at=now, last_at=now
            )
            others = [member for member in members if member.id != owner.id]
            if not is_free:
                _require_budget(owner, added=len(others))
            membership.join(chat_id, owner, owner, Role.OWNER)
            for member in others:
                membership.join(chat_id, member, owner, Role.MEMBER)
    except IntegrityError as error:
        if Chat.objects.filter(pk=chat_id).exists():
            raise IdConflict(details={"field": "chatId"}) from error
        raise
    return chat_id


def _require_budget(owner: Actor, *, added: int) -> None:
    ratelimit.chats.take(owner.id)
    if added:
        ratelimit.people.take(owner.id, added)


def require_title(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadRequest("A chat has a title.", field="title")
    title = value.strip()
    if len(title) > MAX_TITLE:
        raise BadRequest("A title has at most %(most)d characters.", field="title", most=MAX_TITLE)
    return require_text(title, field="title")


@transaction.atomic
def change_chat(
    actor: Actor,
    chat_id: str,
    *,
    title: object = None,
    slow_mode_seconds: int | None = None,
    history: object = None,
) -> None:
    """All changes or none; None leaves that one as it is. Freezing is a decision (`moderation`)."""
    if title is not None:
        rename_chat(actor, chat_id, title)
    if slow_mode_seconds is not None:
        set_slow_mode(actor, chat_id, slow_mode_seconds)
    if history is not None:
        set_history(actor, chat_id, history)


@transaction.atomic
def rename_chat(actor: Actor, chat_id: str, title: object) -> None:
    title = require_title(title)
    access = membership.lock_to_manage(actor, chat_id)
    if access.title != title:
        Chat.objects.filter(pk=chat_id).update(title=title)
        membership.say(chat_id, EventType.CHAT_RENAMED, actor, {"title": title})


@transaction.atomic
def set_frozen(actor: Actor, chat_id: str, *, frozen: bool) -> bool:
    """Whether that is new."""
    access = membership.lock_to_manage(actor, chat_id)
    if access.frozen == frozen:
        return False
    Chat.objects.filter(pk=chat_id).update(frozen=frozen)
    membership.say(chat_id, EventType.CHAT_FROZEN if frozen else EventType.CHAT_UNFROZEN, actor)
    return True


@transaction.atomic
def set_history(actor: Actor, chat_id: str, history: object) -> None:
    """From where on those may read who join from now on; who is in sees what they saw."""
    history = require_history(history)
    access = membership.lock_to_manage(actor, chat_id)
    if access.history != history:
        Chat.objects.filter(pk=chat_id).update(history=history)
        membership.say(chat_id, EventType.CHAT_HISTORY_CHANGED, actor, {"history": history.value})


def require_history(value: object) -> History:
    if isinstance(value, str) and value in History.values:
        return History(value)
    raise BadRequest("history is one of all, sinceJoining.", field="history")


@transaction.atomic
def set_slow_mode(actor: Actor, chat_id: str, seconds: int) -> None:
    """Announced as naming the chat again, so that whoever remembers its limits hears of it.

    Raises BadRequest.
    """
    if not 0 <= seconds <= MAX_SLOW_MODE:
        raise BadRequest(
            "Slow mode takes from 0 to %(most)d seconds.",
            field="slowModeSeconds",
            most=MAX_SLOW_MODE,
        )
    access = membership.lock_to_manage(actor, chat_id)
    if access.slow_mode_seconds != seconds:
        Chat.objects.filter(pk=chat_id).update(slow_mode_seconds=seconds)
        data = {"title": access.title, "slowModeSeconds": seconds}
        membership.say(chat_id, EventType.CHAT_RENAMED, actor, data)


@transaction.atomic
def delete_chat(chat_id: str) -> None:
    """Forget a chat, its log and all; whoever listens is told by and by that it is not there.

    Statement by statement, since Django's own cascade would load every message. Raises NotFound.
    """
    log.lock_one(chat_id)
    for about_messages in (Feedback, Report):
        about_messages.objects.filter(message__chat_id=chat_id).delete()
    of_the_chat = (Decision, Held, Job, Event, Message, Membership, Ban, Invitation, Revocation)
    for model in (*of_the_chat, Chat):
        bulk.delete(model, "chat_id", chat_id)


def mark_read(actor: Actor, chat_id: str, seq: int) -> int:
    """Move the read pointer forward to `seq`; the stored pointer, which never moves back."""
    access = access_to(actor, chat_id)
    if not 0 <= seq <= MAX_SEQ:
        raise BadRequest("seq is a number in the log.", field="seq")
    if access.standing is None:
        raise NotFound
    seq = min(seq, access.head.seq)
    own = Membership.objects.filter(chat_id=chat_id, user_id=actor.id)
    if own.filter(read_seq__lt=seq).update(read_seq=seq):
        moved = {"user_id": actor.id, "chat_id": chat_id, "seq": seq}
        transaction.on_commit(lambda: read_further.send_robust(sender=None, **moved))
        return seq
    return own.values_list("read_seq", flat=True).first() or 0
