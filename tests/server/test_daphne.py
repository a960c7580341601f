"""The basic conversation under daphne."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.server.daphne_process import DaphneProcess
from tests.server.socket_client import Frame, Refused, SocketClient, socket
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def daphne(shared_world: World) -> Iterator[ServerProcess]:
    (server,) = shared_world.start(kind=DaphneProcess)
    yield server
    server.close()


async def test_daphne_carries_a_conversation(shared_world: World, daphne: ServerProcess) -> None:
    chat_id = shared_world.spare_chat()
    async with (
        shared_world.socket(daphne, "ann") as ann,
        shared_world.socket(daphne, "bob") as bob,
    ):
        assert ann.connection.subprotocol == "chat.v1.json"
        for client in (ann, bob):
            data = await client.ask("subscribe", chatId=chat_id)
            assert (data["mode"], data["messages"]) == ("snapshot", [])
        sent = await _say(ann, chat_id, "Olá")
        await bob.until(lambda: bob.events(chat_id) != [])
        assert bob.events(chat_id)[0]["message"] == sent["message"]
        assert bob.heard[0]["op"] == "hello"


async def test_daphne_lets_a_client_resume_where_it_was(
    shared_world: World, daphne: ServerProcess
) -> None:
    chat_id = shared_world.spare_chat()
    async with shared_world.socket(daphne, "ann") as ann:
        async with shared_world.socket(daphne, "bob") as bob:
            head = (await bob.ask("subscribe", chatId=chat_id))["head"]
        for number in range(3):
            await _say(ann, chat_id, f"message {number}")
        async with shared_world.socket(daphne, "bob") as bob:
            data = await bob.ask("subscribe", chatId=chat_id, since=head)
            assert (data["mode"], [event["seq"] for event in data["events"]]) == (
                "replay",
                [1, 2, 3],
            )
            await _say(ann, chat_id, "message 3")
            await bob.until(lambda: [e["seq"] for e in bob.events(chat_id)] == [4])


async def test_daphne_passes_refusals_and_close_codes_on(
    shared_world: World, daphne: ServerProcess
) -> None:
    chat_id = shared_world.spare_chat()
    async with shared_world.socket(daphne, "eve") as eve:
        with pytest.raises(Refused, match="notFound"):
            await eve.ask("subscribe", chatId=chat_id)
        with pytest.raises(Refused, match="notFound"):
            await _say(eve, chat_id, "Let me in")
        await eve.connection.send("x" * 65_537)
        assert await eve.closed() == 4504
        assert eve.errors() == ["tooLarge"]
    async with shared_world.socket_by(daphne, "no-such-token") as nobody:
        assert await nobody.closed() == 4501
        assert nobody.errors() == ["unauthenticated"]
    path = f"{daphne.ws_url}{chat_id}/"
    async with socket(path, shared_world.person("eve").token) as eve:
        assert await eve.closed() == 4503


async def test_daphne_serves_the_api_too(shared_world: World, daphne: ServerProcess) -> None:
    chat_id = shared_world.spare_chat()
    async with (
        shared_world.socket(daphne, "bob") as bob,
        shared_world.http(daphne, "ann") as http,
    ):
        await bob.ask("subscribe", chatId=chat_id)
        body = {"clientMessageId": uuid4().hex, "type": "user", "content": "Over HTTP"}
        sent = await http.post(f"chats/{chat_id}/messages/", json=body)
        assert sent.status_code == 201, sent.text
        await bob.until(lambda: bob.events(chat_id) != [])
        assert bob.events(chat_id)[0]["message"] == sent.json()["message"]


async def _say(client: SocketClient, chat_id: str, content: str) -> Frame:
    return await client.ask(
        "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content=content
    )
