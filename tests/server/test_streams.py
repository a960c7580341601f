"""Server-sent events over real connections: under both servers, lossy, frozen, and when it ends."""

import asyncio
import time
from uuid import uuid4

import httpx
import pytest

from tests.server.cast import CHAT
from tests.server.daphne_process import DaphneProcess
from tests.server.frozen_reader import connections_are
from tests.server.long_messages import FRAME, MIB, say_long
from tests.server.socket_client import SocketClient
from tests.server.stream_client import event_stream, frozen_stream
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

FROZEN = 8
SOON = 2.0


@pytest.mark.parametrize("kind", [ServerProcess, DaphneProcess], ids=["uvicorn", "daphne"])
async def test_a_stream_is_heard_broken_and_gone_on_with(
    kind: type[ServerProcess], world: World
) -> None:
    (server,) = world.start(kind=kind)
    chat_id, other = world.spare_chat(), world.spare_chat()
    async with world.socket(server, "ann") as ann:
        async with event_stream(world, server, "bob", f"{chat_id},{other}") as bob:
            assert bob.answer.headers["content-type"].startswith("text/event-stream")
            await _say(ann, chat_id, 3)
            await bob.until(lambda: bob.seqs() == [1, 2, 3])
        await _say(ann, chat_id, 3)
        again = event_stream(world, server, "bob", f"{chat_id},{other}", last_id=bob.last_id)
        async with again as bob:
            await bob.until(lambda: len(bob.seqs()) == 3)
            assert bob.seqs() == [4, 5, 6]
        async with world.http(server, "eve") as http:
            assert (await http.get(f"stream/?chats={chat_id}")).status_code == 404


async def test_with_a_third_of_the_layer_lost_a_stream_of_another_process_hears_it_all(
    world: World,
) -> None:
    faulty = {"DJANGO_SETTINGS_MODULE": "tests.server.faulty_settings"} if world.is_scaled else {}
    servers = world.start_fleet(**faulty)
    chat_id = world.spare_chat()
    async with (
        world.socket(servers[0], "ann") as ann,
        event_stream(world, servers[-1], "bob", chat_id) as bob,
    ):
        await _say(ann, chat_id, 200)
        await bob.until(lambda: bob.seqs()[-1:] == [200], within=30)
        assert bob.seqs() == list(range(1, 201))


async def test_a_deleted_token_and_a_removal_end_streams_of_another_process_at_once(
    world: World,
) -> None:
    servers = world.start_fleet()
    async with world.http(servers[0], "bob") as http:
        made = await http.post("auth/token/", json={"username": "bob", "password": "demo"})
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        asked = http.stream("GET", f"stream/?chats={CHAT}", headers=headers)
        async with asked as answer, event_stream(world, servers[-1], "bob", CHAT) as bob:
            assert (await http.delete("auth/token/", headers=headers)).is_success
            async with asyncio.timeout(SOON):
                assert '"unauthenticated"' in (await answer.aread()).decode()
            async with world.http(servers[0], "ann") as anns:
                bob_id = world.person("bob").id
                assert (await anns.delete(f"chats/{CHAT}/members/{bob_id}/")).is_success
            *_, notice, error = await bob.ended(within=SOON)
            assert notice["type"] == "subscriptionRevoked"
            assert error["error"]["code"] == "notFound"


async def test_frozen_streams_cost_little_and_are_cut(world: World) -> None:
    (server,) = world.start(DJANGO_SETTINGS_MODULE="tests.server.hasty_settings")
    chat_id = world.spare_chat()
    async with world.socket(server, "ann") as ann:
        await ann.ask("subscribe", chatId=chat_id, tail=0)
        await say_long(ann, chat_id, 20 * MIB // FRAME)
        before = server.memory()
        frozen = [frozen_stream(world, server, "bob", chat_id) for _ in range(FROZEN)]
        await _say(ann, chat_id, 1)
        await say_long(ann, chat_id, 20 * MIB // FRAME)
        assert server.memory() - before < FROZEN * 4 * MIB
        await connections_are(server, 1, ann)
        for connection in frozen:
            connection.close()
        assert "Traceback" not in server.log()
        assert "without completing" not in server.log()


async def test_a_leaving_server_ends_its_streams_in_good_order(world: World) -> None:
    (server,) = world.start()
    async with (
        event_stream(world, server, "ann", CHAT) as ann,
        event_stream(world, server, "bob", CHAT) as bob,
    ):
        frozen = frozen_stream(world, server, "bob", CHAT)
        began = time.monotonic()
        code = asyncio.create_task(asyncio.to_thread(server.terminate))
        for client in (ann, bob):
            *_, notice, error = [f for f in await client.ended() if f["op"] != "ephemeral"]
            assert (notice["type"], error["error"]["code"]) == ("goingAway", "unavailable")
        assert await code == 0
        assert time.monotonic() - began < 10
        frozen.close()


async def test_streams_keep_no_threads(world: World) -> None:
    (server,) = world.start()
    limits = httpx.Limits(max_connections=None)
    token = {"Authorization": f"Bearer {world.person('ann').token}"}
    async with httpx.AsyncClient(limits=limits, headers=token, trust_env=False) as http:
        before = server.process.threads()
        url = f"{server.url}/api/v1/stream/?chats={CHAT}"
        asked = [http.build_request("GET", url) for _ in range(50)]
        answers = await asyncio.gather(*(http.send(one, stream=True) for one in asked))
        assert all(answer.status_code == 200 for answer in answers)
        assert server.process.threads() - before < 20
        for answer in answers:
            await answer.aclose()


async def _say(client: SocketClient, chat_id: str, count: int) -> None:
    for _ in range(count):
        await client.ask(
            "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content="Olá"
        )
