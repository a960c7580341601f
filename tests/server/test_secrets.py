"""What is secret never gets into the server's log."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.cast import CHAT
from tests.server.socket_client import Frame, Refused, socket
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

SAID = f"the-cat-is-called-{uuid4().hex}"
WRONG = f"wrong-token-{uuid4().hex}"
PASSWORD = "demo"
OWN = f"the-password-is-{uuid4().hex}"
Secrets = list[str]


@pytest.mark.parametrize("style", ["text", "json"])
async def test_no_token_cookie_password_or_content_is_logged(world: World, style: str) -> None:
    (server,) = world.start(LOG_FORMAT=style, LOG_LEVEL="DEBUG", ENGINE="threads")
    secrets = [SAID, WRONG, OWN, *(world.person(name).token for name in ("ann", "eve"))]
    secrets += await _sign_in_and_out(server)
    await _talk(world, server)
    await _talk_nonsense(world, server)
    await _ask_over_http(world, server)
    await _have_it_answered(world, server)
    secrets += await _manage_the_account(server)
    secrets += await _invite(world, server)
    if world.is_scaled:
        world.may_log_exceptions = True
        world.valkey.kill()
        await _talk(world, server)
    server.terminate()
    log = server.log()
    assert "serving http" in log
    if style == "json":
        _assert_told(_lines(log), world)
    assert len(set(secrets)) == len(secrets) == 14
    assert [secret for secret in secrets if secret in log] == []


def _browser(server: ServerProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.url, follow_redirects=True, trust_env=False, timeout=20
    )


async def _sign_in_and_out(server: ServerProcess) -> Secrets:
    """The session's key, and what its forms are sent with, as a cookie and as a field."""
    async with _browser(server) as browser:
        page = await browser.get("/accounts/login/")
        field = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert field is not None
        before = browser.cookies["csrftoken"]
        form = {"username": "ann", "password": PASSWORD, "csrfmiddlewaretoken": field[1]}
        home = await browser.post("/accounts/login/", data=form)
        assert home.status_code == 200
        refused = await browser.post("/accounts/", data=form | {"csrfmiddlewaretoken": WRONG})
        assert refused.status_code == 403
        session = browser.cookies["sessionid"]
        await browser.get(f"/no-such-page/?token={WRONG}")
        headers = {"Cookie": f"sessionid={session}", "Origin": server.url}
        async with socket(server.ws_url, "", headers=headers) as page:
            assert "now" in await page.ask("ping")
        return [session, before, field[1], browser.cookies["csrftoken"]]


async def _manage_the_account(server: ServerProcess) -> Secrets:
    """Tokens that the page has shown and that a password was given for; the new session's key."""
    async with _browser(server) as browser:
        await browser.get("/accounts/login/")
        for password in (WRONG, PASSWORD):
            form = {"username": "ann", "password": password}
            await _post(browser, "/accounts/login/", form)
        shown = await _post(browser, "/accounts/", {"act": "create", "name": SAID})
        await _post(browser, "/accounts/", {"act": "password", "old_password": WRONG})
        found = re.search(r'id="new-token">([^<]+)<', shown.text)
        assert found is not None
        await browser.get("/api/v1/chats/", headers={"Authorization": f"Bearer {found[1]}"})
        another = {"old_password": PASSWORD, "new_password1": OWN, "new_password2": OWN}
        changed = await _post(browser, "/accounts/", {"act": "password", **another})
        assert str(changed.url).endswith("?changed")
        session = browser.cookies["sessionid"]
    async with _browser(server) as browser:
        form = {"username": "ann", "password": OWN}
        asked = await browser.post("/api/v1/auth/token/", json=form)
        await browser.get("/accounts/login/")
        await _post(browser, "/accounts/login/", form)
        return [found[1], asked.json()["token"], session, browser.cookies["sessionid"]]


