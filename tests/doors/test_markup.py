"""Words that are markup, wherever people can put words, on every page that shows them."""

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from messages import held, invitations, moderation
from messages.access import access_to, actor_of
from messages.chats import create_chat
from messages.errors import ChatError
from messages.membership import ban
from messages.models import Chat, Decision, Held, Message, Problem, Report, Verb
from messages.reports import report
from messages.tokens import create
from tests.domain.talk import VIDEO, ask, say
from tests.doors.browsing import page_of, text

pytestmark = pytest.mark.django_db(transaction=True)

EVIL = (
    "\"'></title></script></textarea><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
)
# What would be left of it, were it written as it is; and in JSON for a script.
RAW = ("<script>alert", "<img src=x", "</title></script", "</textarea><script", '="javascript:')


@pytest.fixture
def chat(ann: User, bob: User) -> Chat:
    """Everything in it, and everybody's name, is markup."""
    for user in (ann, bob):
        User.objects.filter(pk=user.pk).update(first_name=EVIL[:150])
        user.refresh_from_db()
    chat_id = create_chat(actor_of(ann), EVIL, members=[actor_of(bob)])
    return Chat.objects.get(pk=chat_id)


@pytest.fixture
def root(ann: User, bob: User, eve: User, chat: Chat) -> User:
    """A superuser, in a chat where everything has happened, in such words."""
    root = User.objects.create_superuser("root", password="demo", last_name=EVIL[:150])
    said = say(bob, chat, EVIL)
    say(ann, chat, f"{EVIL} [x](javascript:alert(1)) `{EVIL}`", replyTo=said["messageId"])
    answer = ask(ann, chat, EVIL)["messageId"]
    error = {"code": EVIL, "detail": EVIL, "retryable": True}
    Message.objects.filter(pk=answer).update(status="error", error=error)
    video = say(bob, chat, EVIL, type="youtube", metadata={"url": VIDEO})
    learned = {"videoId": "dQw4w9WgXcQ", "title": EVIL, "authorName": EVIL, "thumbnailUrl": EVIL}
    rows = Message.objects.filter(pk=video["messageId"])
    rows.update(status="completed", metadata=video["metadata"] | learned)
    report(actor_of(ann), said["messageId"], EVIL)
    about = {"chat_id": chat.pk, "user_id": bob.pk, "reason": EVIL}
    for verb in (Verb.WARN, Verb.MUTE, Verb.UNMUTE):
        moderation.decide(actor_of(root), verb, **about)
    held.set_filter(actor_of(ann), chat.pk, words=[EVIL[:60], "alert"], links=False)
    with suppress(ChatError):
        say(bob, chat, EVIL)
    assert Held.objects.exists()
    ban(actor_of(root), chat.pk, eve.pk, reason=EVIL)
    invitations.create(actor_of(ann), chat.pk)
    trace = {"version": 1, "startedAt": 0, "entries": [{"at": 1, "way": "in", "kind": EVIL}]}
    Problem.objects.create(user=bob, at=1, words=EVIL, agent=EVIL[:200], trace=trace)
    create(bob, EVIL[:64])
    return root


def pages(chat: Chat) -> Iterator[tuple[str, list[str]]]:
    """Whose pages they are, and which."""
    here = page_of(chat)
    said = Message.objects.earliest("seq").pk
    access = access_to(actor_of(User.objects.get(username="ann")), chat.pk)
    link = invitations.open_ones(access)[0]["token"]
    own = ["/", "/new/", "/accounts/", here, f"{here}settings/", f"{here}told/"]
    own += [f"{here}search/?q=alert", f"{here}search/?q={quote(EVIL[:90])}", f"{here}?around=3"]
    yield "bob", own
    yield "ann", [*own, f"{here}messages/{said}/report/"]
    yield "eve", ["/", f"/invitations/{link}/"]
    desk = [f"/moderation/{path}" for path in ("", "?state=decided", f"{said}/")]
    lists = "ban chat decision event held invitation job membership message problem report"
    models = [f"chat_messages/{name}/" for name in f"{lists} revocation".split()]
    admin = [f"/admin/{path}" for path in ("", "auth/user/", "knox/authtoken/", *models)]
    admin += [f"/admin/chat_messages/problem/{Problem.objects.get().pk}/change/"]
    admin += [f"/admin/chat_messages/report/{Report.objects.get().pk}/change/"]
    admin += [f"/admin/chat_messages/decision/{Decision.objects.latest('pk').pk}/change/"]
    admin += [f"/admin/chat_messages/{kind}/{pk}/change/" for kind, pk in _rows(chat)]
    yield "root", [*desk, f"{here}", *admin]


def _rows(chat: Chat) -> Iterator[tuple[str, str]]:
    yield "chat", chat.pk
    for message_id in Message.objects.values_list("pk", flat=True):
        yield "message", message_id


def test_no_page_takes_words_for_markup_or_is_kept_by_caches(root: User, chat: Chat) -> None:
    seen = 0
    for name, paths in pages(chat):
        browser = Client(HTTP_USER_AGENT=EVIL)
        assert browser.login(username=name, password="demo") or name == "root"
        for path in paths:
            answer = browser.get(path)
            page = text(answer)
            assert answer.status_code in (200, 404), path
            assert [raw for raw in RAW if raw in page] == [], path
            assert "no-store" in answer["Cache-Control"], path
            seen += "alert(1)" in page
    assert seen > 30, "the words were there to be seen"
