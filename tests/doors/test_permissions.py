"""The table of permissions, held against every door there is."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.cookies import SimpleCookie
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from knox.models import AuthToken
from pytest_django import Settings

from chatrouting.actions import ACTIONS
from chatrouting.reading import read
from messages import invitations
from messages.acceptance import Accepted, accept_all
from messages.access import actor_of
from messages.drafts import Draft
from messages.errors import ChatError
from messages.identity import new_client_message_id
from messages.membership import add_member, ban, remove_member
from messages.models import Chat, Held, Membership, Message, Problem, Verb
from messages.moderation import decide
from messages.pages import account
from messages.pages import settings as settings_page
from messages.pipeline import cancel
from messages.reports import report
from messages.representation import WireMessage
from messages.writer import writer
from tests.domain.talk import accept, say
from tests.doors.calling import API, draft
from tests.doors.conftest import Listen
from tests.doors.event_streams import EventStream, stream_path
from tests.doors.permissions import PAGES, REST, ROLES, SOCKET, Row, admin_rows, rows_of
from tests.doors.sockets import Closed, Socket, cookie_of, script, token_of

in_one_transaction = pytest.mark.django_db


@dataclass(frozen=True)
class Stage:
    """One chat with everybody around it, and one of everything that a door is about."""

    chat: Chat
    people: dict[str, User | None]
    cookies: dict[str, str]  # of their sessions
    extra: User  # a member more, for others to change
    message: WireMessage
    answers: dict[str, WireMessage]  # of ann's questions, by their status
    token: str
    invitation_id: str
    decision_id: int
    held_id: int
    token_id: str  # of somebody else than who asks


@pytest.fixture
def stage(ann: User, bob: User, eve: User, mod: User, chat: Chat, settings: Settings) -> Stage:
    settings.RATE_LIMIT_SEND = "0"
    others = {name: User.objects.create_user(name) for name in ("fred", "mia", "ben", "dora")}
    owner = actor_of(ann)
    for user in others.values():
        add_member(owner, chat.pk, user.pk)
    remove_member(owner, chat.pk, others["fred"].pk)
    ban(owner, chat.pk, others["ben"].pk)
    Membership.objects.filter(user=others["mia"]).update(muted=True)
    root = User.objects.create_superuser("root", password="demo")
    people = (None, eve, others["fred"], others["mia"], others["ben"], bob, ann, mod, root)
    link = invitations.create(owner, chat.pk)
    message = say(ann, chat, "Hello")
    report(actor_of(bob), message["messageId"], "Rude")
    muted = {"chat_id": chat.pk, "user_id": others["dora"].pk}
    waits = {"chat": chat, "author": others["dora"], "content": "Darn", "why": "word", "at": 1}
    return Stage(
        chat=chat,
        people=dict(zip(ROLES, people, strict=True)),
        cookies={
            role: cookie_of(user) if user else "" for role, user in zip(ROLES, people, strict=True)
        },
        extra=others["dora"],
        message=message,
        answers=answers_to(ann, chat),
        token=link["token"],
        invitation_id=link["invitationId"],
        decision_id=decide(actor_of(mod), Verb.MUTE, **muted).pk,
        held_id=Held.objects.create(type="user", **waits).pk,
        token_id=AuthToken.objects.create(others["dora"])[0].digest[:16],
    )


def answers_to(ann: User, chat: Chat) -> dict[str, WireMessage]:
    found = {status: an_answer(ann, chat) for status in ("pending", "error", "completed")}
    cancel(actor_of(ann), found["error"]["messageId"])
    Message.objects.filter(pk=found["completed"]["messageId"]).update(status="completed")
    return found


def an_answer(ann: User, chat: Chat) -> WireMessage:
    placeholder = accept(ann, chat, "Why?", type="ai").placeholder
    assert placeholder is not None
    return placeholder


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs are run where they are asked for, and so in this test's transaction."""

    def accept_here(draft: Draft) -> Accepted:
        (outcome,) = accept_all([draft])
        if isinstance(outcome, ChatError):
            raise outcome
        return outcome

    monkeypatch.setattr(writer, "call", lambda function, *args, **kw: function(*args, **kw))
    monkeypatch.setattr(writer, "accept", accept_here)


