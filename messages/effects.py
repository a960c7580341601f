"""What each decision does to a chat and to who is in it, under the chat's lock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from messages import access, chats, membership, pipeline
from messages.access import Actor, Standing, actor_of
from messages.errors import BadRequest, Conflict, NotFound
from messages.models import EventType, Membership, Message, Report, Verb


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


def _dismiss(_: Actor, about: About) -> None:
    if not Report.objects.filter(message_id=about.require_message(), decision=None).exists():
        raise Conflict("Somebody has decided this already.")


def _remove(actor: Actor, about: About) -> None:
    if Message.objects.filter(pk=about.require_message()).exclude(removed=None).exists():
        raise Conflict("This message is gone already.")
    pipeline.remove(actor, about.require_message())


def _warn(_: Actor, about: About) -> None:
    """The record is the warning: it is told to its person, and to nobody else."""
    standing_of(about)


def _mute(actor: Actor, about: About) -> None:
    standing_of(about)
    _set_muted(about, muted=True)
    data = {"user": _person(about), "until": about.until}
    membership.say(about.chat_id, EventType.MEMBER_MUTED, actor, data)


def _unmute(actor: Actor, about: About) -> None:
    if not standing_of(about).is_muted:
        raise Conflict("They are not muted.")
    _set_muted(about, muted=False)
    membership.say(about.chat_id, EventType.MEMBER_UNMUTED, actor, {"user": _person(about)})


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
    if not chats.set_frozen(actor, about.chat_id, frozen=frozen):
        raise Conflict


def _set_muted(about: About, *, muted: bool) -> None:
    row = Membership.objects.filter(chat_id=about.chat_id, user_id=about.require_user())
    row.update(muted=muted, muted_until=about.until)


def standing_of(about: About) -> Standing:
    """Of whom it is about; raises NotFound where they are not in."""
    found = access.standing_of(about.chat_id, about.require_user())
    if found is None:
        raise NotFound
    return found


def _person(about: About) -> dict[str, Any]:
    return actor_of(get_user_model().objects.get(pk=about.require_user())).as_author()


EFFECTS: dict[Verb, Callable[[Actor, About], None]] = {
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
