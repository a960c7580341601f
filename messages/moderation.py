"""What moderators decide: each a change that those concerned see, and a record that stays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from messages import chats, log, membership, pipeline
from messages.access import Actor, actor_of
from messages.clock import now_ms
from messages.errors import BadRequest, BadTransition, Conflict, Forbidden, NotFound
from messages.models import (
    Decision,
    EventType,
    Membership,
    Message,
    RemovedBy,
    Report,
    Verb,
)
from messages.reports import require_reason
from messages.representation import WireMessage

MAX_MINUTES = 366 * 24 * 60


def require_moderator(actor: Actor) -> None:
    """To everybody else there is no such thing as moderation; raises NotFound."""
    if not actor.is_moderator:
        raise NotFound


@dataclass(frozen=True, slots=True)
class About:
    """What a decision is about: a chat, and perhaps somebody or something in it; and why."""

    chat_id: str
    user_id: int | None = None
    message_id: str | None = None
    until: int | None = None
    reason: str = ""

    def require_user(self) -> int:
        if self.user_id is None:
            raise BadRequest("This is decided about a person.", field="userId")
        return self.user_id

    def require_message(self) -> str:
        if self.message_id is None:
            raise BadRequest("This is decided about a message.", field="messageId")
        return self.message_id


@transaction.atomic
def decide(
    actor: Actor,
    verb: Verb,
    *,
    chat_id: str | None = None,
    user_id: int | None = None,
    message_id: str | None = None,
    minutes: int | None = None,
    reason: object = None,
) -> Decision:
    """Do what was decided and keep the record of it; reports of the message are settled.

    About a message (and so its author and chat), somebody in a chat, or a chat. Raises
    NotFound (also to whoever is no moderator), BadRequest, Forbidden, and Conflict where
    it is so already.
    """
    require_moderator(actor)
    reason = require_reason(reason, may_be_empty=verb is not Verb.WARN)
    if verb not in _DECIDED_ANEW:
        raise BadRequest("verb is something that can be decided.", field="verb")
    until = _end_of(minutes) if verb is Verb.MUTE else None
    about = replace(_about(chat_id, user_id, message_id), until=until, reason=reason)
    log.lock_one(about.chat_id)
    _EFFECTS[verb](actor, about)
    return record(actor, verb, about)


@transaction.atomic
def undo(actor: Actor, decision_id: int, *, reason: object = None) -> Decision:
    """Take back what can be taken back: dismissing, muting, banning, freezing.

    Raises NotFound, BadTransition (can't be undone), Conflict (it is undone, or over).
    """
    require_moderator(actor)
    reason = require_reason(reason, may_be_empty=True)
    first = Decision.objects.filter(pk=decision_id).first()
    if first is None:
        raise NotFound
    verb = UNDONE_BY.get(Verb(first.verb))
    if verb is None:
        raise BadTransition("This cannot be undone.")
    log.lock_one(first.chat_id)
    if Decision.objects.filter(undoes=first).exists():
        raise Conflict
    if verb is Verb.REOPEN:
        Report.objects.filter(decision=first).update(decision=None)
    about = About(first.chat_id, first.user_id, first.message_id, reason=reason)
    if verb in _EFFECTS:
        _EFFECTS[verb](actor, about)
    return record(actor, verb, about, undoes=first)


@transaction.atomic
def remove(actor: Actor, message_id: str, *, chat_id: str | None = None) -> WireMessage:
    """Empty a message: one's own, or as a moderator, which is a decision like any other."""
    row = Message.objects.filter(pk=message_id).values_list("chat_id", "author_id").first()
    if row is None:
        raise NotFound
    log.lock_one(row[0])
    is_new = Message.objects.filter(pk=message_id, removed=None).exists()
    message = pipeline.remove(actor, message_id, chat_id=chat_id)
    if is_new and message["removed"] == RemovedBy.STAFF:
        record(actor, Verb.REMOVE, About(row[0], row[1], message_id))
    return message


@transaction.atomic
def ban(actor: Actor, chat_id: str, user_id: int) -> None:
    """Keep somebody out, as an owner or a moderator; who is kept out already stays so."""
    if membership.ban(actor, chat_id, user_id):
        record(actor, Verb.BAN, About(chat_id, user_id))


@transaction.atomic
def lift_ban(actor: Actor, chat_id: str, user_id: int) -> None:
    membership.lift_ban(actor, chat_id, user_id)
    record(actor, Verb.UNBAN, About(chat_id, user_id))


@transaction.atomic
def change_member(
    actor: Actor,
    chat_id: str,
    user_id: int,
    *,
    role: str | None = None,
    muted: bool | None = None,
    until: int | None = None,
) -> None:
    """Another role, muted or not, or both; for owners and moderators."""
    if role is not None:
        membership.set_role(actor, chat_id, user_id, role)
    if muted is None:
        return
    membership.lock_to_manage(actor, chat_id)
    about = About(chat_id, user_id, until=until)
    standing = _membership(about)
    if not muted and not standing.muted:
        return
    if muted and (standing.muted, standing.muted_until) == (True, until):
        return
    if user_id == actor.id and not muted:
        raise Forbidden
    verb = Verb.MUTE if muted else Verb.UNMUTE
    _EFFECTS[verb](actor, about)
    record(actor, verb, about)


def _about(chat_id: str | None, user_id: int | None, message_id: str | None) -> About:
    if message_id is None:
        if chat_id is None:
            raise BadRequest("A decision names a message or a chat.", field="chatId")
        return About(chat_id, user_id)
    row = Message.objects.filter(pk=message_id).values_list("chat_id", "author_id").first()
    if row is None or chat_id not in (None, row[0]):
        raise NotFound
    return About(row[0], row[1], message_id)


def record(actor: Actor, verb: Verb, about: About, *, undoes: Decision | None = None) -> Decision:
    """The record of what was done, which settles what was reported of its message."""
    decision = Decision.objects.create(
        chat_id=about.chat_id,
        verb=verb,
        at=now_ms(),
        by_id=actor.id,
        reason=about.reason,
        user_id=about.user_id,
        message_id=about.message_id,
        until=about.until,
        undoes=undoes,
    )
    if about.message_id is not None and undoes is None:
        Report.objects.filter(message_id=about.message_id, decision=None).update(decision=decision)
    return decision


def _end_of(minutes: int | None) -> int | None:
    """None is until it is lifted."""
    if minutes is None:
        return None
    if not 1 <= minutes <= MAX_MINUTES:
        raise BadRequest(
            "minutes is a number from 1 to %(most)d.", field="minutes", most=MAX_MINUTES
        )
    return now_ms() + minutes * 60_000


# --- what each verb does, under the chat's lock --------------------------------------------------


def _dismiss(_: Actor, about: About) -> None:
    if not Report.objects.filter(message_id=about.require_message(), decision=None).exists():
        raise Conflict("Somebody has decided this already.")


def _remove(actor: Actor, about: About) -> None:
    if Message.objects.filter(pk=about.require_message()).exclude(removed=None).exists():
        raise Conflict("This message is gone already.")
    pipeline.remove(actor, about.require_message())


def _warn(_: Actor, about: About) -> None:
    """The record is the warning: it is told to its person, and to nobody else."""
    _membership(about)


def _mute(actor: Actor, about: About) -> None:
    row = _membership(about)
    _set_muted(row, muted=True, until=about.until)
    data = {"user": _person(row.user_id), "until": about.until}
    membership.say(about.chat_id, EventType.MEMBER_MUTED, actor, data)


def _unmute(actor: Actor, about: About) -> None:
    row = _membership(about)
    if not row.muted:
        raise Conflict("They are not muted.")
    _set_muted(row, muted=False, until=None)
    membership.say(about.chat_id, EventType.MEMBER_UNMUTED, actor, {"user": _person(row.user_id)})


def _freeze(actor: Actor, about: About) -> None:
    _set_frozen(actor, about, frozen=True)


def _unfreeze(actor: Actor, about: About) -> None:
    _set_frozen(actor, about, frozen=False)


def _ban(actor: Actor, about: About) -> None:
    if not membership.ban(actor, about.chat_id, about.require_user(), reason=about.reason):
        raise Conflict("They are banned already.")


def _unban(actor: Actor, about: About) -> None:
    membership.lift_ban(actor, about.chat_id, about.require_user())


def _set_frozen(actor: Actor, about: About, *, frozen: bool) -> None:
    if log.lock_one(about.chat_id).frozen == frozen:
        raise Conflict
    chats.set_frozen(actor, about.chat_id, frozen=frozen)


def _set_muted(row: Membership, *, muted: bool, until: int | None) -> None:
    Membership.objects.filter(pk=row.pk).update(muted=muted, muted_until=until)


def _membership(about: About) -> Membership:
    found = Membership.objects.filter(chat_id=about.chat_id, user_id=about.require_user()).first()
    if found is None:
        raise NotFound
    return found


def _person(user_id: int) -> dict[str, Any]:
    return actor_of(get_user_model().objects.get(pk=user_id)).as_author()


_EFFECTS: dict[Verb, Callable[[Actor, About], None]] = {
    Verb.DISMISS: _dismiss,
    Verb.REMOVE: _remove,
    Verb.WARN: _warn,
    Verb.MUTE: _mute,
    Verb.UNMUTE: _unmute,
    Verb.BAN: _ban,
    Verb.UNBAN: _unban,
    Verb.FREEZE: _freeze,
    Verb.UNFREEZE: _unfreeze,
}
_DECIDED_ANEW = frozenset(_EFFECTS)
UNDONE_BY = {
    Verb.DISMISS: Verb.REOPEN,
    Verb.MUTE: Verb.UNMUTE,
    Verb.BAN: Verb.UNBAN,
    Verb.FREEZE: Verb.UNFREEZE,
}
