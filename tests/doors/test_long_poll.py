"""`GET events/?wait=`: an answer as soon as there is something to say, and nobody kept waiting."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from pytest_django import Settings

from chatrouting.process import process
from chatrouting.reading import read
from messages.access import access_to, actor_of
from messages.membership import remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect
from tests.doors.fake_log import until
from tests.doors.polling import Poller, hang_up, poller, waiters
from tests.doors.sockets import Frame, Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
async def bobs(sockets: list[Socket], bob: User, chat: Chat) -> AsyncIterator[Poller]:
    yield await poller(bob, chat)
    await hang_up()


@pytest.fixture
async def head(sockets: list[Socket], ann: User, chat: Chat) -> str:
    return str((await read(access_to, actor_of(ann), chat.pk)).head)


async def waiting(asked: Any, chat: Chat) -> "asyncio.Task[Any]":
    """A request that has come so far that it waits."""
    task = asyncio.create_task(asked)
    await until(lambda: waiters() or task.done())
    assert not task.done()
    return task


async def test_an_event_ends_the_waiting(bobs: Poller, ann: User, chat: Chat, head: str) -> None:
    task = await waiting(bobs.events(after=head, wait=25), chat)
    message = await commit(say, ann, chat, "at last")
    answer: Frame = await task
    (event,) = answer["events"]
    assert event["message"] == message
    assert "op" not in event
    assert answer["head"] == f"{event['epoch']}:{event['seq']}"
    assert answer["more"] is False


async def test_what_was_missed_is_not_waited_for(
    bobs: Poller, ann: User, chat: Chat, head: str
) -> None:
    await commit(say, ann, chat, "before")
    assert len((await bobs.events(after=head, wait=25))["events"]) == 1
    assert process.registry.rooms == {}


async def test_after_the_time_there_is_an_empty_answer(
    bobs: Poller, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def timeout(seconds: float) -> asyncio.Timeout:
        waits.append(seconds)
        return asyncio.timeout(0)

    its_asyncio = SimpleNamespace(**vars(asyncio) | {"timeout": timeout})
    monkeypatch.setattr("chatrouting.long_poll.asyncio", its_asyncio)
    answer = await bobs.events(after=head, wait=25)
    assert answer == {"events": [], "head": head, "more": False}
    assert waits == [25]


async def test_an_ephemeral_frame_is_nothing_to_answer(
    connect: Connect, bobs: Poller, ann: User, chat: Chat, head: str
) -> None:
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    task = await waiting(bobs.events(after=head, wait=25), chat)
    await anns.do("typing", chatId=chat.pk, on=True)
    await asyncio.sleep(0.02)
    assert not task.done()
    await commit(say, ann, chat, "now")
    assert len((await task)["events"]) == 1


async def test_an_event_nobody_rang_for_is_found_by_comparing_heads(
    bobs: Poller, ann: User, chat: Chat, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await waiting(bobs.events(after=head, wait=25), chat)
    monkeypatch.setattr(process, "publish", lambda *_: None)
    await commit(say, ann, chat, "quietly")
    await process.registry.tick()
    assert len((await task)["events"]) == 1


async def test_whoever_is_removed_while_waiting_hears_nothing(
    bobs: Poller, ann: User, bob: User, chat: Chat, head: str
) -> None:
    task = await waiting(bobs.get("events/", after=head, wait=25), chat)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    status, body = await task
    assert (status, body["error"]["code"]) == (404, "notFound")


async def test_whoever_is_signed_out_while_waiting_hears_nothing(
    bobs: Poller, ann: User, bob: User, chat: Chat, head: str
) -> None:
    task = await waiting(bobs.get("events/", after=head, wait=25), chat)
    await read(AuthToken.objects.filter(user=bob).delete)
    await commit(say, ann, chat, "among ourselves")
    status, body = await task
    assert (status, body["error"]["code"]) == (401, "unauthenticated")


async def test_more_may_wait_than_there_are_connections_to_the_database(
    bobs: Poller, ann: User, chat: Chat, head: str
) -> None:
    tasks = [await waiting(bobs.events(after=head, wait=25), chat) for _ in range(25)]
    await until(lambda: waiters() == len(tasks))
    await commit(say, ann, chat, "to all of you")
    answers = await asyncio.gather(*tasks)
    assert [len(answer["events"]) for answer in answers] == [1] * len(tasks)


@pytest.mark.parametrize(
    "change, answer",
    [
        (lambda: Chat.objects.update(epoch="another"), (410, "staleCursor")),
        (lambda: Chat.objects.all().delete(), (404, "notFound")),
    ],
    ids=["begun anew", "deleted"],
)
async def test_a_log_that_ends_while_somebody_waits_is_told(
    change: Any, answer: tuple[int, str], bobs: Poller, chat: Chat, head: str
) -> None:
    task = await waiting(bobs.error(after=head, wait=25), chat)
    await read(change)
    await process.registry.tick()
    assert await task == answer


async def test_a_chat_deleted_before_the_waiting_begins_is_not_found(
    bobs: Poller, chat: Chat, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = process.registry.open

    async def open_late(chat_id: str) -> Any:
        await read(lambda: Chat.objects.all().delete())
        return await opens(chat_id)

    monkeypatch.setattr(process.registry, "open", open_late)
    assert await bobs.error(after=head, wait=25) == (404, "notFound")


async def test_the_outsider_does_not_wait(
    sockets: list[Socket], eve: User, chat: Chat, head: str
) -> None:
    eves = await poller(eve, chat)
    assert await eves.error(after=head, wait=25) == (404, "notFound")
    assert process.registry.rooms == {}
    await hang_up()


async def test_whoever_hangs_up_while_waiting_is_let_go_of(
    bobs: Poller, chat: Chat, head: str
) -> None:
    task = await waiting(bobs.events(after=head, wait=25), chat)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: not waiters())
    assert process.registry.rooms[chat.pk].audience.is_empty


async def test_a_leaving_server_answers_whoever_waits(bobs: Poller, chat: Chat, head: str) -> None:
    task = await waiting(bobs.events(after=head, wait=25), chat)
    await process.leave()
    assert (await task)["events"] == []
    assert (await bobs.events(after=head, wait=25))["events"] == []


async def test_whoever_waits_is_present(
    connect: Connect, bobs: Poller, ann: User, chat: Chat, head: str
) -> None:
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    task = await waiting(bobs.events(after=head, wait=25), chat)
    frame = await anns.next("ephemeral", "presence")
    assert (frame["user"]["name"], frame["online"]) == ("bob", True)
    await commit(say, ann, chat, "Hello bob")
    await task
