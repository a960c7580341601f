"""Whatever an upstream does, every answer ends, word for word as it came, in both shapes."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.server.asking import Message, Talk, all_ended
from tests.server.socket_client import SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess
from tests.upstream.answers import PARTS, PIECES, SCENES, TEXT, answer
from tests.upstream.server import Upstream

pytestmark = [pytest.mark.server, pytest.mark.slow]

LIMIT = 1_000  # code points of an answer
SOON = 1.0
KEY = "key-of-ours-which-nobody-logs"
QUESTION = "What nobody logs either:"
BEGUN = "".join(PIECES[:2])
WHOLE = {
    "plain": TEXT,
    "bytes": PARTS,
    "halves": PARTS,
    "odd": "a\ufffdb\ufffdc\ufffdd\ufffd",
    "done": BEGUN,
    "usage": BEGUN,
    "length": f"{BEGUN}, and",
    "endless": ("word " * LIMIT)[:LIMIT],
}
# The others fail: in the middle of an answer, which is kept, or before it, or for want of time.
_CUT = "silent cut unfinished unchunked nojson noobject nochoices notext nodelta complaint filter"
PARTIAL = {"empty": " \n", **dict.fromkeys(_CUT.split(), BEGUN)}
LONG = {"slow", "silent"}  # with words that stand there, or come, for seconds: they are seen to
TOO_LATE = {"slow", "hang", "silent", "pinging"}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(answer) as scripted:
        yield scripted


def start(world: World, upstream: Upstream, **more: str) -> list[ServerProcess]:
    """Servers and, where the shape has them, a worker."""
    values = {
        "DJANGO_SETTINGS_MODULE": "tests.server.impatient_settings",
        "AI_BASE_URL": f"{upstream.url}/v1",
        "AI_MODEL": "scripted-1",
        "AI_API_KEY": KEY,
        "AI_OUTPUT_CHARS": str(LIMIT),
        "LOG_LEVEL": "DEBUG",
        **more,
    }
    if world.is_scaled:
        world.start_workers(**values)
    return world.start_fleet(**values)


async def test_every_answer_ends_as_the_stream_had_it(world: World, upstream: Upstream) -> None:
    servers = start(world, upstream, AI_SILENCE_SECONDS="2", AI_TOTAL_SECONDS="4")
    talk = Talk(world, servers[0], world.spare_chat())
    async with world.socket(servers[-1], "bob") as bob:
        await bob.ask("subscribe", chatId=talk.chat_id, tail=0)
        asked = {
            scene: (await talk.ask(f"q-{scene}", f"{QUESTION} {scene}"))["messageId"]
            for scene in ["plain", *SCENES]
        }
        answers = {one["messageId"]: one for one in await talk.until(all_ended, within=120)}
        await bob.until(lambda: len(_ends(bob, talk)) == len(asked), within=30)
    for scene, message_id in asked.items():
        _as_it_came(scene, answers[message_id], _grown(bob, message_id))
    assert sorted(await talk.ends()) == sorted(asked.values())
    for process in (*world.servers, *world.workers):
        assert [secret for secret in (KEY, QUESTION, BEGUN) if secret in process.log()] == []
        assert process.log().count("] engine: ") == 1


async def test_a_cancel_ends_the_call_within_a_second(world: World, upstream: Upstream) -> None:
    servers = start(world, upstream)
    talk = Talk(world, servers[0], world.spare_chat())
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(world.socket(one, "bob")) for one in servers]
        eve = await stack.enter_async_context(world.socket(servers[-1], "eve"))
        for ear in ears:
            await ear.ask("subscribe", chatId=talk.chat_id, tail=0)
        for number, scene in enumerate(["slow", "hang"]):
            upstream.left.clear()
            asked = await talk.ask(f"q-{number}", scene)
            await _reached(upstream, number + 1)
            if scene == "slow":
                await _seen_to_grow(asked["messageId"], *ears)
            await Talk(world, servers[-1], talk.chat_id).cancel(asked)
            assert upstream.left.wait(SOON)
        assert {frame["op"] for frame in eve.heard} == {"hello"}
    ended = await talk.until(all_ended)
    assert [answer["error"]["code"] for answer in ended] == ["cancelled", "cancelled"]
    for ear in ears:  # What anybody has read by then stays.
        (grown,) = _grown(ear, ended[0]["messageId"]).values()
        assert ended[0]["content"].startswith(grown)
    assert await talk.ends() == []  # The cancel itself was the end.


def _as_it_came(scene: str, message: Message, grown: dict[int, str]) -> None:
    """Its end, and what was seen of it on the way, try by try."""
    if scene in WHOLE:
        assert (message["status"], message["content"]) == ("completed", WHOLE[scene]), scene
    else:
        assert message["status"] == "error", scene
        assert (message["error"]["code"] == "timedOut") == (scene in TOO_LATE), scene
        if scene == "slow":
            assert set(message["content"].split()) == {"word"}
        else:
            assert message["content"] == PARTIAL.get(scene, ""), scene
    assert grown or scene not in LONG, scene
    if grown:
        assert message["content"].startswith(grown[max(grown)]), scene


def _grown(client: SocketClient, message_id: str) -> dict[int, str]:
    """The text that each try's deltas make; `from` counts code points."""
    texts: dict[int, str] = {}
    for frame in client.heard:
        if frame.get("type") == "aiDelta" and frame["messageId"] == message_id:
            text = texts.setdefault(frame["rev"], "")
            assert frame["from"] == len(text)
            texts[frame["rev"]] = text + frame["text"]
    return texts


def _ends(client: SocketClient, talk: Talk) -> list[Any]:
    return [
        event["seq"]
        for event in client.events(talk.chat_id)
        if (event.get("data") or {}).get("status") in ("completed", "error")
    ]


async def _seen_to_grow(message_id: str, *clients: SocketClient) -> None:
    for client in clients:
        await client.until(lambda client=client: _grown(client, message_id) != {})


async def _reached(upstream: Upstream, asked: int) -> None:
    async with asyncio.timeout(20):
        while len(upstream.asked) < asked:
            await asyncio.sleep(0.02)