def everybody(stage: Stage, ask: Callable[[Client], HttpResponse]) -> dict[str, str]:
    """What each finds, with everything as it was before for the next."""
    found = {}
    for role in ROLES:
        with transaction.atomic():
            found[role] = str(ask(browser_of(stage, role)).status_code)
            transaction.set_rollback(True)
    return found


def browser_of(stage: Stage, role: str) -> Client:
    """One for all, since each new one would load the middleware anew."""
    _client.cookies = SimpleCookie(stage.cookies[role])
    return _client


_client = Client(raise_request_exception=False)


# --- the REST API ---------------------------------------------------------------------------------

TRACE = {"version": 1, "startedAt": 0, "entries": []}
WRITES: dict[str, Callable[[Stage], object]] = {
    "POST chats/": lambda stage: {"title": "Mine"},
    "PATCH chats/{chatId}/": lambda stage: {"title": "Dinner", "history": "sinceJoining"},
    "POST chats/{chatId}/members/": lambda stage: {"userId": User.objects.create_user("new").pk},
    "PATCH chats/{chatId}/members/{userId}/": lambda stage: {"role": "owner"},
    "POST chats/{chatId}/messages/": lambda stage: draft(),
    "POST chats/{chatId}/messages/lookup/": lambda stage: {
        "messageIds": [stage.message["messageId"]]
    },
    "PATCH chats/{chatId}/messages/{messageId}/": lambda stage: {"rev": 1, "content": "New"},
    "POST chats/{chatId}/messages/{messageId}/feedback/": lambda stage: {"verdict": "up"},
    "POST chats/{chatId}/messages/{messageId}/report/": lambda stage: {"reason": "Rude"},
    "PUT chats/{chatId}/filter/": lambda stage: {"words": ["darn"], "links": True},
    "POST moderation/decisions/": lambda stage: {
        "verb": "remove",
        "messageIds": [stage.message["messageId"]],
    },
    "POST moderation/held/{heldId}/": lambda stage: {"verb": "reject"},
    "POST problems/": lambda stage: {
        "words": "It hangs.",
        "trace": TRACE,
    },
    "PUT chats/{chatId}/read/": lambda stage: {"seq": 1},
}
QUERIES = {"GET chats/{chatId}/search/": "?q=Hello"}
ANSWERS = {"retry": "error", "cancel": "pending", "feedback": "completed"}
STREAM = "GET stream/"


def address(stage: Stage, door: str) -> str:
    """The door's address, its names filled in."""
    about = ANSWERS.get(door.strip("/").rpartition("/")[2])
    message = stage.answers[about] if about else stage.message
    names = {
        "chatId": stage.chat.pk,
        "chat_id": stage.chat.pk,
        "messageId": message["messageId"],
        "userId": stage.extra.pk,
        "invitationId": stage.invitation_id,
        "token": stage.token,
        "video_id": "x",
        "message_id": message["messageId"],
        "decisionId": stage.decision_id,
        "decision_id": stage.decision_id,
        "heldId": stage.held_id,
        "held_id": stage.held_id,
        "tokenId": stage.token_id,
    }
    return door.partition(" ")[2].format_map(names)


def test_every_rest_door_has_its_row() -> None:
    paths: dict[str, Any] = SchemaGenerator().get_schema(public=True)["paths"]
    doors = {f"{m.upper()} {path.removeprefix(API)}" for path, ops in paths.items() for m in ops}
    assert doors == rows_of(REST).keys()


