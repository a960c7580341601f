"""Workers killed, frozen and sent away in the middle of an answer: each ends once, and whole."""

import asyncio
from typing import Any

import pytest

from tests.server.scripted import ANSWER, LEASE
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]

QUESTIONS = 6
HEALED = 1.5 + LEASE + 2.0  # the answer itself, the dead worker's lease, and a little


@pytest.mark.parametrize("how", ["killed", "frozen", "terminated"])
async def test_work_whose_worker_is_gone_ends_once_and_whole(world: World, how: str) -> None:
    servers = world.start_fleet(DJANGO_SETTINGS_MODULE="tests.server.scripted_settings")
    chat_id = world.spare_chat()
    for number in range(QUESTIONS):
        await _ask(world, servers[0], chat_id, number)
    await _until(world, servers[-1], chat_id, lambda answers: any(a["content"] for a in answers))
    await asyncio.to_thread(_lose, servers[0], how)
    async with asyncio.timeout(3 * HEALED):
        await _until(world, servers[-1], chat_id, _all_ended)
    answers = await _answers(world, servers[-1], chat_id)
    assert [answer["content"] for answer in answers] == [ANSWER] * QUESTIONS
    assert {answer["status"] for answer in answers} == {"completed"}
    if how == "frozen":
        # PostgreSQL (two servers) may have ended the transaction it was frozen in, and the writer
        # logs that.
        world.may_log_exceptions = len(servers) > 1
        await asyncio.to_thread(servers[0].thaw)
    await _each_ended_once(world, servers[0], chat_id)


def _lose(server: ServerProcess, how: str) -> None:
    if how == "killed":
        server.kill()
        server.start()
    elif how == "terminated":
        server.restart()
    else:
        server.freeze()
        if server.values.get("REDIS_URL", "") == "":  # nobody else is there to go on
            server.thaw()


def _all_ended(answers: list[dict[str, Any]]) -> bool:
    return {answer["status"] for answer in answers} <= {"completed", "error"}


async def _ask(world: World, server: ServerProcess, chat_id: str, number: int) -> None:
    async with world.http(server, "ann") as http:
        body = {"type": "ai", "clientMessageId": f"q-{number}", "content": "Why?"}
        sent = await http.post(f"chats/{chat_id}/messages/", json=body)
        assert sent.status_code == 201, sent.text


async def _answers(world: World, server: ServerProcess, chat_id: str) -> list[dict[str, Any]]:
    async with world.http(server, "bob") as http:
        page = (await http.get(f"chats/{chat_id}/messages/?limit=200")).json()
        return [message for message in page["messages"] if message["type"] == "ai"]


async def _until(world: World, server: ServerProcess, chat_id: str, holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds(await _answers(world, server, chat_id)):
            await asyncio.sleep(0.1)


async def _each_ended_once(world: World, server: ServerProcess, chat_id: str) -> None:
    """Also after whoever was frozen has had the time to say what it had to say."""
    await asyncio.sleep(LEASE)
    async with world.http(server, "bob") as http:
        events = (await http.get(f"chats/{chat_id}/events/")).json()["events"]
    ended = [
        event["message"]["messageId"]
        for event in events
        if (event.get("data") or {}).get("status") in ("completed", "error")
    ]
    assert len(ended) == len(set(ended)) == QUESTIONS