async def _invite(world: World, server: ServerProcess) -> Secrets:
    """A link into a chat, which is looked at and followed, with a session, a token and neither."""
    async with world.http(server, "ann") as ann, world.http(server, "eve") as eve:
        made = await ann.post(f"chats/{world.spare_chat()}/invitations/", json={})
        token: str = made.json()["token"]
        async with _browser(server) as browser:
            page = await browser.get(f"/invitations/{token}/")
            assert page.url.path == "/accounts/login/"
            form = {"username": "ann", "password": OWN}
            assert (await _post(browser, str(page.url), form)).status_code == 200
            assert (await browser.get(f"/invitations/{WRONG}/")).status_code == 404
        assert (await eve.put(f"invitations/{token}/")).status_code == 405
        assert (await eve.get(f"invitations/{WRONG}/")).status_code == 404
        assert (await eve.get(f"invitations/{token}/")).status_code == 200
        assert (await eve.post(f"invitations/{token}/")).status_code == 201
    return [token]


async def _post(browser: httpx.AsyncClient, path: str, form: dict[str, str]) -> httpx.Response:
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    return await browser.post(path, data=form | token)


async def _talk(world: World, server: ServerProcess) -> None:
    path = f"{server.ws_url}{CHAT}/?token={WRONG}"
    async with socket(path, world.person("ann").token) as ann:
        send = {"chatId": CHAT, "clientMessageId": uuid4().hex, "type": "user"}
        await ann.ask("send", **send, content=SAID)
        with pytest.raises(Refused, match="idConflict"):
            await ann.ask("send", **send, content=f"not {SAID}")


async def _talk_nonsense(world: World, server: ServerProcess) -> None:
    for token in (WRONG, world.person("eve").token):
        async with socket(f"{server.ws_url}{CHAT}/", token) as refused:
            assert await refused.closed() in (4501, 4503)
    async with world.socket(server, "ann") as ann:
        for nonsense in (f'{{"{SAID}', f'{{"action": "{SAID}", "id": 1}}', SAID * 10_000):
            await ann.connection.send(nonsense)
        assert await ann.closed() in (4504, 1009)


async def _ask_over_http(world: World, server: ServerProcess) -> None:
    async with world.http(server, "ann") as http:
        for url in (f"chats/{CHAT}/messages/", "chats/no-such-chat/messages/", "nothing/"):
            body = {"clientMessageId": uuid4().hex, "type": "user", "content": SAID}
            await http.post(url, json=body, params={"token": WRONG})
            await http.post(url, content=f'{{"content": "{SAID}"')
        wrong = {"Authorization": f"Bearer {WRONG}"}
        assert (await http.get("chats/", headers=wrong)).status_code == 401
        form = {"username": "ann", "password": WRONG}
        assert (await http.post("auth/token/", json=form)).status_code in (400, 401)


async def _have_it_answered(world: World, server: ServerProcess) -> None:
    async with world.socket(server, "ann") as ann:
        chat_id = world.spare_chat()
        await ann.ask("subscribe", chatId=chat_id)
        question = {"type": "ai", "clientMessageId": uuid4().hex, "content": SAID}
        await ann.ask("send", chatId=chat_id, **question)
        await ann.until(lambda: _is_answered(ann.events(chat_id)), within=60)


def _is_answered(events: list[Frame]) -> bool:
    messages = [event["message"] for event in events]
    return any(m["type"] == "ai" and m["status"] == "completed" for m in messages)


def _assert_told(lines: list[dict[str, Any]], world: World) -> None:
    """What is no secret is there."""
    steps = [line["state"] for line in lines if line["logger"] == "messages.work"]
    assert steps == ["received", "claimed", "completed"]
    refused = [
        line for line in lines if line["event"] == "request_finished" and line["level"] == "warning"
    ]
    assert {"GET /no-such-page/", "GET /api/v1/chats/no-such-chat/messages/"} & {
        line["request"] for line in refused
    }
    assert all(line["request_id"] for line in refused)
    assert world.person("ann").id in {line.get("user_id") for line in refused}


def _lines(log: str) -> list[dict[str, Any]]:
    """Each line is an object, with the keys that all have."""
    lines = [json.loads(line) for line in log.splitlines()]
    assert all({"timestamp", "level", "logger", "event"} <= set(line) for line in lines)
    return lines