@in_one_transaction
@pytest.mark.usefixtures("inline")
def test_at_every_rest_door(stage: Stage) -> None:
    expected = {door: row for door, row in rows_of(REST).items() if door != STREAM}
    assert {door: everybody(stage, partial(ask_api, stage, door)) for door in expected} == expected


def ask_api(stage: Stage, door: str, client: Client) -> HttpResponse:
    method, path = door.split(maxsplit=1)[0], API + address(stage, door) + QUERIES.get(door, "")
    write = WRITES.get(door, lambda _: {})
    body = b"" if method in ("GET", "DELETE") else json.dumps(write(stage)).encode()
    return client.generic(method, path, body, content_type="application/json")


# --- the pages ------------------------------------------------------------------------------------

FORMS: dict[str, dict[str, str]] = {
    "/new/": {"title": "Mine"},
    "/chats/{chat_id}/": {"content": "Hello"},
    "/chats/{chat_id}/messages/{message_id}/report/": {"reason": "Rude"},
    "/moderation/decide/": {"verb": "remove"},
    "/moderation/held/{held_id}/": {"verb": "reject"},
    "/accounts/login/": {"username": "nobody", "password": "x"},
}


Form = dict[str, object]
FORMS_OF_ACTS: dict[str, dict[str, Callable[[Stage], Form]]] = {
    "/chats/{chat_id}/settings/": {
        "change": lambda stage: {"title": "Dinner", "history": "sinceJoining"},
        "filter": lambda stage: {"words": "darn", "links": "yes"},
        "freeze": lambda stage: {"frozen": "yes"},
        "add": lambda stage: {"name": "eve"},
        "setRole": lambda stage: {"user": stage.extra.pk, "role": "owner"},
        "remove": lambda stage: {"user": stage.extra.pk},
        "ban": lambda stage: {"user": stage.extra.pk},
        "liftBan": lambda stage: {"user": stage.people["banned"].pk},
        "leave": lambda stage: {},
        "invite": lambda stage: {"days": 7},
        "revoke": lambda stage: {"invitation": stage.invitation_id},
    },
    "/accounts/": {
        "password": lambda stage: {"old_password": ""},
        "end": lambda stage: {"session": "others"},
        "create": lambda stage: {"name": "backup"},
        "revoke": lambda stage: {"token": stage.token_id},
    },
}
ACTS_OF_VIEWS = {"/chats/{chat_id}/settings/": settings_page.ACTS, "/accounts/": account.ACTS}


