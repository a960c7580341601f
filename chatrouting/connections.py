"""The open sockets of this process: who is silent, stuck or no longer signed in."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Protocol

from django.conf import settings

from chatrouting.identities import Credential, Identity, identities
from chatrouting.protocol import CloseCode
from chatrouting.reading import Readers
from messages.errors import ChatError, Unauthenticated, Unavailable

SILENCE = 60.0
STUCK = 30.0
_IDENTITIES_A_QUERY = 500


class Connection(Protocol):
    """A socket, as far as its upkeep goes."""

    identity: Identity

    @property
    def silent_for(self) -> float: ...

    @property
    def stuck_for(self) -> float: ...

    def identify(self, identity: Identity) -> None:
        """The person's name or rights may have changed."""

    def end(self, code: CloseCode, error: ChatError) -> None:
        """Say why, and close."""

    def going_away(self) -> None: ...

    async def flushed(self) -> None: ...


class Connections:
    """Every open socket, by what it signed in with."""

    def __init__(self, read: Readers) -> None:
        self._read = read
        self._by_credential: dict[Credential, set[Connection]] = {}
        self._of_person: Counter[int] = Counter()
        self.at_address: Counter[str] = Counter()  # sockets that are being opened, too

    def __iter__(self) -> Iterator[Connection]:
        return iter([c for some in self._by_credential.values() for c in some])

    def __len__(self) -> int:
        return sum(len(some) for some in self._by_credential.values())

    def add(self, connection: Connection) -> None:
        self._by_credential.setdefault(connection.identity.credential, set()).add(connection)
        self._of_person[connection.identity.actor.id] += 1

    def has_room_for(self, user_id: int) -> bool:
        most = settings.MAX_CONNECTIONS_USER
        return not most or self._of_person[user_id] < most

    def discard(self, connection: Connection) -> None:
        credential = connection.identity.credential
        some = self._by_credential.get(credential, set())
        if connection not in some:
            return
        some.discard(connection)
        user_id = connection.identity.actor.id
        self._of_person[user_id] -= 1
        if not self._of_person[user_id]:
            del self._of_person[user_id]
        if not some:
            self._by_credential.pop(credential, None)

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

    def of_user(self, user_id: int) -> list[Credential]:
        return [
            credential
            for credential, some in self._by_credential.items()
            if any(connection.identity.actor.id == user_id for connection in some)
        ]

    def _refresh(self, credential: Credential, identity: Identity | None) -> None:
        for connection in list(self._by_credential.get(credential, ())):
            if identity is None:
                connection.end(CloseCode.SIGNED_OUT, Unauthenticated())
            elif identity.actor != connection.identity.actor:
                connection.identify(identity)

    async def leave(self, patience: float) -> None:
        """The process is going away: say so, let what waits go out, close."""
        everyone = list(self)
        for connection in everyone:
            connection.going_away()
        if everyone:
            flushed = [asyncio.ensure_future(connection.flushed()) for connection in everyone]
            _, late = await asyncio.wait(flushed, timeout=patience)
            for task in late:
                task.cancel()
        for connection in everyone:
            connection.end(CloseCode.GOING_AWAY, Unavailable("The server is restarting."))
