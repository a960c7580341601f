"""Work over a socket: an answer that grows before everybody's eyes, retry and cancel."""

import asyncio
import threading

import pytest
from django.contrib.auth.models import User

from chatrouting.process import process
from messages.message_id_generator import new_message_id
from messages.models import Chat, MessageType
from messages.processors.work import Done, Progress, Work
from messages.representation import WireMessage
from tests.conftest import Processors
from tests.domain.working import PRIVATE, ask, failed
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


class Slow:
    """Says its words, then waits until it is let go or stopped."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.go = threading.Event()

    def __call__(self, work: Work, progress: Progress) -> Done:
        with progress.on_stop(self.go.set):
            progress.add(self.words)
            assert self.go.wait(PATIENCE)
        progress.check()
        return Done(self.words + "end")


async def question(socket: Socket, chat: Chat) -> WireMessage:
    fields = {"type": "ai", "clientMessageId": "q-1", "content": "Why?"}
    data = await socket.do("send", chatId=chat.pk, **fields)
    placeholder: WireMessage = data["placeholder"]
    return placeholder


async def changed(socket: Socket, status: str) -> WireMessage:
    frame = await socket.until(
        lambda f: f["op"] == "event" and f.get("message", {}).get("status") == status
    )
    message: WireMessage = frame["message"]
    return message


async def test_an_answer_grows_before_everybodys_eyes_and_ends_once(
    anns: Socket, bobs: Socket, connect: Connect, eve: User, processors: Processors, chat: Chat
) -> None:
    eves = await connect(eve)
    slow = processors[MessageType.AI] = Slow("Olá 👋")
    placeholder = await question(anns, chat)
    for socket in (anns, bobs):
        frame = await socket.next("ephemeral", "aiDelta")
        assert frame == {
            "op": "ephemeral",
            "type": "aiDelta",
            "chatId": chat.pk,
            "messageId": placeholder["messageId"],
            "rev": 2,
            "from": 0,
            "text": "Olá 👋",
        }
    slow.go.set()
    for socket in (anns, bobs):
        await socket.until(
            lambda f: f["op"] == "event" and f.get("message", {}).get("content") == "Olá 👋end"
        )
        kinds = [(e["type"], e["message"]["status"]) for e in socket.events()]
        assert kinds[1:] == [
            ("ai_message", "pending"),
            ("ai_message_update", "processing"),
            ("ai_message_update", "completed"),
        ]
    assert {frame["op"] for frame in await eves.everything()} <= {"hello", "reply"}


async def test_who_comes_in_the_middle_finds_the_text_so_far(
    anns: Socket,
    connect: Connect,
    bob: User,
    processors: Processors,
    monkeypatch: pytest.MonkeyPatch,
    chat: Chat,
) -> None:
    monkeypatch.setattr("messages.engine.SAVE", 0.0)
    slow = processors[MessageType.AI] = Slow("So far ")
    placeholder = await question(anns, chat)
    socket, found = await connect(bob), ""
    while not found:
        data = await socket.do("subscribe", chatId=chat.pk)
        found = data["open"][0]["content"]
        await asyncio.sleep(0.02)
    assert (found, data["open"][0]["messageId"]) == ("So far ", placeholder["messageId"])
    slow.go.set()
    await socket.until(
        lambda f: f["op"] == "event" and f.get("message", {}).get("content") == "So far end"
    )


async def test_cancel_stops_the_work_keeps_what_was_told_and_is_told(
    anns: Socket,
    bobs: Socket,
    processors: Processors,
    monkeypatch: pytest.MonkeyPatch,
    chat: Chat,
) -> None:
    monkeypatch.setattr("messages.engine.SAVE", 3600.0)
    monkeypatch.setattr("messages.engine.LOOK", 3600.0)  # The engine hears of it.
    slow = processors[MessageType.AI] = Slow("Half")
    placeholder = await question(anns, chat)
    await anns.next("ephemeral", "aiDelta")
    target = {"messageId": placeholder["messageId"]}
    assert (await bobs.refused("cancel", **target))["code"] == "forbidden"
    data = await anns.do("cancel", **target)
    assert list(data) == ["message"]
    assert data["message"]["error"]["code"] == "cancelled"
    assert data["message"]["content"] == "Half"
    assert await asyncio.to_thread(slow.go.wait, PATIENCE)
    event = await bobs.until(
        lambda f: f["op"] == "event" and (f.get("data") or {}).get("change") == "cancel"
    )
    assert event["message"] == data["message"]
    assert (await anns.refused("cancel", **target))["code"] == "badTransition"


async def test_retry_begins_anew_and_is_told(
    anns: Socket, bobs: Socket, processors: Processors, ann: User, chat: Chat
) -> None:
    def fail(work: Work, progress: Progress) -> Done:
        raise PRIVATE

    processors[MessageType.AI] = fail
    placeholder = await question(anns, chat)
    await changed(bobs, "error")
    processors[MessageType.AI] = lambda work, progress: Done("Now.")
    data = await anns.do("retry", messageId=placeholder["messageId"])
    assert data["message"]["status"] == "pending"
    event = await bobs.until(
        lambda f: f["op"] == "event" and (f.get("data") or {}).get("change") == "retry"
    )
    assert event["actor"] == {"id": ann.pk, "name": "ann"}
    ended = await bobs.until(
        lambda f: f["op"] == "event" and f.get("message", {}).get("content") == "Now."
    )
    assert (ended["message"]["status"], ended["message"]["error"]) == ("completed", None)


@pytest.mark.parametrize("action", ["retry", "cancel"])
async def test_the_outsider_finds_no_work_and_staff_may(
    action: str, connect: Connect, eve: User, mod: User, ann: User, chat: Chat
) -> None:
    message = await commit(failed if action == "retry" else ask, ann, chat)
    eves, mods = await connect(eve), await connect(mod)
    there = await eves.refused(action, messageId=message["messageId"])
    assert there["code"] == "notFound"
    assert there == await eves.refused(action, messageId=new_message_id())
    assert (await eves.refused(action, messageId="x"))["code"] == "badMessageId"
    assert "message" in await mods.do(action, messageId=message["messageId"])


async def test_a_delta_of_another_process_is_passed_on(anns: Socket, chat: Chat) -> None:
    text = '{"op":"ephemeral","type":"aiDelta","chatId":"c"}'
    process.exchange.hear("x", "delta", [chat.pk, text, "m"])
    assert (await anns.next("ephemeral", "aiDelta"))["chatId"] == "c"
