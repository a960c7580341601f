"""Whatever is lost, late, doubled, reordered or cut: who comes back has what a fresh load has.

A program is a random list of steps: people talk, edit and remove, members come and go, and what
is on its way to four clients meets all kinds of accidents. Each client knows what it received:
by socket, by stream, by asking, and by waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from chatrouting.process import process
from chatrouting.protocol import EventFrame
from chatrouting.reading import read
from messages import chats, history, membership
from messages.access import Reach, actor_of
from messages.identity import new_epoch
from messages.log import head_of
from messages.members import members_of
from messages.models import Chat, Event, Membership, Role
from tests.domain.talk import edit, remove, say
from tests.doors.clients import (
    AskingClient,
    Client,
    Gone,
    SocketClient,
    StreamClient,
    WaitingClient,
)
from tests.doors.fake_log import until
from tests.doors.polling import Poller, hang_up
from tests.doors.sockets import Frame, Socket, commit, token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMIT_SEND = "0"
    monkeypatch.setattr("chatrouting.rooms.HOLD", 0.001)


def fresh(chat_id: str) -> dict[str, Any]:
    """The chat as somebody loads it who was never here."""
    chat = Chat.objects.get(pk=chat_id)
    newest = history.newest(Reach(chat_id), 200)
    assert not newest.more_before
    return {
        "messages": {message["messageId"]: message for message in newest.history},
        "title": chat.title,
        "frozen": chat.frozen,
        "members": {member["user"]["id"] for member in members_of(chat_id)},
        "head": str(head_of(chat_id)[0]),
    }


class World:
    """A chat, those who talk in it, the accidents that happen, and bob's four clients."""

    def __init__(self, ann: User, bob: User, eve: User, chat: Chat, token: str) -> None:
        self.ann, self.bob, self.eve, self.chat = ann, bob, eve, chat
        self.said: list[Frame] = []
        self.on_the_way: list[EventFrame] = []
        api = Poller(token, chat)
        self.by_socket = SocketClient(api, bob, chat)
        self.by_stream = StreamClient(api, bob, chat)
        self.by_asking = AskingClient(api)
        self.by_waiting = WaitingClient(api)
        self.steps: dict[str, Callable[[int], Awaitable[Any]]] = {
            name.removeprefix("do_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("do_")
        }

    @property
    def clients(self) -> list[Client]:
        return [self.by_socket, self.by_stream, self.by_asking, self.by_waiting]

    async def do(self, step: str, number: int) -> None:
        with suppress(Gone):
            await self.steps[step](number)

    # --- what happens in the chat ---------------------------------------------------------------

    async def do_say(self, number: int) -> None:
        chats_frozen = await read(lambda: Chat.objects.get(pk=self.chat.pk).frozen)
        if not chats_frozen:
            kind = {} if number % 3 else {"type": "ai"}
            self.said.append(await commit(say, self.ann, self.chat, str(number), **kind))

    async def do_edit(self, number: int) -> None:
        await self._change(number, lambda m: edit(self.ann, m, f"{m['content']}, or {number}"))

    async def do_remove(self, number: int) -> None:
        await self._change(number, lambda message: remove(self.ann, message))

    async def _change(self, number: int, change: Callable[[Frame], Frame]) -> None:
        is_frozen = await read(lambda: Chat.objects.get(pk=self.chat.pk).frozen)
        if not self.said or is_frozen:
            return
        which = number % len(self.said)
        if self.said[which]["removed"] is None:
            self.said[which] = await commit(change, self.said[which])

    async def do_rename(self, number: int) -> None:
        await commit(chats.rename_chat, actor_of(self.ann), self.chat.pk, f"Chat {number}")

    async def do_freeze(self, number: int) -> None:
        frozen = bool(number % 2)
        await commit(chats.set_frozen, actor_of(self.ann), self.chat.pk, frozen=frozen)

    async def do_eve(self, number: int) -> None:
        await self._let(self.eve, in_=bool(number % 2))

    async def do_bob(self, number: int) -> None:
        """The reader is taken out, or let in again."""
        await self._let(self.bob, in_=bool(number % 2))

    async def _let(self, user: User, *, in_: bool) -> None:
        rows = Membership.objects.filter(chat_id=self.chat.pk, user=user)
        if await read(rows.exists) is in_:
            return
        if in_:  # as owners, who may look up the members
            await commit(
                membership.add_member, actor_of(self.ann), self.chat.pk, user.pk, role=Role.OWNER
            )
        else:
            await commit(membership.remove_member, actor_of(self.ann), self.chat.pk, user.pk)

    async def do_begin_anew(self, number: int) -> None:
        """As a restore does: the numbers may mean something else from here on."""
        await read(lambda: Chat.objects.filter(pk=self.chat.pk).update(epoch=new_epoch()))

    async def do_forget(self, number: int) -> None:
        """Old events are dropped; the messages stay."""

        def forget() -> None:
            chat = Chat.objects.get(pk=self.chat.pk)
            oldest = max(chat.oldest_seq, chat.last_seq - number % 4)
            Event.objects.filter(chat=chat, seq__lt=oldest).delete()
            Chat.objects.filter(pk=chat.pk).update(oldest_seq=oldest)

        await commit(forget)

    # --- what happens on the way ----------------------------------------------------------------

    def offer(self, frames: Any) -> None:
        """In the registry's place: nothing arrives by itself."""
        self.on_the_way += [frame for frame in frames if frame.chat_id == self.chat.pk]

    async def do_ring(self, number: int) -> None:
        self._ring(number, losing=True)

    async def do_ring_twice(self, number: int) -> None:
        self._ring(number, losing=False)

    def _ring(self, number: int, *, losing: bool) -> None:
        if self.on_the_way:
            which = number % len(self.on_the_way)
            type(process.registry).offer(process.registry, [self.on_the_way[which]])
            if losing:
                self.on_the_way.pop(which)

    async def do_lose(self, number: int) -> None:
        if self.on_the_way:
            self.on_the_way.pop(number % len(self.on_the_way))

    async def do_tick(self, number: int) -> None:
        await process.registry.tick()

    # --- what the clients do --------------------------------------------------------------------

    async def do_look(self, number: int) -> None:
        await self.by_socket.look(ACCIDENTS[number % len(ACCIDENTS)])

    async def do_cut(self, number: int) -> None:
        await self.by_socket.cut()

    async def do_stream(self, number: int) -> None:
        await self.by_stream.look()

    async def do_cut_stream(self, number: int) -> None:
        await self.by_stream.cut()

    async def do_ask(self, number: int) -> None:
        await self.by_asking.ask(limit=number % 3 + 1)

    async def do_wait(self, number: int) -> None:
        await self.by_waiting.wait()

    async def do_lose_answer(self, number: int) -> None:
        await self.by_waiting.lose_answer()

    # --- the end --------------------------------------------------------------------------------

    async def check(self) -> None:
        """All that was on its way is lost; the heads tell. Then everybody knows everything."""
        for _ in range(2):
            await process.registry.tick()
            await until(self._is_quiet)
        if not await read(Membership.objects.filter(chat=self.chat, user=self.bob).exists):
            await self._check_gone()
            await self._let(self.bob, in_=True)
            await process.registry.tick()
        expected = await read(fresh, self.chat.pk)
        for client in self.clients:
            await self._sync(client)
            assert client.state.as_dict() == expected, type(client).__name__

    async def _check_gone(self) -> None:
        for client in self.clients:
            with pytest.raises(Gone):
                await client.sync()  # type: ignore[attr-defined]
            assert client.state.messages == {}

    async def _sync(self, client: Any) -> None:
        """Whoever was taken out and let in again finds that out, and starts anew."""
        try:
            await client.sync()
        except Gone:
            await client.sync()

    def _is_quiet(self) -> bool:
        room = process.registry.ready(self.chat.pk)
        return room is None or not (room.audience.behind or room._filling)

    async def leave(self) -> None:
        await self.by_socket.cut()
        await self.by_stream.cut()
        await self.by_waiting.lose_answer()


ACCIDENTS: list[Callable[[list[Frame]], list[Frame]]] = [
    list,
    list,
    lambda frames: frames[1:],
    lambda frames: frames[:-1],
    lambda frames: frames[:1] + frames[2:],
    lambda frames: frames[::-1],
    lambda frames: frames[1:2] + frames[:1] + frames[2:],
    lambda frames: [frame for frame in frames for _ in range(2)],
    lambda frames: frames + frames,
]

OFTEN = ["say", "say", "edit", "ring", "ring", "look", "look", "stream", "stream", "ask", "wait"]
SELDOM = [
    "remove",
    "rename",
    "freeze",
    "eve",
    "bob",
    "ring_twice",
    "lose",
    "tick",
    "cut",
    "cut_stream",
]
RARELY = ["lose_answer", "begin_anew", "forget"]
STEPS = st.lists(
    st.tuples(st.sampled_from(OFTEN * 2 + SELDOM * 2 + RARELY), st.integers(0, 50)),
    min_size=5,
    max_size=40,
)


@pytest.fixture
async def token(sockets: list[Socket], bob: User) -> AsyncIterator[str]:
    yield await read(token_of, bob)
    await hang_up()


@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# The room let go of its listener, whose epoch was over, while the listener was asking anew.
@example(steps=[("look", 0), ("say", 0), ("wait", 0), ("say", 0), ("begin_anew", 0), ("look", 50)])
# A wait began at the head that was read after what it was to tell.
@example(steps=[("look", 0), ("wait", 0), ("say", 0)])
@given(steps=STEPS)
async def test_recovered_is_as_good_as_fresh(
    steps: list[tuple[str, int]],
    token: str,
    ann: User,
    bob: User,
    eve: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat_id = await commit(chats.create_chat, actor_of(ann), "Lunch")
    world = World(ann, bob, eve, await read(lambda: Chat.objects.get(pk=chat_id)), token)
    await world.do("bob", 1)
    with monkeypatch.context() as patch:
        patch.setattr(process.registry, "offer", world.offer, raising=False)
        try:
            for step, number in steps:
                await world.do(step, number)
            await world.check()
        finally:
            await world.leave()
    await asyncio.sleep(0)
