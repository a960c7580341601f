"""Cut off in the middle of a flood: not one later event, whoever's process it was."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from time import monotonic

import httpx
import pytest

from tests.server.cast import CHAT
from tests.server.cheap import SocketWire, StreamWire
from tests.server.executor import Operator, operator
from tests.server.flood import Flood
from tests.server.stored import Cut, cuts_of
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]

PER_SECOND = 500
AT_ONCE = 34
WITHIN = 2.0  # seconds, nine times of ten at least; a loaded machine may be late
PATIENCE = 20.0
CSRF = "0123456789abcdef0123456789abcdef"

# How they are cut off, and what is written down as the cause.
HOWS = {
    "removed": "removed",
    "ban": "banned",
    "account": "account",
    "password": "session",
    "session": "session",
    "token": "token",
}
BY_SESSION = ("password", "session")


@dataclass
class Victim:
    """Somebody who listens, and until when they may: `last` is what nothing may pass."""

    how: str
    by_door: bool  # else beside the servers, and no server is told
    user_id: int
    token: str
    session: str
    server: ServerProcess
    wire: SocketWire | StreamWire
    last: int | None = None
    cut_at: float = 0.0

    @property
    def signed_in(self) -> dict[str, str]:
        return headers_of(self.how, self.token, self.session)

    @property
    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.wire.frames() if frame["op"] == "event"]

    @property
    def took(self) -> float:
        assert self.wire.ended_at is not None
        return self.wire.ended_at - self.cut_at


def headers_of(how: str, token: str, session: str) -> dict[str, str]:
    if how in BY_SESSION:
        return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def fleet(world: World) -> list[ServerProcess]:
    return world.start_fleet()


async def test_whoever_is_cut_off_hears_nothing_later(
    world: World, fleet: list[ServerProcess], capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred times on two processes. What is recorded as sent is what was heard."""
    rounds = 3 if world.is_scaled else 1
    numbers, victims = count(), list[Victim]()
    async with (
        AsyncExitStack() as opened,
        operator(world) as order,
        Flood(world, fleet, CHAT, per_second=PER_SECOND) as flood,
    ):
        for _ in range(rounds):
            made = (await order("people", count=AT_ONCE))["people"]
            some = [victim(fleet, next(numbers), *person) for person in made]
            victims += some
            for one in some:
                await one.wire.open(one.server)
                opened.callback(one.wire.close)
            await flood.goes_on(50)
            for one in some:
                await cut(world, order, one)
                await flood.goes_on(5)
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(one.wire.ended.wait() for one in some))
            await flood.goes_on(50)
        rate = flood.rate
    took = sorted(one.took for one in victims)
    with capsys.disabled():  # how much of a flood it is depends on the machine
        middle, latest = took[len(took) // 2], took[-1]
        print(  # noqa: T201
            f"\n{len(took)} cut off at {rate:.0f} messages/s, after {middle:.3f} to {latest:.3f} s"
        )
    await check(world, victims)
    assert took[len(took) * 9 // 10] < WITHIN


def victim(
    fleet: list[ServerProcess], number: int, user_id: int, token: str, session: str
) -> Victim:
    """Each way of being cut off meets each door and each process, in turn."""
    how = list(HOWS)[number % len(HOWS)]
    turn = number // len(HOWS)
    server = fleet[turn % len(fleet)]
    signed_in = headers_of(how, token, session) | {"Origin": server.url}
    headers = "\r\n".join(f"{name}: {value}" for name, value in signed_in.items())
    if turn // 2 % 2:
        wire = StreamWire(f"/api/v1/stream/?chats={CHAT}", headers)
    else:
        wire = SocketWire(f"/ws/chat/{CHAT}/?tail=0", headers)
    return Victim(how, turn % 4 in (0, 3), user_id, token, session, server, wire)


async def cut(world: World, order: Operator, one: Victim) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(one.wire.data) < 4_000:
            await asyncio.sleep(0.01)
    if one.how == "removed":
        async with world.http(world.servers[one.by_door % len(world.servers)], "ann") as http:
            answer = await http.delete(f"chats/{CHAT}/members/{one.user_id}/")
        assert answer.status_code == 204, answer.text
    elif one.how in ("session", "token") and one.by_door:
        await sign_out(world, one)
        one.last = (await order("head"))["seq"]
    else:
        fields = {"id": one.user_id, "token": one.token, "session": one.session}
        one.last = (await order(one.how, **fields)).get("seq")
    one.cut_at = monotonic()


async def sign_out(world: World, one: Victim) -> None:
    url = f"{world.servers[0].url}/"
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers=one.signed_in) as http:
        if one.how == "token":
            answer = await http.delete(f"{url}api/v1/auth/token/")
        else:
            answer = await http.post(f"{url}accounts/logout/")
    assert answer.status_code in (204, 302), answer.text


async def check(world: World, victims: list[Victim]) -> None:
    """Number after number, none too late, and all of it as it is written down."""
    cuts = await recorded(world, victims)
    for one in victims:
        (cut,) = (cut for cut in cuts if cut.user_id == one.user_id)
        last = one.last if cut.seq is None else cut.seq - 1
        seqs = one.seqs
        assert seqs == list(range(seqs[0], seqs[-1] + 1)), one.how
        assert seqs[-1] <= last, (one.how, one.by_door)
        assert (cut.cause, cut.sent_seq) == (HOWS[one.how], seqs[-1]), one.how
        assert one.wire.frames()[-1]["op"] == "error"


async def recorded(world: World, victims: list[Victim]) -> list[Cut]:
    async with asyncio.timeout(PATIENCE):
        while True:
            cuts = cuts_of(world.site.values["DATABASE_URL"], CHAT)
            if sum(cut.sent_seq is not None for cut in cuts) >= len(victims):
                return cuts
            await asyncio.sleep(0.1)
