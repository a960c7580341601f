"""The verbs of a chat's life: create, rename, freeze, its members, and how far they have read."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from messages import bulk, log
from messages.access import Access, Actor, access_to, actor_of
from messages.clock import now_ms
from messages.drafts import require_text
from messages.errors import BadRequest, Conflict, IdConflict, NotFound
from messages.identity import MAX_SEQ, new_chat_id, require_chat_id
from messages.models import (
    MAX_SLOW_MODE,
    MAX_TITLE,
    Chat,
    Event,
    EventType,
    Feedback,
    Job,
    Membership,
    Message,
    Role,
)


def create_chat(
    owner: Actor, title: object, *, chat_id: str | None = None, members: Sequence[Actor] = ()
) -> str:
    """A new chat with its owner and first members; returns its chatId.

    Raises BadRequest, BadChatId, IdConflict (the chatId is taken).
    """
    chat_id = new_chat_id() if chat_id is None else require_chat_id(chat_id)
    now = now_ms()
    try:
        with transaction.atomic():
            Chat.objects.create(
                chat_id=chat_id, title=require_title(title), created_at=now, last_at=now
            )
            _join(chat_id, owner, owner, Role.OWNER)
            for member in members:
                if member.id != owner.id:
                    _join(chat_id, member, owner, Role.MEMBER)
    except IntegrityError as error:
        if Chat.objects.filter(pk=chat_id).exists():
            raise IdConflict(details={"field": "chatId"}) from error
        raise
    return chat_id


def require_title(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadRequest("A chat has a title.", field="title")
    title = value.strip()
    if len(title) > MAX_TITLE:
        raise BadRequest(f"A title has at most {MAX_TITLE} characters.", field="title")
    return require_text(title, field="title")


@transaction.atomic
def change_chat(
    actor: Actor,
    chat_id: str,
    *,
    title: object = None,
    frozen: bool | None = None,
    slow_mode_seconds: int | None = None,
) -> None:
    """All changes or none; None leaves that one as it is."""
    if title is not None:
        rename_chat(actor, chat_id, title)
    if frozen is not None:
        set_frozen(actor, chat_id, frozen=frozen)
    if slow_mode_seconds is not None:
        set_slow_mode(actor, chat_id, slow_mode_seconds)


@transaction.atomic
def rename_chat(actor: Actor, chat_id: str, title: object) -> None:
    title = require_title(title)
    access = _lock_to_manage(actor, chat_id)
    if access.title != title:
        Chat.objects.filter(pk=chat_id).update(title=title)
        _log(chat_id, EventType.CHAT_RENAMED, actor, {"title": title})


@transaction.atomic
def set_frozen(actor: Actor, chat_id: str, *, frozen: bool) -> None:
    access = _lock_to_manage(actor, chat_id)
    if access.frozen != frozen:
        Chat.objects.filter(pk=chat_id).update(frozen=frozen)
        _log(chat_id, EventType.CHAT_FROZEN if frozen else EventType.CHAT_UNFROZEN, actor)


@transaction.atomic
def set_slow_mode(actor: Actor, chat_id: str, seconds: int) -> None:
    """Announced as naming the chat again, so that whoever remembers its limits hears of it.

    Raises BadRequest.
    """
    if not 0 <= seconds <= MAX_SLOW_MODE:
        raise BadRequest(
            f"Slow mode takes from 0 to {MAX_SLOW_MODE} seconds.", field="slowModeSeconds"
        )
    access = _lock_to_manage(actor, chat_id)
    if access.slow_mode_seconds != seconds:
        Chat.objects.filter(pk=chat_id).update(slow_mode_seconds=seconds)
        data = {"title": access.title, "slowModeSeconds": seconds}
        _log(chat_id, EventType.CHAT_RENAMED, actor, data)


@transaction.atomic
def delete_chat(chat_id: str) -> None:
    """Forget a chat, its log and all; whoever listens is told by and by that it is not there.

    Statement by statement, since Django's own cascade would load every message. Raises NotFound.
    """
    log.lock_one(chat_id)
    Feedback.objects.filter(message__chat_id=chat_id).delete()
    for model in (Job, Event, Message, Membership, Chat):
        bulk.delete(model, "chat_id", chat_id)


@transaction.atomic
def add_member(actor: Actor, chat_id: str, user_id: int, *, role: str = Role.MEMBER) -> bool:
    """Let somebody in; whether they are new. Who is in already stays as they are.

    Raises BadRequest for no such user.
    """
    _lock_to_manage(actor, chat_id)
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise BadRequest("There is no such user.", field="userId")
    role = require_role(role)
    if Membership.objects.filter(chat_id=chat_id, user_id=user_id).exists():
        return False
    _join(chat_id, actor_of(user), actor, role)
    return True


@transaction.atomic
def set_role(actor: Actor, chat_id: str, user_id: int, role: str) -> None:
    """Announced as joining again with the new role, so that whoever keeps a list of members,
    or remembers who may do what, hears of it from the log."""
    _lock_to_manage(actor, chat_id)
    new_role = require_role(role)
    membership = _membership(chat_id, user_id)
    if membership.role == new_role:
        return
    if membership.role == Role.OWNER:
        _require_another_owner(chat_id, user_id)
    Membership.objects.filter(pk=membership.pk).update(role=new_role)
    _log(chat_id, EventType.MEMBER_JOINED, actor, _naming(user_id) | {"role": new_role.value})


@transaction.atomic
def remove_member(actor: Actor, chat_id: str, user_id: int) -> None:
    """Take somebody out, or leave. Once this commits no later event reaches them."""
    if actor.id == user_id:
        log.lock_one(chat_id)
        access_to(actor, chat_id)
    else:
        _lock_to_manage(actor, chat_id)
    membership = _membership(chat_id, user_id)
    if membership.role == Role.OWNER:
        _require_another_owner(chat_id, user_id)
    membership.delete()
    _log(chat_id, EventType.MEMBER_LEFT, actor, _naming(user_id))


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
        return seq
    return own.values_list("read_seq", flat=True).first() or 0


def require_role(value: object) -> Role:
    if isinstance(value, str) and value in Role.values:
        return Role(value)
    raise BadRequest("role is one of owner, member.", field="role")


def _lock_to_manage(actor: Actor, chat_id: str) -> Access:
    """What this person may do, read under the chat's lock so that it holds till the commit."""
    log.lock_one(chat_id)
    access = access_to(actor, chat_id)
    access.require_manage()
    return access


