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


@pytest.mark.parametrize("style", ["text", "json"])
async def test_no_token_cookie_password_or_content_is_logged(world: World, style: str) -> None:
    (server,) = world.start(LOG_FORMAT=style, LOG_LEVEL="DEBUG", ENGINE="threads")
    session = await _sign_in_and_out(server)
    await _talk(world, server)
    await _talk_nonsense(world, server)
    await _ask_over_http(world, server)
    await _have_it_answered(world, server)
    made = await _manage_the_account(server)
    if world.is_scaled:
        world.may_log_exceptions = True
        world.valkey.kill()
        await _talk(world, server)
    server.terminate()
    log = server.log()
    assert "serving http" in log
    if style == "json":
        _assert_told(_lines(log), world)
    secrets = [world.person("ann").token, world.person("eve").token, session, made, SAID, WRONG]
    assert [secret for secret in secrets if secret in log] == []


async def _sign_in_and_out(server: ServerProcess) -> str:
    """The session's key."""
    async with httpx.AsyncClient(
        base_url=server.url, follow_redirects=True, trust_env=False, timeout=20
    ) as browser:
        await browser.get("/accounts/login/")
        form = {
            "username": "ann",
            "password": PASSWORD,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        home = await browser.post("/accounts/login/", data=form)
        assert home.status_code == 200
        session = browser.cookies["sessionid"]
        await browser.get(f"/no-such-page/?token={WRONG}")
        headers = {"Cookie": f"sessionid={session}", "Origin": server.url}
        async with socket(server.ws_url, "", headers=headers) as page:
            assert "now" in await page.ask("ping")
    return session


async def _manage_the_account(server: ServerProcess) -> str:
    """A token that the page has shown."""
    async with httpx.AsyncClient(
        base_url=server.url, follow_redirects=True, trust_env=False, timeout=20
    ) as browser:
        await browser.get("/accounts/login/")
        for password in (WRONG, PASSWORD):
            form = {"username": "ann", "password": password}
            await _post(browser, "/accounts/login/", form)
        shown = await _post(browser, "/accounts/", {"act": "create", "name": SAID})
        await _post(browser, "/accounts/", {"act": "password", "old_password": WRONG})
        found = re.search(r'id="new-token">([^<]+)<', shown.text)
        assert found is not None
        await browser.get("/api/v1/chats/", headers={"Authorization": f"Bearer {found[1]}"})
        return found[1]


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
