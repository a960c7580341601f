"""The admin: who sees it, what it finds, and that nothing in it goes past the log."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messages.access import actor_of
from messages.chats import create_chat
from messages.models import Chat, Decision, Event, Job, Membership, Message
from tests.domain.talk import VIDEO, accept, edit, kinds, log_of, remove, say
from tests.doors.browsing import sign_in, text

pytestmark = pytest.mark.django_db

MODELS = ["chat", "membership", "message", "event", "job"]


def address(model: str, rest: str = "") -> str:
    return f"/admin/chat_messages/{model}/{rest}"


def one_of_each(chat: Chat) -> dict[str, str]:
    """The pages of one chat, one membership, one message and one event."""
    first = {
        "chat": chat.pk,
        "membership": Membership.objects.filter(chat=chat).first(),
        "message": Message.objects.filter(chat=chat).first(),
        "event": Event.objects.filter(chat=chat).last(),
        "job": Job.objects.filter(chat=chat).first(),
    }
    keys = {model: getattr(found, "pk", found) for model, found in first.items()}
    return {model: address(model, f"{key}/change/") for model, key in keys.items()}


@pytest.fixture
def root(db: None) -> Client:
    """A superuser's browser."""
    return sign_in(User.objects.create_superuser("root", password="demo"))


@pytest.fixture
def clerk(db: None) -> User:
    """Staff, and no moderator."""
    return User.objects.create_user("clerk", is_staff=True)


@pytest.fixture
def talk(ann: User, bob: User, chat: Chat) -> Chat:
    """A chat with messages of every kind: answered, edited, removed, waiting."""
    message = say(ann, chat, "Hello <b>you</b>")
    edit(ann, message, "Hello again")
    remove(bob, say(bob, chat))
    say(bob, chat, type="youtube", metadata={"url": VIDEO}, replyTo=message["messageId"])
    accept(ann, chat, "Why?", type="ai")
    return chat


@pytest.mark.parametrize("model", MODELS)
def test_a_superuser_sees_every_list_and_every_page(model: str, root: Client, talk: Chat) -> None:
    listed = root.get(address(model))
    page = root.get(one_of_each(talk)[model])
    assert (listed.status_code, page.status_code) == (200, 200)
    assert talk.chat_id in page.content.decode() or "Lunch" in page.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_permissions_see_nothing(model: str, clerk: User, talk: Chat) -> None:
    browser = sign_in(clerk)
    for page in (address(model), one_of_each(talk)[model]):
        assert browser.get(page).status_code == 403


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["ann", "eve"])
def test_others_are_asked_to_sign_in(
    name: str, model: str, eve: User, mod: User, talk: Chat
) -> None:
    browser = sign_in(User.objects.get(username=name))
    for page in ("/admin/", address(model), one_of_each(talk)[model]):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            f"/admin/login/?next={page}",
        )


@pytest.mark.parametrize("model", MODELS)
def test_staff_who_may_look_see_no_way_to_change(model: str, clerk: User, talk: Chat) -> None:
    clerk.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
    page = sign_in(clerk).get(one_of_each(talk)[model])
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert "deletelink" not in page.content.decode()


@pytest.mark.parametrize("model", ["membership", "message", "event", "job"])
def test_nobody_adds_changes_or_deletes_past_the_log(model: str, root: Client, talk: Chat) -> None:
    page = one_of_each(talk)[model]
    before = everything()
    assert 'name="_save"' not in root.get(page).content.decode()
    assert root.get(address(model, "add/")).status_code == 403
    assert root.post(page, {"content": "Mine", "seq": "1", "role": "owner"}).status_code == 403
    assert root.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": page.split("/")[-3], "post": "yes"}
    root.post(address(model), chosen)
    assert everything() == before


def everything() -> list[object]:
    tables = (Chat, Membership, Message, Event, Job)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def test_a_chat_is_not_added_here(root: Client) -> None:
    assert root.get(address("chat", "add/")).status_code == 403


def test_a_change_of_a_chat_goes_through_the_log(root: Client, talk: Chat) -> None:
    head = len(log_of(talk))
    page = address("chat", f"{talk.chat_id}/change/")
    form = {
        "title": " Dinner ",
        "frozen": "on",
        "history": "all",
        "last_seq": "1",
        "epoch": "x",
        "chat_id": "other",
    }
    assert root.post(page, form).status_code == 302
    talk.refresh_from_db()
    assert (talk.title, talk.frozen, talk.last_seq) == ("Dinner", True, head + 2)
    assert kinds(talk, after=head) == ["chat_renamed", "chat_frozen"]
    assert (log_of(talk)[-1].actor or {})["name"] == "root"
    root.post(page, {"title": "Dinner", "frozen": "on", "history": "all"})
    assert len(log_of(talk)) == head + 2


@pytest.mark.parametrize("title", ["", " ", "x" * 121, "a\0b"], ids=repr)
def test_a_title_that_is_none_is_said_in_the_form(title: str, root: Client, talk: Chat) -> None:
    answer = root.post(address("chat", f"{talk.chat_id}/change/"), {"title": title})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Chat.objects.get().title == "Lunch"


def test_moderators_see_every_list_and_freeze_chats(mod: User, talk: Chat) -> None:
    browser = sign_in(mod)
    assert {browser.get(address(model)).status_code for model in MODELS} == {200}
    form = {"title": "Lunch", "frozen": "on", "history": "all"}
    assert browser.post(address("chat", f"{talk.chat_id}/change/"), form).status_code == 302
    assert kinds(talk)[-1] == "chat_frozen"
    assert Decision.objects.get().by == mod


