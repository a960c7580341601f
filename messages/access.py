"""Who may do what in a chat, and see how much of it: one rule, asked by every door."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Q, QuerySet

from messages import bulk
from messages.clock import now_ms
from messages.errors import ChatFrozen, Forbidden, Muted, NotFound
from messages.identity import Cursor
from messages.models import Chat, History, Membership, Message, MessageType, Role
from messages.representation import Author, WireMessage, display_name, places

Pair = tuple[str, int]  # chatId, user id
# Browsers' timers take 24 days at most, and ring at once for more: whoever waits asks again.
LONGEST_WAIT_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in, as far as the domain needs to know them."""

    id: int
    name: str
    is_moderator: bool = False

    def as_author(self) -> Author:
        return {"id": self.id, "name": self.name}


def actor_of(user: Any) -> Actor:
    (actor,) = actors_of([user])
    return actor


def actors_of(users: Iterable[Any]) -> list[Actor]:
    """These users, in their order; one query where any of them is staff, else none."""
    users = list(users)
    moderators = moderators_among(users)
    return [
        Actor(
            user.pk,
            display_name(user.username, user.first_name, user.last_name),
            is_moderator=user.pk in moderators,
        )
        for user in users
    ]


def moderators_among(users: Iterable[Any]) -> set[int]:
    """Superusers, and staff with the permission `moderate_chat`: by the group `moderators`, say.

    Being staff alone only opens the admin.
    """
    active = [user for user in users if user.is_active]
    moderators = {user.pk for user in active if user.is_superuser}
    staff = [user.pk for user in active if user.is_staff and user.pk not in moderators]
    if staff:
        holders = get_user_model().objects.filter(_may_moderate(), pk__in=staff)
        moderators |= set(holders.values_list("pk", flat=True))
    return moderators


def all_moderators() -> QuerySet[Any]:
    """The same, as the database has them now."""
    is_one = Q(is_superuser=True) | Q(_may_moderate(), is_staff=True)
    return get_user_model().objects.filter(is_one, is_active=True)


def _may_moderate() -> Q:
    permission = Permission.objects.filter(
        content_type__app_label=Chat._meta.app_label, codename="moderate_chat"
    )
    return Q(user_permissions__in=permission) | Q(groups__permissions__in=permission)


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a chat somebody may see: what begins at `first_seq` or later."""

    chat_id: str
    first_seq: int = 1

    def has(self, message: WireMessage) -> bool:
        return bool(message["seq"] >= self.first_seq)


@dataclass(frozen=True, slots=True)
class Standing:
    """One person's row in one chat."""

    role: Role
    read_seq: int
    muted: bool
    muted_until: int | None
    first_seq: int = 1

    @property
    def is_muted(self) -> bool:
        return self.muted and (self.muted_until is None or self.muted_until > now_ms())


@dataclass(frozen=True, slots=True)
class Access:
    """What one person may do in one chat, as it stood at `head`; existing means they may read.

    `oldest_seq` is of what is kept and they may see.
    """

    chat_id: str
    title: str
    frozen: bool
    history: History
    created_at: int
    head: Cursor
    kept_seq: int
    actor: Actor
    standing: Standing | None  # None: moderators who read along without being a member
    slow_mode_seconds: int = 0

    @property
    def reach(self) -> Reach:
        return reach_of(self.actor, self.chat_id, self.standing)

    @property
    def oldest_seq(self) -> int:
        return max(self.kept_seq, self.reach.first_seq)

    @property
    def permissions(self) -> dict[str, bool]:
        return {
            "read": True,
            "send": self._refusal_to_write() is None,
            "sendSystem": self.actor.is_moderator and self._refusal_to_write() is None,
            "rename": self.may_manage,
            "freeze": self.may_manage,
            "setHistory": self.may_manage,
            "manageMembers": self.may_manage,
            "invite": self.may_manage,
            "moderate": self.actor.is_moderator,
        }

    @property
    def muted_for_ms(self) -> int | None:
        """How long to wait before looking again whether a mute is over, which no event says.

        None where there is none, and where it lasts until it is lifted.
        """
        standing = self.standing
        if standing is None or not standing.is_muted or standing.muted_until is None:
            return None
        return min(max(standing.muted_until - now_ms(), 1), LONGEST_WAIT_MS)

    @property
    def may_manage(self) -> bool:
        return manages(self.actor, self.standing)

    def require_manage(self) -> None:
        if not self.may_manage:
            raise Forbidden

    def _refusal_to_write(self) -> ChatFrozen | Forbidden | Muted | None:
        return refusal_to_write(self.actor, self.standing, frozen=self.frozen)


