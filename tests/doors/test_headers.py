"""What every answer tells browsers, whoever makes it: a page, the API, a file, a refusal."""

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chatrouting.asgi import application

EVERYWHERE = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


async def headers_of(
    path: str, *, method: str = "GET", scheme: str = "https", length: int = 0
) -> tuple[int, dict[str, str]]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", str(length).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asking = ApplicationCommunicator(application, scope)
    await asking.send_input({"type": "http.request", "body": b"x" * length})
    start: dict[str, Any] = await asking.receive_output(10)
    while (await asking.receive_output(10)).get("more_body"):
        pass
    await asking.wait(10)
    pairs = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    once = [name for name, _ in pairs if name != "set-cookie"]
    assert len(once) == len(set(once)), once
    return start["status"], dict(pairs)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path,method,length,status",
    [
        ("/accounts/login/", "GET", 0, 200),
        ("/static/js/chat.js", "GET", 0, 200),
        ("/nothing/here/", "GET", 0, 404),
        ("/accounts/login/", "POST", 0, 403),
        ("/accounts/login/", "POST", 3_000_000, 413),
        ("/api/v1/chats/", "GET", 0, 401),
        ("/api/v1/nothing/", "GET", 0, 404),
    ],
)
async def test_every_answer_has_them(
    path: str, method: str, length: int, status: int, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    found, headers = await headers_of(path, method=method, length=length)
    assert found == status
    assert headers | EVERYWHERE == headers
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"].startswith("max-age=60")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db(transaction=True)
async def test_over_plain_http_nothing_is_promised_for_later(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    _, headers = await headers_of("/accounts/login/", scheme="http")
    assert "strict-transport-security" not in headers


@pytest.mark.django_db
def test_the_pages_policy_names_no_host_but_the_player(client: Client) -> None:
    policy = dict(
        directive.split(" ", 1)
        for directive in client.get("/accounts/login/")["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("frame-src") == "https://www.youtube-nocookie.com"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert policy["script-src"] == policy["connect-src"] == policy["img-src"] == "'self'"


@pytest.mark.django_db
def test_the_page_of_the_api_has_a_nonce_of_its_own_each_time(client: Client) -> None:
    first, second = (client.get("/api/v1/docs/") for _ in range(2))
    nonces = [r["Content-Security-Policy"].partition("'nonce-")[2][:22] for r in (first, second)]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}' in first.content.decode()


@pytest.mark.django_db
def test_cookies_are_not_for_scripts_nor_for_other_sites(client: Client, ann: User) -> None:
    client.post("/accounts/login/", {"username": "ann", "password": "demo"})
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
