"""How many sockets, and how many frames: one person's, one address's, one connection's."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting.process import process
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, page, script

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_person_has_so_many_sockets_whatever_they_signed_in_with(
    connect: Connect, ann: User, bob: User, settings: Settings
) -> None:
    settings.MAX_CONNECTIONS_USER = 2
    first = await connect(ann)
    await connect(ann, how=script)
    third = await (await page(ann)).open()
    assert await third.closed() == 4008
    (error,) = third.heard
    assert (error["op"], error["error"]["code"]) == ("error", "rateLimited")
    assert error["error"]["details"] == {"scope": "connections"}
    assert error["error"]["retryAfterMs"] > 0
    await connect(bob)
    await first.leave()
    await connect(ann)


async def from_address(user: User, address: str) -> Socket:
    socket = await page(user)
    socket.scope["client"] = [address, 4711]
    return await socket.open()


async def test_an_address_has_so_many_and_the_next_is_not_let_in(
    sockets: list[Socket], ann: User, bob: User, settings: Settings
) -> None:
    settings.MAX_CONNECTIONS_ADDRESS = 1
    first = await from_address(ann, "2001:db8::1")
    assert not (await from_address(bob, "2001:db8::2")).is_accepted
    other = await from_address(bob, "2001:db8:0:1::")
    assert first.is_accepted
    assert other.is_accepted
    await first.leave()
    later = await from_address(bob, "2001:db8::2")
    assert later.is_accepted
    for socket in (other, later):
        await socket.leave()
    assert not process.connections.at_address


async def test_too_many_frames_end_their_own_connection(
    connect: Connect, ann: User, bob: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_FRAMES = "5/1h"
    flooder, neighbour = await connect(ann), await connect(bob)
    for _ in range(5):
        assert (await flooder.ask("ping"))["ok"]
    await flooder.begin("ping")
    assert await flooder.closed() == 4008
    assert flooder.heard[-1]["error"]["details"] == {"scope": "frames"}
    assert flooder.heard[-1]["error"]["retryAfterMs"] > 0
    assert (await neighbour.ask("ping"))["ok"]


async def test_frames_that_are_none_count_too(
    connect: Connect, ann: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_FRAMES = "3/1h"
    flooder: Socket = await connect(ann)
    for _ in range(4):
        await flooder.say_text("[" * 10_000)
    assert await flooder.closed() == 4008
