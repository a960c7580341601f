"""What rooms and sockets have to hear of: events, growing answers, sign-ins that have changed."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.db.transaction import on_commit
from knox.models import AuthToken

from chatrouting import protocol
from chatrouting.identities import Credential, session_credential
from chatrouting.process import process
from messages.chats import read_further
from messages.log import LoggedEvent, committed
from messages.moderation import decided
from messages.progress import delta


def connect() -> None:
    committed.connect(publish)
    delta.connect(told)
    read_further.connect(has_read)
    decided.connect(has_been_decided)
    post_delete.connect(session_ended, sender=Session)
    post_delete.connect(token_revoked, sender=AuthToken)
    people = get_user_model()
    post_save.connect(user_changed, sender=people)
    m2m_changed.connect(rights_changed, sender=people.groups.through)
    m2m_changed.connect(rights_changed, sender=people.user_permissions.through)
    m2m_changed.connect(rights_of_groups_changed, sender=Group.permissions.through)
    for holder in (Group, Permission):
        pre_delete.connect(holder_goes, sender=holder)


def publish(*, events: Sequence[LoggedEvent], ending: int | None, **_: Any) -> None:
    process.publish(events, ending)


def told(*, chat_id: str, message_id: str, rev: int, start: int, text: str, **_: Any) -> None:
    frame = protocol.ai_delta(chat_id, message_id, rev=rev, start=start, text=text)
    process.tell_delta(chat_id, frame, message_id)


def has_read(*, user_id: int, chat_id: str, seq: int, **_: Any) -> None:
    process.tell_read(user_id, chat_id, seq)


def has_been_decided(*, user_id: int, decision: Mapping[str, Any], **_: Any) -> None:
    process.tell_person(user_id, decision["chatId"], protocol.decision(decision))


def session_ended(*, instance: Session, **_: Any) -> None:
    credential = session_credential(instance.session_key)
    on_commit(lambda: process.recheck(credential=credential, is_over=True))


def token_revoked(*, instance: AuthToken, **_: Any) -> None:
    credential = Credential("token", instance.digest)
    on_commit(lambda: process.recheck(credential=credential, is_over=True))


def user_changed(*, instance: Any, created: bool, **_: Any) -> None:
    """Deactivated, another password, another name, other rights: the look-up tells."""
    if not created:
        is_over = not instance.is_active
        on_commit(lambda: process.recheck(user_id=instance.pk, is_over=is_over))


def rights_changed(*, instance: Any, pk_set: set[int] | None, action: str, **_: Any) -> None:
    """Somebody has come into a group, or out of it, or got a permission of their own."""
    if isinstance(instance, get_user_model()):
        if action.startswith("post_"):
            _recheck([instance.pk])
    elif action == "pre_clear":  # afterwards nobody knows who they were
        _recheck(_holders_of(instance))
    elif action.startswith("post_"):
        _recheck(pk_set or ())


def rights_of_groups_changed(
    *, instance: Group | Permission, pk_set: set[int] | None, action: str, **_: Any
) -> None:
    """A group has got a permission, or lost it."""
    is_known_later = isinstance(instance, Group)
    if action == "pre_clear" or (is_known_later and action.startswith("post_")):
        _recheck(_holders_of(instance))
    elif action.startswith("post_"):
        _recheck(_staff(groups__in=pk_set or ()))


def holder_goes(*, instance: Group | Permission, **_: Any) -> None:
    """With it goes, without a word, who was in it."""
    _recheck(_holders_of(instance))


def _holders_of(instance: Group | Permission) -> list[int]:
    if isinstance(instance, Group):
        return _staff(groups=instance)
    return [*_staff(user_permissions=instance), *_staff(groups__permissions=instance)]


def _staff(**where: Any) -> list[int]:
    """To others no permission opens a chat."""
    found = get_user_model().objects.filter(is_staff=True, **where)
    return list(found.values_list("pk", flat=True).distinct())


def _recheck(people: Iterable[int]) -> None:
    for user_id in people:
        on_commit(partial(process.recheck, user_id=user_id))
