"""The OpenAPI document: valid, whole, served by us, and true of the answers."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from tests.doors.calling import API

ADDRESSES = {
    "chats/": {"get", "post"},
    "chats/{chatId}/": {"get", "patch"},
    "chats/{chatId}/members/": {"get", "post"},
    "chats/{chatId}/members/{userId}/": {"patch", "delete"},
    "chats/{chatId}/messages/": {"get", "post"},
    "chats/{chatId}/messages/lookup/": {"post"},
    "chats/{chatId}/messages/{messageId}/": {"get", "patch", "delete"},
    "chats/{chatId}/messages/{messageId}/retry/": {"post"},
    "chats/{chatId}/messages/{messageId}/cancel/": {"post"},
    "chats/{chatId}/messages/{messageId}/timeline/": {"get"},
    "chats/{chatId}/messages/{messageId}/feedback/": {"post"},
    "chats/{chatId}/events/": {"get"},
    "chats/{chatId}/read/": {"put"},
    "auth/token/": {"post", "delete"},
    "auth/tokens/": {"get"},
    "auth/tokens/{tokenId}/": {"delete"},
}


@pytest.fixture
def document(client: Client) -> Any:
    answer = client.get(API + "schema/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return answer.json()


def test_the_document_is_valid_and_leaves_nothing_to_guess(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "Warning" not in capsys.readouterr().err


def test_every_address_is_in_it_with_its_refusals(document: Any) -> None:
    assert {
        path.removeprefix(API): set(operations) for path, operations in document["paths"].items()
    } == ADDRESSES
    for path, operations in document["paths"].items():
        for operation in operations.values():
            expected = {"401", "500", "503"} | ({"404"} if "{chatId}" in path else set())
            assert expected <= set(operation["responses"]), path
            assert operation["description"]


def test_nobody_needs_to_sign_in_to_read_it_and_nothing_of_it_is_from_elsewhere(
    client: Client,
) -> None:
    page = client.get(API + "docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assets = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert len(assets) == 4
    assert all(finders.find(asset) for asset in assets)
    assert API + "schema/" in text.replace("\\u002D", "-")