def pages(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address that is no part of the API or the admin."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if route.startswith(("/api", "/admin/")):
            continue
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        else:
            yield from pages(pattern, route)


def test_every_page_has_its_rows() -> None:
    doors = {f"{m} {path}" for path in pages(get_resolver()) for m in ("GET", "POST")}
    acts = {f"POST {path} {act}" for path, known in ACTS_OF_VIEWS.items() for act in known}
    assert doors | acts == rows_of(PAGES).keys()


@in_one_transaction
@pytest.mark.usefixtures("inline")
def test_at_every_page(stage: Stage) -> None:
    expected = rows_of(PAGES)
    assert {door: everybody(stage, partial(ask_page, stage, door)) for door in expected} == expected


def ask_page(stage: Stage, door: str, client: Client) -> HttpResponse:
    method, route, *acts = door.split()
    path = address(stage, f"{method} {route}")
    if method == "GET":
        return client.get(path)
    form = FORMS.get(route, {})
    for act in acts:
        form = {"act": act} | FORMS_OF_ACTS[route][act](stage)
    return client.post(path, form)


# --- the admin ------------------------------------------------------------------------------------


def test_every_model_of_the_admin_has_its_row() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == admin_rows().keys()


@in_one_transaction
def test_in_the_admin(stage: Stage) -> None:
    one_more_of_each(stage)
    addresses = {model: list(addresses_of(model)) for model in admin_rows()}
    for role in ROLES:
        client = browser_of(stage, role)
        found = {
            model: [client.get(path).status_code for path in paths]
            for model, paths in addresses.items()
        }
        expected = {model: row.get(role, [302] * 4) for model, row in admin_rows().items()}
        assert found == expected, role


def one_more_of_each(stage: Stage) -> None:
    """Of what no chat has."""
    AuthToken.objects.create(stage.extra)
    at = {"username": "ann", "ip_address": "127.0.0.1", "user_agent": "", "path_info": "/"}
    AccessAttempt.objects.create(**at, get_data="", post_data="", failures_since_start=1)
    AccessFailureLog.objects.create(**at)
    AccessLog.objects.create(**at)
    Problem.objects.create(
        at=0, words="It hangs.", trace={"version": 1, "startedAt": 0, "entries": []}
    )


def addresses_of(model: str) -> Iterator[str]:
    """Its list, and of one of it the page, how to add another, and how to delete it."""
    pk = apps.get_model(model).objects.order_by("pk").values_list("pk", flat=True)[0]
    for rest in ("", f"{pk}/change/", "add/", f"{pk}/delete/"):
        yield f"/admin/{model.replace('.', '/')}/{rest}"


# --- what stays open ------------------------------------------------------------------------------


def test_every_action_of_a_socket_has_its_row() -> None:
    assert {"connect", "path", *ACTIONS} == rows_of(SOCKET).keys()


def fields_of(action: str, stage: Stage, ann: User) -> dict[str, Any]:
    """What an action says, about a message of its own."""
    about: dict[str, Any] = {"chatId": stage.chat.pk}
    if action in ("retry", "cancel"):
        answer = an_answer(ann, stage.chat)
        if action == "retry":
            cancel(actor_of(ann), answer["messageId"])
        return {"messageId": answer["messageId"]}
    if action in ("edit", "remove"):
        return {"messageId": say(ann, stage.chat)["messageId"], "rev": 1, "content": "New"}
    if action == "report":
        return {"messageId": stage.message["messageId"], "reason": "Rude"}
    if action == "send":
        return about | draft(new_client_message_id())
    return about | {"messageIds": [stage.message["messageId"]], "seq": 1, "on": True}


@pytest.mark.django_db(transaction=True)
async def test_on_a_socket(sockets: list[Socket], stage: Stage, ann: User) -> None:
    found: dict[str, dict[str, str]] = {door: {} for door in rows_of(SOCKET)}
    for role, user in stage.people.items():
        by_path = await visit(sockets, user, f"/ws/chat/{stage.chat.pk}/")
        found["path"][role] = await first_word(by_path, "reply")
        socket = await visit(sockets, user, "/ws/chat/")
        found["connect"][role] = word = await first_word(socket, "hello")
        for action in ACTIONS:
            if word != "ok":
                found[action][role] = word
                continue
            fields = await read(fields_of, action, stage, ann)
            if action == "typing":
                await socket.ask("subscribe", chatId=stage.chat.pk)
            reply = await socket.ask(action, **fields)
            found[action][role] = "ok" if reply["ok"] else reply["error"]["code"]
    assert found == rows_of(SOCKET)


async def visit(sockets: list[Socket], user: User | None, path: str) -> Socket:
    socket = Socket(path) if user is None else await script(user, path)
    sockets.append(socket)
    return await socket.open()


async def first_word(socket: Socket, op: str) -> str:
    try:
        await socket.until(lambda frame: frame["op"] == op)
    except Closed:
        return str(await socket.closed())
    return "ok"


@pytest.mark.django_db(transaction=True)
async def test_at_the_stream(listen: Listen, stage: Stage) -> None:
    found = {}
    for role, user in stage.people.items():
        headers = {} if user is None else {"authorization": f"Bearer {await read(token_of, user)}"}
        stream = await EventStream(stream_path(stage.chat), headers).open()
        found[role] = str(stream.status)
        await stream.leave()
    expected: Row = rows_of(REST)[STREAM]
    assert found == expected
