"""Calling the API as one person."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from messages.models import Chat

API = "/api/v1/"
_NOTHING = object()


class Caller:
    """Somebody at the HTTP door: with a session, a token, or neither."""

    def __init__(self, user: User | None = None, *, token: str = "", csrf: bool = False) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = Client(
            enforce_csrf_checks=csrf, headers=headers, raise_request_exception=False
        )
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str) -> HttpResponse:
        return self.call("GET", path)

    def post(self, path: str, body: object = _NOTHING) -> HttpResponse:
        return self.call("POST", path, body)

    def put(self, path: str, body: object) -> HttpResponse:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: object) -> HttpResponse:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> HttpResponse:
        return self.call("DELETE", path)

    def call(self, method: str, path: str, body: object = _NOTHING, **extra: Any) -> HttpResponse:
        """`path` is below /api/v1/; `body` is sent as JSON, bytes as they are."""
        if body is _NOTHING:
            return self.client.generic(method, API + path, **extra)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        extra = {"content_type": "application/json"} | extra
        return self.client.generic(method, API + path, body, **extra)


def draft(key: str = "key-1", content: str = "hello", **fields: object) -> dict[str, object]:
    return {"clientMessageId": key, "type": "user", "content": content, **fields}


def chat_path(chat: Chat, rest: str = "") -> str:
    return f"chats/{chat.chat_id}/{rest}"


def error_of(response: HttpResponse) -> dict[str, Any]:
    """The `error` of a refusal, after a look at its shape."""
    body = response.json()
    assert set(body) == {"error"}, body
    assert {"code", "message", "retryable", "details"} <= set(body["error"]), body
    assert set(body["error"]) <= {"code", "message", "retryable", "details", "retryAfterMs"}
    error: dict[str, Any] = body["error"]
    return error


def refused(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, error_of(response)["code"]
