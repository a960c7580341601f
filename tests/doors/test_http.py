"""Requests that Django itself stumbles over, and bodies without end, before any view."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from chatrouting.asgi import application

Header = tuple[bytes, bytes]


def _asking(
    path: str, *, query: bytes = b"", headers: Sequence[Header] = (), method: str = "GET"
) -> ApplicationCommunicator:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    return ApplicationCommunicator(application, scope)


async def _answer(communicator: ApplicationCommunicator) -> tuple[int, Any]:
    start = await communicator.receive_output(10)
    body, more = b"", True
    while more:
        part = await communicator.receive_output(10)
        body, more = body + part["body"], part.get("more_body", False)
    await communicator.wait(10)
    return start["status"], json.loads(body)


MANY = b"&".join(b"a%d=1" % number for number in range(1001))
UNREADABLE = {
    "an unknown encoding": (b"", b"text/plain; a*=utf-99''x"),
    "an unknown encoding in parts": (b"", b"text/plain; a*0*=utf-99''x; a*1=y"),
    "a charset and many parameters": (MANY, b"application/json; charset=utf-8"),
    "bytes in the query": (b"\xff=\xfe", b"application/json"),
}
ODD = {
    "a charset that is none": (b"a=%41", b"application/json; charset=base64"),
    "a charset in Latin 1": (b"", b"text/plain; charset=caf\xe9"),
    "an endless charset": (b"", b"text/plain; charset=" + b"x" * 70_000),
    "endless parameters": (b"", b"text/plain" + b";a" * 30_000),
    "no main type": (b"", b"; charset=utf-8"),
    "a quote left open": (b"", b'text/plain; a="'),
    "many parameters": (MANY, b"application/json"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_a_request_that_django_cannot_read_is_a_bad_request(name: str) -> None:
    query, content_type = UNREADABLE[name]
    asking = _asking("/api/v1/chats/", query=query, headers=[(b"content-type", content_type)])
    await asking.send_input({"type": "http.request", "body": b""})
    status, body = await _answer(asking)
    assert (status, body["error"]["code"]) == (400, "badRequest")


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_request_is_read_as_far_as_it_matters(name: str) -> None:
    query, content_type = ODD[name]
    asking = _asking("/api/v1/chats/", query=query, headers=[(b"content-type", content_type)])
    await asking.send_input({"type": "http.request", "body": b""})
    status, body = await _answer(asking)
    assert (status, body["error"]["code"]) == (401, "unauthenticated")


async def test_a_body_without_end_is_cut_off() -> None:
    asking = _asking("/api/v1/chats/", method="POST")
    part = {"type": "http.request", "body": b"x" * 2**20, "more_body": True}
    for _ in range(settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20 + 1):
        await asking.send_input(part)
    status, body = await _answer(asking)
    assert (status, body["error"]["code"]) == (413, "tooLarge")


async def test_who_leaves_in_the_middle_of_a_body_is_not_answered() -> None:
    asking = _asking("/api/v1/chats/", method="POST")
    await asking.send_input({"type": "http.request", "body": b"x", "more_body": True})
    await asking.send_input({"type": "http.disconnect"})
    await asking.wait(10)
    with pytest.raises(asyncio.QueueEmpty):
        asking.output_queue.get_nowait()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_address_without_its_slash_is_unknown_too(method: str) -> None:
    asking = _asking("/api", method=method)
    await asking.send_input({"type": "http.request", "body": b""})
    assert (await _answer(asking))[0] == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/v1/chats/", "/", "/accounts/login/"])
async def test_a_cookie_that_spells_nul_is_nobodys_session(path: str) -> None:
    asking = _asking(path, headers=[(b"cookie", rb'sessionid="\000abcdefgh"')])
    await asking.send_input({"type": "http.request", "body": b""})
    start = await asking.receive_output(10)
    assert start["status"] == {"/api/v1/chats/": 401, "/": 302, "/accounts/login/": 200}[path]
    await asking.wait(10)
