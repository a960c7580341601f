"""The open sockets of this process: who is silent, stuck or no longer signed in."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chatrouting.crowds import Crowds, many, of_address, of_user
from chatrouting.identities import Credential, Identity, identities
from chatrouting.protocol import CloseCode, Notice
from chatrouting.reading import Readers
from messages.endings import News
from messages.errors import ChatError, RateLimited, Unauthenticated, Unavailable
from messages.models import Ending
from messages.sign_ins import ends_soon

SILENCE = 60.0
STUCK = 30.0
Kind = Ending.Kind
_IDENTITIES_A_QUERY = 500
TOO_MANY_SECONDS = 30
K = TypeVar("K")


def too_many_connections() -> RateLimited:
    """One person has no room for another socket or stream."""
    return RateLimited(
        _("You have too many connections open; close some of them."),
        scope="connections",
        limit=settings.MAX_CONNECTIONS_USER,
        retry_after_ms=TOO_MANY_SECONDS * 1000,
    )


class Connection(Protocol):
    """A socket, as far as its upkeep goes."""

    identity: Identity

    @property
    def takes_room(self) -> bool:
        """Whether it counts among those that one person may have open."""

    @property
    def silent_for(self) -> float: ...

    @property
    def stuck_for(self) -> float: ...

    def identify(self, identity: Identity) -> None:
        """The person's name or rights may have changed."""

    def tell(self, chat_id: str, text: str) -> None:
        """An ephemeral frame for this person alone, where they listen to the chat."""

    def end(self, code: CloseCode, error: ChatError) -> None:
        """Say why, and close."""

    def notify(self, kind: Notice) -> None:
        """Something about the connection itself."""

    async def flushed(self) -> None: ...


class Connections:
    """Every open socket, by what it signed in with."""

    def __init__(self, read: Readers) -> None:
        self._read = read
        self._by_credential: dict[Credential, set[Connection]] = {}
        self._by_user: dict[int, set[Connection]] = {}
        self.at_address: Counter[str] = Counter()  # sockets that are being opened, too
        self.crowds = Crowds(time.monotonic)
        self.endings = 0  # how often sign-ins were found to have ended
        self._warned: set[Connection] = set()  # that theirs soon will

    def __iter__(self) -> Iterator[Connection]:
        return iter([c for some in self._by_credential.values() for c in some])

    def __len__(self) -> int:
        return sum(len(some) for some in self._by_credential.values())

    def add(self, connection: Connection) -> None:
        identity = connection.identity
        self._by_credential.setdefault(identity.credential, set()).add(connection)
        self._by_user.setdefault(identity.actor.id, set()).add(connection)

    async def settle(self, connection: Connection) -> None:
        """End one just added whose sign-in has ended since it was looked up."""
        if connection.identity.as_of != self.endings:
            await self.recheck([connection.identity.credential])

    @contextmanager
    def at(self, place: str) -> Iterator[bool]:
        """Counts one more of an address for as long as it lasts; whether there is room for it."""
        most = settings.MAX_CONNECTIONS_ADDRESS
        if place and most:
            elsewhere = self.crowds.of(of_address(place))
            if self.at_address[place] + elsewhere >= most:
                yield False
                return
        self.at_address[place] += 1
        try:
            yield True
        finally:
            self.at_address[place] -= 1
            if not self.at_address[place]:
                del self.at_address[place]

    def has_room_for(self, user_id: int) -> bool:
        most = settings.MAX_CONNECTIONS_USER
        if not most:
            return True
        here = _taking_room(self._by_user.get(user_id, ()))
        return here + self.crowds.of(of_user(user_id)) < most

    def crowd(self) -> dict[str, int]:
        """Whom the other processes should know of."""
        users = ((user_id, _taking_room(some)) for user_id, some in self._by_user.items())
        return {
            **many(users, settings.MAX_CONNECTIONS_USER, of_user),
            **many(self.at_address.items(), settings.MAX_CONNECTIONS_ADDRESS, of_address),
        }

    def discard(self, connection: Connection) -> None:
        identity = connection.identity
        _discard(self._by_credential, identity.credential, connection)
        _discard(self._by_user, identity.actor.id, connection)
        self._warned.discard(connection)

    def tell(self, user_id: int, chat_id: str, text: str) -> None:
        """An ephemeral frame for one person's own connections."""
        for connection in self._by_user.get(user_id, ()):
            connection.tell(chat_id, text)

    async def tick(self) -> None:
        """End who says nothing, takes nothing, or is signed out."""
        for connection in self:
            if connection.stuck_for > STUCK:
                connection.end(CloseCode.TOO_SLOW, Unavailable("This connection is too slow."))
            elif connection.silent_for > SILENCE:
                connection.end(CloseCode.SILENT, Unavailable("Nothing was heard for too long."))
        await self.recheck(list(self._by_credential))

    async def recheck(self, credentials: Collection[Credential]) -> None:
        """End the sockets of these whose sign-in is no longer valid."""
        known = [c for c in credentials if c in self._by_credential]
        for start in range(0, len(known), _IDENTITIES_A_QUERY):
            some = known[start : start + _IDENTITIES_A_QUERY]
            found = await self._read(identities, some)
            for credential in some:
                self._refresh(credential, found.get(credential))

    async def let_go(self, news: News) -> None:
        """End the sockets of whoever's sign-in has ended; those not named are looked at."""
        self.endings += 1
        if news.ended is None:
            await self.recheck(list(self._by_credential))
            return
        self.end([Credential(kind, key) for kind, key in news.ended if kind != Kind.USER])
        users = [int(key) for kind, key in news.ended if kind == Kind.USER]
        await self.recheck([c for user_id in users for c in self.of_user(user_id)])

    def end(self, credentials: Collection[Credential]) -> None:
        """End the sockets of these, whose sign-in is known to be over."""
        for credential in credentials:
            self._refresh(credential, None)

    def of_user(self, user_id: int) -> list[Credential]:
        return list({c.identity.credential for c in self._by_user.get(user_id, ())})

    def _refresh(self, credential: Credential, identity: Identity | None) -> None:
        for connection in list(self._by_credential.get(credential, ())):
            if identity is None:
                connection.end(CloseCode.SIGNED_OUT, Unauthenticated())
                continue
            if identity.actor != connection.identity.actor:
                connection.identify(identity)
            if ends_soon(identity.ends_at) and connection not in self._warned:
                self._warned.add(connection)
                connection.notify(Notice.SESSION_EXPIRING)

    def say_goodbye(self) -> None:
        """The process is going away: whoever hears of it can look for another meanwhile."""
        for connection in self:
            connection.notify(Notice.GOING_AWAY)

    async def leave(self, patience: float) -> None:
        """Let what waits go out, and close."""
        everyone = list(self)
        if everyone:
            flushed = [asyncio.ensure_future(connection.flushed()) for connection in everyone]
            _, late = await asyncio.wait(flushed, timeout=patience)
            for task in late:
                task.cancel()
        for connection in everyone:
            connection.end(CloseCode.GOING_AWAY, Unavailable("The server is restarting."))


def _discard(sets: dict[K, set[Connection]], key: K, connection: Connection) -> None:
    some = sets.get(key, set())
    some.discard(connection)
    if not some:
        sets.pop(key, None)


def _taking_room(some: Iterable[Connection]) -> int:
    return sum(connection.takes_room for connection in some)
