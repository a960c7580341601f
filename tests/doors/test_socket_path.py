"""`/ws/chat/<chatId>/`: one chat by its address, and nothing said about those of others."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting.reading import read
from messages.access import access_to, actor_of
from messages.chats import create_chat
from messages.membership import remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit, page

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED_DOOR = {
    "op": "error",
    "error": {
        "code": "notFound",
        "message": "There is no such thing here.",
        "retryable": False,
        "details": {},
    },
}


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def path_of(chat: Chat, query: str = "") -> str:
    return f"/ws/chat/{chat.pk}/{query}"


def head_of(user: User, chat: Chat) -> str:
    return str(access_to(actor_of(user), chat.pk).head)


async def test_the_implied_subscribe_is_answered_after_hello_without_an_id(
    connect: Connect, ann: User, chat: Chat
) -> None:
    await commit(say, ann, chat, "a")
    await commit(say, ann, chat, "b")
    socket = await connect(ann, path_of(chat))
    reply = await socket.reply(None)
    assert [frame["op"] for frame in socket.heard] == ["hello", "reply"]
    assert reply["ok"]
    assert reply["data"]["mode"] == "snapshot"
    assert [m["content"] for m in reply["data"]["messages"]] == ["a", "b"]
    assert reply["data"]["head"] == await read(head_of, ann, chat)


async def test_the_address_sets_the_tail(connect: Connect, ann: User, chat: Chat) -> None:
    for content in "abc":
        await commit(say, ann, chat, content)
    for tail, expected in ((0, []), (2, ["b", "c"]), (200, ["a", "b", "c"])):
        socket = await connect(ann, path_of(chat, f"?tail={tail}"))
        data = (await socket.reply(None))["data"]
        assert [m["content"] for m in data["messages"]] == expected


async def test_the_address_sets_the_position(connect: Connect, ann: User, chat: Chat) -> None:
    since = await read(head_of, ann, chat)
    await commit(say, ann, chat, "missed")
    socket = await connect(ann, path_of(chat, f"?since={since}&tail=1"))
    data = (await socket.reply(None))["data"]
    assert data["mode"] == "replay"
    assert [event["message"]["content"] for event in data["events"]] == ["missed"]
    other = await connect(ann, path_of(chat, f"?since={data['head']}"))
    assert (await other.reply(None))["data"]["mode"] == "live"


async def test_an_empty_position_is_none(connect: Connect, ann: User, chat: Chat) -> None:
    socket = await connect(ann, path_of(chat, "?since=&tail="))
    assert (await socket.reply(None))["data"]["mode"] == "snapshot"


@pytest.mark.parametrize(
    "query",
    [
        *("since=nonsense", "since=k3v9x2", "since=k3v9x2:-1", "since=k3v9x2:99999999999999999999"),
        *("since=%00", "since=%ff:1", "tail=201", "tail=-1", "tail=x", "tail=1.0", "tail=%C2%B2"),
        "tail=" + "9" * 5_000,
        "since=" + "9" * 5_000,
    ],
    ids=lambda query: query[:24],
)
async def test_a_malformed_position_is_a_bad_request_that_ends_the_connection(
    query: str, connect: Connect, ann: User, chat: Chat
) -> None:
    socket = await connect(ann, path_of(chat, "?" + query))
    assert await socket.closed() == 4500
    assert [frame["op"] for frame in socket.heard] == ["hello", "error"]
    error = socket.heard[-1]["error"]
    assert error["code"] == "badRequest"
    assert error["details"] == {"field": query.partition("=")[0]}


async def test_the_outsider_can_not_tell_a_chat_from_none(
    connect: Connect, eve: User, chat: Chat
) -> None:
    since = await read(lambda: str(Chat.objects.get().epoch)) + ":1"
    paths = [
        path_of(chat),
        path_of(chat, f"?since={since}&tail=3"),
        "/ws/chat/no-such-chat/",
        "/ws/chat/-malformed/",
        "/ws/chat/%C3%A9/",
        f"/ws/chat/{'x' * 65}/",
        f"/ws/chat/{chat.pk}%00/",
        f"/ws/chat/{chat.pk.upper()}/",
    ]
    for path in paths:
        socket = await connect(eve, path)
        assert await socket.closed() == 4503, path
        assert socket.heard[1:] == [CLOSED_DOOR], path


async def test_another_chat_can_be_subscribed_on_the_same_socket(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    other = await commit(create_chat, actor_of(ann), "Dinner")
    socket = await connect(ann, path_of(chat))
    await socket.reply(None)
    assert (await socket.do("subscribe", chatId=other))["mode"] == "snapshot"
    assert (await socket.do("ping"))["heads"].keys() == {chat.pk, other}


@pytest.mark.parametrize(
    "path", ["/", "/ws/", "/ws/chat", "/ws/chat//", "/ws/chat/a/b/", "/ws/chat/a%2Fb/", "/chats/"]
)
async def test_an_address_without_a_socket_is_refused_at_the_handshake(
    path: str, sockets: list[Socket], ann: User
) -> None:
    socket = await page(ann, path)
    sockets.append(socket)
    assert not (await socket.open()).is_accepted


async def test_removal_ends_the_socket_of_that_chat(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    bobs, anns = await connect(bob, path_of(chat)), await connect(ann, path_of(chat))
    await bobs.reply(None)
    await anns.reply(None)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    assert await bobs.closed() == 4502
    notice, error = bobs.heard[-2:]
    assert notice == {"op": "notice", "type": "subscriptionRevoked", "chatId": chat.pk}
    assert error == CLOSED_DOOR
    assert bobs.events() == []
    assert (await anns.next("event"))["type"] == "member_left"


async def test_removal_from_another_chat_does_not_end_the_socket(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    other = await commit(create_chat, actor_of(ann), "Dinner", members=[actor_of(bob)])
    bobs = await connect(bob, path_of(chat))
    await bobs.do("subscribe", chatId=other)
    await commit(remove_member, actor_of(ann), other, bob.pk)
    assert (await bobs.next("notice"))["chatId"] == other
    assert (await bobs.do("ping"))["heads"].keys() == {chat.pk}
