"""Who gets in: cookies with an Origin, tokens, and nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import AuthToken

from chatrouting.protocol import SUBPROTOCOL
from chatrouting.reading import read
from tests.doors.conftest import Connect
from tests.doors.sockets import ORIGIN, Socket, cookie_of, page, program, script, token_of

pytestmark = pytest.mark.django_db(transaction=True)

UNAUTHENTICATED = {
    "op": "error",
    "error": {
        "code": "unauthenticated",
        "message": "Please sign in.",
        "retryable": False,
        "details": {},
    },
}


@pytest.fixture
def door(sockets: list[Socket]) -> Callable[..., Any]:
    async def knock(**how: Any) -> Socket:
        socket = Socket(**how)
        sockets.append(socket)
        return await socket.open()

    return knock


async def assert_signed_out(socket: Socket) -> None:
    """Accepted, told why, closed: a page can't see why a handshake was refused."""
    assert socket.is_accepted
    assert await socket.closed() == 4501
    assert socket.heard == [UNAUTHENTICATED]


@pytest.mark.parametrize("how", [page, script, program])
async def test_everybody_is_greeted_by_their_own_name(
    how: Callable[..., Any], connect: Connect, ann: User
) -> None:
    socket = await connect(ann, how=how)
    (hello,) = socket.heard
    assert hello.keys() == {"op", "protocol", "user", "server", "pingIntervalMs"}
    assert hello["protocol"] == 1
    assert hello["user"] == {"id": ann.pk, "name": "ann"}
    assert hello["server"].keys() == {"version", "now"}
    assert socket.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("how", [page, script])
async def test_a_page_of_somebody_else_is_signed_out(
    how: Callable[..., Any], sockets: list[Socket], ann: User, bob: User
) -> None:
    """Who says whose it is: another may have signed in with its browser since it was loaded."""
    for owner, is_theirs in ((ann, True), (bob, False)):
        socket = await how(ann, path=f"/ws/chat/?user={owner.pk}")
        sockets.append(socket)
        await socket.open()
        if is_theirs:
            assert (await socket.next("hello"))["user"]["id"] == ann.pk
        else:
            await assert_signed_out(socket)


async def test_a_full_name_is_preferred_to_the_login(connect: Connect, ann: User) -> None:
    ann.first_name, ann.last_name = "Ann", "Lee"
    await read(ann.save)
    socket = await connect(ann)
    assert socket.heard[0]["user"] == {"id": ann.pk, "name": "Ann Lee"}


@pytest.mark.parametrize(
    "offered, echoed",
    [
        ([], None),
        ([SUBPROTOCOL], SUBPROTOCOL),
        (["chat.v9.json", SUBPROTOCOL], SUBPROTOCOL),
        (["chat.token.abc"], None),
    ],
)
async def test_only_our_own_subprotocol_is_echoed(
    offered: list[str], echoed: str | None, door: Callable[..., Any], ann: User
) -> None:
    socket = await door(subprotocols=offered)
    assert socket.is_accepted
    assert socket.subprotocol == echoed


async def test_another_version_alone_is_an_unsupported_one(
    door: Callable[..., Any], ann: User
) -> None:
    token = await read(token_of, ann)
    socket = await door(subprotocols=["chat.v9.json"], headers={"authorization": f"Bearer {token}"})
    assert socket.is_accepted
    assert socket.subprotocol is None
    assert await socket.closed() == 4500
    assert [frame["op"] for frame in socket.heard] == ["error"]
    assert socket.heard[0]["error"]["code"] == "badRequest"


async def test_a_token_is_never_echoed(door: Callable[..., Any], ann: User) -> None:
    token = await read(token_of, ann)
    socket = await door(subprotocols=[f"chat.token.{token}", SUBPROTOCOL])
    assert socket.subprotocol == SUBPROTOCOL
    assert (await socket.next("hello"))["user"]["id"] == ann.pk


async def test_nobody_is_not_signed_in(door: Callable[..., Any]) -> None:
    await assert_signed_out(await door())
    await assert_signed_out(await door(headers={"origin": ORIGIN}))


