"""The work in the admin: what is seen of jobs, and what staff can do about them."""

import re
from unittest.mock import ANY

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client

from messages.clock import now_ms
from messages.jobs import LEASE_MS
from messages.models import Chat, Event, Job, Message
from messages.representation import WireMessage
from tests.domain.talk import kinds, log_of, remove, say
from tests.domain.working import PRIVATE, ask, begin, cancel, fail, failed, retry
from tests.doors.browsing import sign_in

pytestmark = pytest.mark.django_db

JOBS = "/admin/chat_messages/job/"
MESSAGES = "/admin/chat_messages/message/"


@pytest.fixture
def root(db: None) -> Client:
    """A superuser's browser."""
    return sign_in(User.objects.create_superuser("root", password="demo"))


def act(browser: Client, action: str, *chosen: WireMessage) -> list[str]:
    """What the admin says after it, and what it said before and nobody has read."""
    ids = [message["messageId"] for message in chosen]
    answer = browser.post(MESSAGES, {"action": action, "_selected_action": ids})
    return [str(message) for message in get_messages(answer.wsgi_request)]


def status_of(message: WireMessage) -> str:
    return Message.objects.get(pk=message["messageId"]).status


def test_a_job_is_found_by_its_message_and_its_chat(root: Client, ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    ask(ann, chat)
    for query, found in ((message["messageId"], 1), (chat.chat_id, 2), ("nothing", 0)):
        assert root.get(JOBS, {"q": query}).context["cl"].result_count == found


def test_a_job_shows_its_attempt_and_the_age_of_its_lease(
    root: Client, ann: User, chat: Chat
) -> None:
    begin(ask(ann, chat))
    Job.objects.update(lease_until=now_ms() + LEASE_MS * 2)
    page = root.get(JOBS).content.decode()
    assert "1 / 3" in page
    assert "expired" not in page
    Job.objects.update(lease_until=now_ms() - 1)
    assert " s, expired" in root.get(JOBS).content.decode()


@pytest.mark.django_db(transaction=True)
def test_staff_cancel_and_retry_by_the_log(root: Client, ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    head = len(log_of(chat))
    assert act(root, "cancel", message) == ["Done: 1."]
    assert (status_of(message), Job.objects.count()) == ("error", 0)
    assert act(root, "retry", message)[-1] == "Done: 1."
    assert (status_of(message), Job.objects.count()) == ("pending", 1)
    assert len(kinds(chat, after=head)) == 2
    assert (log_of(chat)[-1].actor or {})["name"] == "root"


@pytest.mark.django_db(transaction=True)
def test_staff_cancel_from_the_list_of_jobs(root: Client, ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    fail(begin(message))
    other = ask(ann, chat)
    assert "upstreamUnavailable" in root.get(JOBS).content.decode()
    page = root.get(f"{JOBS}{message['messageId']}/change/").content.decode()
    assert f'href="{MESSAGES}{message["messageId"]}/change/"' in page
    root.post(JOBS, {"action": "cancel", "_selected_action": [message["messageId"]]})
    assert (status_of(message), status_of(other)) == ("error", "pending")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_said_and_hinders_no_other(root: Client, ann: User, chat: Chat) -> None:
    done, waiting, words = failed(ann, chat), ask(ann, chat), say(ann, chat)
    told = act(root, "cancel", done, waiting, words)
    assert len(told) == 3
    assert sum(message["messageId"] in " ".join(told) for message in (done, words)) == 2
    assert (status_of(waiting), status_of(words)) == ("error", "completed")


def test_staff_who_may_only_look_do_nothing(mod: User, ann: User, chat: Chat) -> None:
    mod.user_permissions.add(Permission.objects.get(codename="view_message"))
    message = ask(ann, chat)
    act(sign_in(mod), "cancel", message)
    assert status_of(message) == "pending"


def test_the_timeline_tells_what_when_by_whom_and_which_try(
    root: Client, ann: User, mod: User, chat: Chat
) -> None:
    message = ask(ann, chat)
    fail(begin(message))
    fail(begin(message), PRIVATE)
    retry(mod, message)
    cancel(mod, message)
    remove(ann, message)
    for number, event in enumerate(Event.objects.filter(message=message["messageId"])):
        Event.objects.filter(pk=event.pk).update(at=1_709_234_567_890 + 1_500 * number)
    page = root.get(f"{MESSAGES}{message['messageId']}/change/").content.decode()
    rows = [
        _cells(row)
        for row in re.findall(r'<tr class="form-row has_original.*?</tr>', page, re.DOTALL)
    ]
    assert [(what, by, tries) for _, what, _, _, by, tries in rows] == [
        ("received", "ann", ""),
        ("begun", "the server", "1 / 3"),
        (ANY, "the server", "1 / 3"),
        ("begun", "the server", "2 / 3"),
        ("ended in an error", "the server", "2 / 3"),
        ("asked for again", "mod", ""),
        ("stopped", "mod", ""),
        ("removed: author", "ann", ""),
    ]
    assert rows[2][1].startswith("failed (upstreamUnavailable), again in ")
    assert rows[1][2:4] == ["2024-02-29 19:22:49.390", "1.500 s"]
    assert rows[0][3] == ""


def _cells(row: str) -> list[str]:
    cells = re.findall(r'<td class="field-.*?<p>(.*?)</p>', row, re.DOTALL)
    return [re.sub("<.*?>", "", cell).strip() for cell in cells]