def _join(chat_id: str, member: Actor, by: Actor, role: Role) -> None:
    # Who comes in has read what was there before: a new chat does not begin with unread messages.
    head, _ = log.head_of(chat_id)
    Membership.objects.create(
        chat_id=chat_id, user_id=member.id, role=role, joined_at=now_ms(), read_seq=head.seq
    )
    _log(chat_id, EventType.MEMBER_JOINED, by, {"user": member.as_author(), "role": role.value})


def _naming(user_id: int) -> dict[str, Any]:
    user = get_user_model().objects.get(pk=user_id)
    return {"user": actor_of(user).as_author()}


def _membership(chat_id: str, user_id: int) -> Membership:
    membership = Membership.objects.filter(chat_id=chat_id, user_id=user_id).first()
    if membership is None:
        raise NotFound
    return membership


def _require_another_owner(chat_id: str, user_id: int) -> None:
    """A chat with members keeps an owner."""
    others = Membership.objects.filter(chat_id=chat_id).exclude(user_id=user_id)
    if others.exists() and not others.filter(role=Role.OWNER).exists():
        raise Conflict("A chat keeps at least one owner.")


def _log(chat_id: str, kind: EventType, actor: Actor, data: dict[str, Any] | None = None) -> None:
    head = log.lock_one(chat_id)
    event = log.next_event(head, kind, at=now_ms(), actor=actor.as_author(), data=data)
    log.append([event])