def test_staff_who_may_change_chats_and_are_no_moderators_change_none(
    clerk: User, talk: Chat
) -> None:
    codenames = ["change_chat", "view_chat", "change_message", "view_message"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    page, form = address("chat", f"{talk.chat_id}/change/"), {"title": "Mine", "history": "all"}
    assert sign_in(clerk).post(page, form).status_code == 403
    assert "Have failed work" not in sign_in(clerk).get(address("message")).content.decode()


def test_a_superuser_deletes_a_chat_whole(root: Client, ann: User, talk: Chat) -> None:
    other = create_chat(actor_of(ann), "Other")
    kept = say(ann, other)
    page = address("chat", f"{talk.chat_id}/delete/")
    asked = root.get(page).content.decode()
    assert "Lunch" in asked
    assert "Hello again" not in asked
    assert root.post(page, {"post": "yes"}).status_code == 302
    assert list(Chat.objects.values_list("pk", flat=True)) == [other]
    assert list(Message.objects.values_list("pk", flat=True)) == [kept["messageId"]]
    assert set(Event.objects.values_list("chat", flat=True)) == {other}
    assert set(Membership.objects.values_list("chat", flat=True)) == {other}


def test_only_a_superuser_deletes_a_chat(mod: User, talk: Chat) -> None:
    mod.user_permissions.set(Permission.objects.all())
    answer = sign_in(mod).post(address("chat", f"{talk.chat_id}/delete/"), {"post": "yes"})
    assert answer.status_code == 403
    assert Chat.objects.filter(pk=talk.pk).exists()


def test_a_person_is_not_deleted_out_of_a_chat(root: Client, bob: User, talk: Chat) -> None:
    root.post(f"/admin/auth/user/{bob.pk}/delete/", {"post": "yes"})
    assert Membership.objects.filter(user=bob).exists()


def rows(answer_of: str, browser: Client) -> int:
    return browser.get(answer_of).context["cl"].result_count


@pytest.mark.parametrize("model, found", [("chat", 1), ("membership", 2), ("message", 5)])
def test_everything_of_a_chat_is_found_by_its_id(
    model: str, found: int, root: Client, ann: User, talk: Chat
) -> None:
    say(ann, create_chat(actor_of(ann), "Other"))
    assert rows(address(model, f"?q={talk.chat_id}"), root) == found
    assert rows(address(model, "?q=nowhere"), root) == 0
    assert rows(address("event", f"?q={talk.chat_id}"), root) == len(log_of(talk))


def test_a_chat_leads_to_all_that_is_its_own(root: Client, talk: Chat) -> None:
    page = text(root.get(address("chat", f"{talk.pk}/change/")))
    links = re.findall(rf'href="/admin/chat_messages/(\w+)/\?q={talk.pk}"', page)
    assert links == ["membership", "ban", "invitation", "revocation", "message", "event"]
    assert [root.get(address(model, f"?q={talk.pk}")).status_code for model in links] == [200] * 6


def test_a_message_and_its_events_are_found_by_its_id(root: Client, talk: Chat) -> None:
    message = Message.objects.filter(content="Hello again").get()
    assert rows(address("message", f"?q={message.pk}"), root) == 1
    assert rows(address("event", f"?q={message.pk}"), root) == 2


@pytest.mark.parametrize(
    "model, query, found",
    [
        ("message", "type__exact=ai", 1),
        ("message", "status__exact=pending", 2),
        ("message", "removed__exact=author", 1),
        ("event", "type__exact=message_removed", 1),
        ("membership", "role__exact=owner", 1),
        ("chat", "frozen__exact=1", 0),
    ],
)
def test_lists_are_filtered(model: str, query: str, found: int, root: Client, talk: Chat) -> None:
    assert rows(address(model, f"?{query}"), root) == found


def test_a_message_shows_its_life_and_no_markup_of_its_own(
    root: Client, ann: User, chat: Chat
) -> None:
    message = say(ann, chat, "<script>alert(1)</script>")
    edit(ann, message, "<img src=x>")
    page = root.get(address("message", f"{message['messageId']}/change/")).content.decode()
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert page.index("<p>received</p>") < page.index("<p>edited</p>")


def test_times_are_for_people(root: Client, talk: Chat) -> None:
    Message.objects.update(timestamp=1_709_234_567_890)
    assert "2024-02-29 19:22:47" in root.get(address("message")).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_a_longer_list_takes_no_more_queries(
    model: str, root: Client, ann: User, bob: User, talk: Chat
) -> None:
    pages = [address(model), one_of_each(talk)[model]]
    queries(root, pages)  # Django remembers what content types there are.
    before = queries(root, pages)
    for number in range(12):
        other = create_chat(actor_of(bob), f"Chat {number}", members=[actor_of(ann)])
        say((ann, bob)[number % 2], other)
    message = Message.objects.get(content="Hello again")
    for number in range(12):
        edit(ann, {"messageId": message.pk, "rev": 2 + number}, str(number))
    assert queries(root, pages) == before
    assert max(before) <= 6


def queries(browser: Client, pages: list[str]) -> list[int]:
    counts = []
    for page in pages:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(page).status_code == 200
        counts.append(len(caught))
    return counts