async def test_a_cookie_without_an_origin_counts_for_nothing(
    door: Callable[..., Any], ann: User
) -> None:
    cookie = await read(cookie_of, ann)
    await assert_signed_out(await door(headers={"cookie": cookie}))
    other = await door(headers={"cookie": f"a=b; {cookie}; c=d", "origin": ORIGIN})
    assert (await other.next("hello"))["user"]["id"] == ann.pk


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer " + "x" * 10_000},
        {"authorization": "Bearer é👋"},
        {"authorization": "Bearer"},
        {"authorization": "Basic YW5uOmRlbW8="},
        {"authorization": "Token nonsense"},
        {"cookie": "sessionid=nonsense", "origin": ORIGIN},
        {"cookie": "sessionid=" + "x" * 10_000, "origin": ORIGIN},
        {"cookie": 'sessionid=""', "origin": ORIGIN},
        {"cookie": "sessionid", "origin": ORIGIN},
        {"cookie": ";;;=;é", "origin": ORIGIN},
        {"cookie": "sessionid=a\0b" + "c" * 30, "origin": ORIGIN},
        {"cookie": "sessionid=\xff" + "c" * 31, "origin": ORIGIN},
    ],
    ids=lambda headers: str(headers)[:40],
)
async def test_what_is_no_credential_signs_nobody_in(
    headers: dict[str, str], door: Callable[..., Any], ann: User
) -> None:
    await assert_signed_out(await door(headers=headers))


async def test_a_wrong_token_beside_a_right_cookie_signs_nobody_in(
    door: Callable[..., Any], ann: User
) -> None:
    cookie = await read(cookie_of, ann)
    headers = {"cookie": cookie, "origin": ORIGIN, "authorization": "Bearer nonsense"}
    await assert_signed_out(await door(headers=headers))


async def test_a_token_in_the_address_signs_nobody_in(door: Callable[..., Any], ann: User) -> None:
    token = await read(token_of, ann)
    await assert_signed_out(await door(path=f"/ws/chat/?token={token}"))


async def test_an_expired_session_is_none(door: Callable[..., Any], ann: User) -> None:
    cookie = await read(cookie_of, ann)
    await read(lambda: Session.objects.update(expire_date=timezone.now()))
    await assert_signed_out(await door(headers={"cookie": cookie, "origin": ORIGIN}))


async def test_a_deleted_session_is_none(door: Callable[..., Any], ann: User) -> None:
    cookie = await read(cookie_of, ann)
    await read(lambda: Session.objects.all().delete())
    await assert_signed_out(await door(headers={"cookie": cookie, "origin": ORIGIN}))


async def test_a_session_of_an_earlier_password_is_none(
    door: Callable[..., Any], ann: User
) -> None:
    cookie = await read(cookie_of, ann)
    ann.set_password("another")
    await read(ann.save)
    await assert_signed_out(await door(headers={"cookie": cookie, "origin": ORIGIN}))


async def test_an_expired_or_deleted_token_is_none(door: Callable[..., Any], ann: User) -> None:
    headers = {"authorization": f"Bearer {await read(token_of, ann)}"}
    await read(lambda: AuthToken.objects.update(expiry=timezone.now()))
    await assert_signed_out(await door(headers=headers))
    await read(lambda: AuthToken.objects.all().delete())
    await assert_signed_out(await door(headers=headers))


@pytest.mark.parametrize("how", [page, script, program])
async def test_whoever_is_deactivated_stays_out(
    how: Callable[..., Any], sockets: list[Socket], ann: User
) -> None:
    socket = await how(ann)
    sockets.append(socket)
    ann.is_active = False
    await read(ann.save)
    await assert_signed_out(await socket.open())


async def test_a_session_nobody_signed_in_with_is_none(door: Callable[..., Any], ann: User) -> None:
    def visit() -> str:
        store = SessionStore()
        store["language"] = "en"
        store.create()
        return str(store.session_key)

    key = await read(visit)
    await assert_signed_out(await door(headers={"cookie": f"sessionid={key}", "origin": ORIGIN}))
