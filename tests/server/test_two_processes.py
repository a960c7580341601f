"""What happens at one process reaches whoever is connected to the other."""

import asyncio
import os
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from tests.server.socket_client import SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="embedded is one process"),
]
SOON = 2.0
BURST = 500


async def test_an_event_sent_at_one_process_is_heard_at_the_other(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    here, there = fleet
    async with (
        shared_world.socket(here, "ann") as ann,
        shared_world.socket(there, "bob") as bob,
    ):
        await _subscribe(chat_id, ann, bob)
        for _ in range(3):
            message = await _say(ann, chat_id)
            await bob.until(lambda: bob.events(chat_id) == ann.events(chat_id) != [])
            assert bob.events(chat_id)[-1]["message"] == message


async def test_a_burst_is_heard_whole_by_everybody_at_the_other_process(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(shared_world.socket(fleet[0], "ann"))
        listeners = [
            await stack.enter_async_context(shared_world.socket(fleet[1], "bob")) for _ in range(20)
        ]
        await _subscribe(chat_id, *listeners)
        await asyncio.gather(*(_say(ann, chat_id) for _ in range(BURST)))
        for bob in listeners:
            await bob.until(lambda bob=bob: len(bob.events(chat_id)) == BURST, within=30)
            assert [event["seq"] for event in bob.events(chat_id)] == list(range(1, BURST + 1))


async def test_typing_crosses_processes_and_is_not_echoed(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    async with (
        shared_world.socket(fleet[0], "ann") as ann,
        shared_world.socket(fleet[1], "bob") as bob,
    ):
        await _subscribe(chat_id, ann, bob)
        await ann.ask("typing", chatId=chat_id, on=True)
        await bob.until(lambda: _ephemeral(bob, "typing") != [])
        (typing,) = _ephemeral(bob, "typing")
        assert (typing["chatId"], typing["user"]["name"], typing["on"]) == (chat_id, "ann", True)
        assert _ephemeral(ann, "typing") == []


async def test_what_is_read_at_one_process_is_known_at_the_other_to_that_person_alone(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    async with (
        shared_world.socket(fleet[0], "bob") as here,
        shared_world.socket(fleet[1], "bob") as there,
        shared_world.socket(fleet[1], "ann") as ann,
    ):
        await _subscribe(chat_id, here, there, ann)
        await _say(ann, chat_id)
        await here.ask("read", chatId=chat_id, seq=1)
        await there.until(lambda: _ephemeral(there, "read") != [])
        assert [f["seq"] for f in _ephemeral(there, "read")] == [1]
        assert _ephemeral(ann, "read") == []


async def test_presence_is_known_across_processes(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    async with shared_world.socket(fleet[0], "ann") as ann:
        await _subscribe(chat_id, ann)
        async with shared_world.socket(fleet[1], "bob") as bob:
            data = await bob.ask("subscribe", chatId=chat_id, tail=0)
            there = {person["name"] for person in data["presence"]}
            await ann.until(lambda: _comings(ann) == [("bob", True)])
            # Told by the reply where his process knew by then, else a little later.
            await bob.until(lambda: "ann" in there or _comings(bob) == [("ann", True)])
        # A short absence is none.
        async with shared_world.socket(fleet[1], "bob") as bob:
            await _subscribe(chat_id, bob)
            await _say(bob, chat_id)
            await ann.until(lambda: ann.events(chat_id) != [])
        assert _comings(ann) == [("bob", True)]


async def test_who_is_removed_at_one_process_hears_nothing_more_at_the_other(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    bob_id = shared_world.person("bob").id
    async with (
        shared_world.http(fleet[0], "ann") as http,
        shared_world.socket(fleet[0], "ann") as ann,
        shared_world.socket(fleet[1], "bob") as bob,
    ):
        await _subscribe(chat_id, ann, bob)
        await _say(ann, chat_id)
        await bob.until(lambda: len(bob.events(chat_id)) == 1)
        answer = await http.delete(f"chats/{chat_id}/members/{bob_id}/")
        assert answer.is_success, answer.text
        # Something later, which must not reach him.
        await _say(ann, chat_id)
        await bob.until(lambda: ("subscriptionRevoked", chat_id) in bob.notices(), within=SOON)
        await ann.until(lambda: len(ann.events(chat_id)) == 3)
        await _hear_the_layer_out(ann, bob, shared_world.spare_chat())
        assert len(bob.events(chat_id)) == 1


async def test_a_token_deleted_at_one_process_ends_the_sockets_of_the_other(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    async with shared_world.http(fleet[0], "bob") as http:
        made = await http.post("auth/token/", json={"username": "bob", "password": "demo"})
        assert made.status_code in (200, 201), made.text
        token = made.json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with shared_world.socket_by(fleet[1], token) as bob:
            await bob.until(lambda: bob.heard != [])
            assert (await http.delete("auth/token/", headers=headers)).is_success
            assert await bob.closed(within=SOON) == 4501
            assert bob.errors() == ["unauthenticated"]


async def _subscribe(chat_id: str, *clients: SocketClient) -> None:
    for client in clients:
        await client.ask("subscribe", chatId=chat_id, tail=0)


async def _say(client: SocketClient, chat_id: str) -> dict:
    data = await client.ask(
        "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content="Olá"
    )
    return data["message"]


def _ephemeral(client: SocketClient, kind: str) -> list[dict]:
    return [f for f in client.heard if f["op"] == "ephemeral" and f["type"] == kind]


def _comings(client: SocketClient) -> list[tuple[str, bool]]:
    return [(f["user"]["name"], f["online"]) for f in _ephemeral(client, "presence")]


async def _hear_the_layer_out(ann: SocketClient, bob: SocketClient, chat_id: str) -> None:
    """Whatever was rung before has arrived once a later ring has."""
    await _subscribe(chat_id, ann, bob)
    await asyncio.gather(*(_say(ann, chat_id) for _ in range(20)))
    await bob.until(lambda: len(bob.events(chat_id)) == 20)
