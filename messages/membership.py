"""The verbs of belonging to a chat: come in, have a role, go, be kept out."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from messages import log, ratelimit, revocations
from messages.access import Access, Actor, access_to, actor_of, moderators_among
from messages.clock import now_ms
from messages.errors import BadRequest, Conflict, Forbidden, NotFound
from messages.models import (
    MAX_REASON,
    Ban,
    Cause,
    Chat,
    Decision,
    EventType,
    History,
    Invitation,
    Membership,
    Role,
    Verb,
)


@transaction.atomic
def add_member(actor: Actor, chat_id: str, user_id: int, *, role: str = Role.MEMBER) -> bool:
    """Let somebody in; whether they are new. Who is in already stays as they are.

    Raises BadRequest for no such user, Conflict for somebody banned.
    """
    lock_to_manage(actor, chat_id)
    user = _active_user(user_id)
    role = require_role(role)
    if Membership.objects.filter(chat_id=chat_id, user_id=user_id).exists():
        return False
    if Ban.objects.filter(chat_id=chat_id, user_id=user_id).exists():
        raise Conflict("They are banned from this chat.", details={"reason": "banned"})
    require_budget(actor, added=1)
    join(chat_id, actor_of(user), actor, role)
    return True


def join(chat_id: str, member: Actor, by: Actor, role: Role) -> None:
    """A new member of a chat that is locked, who may be one.

    Who comes in has read what was there before: a new chat does not begin with unread messages.
    Who comes back is as new as anybody, and as muted as before.
    """
    last_seq, history = Chat.objects.values_list("last_seq", "history").get(pk=chat_id)
    mute = _mute_of(chat_id, member.id)
    Membership.objects.create(
        chat_id=chat_id,
        user_id=member.id,
        role=role,
        joined_at=now_ms(),
        read_seq=last_seq,
        first_seq=1 if history == History.ALL else last_seq + 1,
        muted=mute is not None,
        muted_until=None if mute is None else mute.until,
    )
    _say(chat_id, EventType.MEMBER_JOINED, by, {"user": member.as_author(), "role": role.value})


@transaction.atomic
def set_role(actor: Actor, chat_id: str, user_id: int, role: str) -> None:
    """Announced as joining again with the new role, so that whoever keeps a list of members,
    or remembers who may do what, hears of it from the log."""
    lock_to_manage(actor, chat_id)
    new_role = require_role(role)
    membership = _membership(chat_id, user_id)
    if membership.role == new_role:
        return
    if membership.role == Role.OWNER:
        _require_another_owner(chat_id, user_id)
        revoke_links(chat_id, user_id)
    Membership.objects.filter(pk=membership.pk).update(role=new_role)
    say(chat_id, EventType.MEMBER_JOINED, actor, _naming(user_id) | {"role": new_role.value})


@transaction.atomic
def remove_member(actor: Actor, chat_id: str, user_id: int) -> None:
    """Take somebody out, or leave. Once this commits no later event reaches them."""
    if actor.id == user_id:
        log.lock_one(chat_id)
        access_to(actor, chat_id)
        cause = Cause.LEFT
    else:
        lock_to_manage(actor, chat_id)
        cause = Cause.REMOVED
    _take_out(actor, _membership(chat_id, user_id), cause)


@transaction.atomic
def ban(actor: Actor, chat_id: str, user_id: int, *, reason: str = "") -> bool:
    """Take somebody out, if they are in, and keep them out; whether that is new.

    A moderator bans a chat's only owner too, and the chat then gets another. Raises BadRequest
    for no such user, Forbidden for moderators, who cannot be kept out.
    """
    lock_to_manage(actor, chat_id)
    user = _active_user(user_id)
    if user_id == actor.id or user_id in moderators_among([user]):
        raise Forbidden
    if len(reason) > MAX_REASON:
        raise BadRequest(
            "A reason has at most %(most)d characters.", field="reason", most=MAX_REASON
        )
    known = {"by_id": actor.id, "by_moderator": actor.is_moderator, "at": now_ms()}
    _row, is_new = Ban.objects.get_or_create(
        chat_id=chat_id, user_id=user_id, defaults=known | {"reason": reason}
    )
    membership = Membership.objects.filter(chat_id=chat_id, user_id=user_id).first()
    if membership is not None:
        _take_out(actor, membership, Cause.BANNED)
    elif is_new:
        require_budget(actor)
    return is_new


@transaction.atomic
def lift_ban(actor: Actor, chat_id: str, user_id: int) -> None:
    """They may be added or invited again. Raises NotFound; Forbidden where a moderator's ban
    is not for this owner to lift."""
    lock_to_manage(actor, chat_id)
    found = Ban.objects.filter(chat_id=chat_id, user_id=user_id).first()
    if found is None:
        raise NotFound
    if found.by_moderator and not actor.is_moderator:
        raise Forbidden
    require_budget(actor)
    found.delete()


def _mute_of(chat_id: str, user_id: int) -> Decision | None:
    """The mute that holds for somebody here, also while they are not in: none is left behind."""
    about = Decision.objects.filter(chat_id=chat_id, user_id=user_id)
    newest = about.filter(verb__in=(Verb.MUTE, Verb.UNMUTE)).order_by("-pk").first()
    if newest is None or newest.verb != Verb.MUTE:
        return None
    return newest if newest.until is None or newest.until > now_ms() else None


def require_role(value: object) -> Role:
    if isinstance(value, str) and value in Role.values:
        return Role(value)
    raise BadRequest("role is one of owner, member.", field="role")


def lock_to_manage(actor: Actor, chat_id: str) -> Access:
    """What this person may do, read under the chat's lock so that it holds till the commit."""
    log.lock_one(chat_id)
    access = access_to(actor, chat_id)
    access.require_manage()
    return access