def manages(actor: Actor, standing: Standing | None) -> bool:
    owner = standing is not None and standing.role == Role.OWNER
    return owner or actor.is_moderator


def reach_of(actor: Actor, chat_id: str, standing: Standing | None) -> Reach:
    """Moderators see all of it; the one rule for everything that is read."""
    if standing is None or actor.is_moderator:
        return Reach(chat_id)
    return Reach(chat_id, standing.first_seq)


def refusal_to_write(
    actor: Actor, standing: Standing | None, *, frozen: bool
) -> ChatFrozen | Forbidden | Muted | None:
    """Why this person may not write here now, or None; the one rule for send and edit."""
    if standing is None:
        return Forbidden()
    if frozen and not actor.is_moderator:
        return ChatFrozen()
    if standing.is_muted:
        return Muted(until=standing.muted_until)
    return None


def is_slowed(actor: Actor, standing: Standing | None) -> bool:
    """Whether slow mode is for this person: owners and staff keep a chat in order at any pace."""
    is_owner = standing is not None and standing.role == Role.OWNER
    return not (is_owner or actor.is_moderator)


def access_to(actor: Actor, chat_id: str) -> Access:
    """Raises NotFound where the chat does not exist or is not this person's, in the same words.

    One statement, so that a membership is never older than the head it comes with.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACCESS_TO_ONE, [actor.id, chat_id])
        row = cursor.fetchone()
    if row is None or not _may_read(actor, row):
        raise NotFound
    return _access(actor, row)


def accesses_to(actor: Actor, chat_ids: Collection[str]) -> dict[str, Access]:
    """The same for many chats at once; raises NotFound unless all of them are this person's."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCESS + f" IN {places(len(chat_ids))}", [actor.id, *chat_ids])
        found = {row[0]: _access(actor, row) for row in cursor.fetchall() if _may_read(actor, row)}
    if found.keys() != set(chat_ids):
        raise NotFound
    return found


def _may_read(actor: Actor, row: Sequence[Any]) -> bool:
    return row[9] is not None or actor.is_moderator


def _access(actor: Actor, row: Sequence[Any]) -> Access:
    return Access(
        chat_id=row[0],
        title=row[1],
        frozen=bool(row[2]),
        history=History(row[3]),
        created_at=row[4],
        head=Cursor(row[5], row[6]),
        kept_seq=row[7],
        actor=actor,
        standing=None if row[9] is None else standing_from_row(row[9:]),
        slow_mode_seconds=row[8],
    )


_STANDING_COLUMNS = ("role", "read_seq", "muted", "muted_until", "first_seq")
_STANDING = ", ".join(f"m.{column}" for column in _STANDING_COLUMNS)
_ACCESS = (
    "SELECT c.chat_id, c.title, c.frozen, c.history, c.created_at, c.epoch, c.last_seq,"  # noqa: S608
    f" c.oldest_seq, c.slow_mode_seconds, {_STANDING} FROM {Chat._meta.db_table} c"
    f" LEFT JOIN {Membership._meta.db_table} m ON m.chat_id = c.chat_id AND m.user_id = %s"
    " WHERE c.chat_id"
)
_ACCESS_TO_ONE = _ACCESS + " = %s"


def standing_from_row(row: Sequence[Any]) -> Standing:
    """From role, read_seq, muted, muted_until and first_seq."""
    return Standing(Role(row[0]), row[1], bool(row[2]), row[3], row[4])


def is_asker(actor: Actor, message_id: str) -> bool:
    """Whether this person wrote the message, or the question that it answers."""
    row = Message.objects.filter(pk=message_id).values_list(
        "type", "author_id", "reply_to__author_id"
    )
    return any(
        (prompted if kind == MessageType.AI else written) == actor.id
        for kind, written, prompted in row
    )


def standing_of(chat_id: str, user_id: int) -> Standing | None:
    """Of whoever, whether there is such a person or not."""
    rows = Membership.objects.filter(chat_id=chat_id, user_id=user_id)
    row = rows.values_list(*_STANDING_COLUMNS).first()
    return None if row is None else standing_from_row(row)


def standings_of(pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """The membership rows of exactly these pairs, in one query."""
    wanted = list(dict.fromkeys(pairs))
    columns = ("chat_id", "user_id")
    rows = bulk.find(Membership, columns, wanted, (*columns, *_STANDING_COLUMNS))
    return {(row[0], row[1]): standing_from_row(row[2:]) for row in rows}
