"""Who may do what in a chat: one rule, asked by every door."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection

from messages.clock import now_ms
from messages.errors import ChatFrozen, Forbidden, Muted, NotFound
from messages.identity import Cursor
from messages.models import Chat, Membership, Message, MessageType, Role
from messages.representation import Author, display_name

Pair = tuple[str, int]  # chatId, user id


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in, as far as the domain needs to know them."""

    id: int
    name: str
    is_staff: bool = False

    def as_author(self) -> Author:
        return {"id": self.id, "name": self.name}


def actor_of(user: Any) -> Actor:
    name = display_name(user.username, user.first_name, user.last_name)
    return Actor(user.pk, name, user.is_staff)


@dataclass(frozen=True, slots=True)
class Standing:
    """One person's row in one chat."""

    role: Role
    read_seq: int
    muted: bool
    muted_until: int | None

    @property
    def is_muted(self) -> bool:
        return self.muted and (self.muted_until is None or self.muted_until > now_ms())


@dataclass(frozen=True, slots=True)
class Access:
    """What one person may do in one chat, as it stood at `head`; existing means they may read."""

    chat_id: str
    title: str
    frozen: bool
    created_at: int
    head: Cursor
    oldest_seq: int
    actor: Actor
    standing: Standing | None  # None: staff who read along without being a member
    slow_mode_seconds: int = 0

    @property
    def permissions(self) -> dict[str, bool]:
        return {
            "read": True,
            "send": self._refusal_to_write() is None,
            "sendSystem": self.actor.is_staff and self._refusal_to_write() is None,
            "rename": self.may_manage,
            "freeze": self.may_manage,
            "manageMembers": self.may_manage,
            "moderate": self.actor.is_staff,
        }

    @property
    def may_manage(self) -> bool:
        owner = self.standing is not None and self.standing.role == Role.OWNER
        return owner or self.actor.is_staff

    def require_manage(self) -> None:
        if not self.may_manage:
            raise Forbidden

    def _refusal_to_write(self) -> ChatFrozen | Forbidden | Muted | None:
        return refusal_to_write(self.actor, self.standing, frozen=self.frozen)


def refusal_to_write(
    actor: Actor, standing: Standing | None, *, frozen: bool
) -> ChatFrozen | Forbidden | Muted | None:
    """Why this person may not write here now, or None; the one rule for send and edit."""
    if standing is None:
        return Forbidden()
    if frozen and not actor.is_staff:
        return ChatFrozen()
    if standing.is_muted:
        return Muted(until=standing.muted_until)
    return None


def is_slowed(actor: Actor, standing: Standing | None) -> bool:
    """Whether slow mode is for this person: owners and staff keep a chat in order at any pace."""
    is_owner = standing is not None and standing.role == Role.OWNER
    return not (is_owner or actor.is_staff)


def access_to(actor: Actor, chat_id: str) -> Access:
    """Raises NotFound where the chat does not exist or is not this person's, in the same words.

    One statement, so that a membership is never older than the head it comes with.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACCESS, [actor.id, chat_id])
        row = cursor.fetchone()
    if row is None or (row[6] is None and not actor.is_staff):
        raise NotFound
    return Access(
        chat_id=chat_id,
        title=row[0],
        frozen=bool(row[1]),
        created_at=row[2],
        head=Cursor(row[3], row[4]),
        oldest_seq=row[5],
        actor=actor,
        standing=None if row[6] is None else Standing(Role(row[6]), row[7], bool(row[8]), row[9]),
        slow_mode_seconds=row[10],
    )


_ACCESS = (
    "SELECT c.title, c.frozen, c.created_at, c.epoch, c.last_seq, c.oldest_seq,"  # noqa: S608
    f" m.role, m.read_seq, m.muted, m.muted_until, c.slow_mode_seconds FROM {Chat._meta.db_table} c"
    f" LEFT JOIN {Membership._meta.db_table} m ON m.chat_id = c.chat_id AND m.user_id = %s"
    " WHERE c.chat_id = %s"
)


def is_asker(actor: Actor, message_id: str) -> bool:
    """Whether this person wrote the message, or the question that it answers."""
    row = Message.objects.filter(pk=message_id).values_list(
        "type", "author_id", "reply_to__author_id"
    )
    return any(
        (prompted if kind == MessageType.AI else written) == actor.id
        for kind, written, prompted in row
    )


def standings_of(pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """The membership rows of exactly these pairs, in one query."""
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return {}
    values = ", ".join(["(%s, %s)"] * len(wanted))
    table = Membership._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted(chat_id, user_id) AS (VALUES {values})"  # noqa: S608
            " SELECT m.chat_id, m.user_id, m.role, m.read_seq, m.muted, m.muted_until"
            f" FROM wanted JOIN {table} m"
            " ON m.chat_id = wanted.chat_id AND m.user_id = wanted.user_id",
            list(chain.from_iterable(wanted)),
        )
        return {
            (row[0], row[1]): Standing(Role(row[2]), row[3], bool(row[4]), row[5])
            for row in cursor.fetchall()
        }
