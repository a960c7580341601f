"""`GET stream/?chats=a,b`: the frames of a socket as server-sent events, one cursor for all."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting import sse
from chatrouting.process import process
from chatrouting.reading import read
from messages.access import access_to, actor_of
from messages.chats import create_chat
from messages.identity import parse_positions
from messages.models import Chat, Event
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen
from tests.doors.event_streams import EventStream, stream_path, with_cookie, with_token
from tests.doors.fake_log import until
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
def dinner(ann: User, bob: User) -> Chat:
    """Another chat of the two."""
    return Chat.objects.get(pk=create_chat(actor_of(ann), "Dinner", members=[actor_of(bob)]))


async def head_of(user: User, chat: Chat) -> str:
    return str((await read(access_to, actor_of(user), chat.pk)).head)


async def refusal(path: str, headers: dict[str, str], **more: Any) -> tuple[int, str]:
    stream = await EventStream(path, headers, **more).open()
    assert stream.headers["content-type"] == "application/json"
    return stream.status, (await stream.body())["error"]["code"]


# --- what is sent ---------------------------------------------------------------------------------


async def test_it_begins_with_a_greeting_that_has_the_position_and_is_not_to_be_kept(
    listen: Listen, bob: User, chat: Chat, dinner: Chat
) -> None:
    bobs = await listen(bob, chat, dinner)
    assert bobs.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert bobs.headers["cache-control"] == "no-cache"
    assert bobs.headers["x-accel-buffering"] == "no"
    assert (bobs.heard[0]["op"], bobs.heard[0]["user"]["name"]) == ("hello", "bob")
    heads = [f"{c.pk}={await head_of(bob, c)}" for c in (chat, dinner)]
    assert bobs.last_id == ",".join(heads)
    assert 1000 <= bobs.retry < 4000


async def test_events_are_those_of_a_socket_in_order_each_with_the_position_after_it(
    connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat, dinner: Chat
) -> None:
    socket, stream = await connect(bob), await listen(bob, chat, dinner)
    for one in (chat, dinner):
        await socket.do("subscribe", chatId=one.pk)
    for number in range(20):
        await commit(say, ann, (chat, dinner)[number % 3 == 0], f"number {number}")
    last = [await head_of(bob, one) for one in (chat, dinner)]
    for one, head in zip((chat, dinner), last, strict=True):
        await stream.until_seq(int(head.split(":")[1]), one)
    await socket.everything()
    assert [f for f in stream.heard if f["op"] == "event"] == socket.events()
    told = dict(parse_positions(stream.ids[0] or ""))
    for frame, event_id in zip(stream.heard, stream.ids, strict=True):
        if frame["op"] == "event":
            told[frame["chatId"]] = type(told[chat.pk])(frame["epoch"], frame["seq"])
            assert parse_positions(event_id or "") == told
    assert [str(cursor) for cursor in told.values()] == last


async def test_what_is_of_the_moment_has_no_id(
    connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    bobs = await listen(bob, chat)
    there = await bobs.next("ephemeral", "presence")
    assert (there["user"]["name"], there["online"]) == ("ann", True)
    await anns.do("typing", chatId=chat.pk, on=True)
    assert (await bobs.next("ephemeral", "typing"))["user"]["name"] == "ann"
    process.tell_delta(chat.pk, '{"op":"ephemeral","type":"aiDelta"}', "m")
    await bobs.next("ephemeral", "aiDelta")
    assert set(bobs.ids[1:]) == {None}


async def test_whoever_listens_is_present(
    connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    bobs = await listen(bob, chat)
    frame = await anns.next("ephemeral", "presence")
    assert (frame["user"]["name"], frame["online"]) == ("bob", True)
    await bobs.leave()
    await process.registry.tick()
    assert not process.registry.rooms[chat.pk].presence.is_local(bob.pk)


async def test_a_quiet_stream_is_kept_alive_by_comments(
    listen: Listen, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrouting.streams.KEEP_ALIVE", 0.01)
    bobs = await listen(bob, chat)
    await bobs.until_comment()
    await bobs.until_comment()
    assert [frame["op"] for frame in bobs.heard] == ["hello"]


# --- where it begins ------------------------------------------------------------------------------


async def test_without_a_position_it_begins_at_the_head(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    await commit(say, ann, chat, "before")
    bobs = await listen(bob, chat)
    message = await commit(say, ann, chat, "after")
    assert (await bobs.next("event"))["message"] == message


@pytest.mark.parametrize("how", ["since", "Last-Event-ID", "both"])
async def test_it_goes_on_from_a_position_without_hole_or_repeat(
    how: str, listen: Listen, ann: User, bob: User, chat: Chat, dinner: Chat
) -> None:
    first = await listen(bob, chat, dinner)
    for number in range(30):
        await commit(say, ann, (chat, dinner)[number % 2], "while there")
    begin = first.heard[0] and first.ids[0]
    await first.until(lambda f: f["op"] == "event" and f["chatId"] == dinner.pk)
    seen = {one.pk: list(first.seqs(one)) for one in (chat, dinner)}
    position = first.last_id or ""
    await first.leave()
    for number in range(30):
        await commit(say, ann, (chat, dinner)[number % 2], "while away")
    headers = {} if how == "since" else {"Last-Event-ID": position}
    query = {} if how == "Last-Event-ID" else {"since": position if how == "since" else begin}
    second = await listen(bob, chat, dinner, headers=headers, **query)
    assert second.ids[0] == position
    for one in (chat, dinner):
        head = int((await head_of(bob, one)).split(":")[1])
        begin_seq = parse_positions(begin or "")[one.pk].seq
        assert seen[one.pk] + await second.until_seq(head, one) == list(
            range(begin_seq + 1, head + 1)
        )


async def test_a_chat_that_the_position_does_not_name_begins_at_its_head(
    listen: Listen, ann: User, bob: User, chat: Chat, dinner: Chat
) -> None:
    since = f"{chat.pk}={await head_of(bob, chat)},another={await head_of(bob, chat)}"
    for one in (chat, dinner):
        await commit(say, ann, one, "before")
    bobs = await listen(bob, chat, dinner, since=since)
    await commit(say, ann, dinner, "after")
    assert [f["message"]["content"] for f in (await bobs.next("event"), await bobs.next("event"))]
    assert (len(bobs.seqs(chat)), len(bobs.seqs(dinner))) == (1, 1)


async def move_epoch(ann: User, chat: Chat) -> None:
    await read(lambda: Chat.objects.filter(pk=chat.pk).update(epoch="another"))


async def forget(ann: User, chat: Chat) -> None:
    for _ in range(3):
        await commit(say, ann, chat, "old")
    head = int((await head_of(ann, chat)).split(":")[1])
    await read(lambda: Chat.objects.filter(pk=chat.pk).update(oldest_seq=head))
    await read(lambda: Event.objects.filter(chat=chat, seq__lt=head).delete())


async def fall_far_behind(ann: User, chat: Chat) -> None:
    for _ in range(sse.MAX_REPLAY + 1):
        await commit(say, ann, chat, "much")


@pytest.mark.parametrize(
    "happens", [move_epoch, forget, fall_far_behind], ids=lambda happens: happens.__name__
)
async def test_a_stale_position_is_told_and_the_stream_goes_on_from_the_head(
    happens: Any,
    listen: Listen,
    ann: User,
    bob: User,
    chat: Chat,
    dinner: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "MAX_REPLAY", 3)
    since = ",".join([f"{one.pk}={await head_of(bob, one)}" for one in (chat, dinner)])
    await happens(ann, chat)
    missed = await commit(say, ann, dinner, "missed elsewhere")
    bobs = await listen(bob, chat, dinner, since=since)
    assert bobs.ids[0] == since  # who breaks off now is told again
    notice = await bobs.next("notice")
    assert notice == {"op": "notice", "type": "positionLost", "chatId": chat.pk}
    assert (await bobs.next("event", chat=dinner))["message"] == missed
    new = await commit(say, ann, chat, "from here on")
    assert (await bobs.next("event", chat=chat))["message"] == new
    assert len(bobs.seqs(chat)) == 1
    assert parse_positions(bobs.last_id or "")[chat.pk].seq == bobs.seqs(chat)[0]


async def test_a_position_ahead_of_the_head_is_stale(listen: Listen, bob: User, chat: Chat) -> None:
    epoch = (await head_of(bob, chat)).split(":")[0]
    bobs = await listen(bob, chat, since=f"{chat.pk}={epoch}:1000")
    assert (await bobs.next("notice"))["type"] == "positionLost"


# --- who may --------------------------------------------------------------------------------------


async def test_a_session_and_a_token_sign_in(
    sockets: list[Socket], bob: User, mod: User, chat: Chat
) -> None:
    for headers in (await with_cookie(bob), await with_token(bob), await with_token(mod)):
        stream = await EventStream(stream_path(chat), headers).open()
        assert stream.status == 200
        await stream.next("hello")
        await stream.leave()


async def test_nobody_else_does(sockets: list[Socket], bob: User, chat: Chat) -> None:
    cookie = await with_cookie(bob)
    bad = {"authorization": "Bearer nonsense"}
    for headers in ({}, bad, cookie | bad, cookie | {"authorization": "Bearer "}):
        stream = await EventStream(stream_path(chat), headers).open()
        assert (stream.status, stream.headers["www-authenticate"]) == (401, "Bearer")
        assert (await stream.body())["error"]["code"] == "unauthenticated"
    assert process.registry.rooms == {}


async def test_a_page_of_somebody_else_is_signed_out(
    sockets: list[Socket], ann: User, bob: User, chat: Chat
) -> None:
    cookie = await with_cookie(bob)
    for owner, status in ((bob, 200), (ann, 401)):
        stream = await EventStream(stream_path(chat, user=str(owner.pk)), cookie).open()
        assert stream.status == status
        await stream.leave()


async def test_a_chat_that_is_not_theirs_is_as_one_that_is_not_there_for_the_whole_request(
    sockets: list[Socket], ann: User, eve: User, chat: Chat
) -> None:
    eves = await commit(create_chat, actor_of(eve), "Own")
    headers = await with_token(eve)
    texts = set()
    for chats in (chat.pk, f"{eves},{chat.pk}", "nowhere", f"nowhere,{eves}"):
        stream = await EventStream(f"/api/v1/stream/?chats={chats}", headers).open()
        texts.add((stream.status, str(await stream.body())))
    assert len(texts) == 1
    assert texts.pop()[0] == 404
    assert process.registry.rooms == {}


MALFORMED = {
    "": (400, "badRequest"),
    "chats=": (400, "badRequest"),
    "chats=a&chats=b": (400, "badRequest"),
    "chats=a,": (400, "badChatId"),
    "chats=" + "x" * 65: (400, "badChatId"),
    "chats=a&since=b": (400, "badRequest"),
    "chats=a&since=a=x:1,a=x:2": (400, "badRequest"),
    "chats=a&since=a=x:01": (400, "badRequest"),
    f"chats=a&since=a=x:{2**63}": (400, "badRequest"),
    "chats=a&" + "&".join(f"x{n}=1" for n in range(2000)): (400, "badRequest"),
    "chats=" + ",".join(f"c{n}" for n in range(sse.MAX_CHATS + 1)): (413, "tooLarge"),
    "chats=%00": (400, "badChatId"),
}


async def test_what_is_malformed_is_refused_in_the_shape_of_every_door(
    sockets: list[Socket], bob: User
) -> None:
    headers = await with_token(bob)
    for query, expected in MALFORMED.items():
        assert await refusal(f"/api/v1/stream/?{query}", headers) == expected, query
    for method in ("POST", "HEAD", "DELETE"):
        stream = await EventStream("/api/v1/stream/?chats=a", headers, method=method).open()
        assert (stream.status, stream.headers["allow"]) == (405, "GET")
        await stream.body()
    path = "/api/v1/stream/?chats=a"
    bad_id = headers | {"Last-Event-ID": "¿?"}
    assert await refusal(path, bad_id) == (400, "badRequest")
    bad_type = headers | {"content-type": "text/plain; charset=x\0y"}
    assert await refusal(path, bad_type) == (400, "badRequest")


async def test_a_stream_is_one_more_connection_of_its_person(
    listen: Listen, settings: Settings, ann: User, bob: User, chat: Chat
) -> None:
    settings.MAX_CONNECTIONS_USER = 1
    first = await listen(bob, chat)
    await listen(ann, chat)
    headers = await with_token(bob)
    assert await refusal(stream_path(chat), headers) == (429, "rateLimited")
    await first.leave()
    await listen(bob, chat)


async def test_a_failure_of_ours_has_a_number_that_is_in_the_log_too(
    sockets: list[Socket],
    bob: User,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sse, "accesses_to", lambda *_: 1 / 0)
    stream = await EventStream(stream_path(chat), await with_token(bob)).open()
    error = (await stream.body())["error"]
    assert (stream.status, error["code"]) == (500, "internal")
    assert error["details"]["traceId"] in caplog.text


async def test_the_same_chat_twice_is_once(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await listen(bob, chat, chat)
    await until(
        lambda: process.registry.ready(chat.pk) and process.registry.rooms[chat.pk].audience.live
    )
    assert len(process.registry.rooms[chat.pk].audience.live) == 1
    await commit(say, ann, chat, "once")
    await commit(say, ann, chat, "twice")
    await bobs.next("event")
    await bobs.next("event")
    assert len(set(bobs.seqs(chat))) == len(bobs.seqs(chat)) == 2
