"""Requests made up from the OpenAPI document: never our fault, and always as documented."""

import os
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from knox.models import AuthToken
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from messages.access import Actor, actor_of
from messages.identity import is_chat_id
from messages.membership import add_member, ban, remove_member
from messages.message_id_generator import is_message_id
from messages.models import Chat, Message
from messages.moderation import change_member
from messages.reports import report
from tests.doors.browsing import say

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
DOCUMENT = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
DOCUMENT.app = get_wsgi_application()
# The stream's answer has no end, and is not Django's: tests/doors/test_stream.py asks it.
OPERATIONS = [
    operation
    for operation in (found.ok() for found in DOCUMENT.get_all_operations())
    if operation.path != "/api/v1/stream/"
]

# In full on PostgreSQL, which refuses more than SQLite does.
IN_FULL = 25 if os.environ["SHAPE"] == "scaled" else 8
EXAMPLES = {"ann": IN_FULL, "bob": 6, "eve": 6, "mod": 6, "root": 6, "nobody": 4}
# Who hears much the same as others do.
FEW = {"fred": 3, "mia": 3, "ben": 3}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_whatever_is_asked_is_answered_as_documented(
    operation: APIOperation, ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    root = User.objects.create_superuser("root", password="demo")
    former, muted, banned = _around(actor_of(ann), chat)
    for author in (ann, bob):
        say(author, chat, "hello")
    message_id = Message.objects.filter(author=ann).values_list("pk", flat=True)[0]
    report(actor_of(bob), message_id, "Rude")
    there = {"chatId": chat.pk, "messageId": message_id, "userId": eve.pk, "rev": 1}
    cases = _made_up(operation)
    for user in (ann, bob, eve, mod, root, former, muted, banned, None):
        _ask(cases, user, there)


def _around(owner: Actor, chat: Chat) -> list[User]:
    """A former member, a muted one, and one that is banned."""
    users = [User.objects.create_user(name) for name in FEW]
    for user in users:
        add_member(owner, chat.pk, user.pk)
    fred, mia, ben = users
    remove_member(owner, chat.pk, fred.pk)
    change_member(owner, chat.pk, mia.pk, muted=True)
    ban(owner, chat.pk, ben.pk)
    return users


def _made_up(operation: APIOperation) -> list[Case]:
    """Once for everybody, as making them up takes longer than asking."""
    made: list[Case] = []

    @given(case=one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    @settings(
        max_examples=max(EXAMPLES.values()),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keep(case: Case) -> None:
        made.append(case)

    keep()
    return made


def _ask(cases: list[Case], user: User | None, there: dict[str, str | int]) -> None:
    headers = {"Authorization": f"Bearer {AuthToken.objects.create(user=user)[1]}"} if user else {}
    for case in cases[: (EXAMPLES | FEW)[user.username if user else "nobody"]]:
        _aim(case, there)
        case.call_and_validate(headers=headers, checks=CHECKS)


def _aim(case: Case, there: dict[str, str | int]) -> None:
    """Names in the right form become names of what is there; the others stay as they are."""
    names: dict[str, Any] = case.path_parameters
    body: Any = case.body
    if is_chat_id(names.get("chatId")):
        names["chatId"] = there["chatId"]
    if is_message_id(names.get("messageId")):
        names["messageId"] = there["messageId"]
    for name in {"userId", "rev"} & set(body if isinstance(body, dict) else ()):
        if type(body[name]) is int:
            body[name] = there[name]
