"""What moderators decide: each a change that those concerned see, and a record that stays."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from messages import chats, log, membership, pipeline
from messages.access import Actor
from messages.clock import now_ms
from messages.decisions import TOLD, as_told
from messages.effects import EFFECTS, About, standing_of
from messages.errors import BadRequest, BadTransition, Conflict, Forbidden, NotFound
from messages.models import Decision, Message, RemovedBy, Report, Verb
from messages.reports import require_reason
from messages.representation import WireMessage

# Sent with `user_id` and `decision`, once it has committed: what somebody is told of it alone.
decided = Signal()

MAX_MINUTES = 366 * 24 * 60
UNDONE_BY = {
    Verb.DISMISS: Verb.REOPEN,
    Verb.MUTE: Verb.UNMUTE,
    Verb.BAN: Verb.UNBAN,
    Verb.FREEZE: Verb.UNFREEZE,
}


def require_moderator(actor: Actor) -> None:
    """To everybody else there is no such thing as moderation; raises NotFound."""
    if not actor.is_moderator:
        raise NotFound


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
    if verb not in EFFECTS:
        raise BadRequest("verb is something that can be decided.", field="verb")
    until = _end_of(minutes) if verb is Verb.MUTE else None
    about = replace(_about(chat_id, user_id, message_id), until=until, reason=reason)
    log.lock_one(about.chat_id)
    EFFECTS[verb](actor, about)
    return record(actor, verb, about)


@transaction.atomic
def undo(actor: Actor, decision_id: int, *, reason: object = None) -> Decision:
    """Take back what can be taken back: dismissing, muting, banning, freezing.

    Raises NotFound, BadTransition (can't be undone), Conflict (it is undone, over, or another
    decision holds in its place).
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
    if Decision.objects.filter(undoes=first).exists() or not _still_holds(first):
        raise Conflict
    if verb is Verb.REOPEN:
        Report.objects.filter(decision=first).update(decision=None)
    about = About(first.chat_id, first.user_id, first.message_id, reason=reason)
    if verb in EFFECTS:
        EFFECTS[verb](actor, about)
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
def set_frozen(actor: Actor, chat_id: str, *, frozen: bool) -> None:
    """As an owner or a moderator; what is so already stays so.

    Raises Forbidden where an owner takes back what a moderator decided, here and below.
    """
    membership.lock_to_manage(actor, chat_id)
    if not frozen:
        _require_ones_own(actor, (Verb.FREEZE, Verb.UNFREEZE), chat_id=chat_id)
    if chats.set_frozen(actor, chat_id, frozen=frozen):
        record(actor, Verb.FREEZE if frozen else Verb.UNFREEZE, About(chat_id))


@transaction.atomic
def change_chat(actor: Actor, chat_id: str, *, frozen: bool | None = None, **changes: Any) -> None:
    """All changes or none, `changes` as `chats.change_chat` has them."""
    chats.change_chat(actor, chat_id, **changes)
    if frozen is not None:
        set_frozen(actor, chat_id, frozen=frozen)


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
    standing = standing_of(about)
    if not muted and not standing.is_muted:
        return
    if muted and standing.is_muted and standing.muted_until == until:
        return
    if user_id == actor.id and not muted:
        raise Forbidden
    if standing.is_muted:
        _require_ones_own(actor, (Verb.MUTE, Verb.UNMUTE), chat_id=chat_id, user_id=user_id)
    verb = Verb.MUTE if muted else Verb.UNMUTE
    EFFECTS[verb](actor, about)
    record(actor, verb, about)


def _require_ones_own(actor: Actor, pair: tuple[Verb, Verb], **about: Any) -> None:
    """What holds now was not decided by a moderator, or this is one."""
    newest = _newest(pair, **about)
    is_staffs = newest is not None and newest.verb == pair[0] and newest.by_moderator
    if is_staffs and not actor.is_moderator:
        raise Forbidden


def _still_holds(decision: Decision) -> bool:
    """No later one of its kind is what holds now. Dismissals are each of their own reports."""
    about: dict[str, Any] = {"chat_id": decision.chat_id}
    if decision.verb in (Verb.MUTE, Verb.BAN):
        about["user_id"] = decision.user_id
    pair = (Verb(decision.verb), UNDONE_BY[Verb(decision.verb)])
    return decision.verb == Verb.DISMISS or _newest(pair, **about) == decision


def _newest(pair: tuple[Verb, Verb], **about: Any) -> Decision | None:
    return Decision.objects.filter(verb__in=pair, **about).order_by("-pk").first()


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
        by_moderator=actor.is_moderator,
        reason=about.reason,
        user_id=about.user_id,
        message_id=about.message_id,
        until=about.until,
        undoes=undoes,
    )
    if about.message_id is not None and undoes is None:
        Report.objects.filter(message_id=about.message_id, decision=None).update(decision=decision)
    if about.user_id is not None and verb in TOLD:
        told = {"user_id": about.user_id, "decision": as_told(decision.pk)}
        transaction.on_commit(partial(decided.send_robust, sender=None, **told))
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
