"""English and Brazilian Portuguese: the browser's language, or the one that was chosen."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from chatrouting.reading import read
from messages.models import Chat
from messages.pages.words import state_of
from tests.doors.calling import Caller, chat_path, error_of
from tests.doors.event_streams import EventStream
from tests.doors.sockets import ORIGIN, Socket, cookie_of

pytestmark = pytest.mark.django_db(transaction=True)

PORTUGUESE = {"Accept-Language": "pt-BR,pt;q=0.9,en;q=0.5"}
PLEASE = "Por favor, entre na sua conta."


def test_pages_speak_the_language_of_the_browser(ann: User, chat: Chat) -> None:
    client = Client(headers=PORTUGUESE)
    assert '<html lang="pt-br">' in client.get(settings.LOGIN_URL).content.decode()
    client.force_login(ann)
    page = client.get(f"/chats/{chat.pk}/").content.decode()
    for words in ("Escreva uma mensagem", "Conversas", "Sair", "Em dia", "restam {count}"):
        assert words in page
    page = client.get(f"/chats/{chat.pk}/", headers={"Accept-Language": "de"}).content.decode()
    assert "Write a message" in page


def test_a_failure_is_told_in_the_language_of_the_page() -> None:
    error = {"code": "timedOut", "detail": "The answer took too long."}
    message = {"removed": None, "status": "error", "type": "ai", "error": error}
    assert state_of(message) == "Failed: The answer took too long."
    with translation.override("pt-br"):
        assert state_of(message) == "Falhou: demorou demais."
        assert state_of(message | {"error": {"code": "new", "detail": "x"}}) == "Falhou: x"


def test_a_language_is_chosen_before_and_after_signing_in_and_remembered(ann: User) -> None:
    client = Client(headers={"Accept-Language": "en"})
    path = f"{settings.LOGIN_URL}?next=/new/"
    for signed_in in (False, True):
        if signed_in:
            client.force_login(ann)
            path = "/new/"
        for language in ("pt-br", "en"):
            headers = {"Referer": f"http://testserver{path}"}
            answer = client.post("/accounts/language/", {"language": language}, headers=headers)
            assert (answer.status_code, answer["Location"]) == (302, f"http://testserver{path}")
            page = client.get(path).content.decode()
            assert f'<html lang="{language}">' in page
            assert f'value="{language}" lang="{language}" aria-current="true"' in page
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["max-age"], cookie["samesite"]) == (365 * 24 * 3600, "Lax")


def test_a_language_that_is_not_spoken_changes_nothing(client: Client) -> None:
    client.post("/accounts/language/", {"language": "xx"})
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies
    assert Client(enforce_csrf_checks=True).post("/accounts/language/").status_code == 403


def test_the_api_refuses_in_the_language_of_who_asks(ann: User, chat: Chat) -> None:
    answer = Caller().call("GET", "chats/", headers=PORTUGUESE)
    assert error_of(answer)["message"] == "As credenciais de autenticação não foram fornecidas."
    path = chat_path(chat, "messages/?limit=0")
    answer = Caller(ann).call("GET", path, headers=PORTUGUESE)
    assert error_of(answer)["message"] == "limit é um número inteiro de 1 a 200."
    answer = Caller(ann).call("PATCH", chat_path(chat), {"title": "x" * 201}, headers=PORTUGUESE)
    assert error_of(answer)["message"] == "Um título tem no máximo 120 caracteres."


@pytest.mark.parametrize("how", ["browser", "chosen"])
async def test_a_socket_does_too_whoever_answers(
    how: str, sockets: list[Socket], ann: User, chat: Chat
) -> None:
    cookie = await read(cookie_of, ann)
    headers = {"accept-language": "pt-BR"} if how == "browser" else {"accept-language": "en"}
    chosen = "" if how == "browser" else f"; {settings.LANGUAGE_COOKIE_NAME}=pt-br"
    socket = Socket(headers={"cookie": cookie + chosen, "origin": ORIGIN} | headers)
    sockets.append(await socket.open())
    send = {"chatId": chat.pk, "type": "user", "clientMessageId": "1"}
    said = {
        "Não existe nada assim aqui.": {"action": "subscribe", "chatId": "nowhere"},
        "Essa ação não existe.": {"action": "dance"},
        "Uma mensagem não pode estar vazia.": {"action": "send", **send, "content": " "},
        "replyTo indica uma mensagem desta conversa.": {
            "action": "send",
            **send,
            "content": "x",
            "replyTo": "1709234567890-550e8400-e29b-41d4-a716-446655440000",
        },
    }
    for sentence, frame in said.items():
        error = await socket.refused(**frame)
        assert error["message"] == sentence


async def test_a_refused_socket_and_stream_do_too(sockets: list[Socket], chat: Chat) -> None:
    headers = {"accept-language": "pt-BR", "origin": ORIGIN}
    socket = await Socket(headers=headers).open()
    assert await socket.closed() == 4501
    assert socket.heard[-1]["error"]["message"] == PLEASE
    stream = await EventStream("/api/v1/stream/?chats=a", headers).open()
    assert (await stream.body())["error"]["message"] == PLEASE
