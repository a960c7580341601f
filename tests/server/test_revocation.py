"""Cut off in the middle of a flood: not one later event, whoever's process it was."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

import httpx
import pytest

from tests.server.cast import CHAT, WRITERS
from tests.server.flood import Flood
from tests.server.socket_client import SocketClient, socket
from tests.server.stored import cuts_of
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]

PER_SECOND = 500
AT_ONCE = 10
WITHIN = 2.0  # seconds, half of the time at least; a loaded machine may be late once
PATIENCE = 20.0


@pytest.fixture
def fleet(world: World) -> list[ServerProcess]:
    return world.start_fleet()


@pytest.fixture
async def flood(world: World, fleet: list[ServerProcess]) -> AsyncIterator[Flood]:
    async with Flood(world, fleet, CHAT, per_second=PER_SECOND) as running:
        yield running


async def test_whoever_is_removed_hears_nothing_later(
    world: World, fleet: list[ServerProcess], flood: Flood
) -> None:
    """A hundred times on two processes. What is recorded as sent is what was heard."""
    rounds = 10 if world.is_scaled else 2
    took: list[float] = []
    heard: set[tuple[int, int, int]] = set()
    for _ in range(rounds):
        async with AsyncExitStack() as stack:
            listeners = [
                await listen(stack, world, fleet[number % len(fleet)], number)
                for number in range(AT_ONCE)
            ]
            await flood.goes_on(50)
            took += await asyncio.gather(*(remove(world, fleet, one) for one in listeners))
            await flood.goes_on(100)
            heard |= {last_heard(one, flood) for one in listeners}
        await bring_back(world, fleet[0])
    assert len(took) == len(heard) == rounds * AT_ONCE
    assert statistics.median(took) < WITHIN
    async with asyncio.timeout(PATIENCE):
        while heard != set(cuts_of(world.site.values["DATABASE_URL"], CHAT)):
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Listener:
    number: int
    user_id: int
    client: SocketClient
    has_one_chat: bool  # by an address of the chat's own, whose sockets are closed


async def listen(
    stack: AsyncExitStack, world: World, server: ServerProcess, number: int
) -> Listener:
    person, has_one_chat = world.person(WRITERS[number]), number % 4 < 2
    url = f"{server.ws_url}{CHAT}/?tail=0" if has_one_chat else server.ws_url
    client = await stack.enter_async_context(socket(url, person.token))
    if not has_one_chat:
        await client.ask("subscribe", chatId=CHAT, tail=0)
    await client.until(lambda: len(client.events(CHAT)) > 5)
    return Listener(number, person.id, client, has_one_chat)


async def remove(world: World, fleet: list[ServerProcess], one: Listener) -> float:
    """Seconds from the answer to the one who removes, till the one removed has been told."""
    async with world.http(fleet[one.number // 2 % len(fleet)], "ann") as http:
        answer = await http.delete(f"chats/{CHAT}/members/{one.user_id}/")
    assert answer.status_code == 204, answer.text
    begun = monotonic()
    if one.has_one_chat:
        assert await one.client.closed(within=PATIENCE) == 4502
    told = ("subscriptionRevoked", CHAT)
    await one.client.until(lambda: told in one.client.notices(), within=PATIENCE)
    return monotonic() - begun


def last_heard(one: Listener, flood: Flood) -> tuple[int, int, int]:
    """Number after number up to the removal, and nothing from there on."""
    seqs = [event["seq"] for event in one.client.events(CHAT)]
    left = flood.left[one.user_id]
    assert seqs == list(range(seqs[0], left))
    return one.user_id, left, seqs[-1]


async def bring_back(world: World, server: ServerProcess) -> None:
    async with world.http(server, "ann") as http:
        for name in WRITERS[:AT_ONCE]:
            answer = await http.post(
                f"chats/{CHAT}/members/", json={"userId": world.person(name).id}
            )
            assert answer.status_code == 201, answer.text


async def test_whose_token_is_revoked_is_cut_off_everywhere(
    world: World, fleet: list[ServerProcess], flood: Flood
) -> None:
    tokens = await tokens_of(world, fleet[0], "bob", AT_ONCE)
    async with AsyncExitStack() as stack:
        clients = []
        for token, server in zip(tokens, cycle(fleet), strict=False):
            client = await stack.enter_async_context(world.socket_by(server, token))
            await client.ask("subscribe", chatId=CHAT, tail=0)
            clients.append(client)
        await flood.goes_on(50)
        took = await asyncio.gather(
            *(
                revoke(fleet[number // 2 % len(fleet)], token, client)
                for number, (token, client) in enumerate(zip(tokens, clients, strict=True))
            )
        )
        await flood.goes_on(100)
    assert statistics.median(took) < WITHIN
    for client in clients:
        # From the word that says why, nothing more.
        assert client.heard[-1]["op"] == "error"
        assert client.errors() == ["unauthenticated"]


async def tokens_of(world: World, server: ServerProcess, name: str, count: int) -> list[str]:
    async with world.http(server, name) as http:
        made = [
            await http.post("auth/token/", json={"username": name, "password": "demo"})
            for _ in range(count)
        ]
    return [answer.json()["token"] for answer in made]


async def revoke(server: ServerProcess, token: str, client: SocketClient) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        answer = await http.delete(f"{server.url}/api/v1/auth/token/", headers=headers)
    assert answer.status_code == 204, answer.text
    begun = monotonic()
    assert await client.closed(within=PATIENCE) == 4501
    return monotonic() - begun