def require_budget(actor: Actor, *, added: int = 0) -> None:
    """For a change of a chat, and so many people put into it; what moderators decide is free.

    Raises RateLimited.
    """
    if not actor.is_moderator:
        ratelimit.changes.take(actor.id)
        if added:
            ratelimit.people.take(actor.id, added)


def say(
    chat_id: str, kind: EventType, actor: Actor | None, data: dict[str, Any] | None = None
) -> int:
    """One event about the chat itself, which somebody has changed; its number.

    Raises RateLimited.
    """
    if actor is not None:
        require_budget(actor)
    return _say(chat_id, kind, actor, data)


def _say(
    chat_id: str, kind: EventType, actor: Actor | None, data: dict[str, Any] | None = None
) -> int:
    head = log.lock_one(chat_id)
    author = None if actor is None else actor.as_author()
    event = log.next_event(head, kind, at=now_ms(), actor=author, data=data)
    log.append([event])
    return event.seq


def pass_on_ownership(actor: Actor | None, chat_id: str) -> None:
    """Where a chat has lost its last owner, whoever is in it longest becomes one."""
    others = Membership.objects.filter(chat_id=chat_id, user__is_active=True)
    heir = others.order_by("pk").first()
    if heir is None or others.filter(role=Role.OWNER).exists():
        return
    Membership.objects.filter(pk=heir.pk).update(role=Role.OWNER)
    data = _naming(heir.user_id) | {"role": Role.OWNER.value}
    _say(chat_id, EventType.MEMBER_JOINED, actor, data)


def _take_out(actor: Actor, membership: Membership, cause: Cause) -> None:
    chat_id, user_id = membership.chat_id, membership.user_id
    if membership.role == Role.OWNER:
        if cause is not Cause.BANNED:
            _require_another_owner(chat_id, user_id)
        revoke_links(chat_id, user_id)
    membership.delete()
    seq = say(chat_id, EventType.MEMBER_LEFT, actor, _naming(user_id))
    revocations.of_membership(chat_id, user_id, cause, by=actor, seq=seq)
    if membership.role == Role.OWNER:
        pass_on_ownership(actor, chat_id)


def _require_another_owner(chat_id: str, user_id: int) -> None:
    """A chat with members keeps an owner, who can sign in where any of them can."""
    others = Membership.objects.filter(chat_id=chat_id).exclude(user_id=user_id)
    active = others.filter(user__is_active=True)
    keepers = active if active.exists() else others
    if keepers.exists() and not keepers.filter(role=Role.OWNER).exists():
        raise Conflict("A chat keeps at least one owner.")


def revoke_links(chat_id: str, user_id: int) -> None:
    """The links of an owner who no longer is one let nobody in."""
    links = Invitation.objects.filter(chat_id=chat_id, created_by_id=user_id, revoked_at=None)
    links.update(revoked_at=now_ms())


def _naming(user_id: int) -> dict[str, Any]:
    user = get_user_model().objects.get(pk=user_id)
    return {"user": actor_of(user).as_author()}


def _active_user(user_id: int) -> Any:
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise BadRequest("There is no such user.", field="userId")
    return user


def _membership(chat_id: str, user_id: int) -> Membership:
    membership = Membership.objects.filter(chat_id=chat_id, user_id=user_id).first()
    if membership is None:
        raise NotFound
    return membership
