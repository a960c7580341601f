"""Nobody hears a frame of a chat that is not theirs, whatever goes on at the same time."""

import asyncio
import random

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.access import actor_of
from messages.chats import create_chat
from messages.membership import add_member, remove_member
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit, script

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMIT_SEND = "0"
    monkeypatch.setattr("chatrouting.actions.TYPING_INTERVAL_MS", 0)


class Town:
    """Ann, bob and eve are in some of the chats each, and try to do everything in all of them."""

    def __init__(self, people: list[User]) -> None:
        self.people = {user.username: user for user in people}
        self.chats: dict[str, set[str]] = {}
        self.sockets: list[tuple[str, Socket]] = []
        self.started: dict[tuple[Socket, str], int] = {}
        self.heads: dict[str, int] = {}
        self.chance = random.Random(11)

    async def build(self, connect: Connect) -> None:
        for names in ("ann bob", "ann eve", "bob", "eve", "ann bob eve"):
            first, *others = [self.people[name] for name in names.split()]
            members = [actor_of(user) for user in others]
            chat_id = await commit(create_chat, actor_of(first), names, members=members)
            self.chats[chat_id] = set(names.split())
        for name, user in self.people.items():
            self.sockets.append((name, await connect(user)))
            self.sockets.append((name, await connect(user, how=script)))

    def of(self, name: str) -> list[Socket]:
        return [socket for owner, socket in self.sockets if owner == name]

    def chat_of(self, *names: str) -> str:
        return next(chat_id for chat_id, members in self.chats.items() if members == set(names))

    async def subscribe_everywhere(self) -> None:
        for name, socket in self.sockets:
            for chat_id, members in self.chats.items():
                reply = await socket.ask("subscribe", chatId=chat_id)
                assert reply["ok"] is (name in members)
                if reply["ok"]:
                    self.started[socket, chat_id] = int(reply["data"]["head"].split(":")[1])

    async def talk(self, name: str, socket: Socket) -> None:
        """Sends and typing in any chat, allowed or not, and the answers only afterwards."""
        asked = []
        for turn in range(40):
            chat_id = self.chance.choice(list(self.chats))
            if self.chance.random() < 0.7:
                text = {"content": f"{name} {turn}", "clientMessageId": f"{id(socket)}-{turn}"}
                frame_id = await socket.begin("send", chatId=chat_id, type="user", **text)
                asked.append((chat_id, frame_id))
            else:
                await socket.begin("typing", chatId=chat_id, on=True)
            await asyncio.sleep(0)
        for chat_id, frame_id in asked:
            reply = await socket.reply(frame_id)
            if reply["ok"]:
                seq = reply["data"]["message"]["seq"]
                self.heads[chat_id] = max(seq, self.heads.get(chat_id, 0))
            else:
                assert reply["error"]["code"] == "notFound"

    async def talk_at_once(self) -> None:
        await asyncio.gather(*(self.talk(name, socket) for name, socket in self.sockets))

    def heard(self, socket: Socket, chat_id: str) -> list[int]:
        return [event["seq"] for event in socket.events() if event["chatId"] == chat_id]


@pytest.fixture
async def town(connect: Connect, ann: User, bob: User, eve: User) -> Town:
    town = Town([ann, bob, eve])
    await town.build(connect)
    await town.subscribe_everywhere()
    return town


async def test_everybody_hears_all_of_their_chats_and_nothing_else(town: Town) -> None:
    await town.talk_at_once()
    for name, socket in town.sockets:
        theirs = {chat_id for chat_id, members in town.chats.items() if name in members}
        for chat_id in theirs:
            expected = range(town.started[socket, chat_id] + 1, town.heads[chat_id] + 1)
            while len(town.heard(socket, chat_id)) < len(expected):
                await socket.next("event")
            assert town.heard(socket, chat_id) == list(expected)
        pushed = [f for f in await socket.everything() if f["op"] not in ("hello", "reply")]
        assert {frame["chatId"] for frame in pushed} == theirs
        assert {frame["type"] for frame in pushed} >= {"user_message", "typing"}


async def test_whoever_is_removed_in_the_middle_hears_nothing_from_there_on(
    town: Town, ann: User, eve: User
) -> None:
    lost, won = town.chat_of("ann", "eve"), town.chat_of("ann", "bob")

    async def change() -> None:
        await asyncio.sleep(0.01)
        await commit(remove_member, actor_of(ann), lost, eve.pk)
        await commit(add_member, actor_of(ann), won, eve.pk)

    await asyncio.gather(change(), town.talk_at_once())
    for socket in town.of("eve"):
        frames = [f for f in await socket.everything() if f["op"] not in ("hello", "reply")]
        notices = [f for f in frames if f["op"] == "notice"]
        assert [notice["chatId"] for notice in notices] == [lost]
        after = frames[frames.index(notices[0]) + 1 :]
        assert lost not in {frame["chatId"] for frame in after}
        assert "member_left" not in {frame["type"] for frame in frames}
        # A member there now, but they have not asked to hear it.
        assert won not in {frame["chatId"] for frame in frames}
    for socket in town.of("ann"):
        assert (await socket.next("event", "member_left"))["chatId"] == lost
