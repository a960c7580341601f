"""What the pages show: to members, to the outsider, to nobody signed in."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from messages.access import actor_of
from messages.chats import create_chat
from messages.membership import add_member
from messages.models import MAX_CONTENT, Chat, Membership, Message
from tests.doors.browsing import contents, page_of, say, sign_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
def ann_client(ann: User) -> Client:
    return sign_in(ann)


@pytest.mark.parametrize("path", ["/", "/new/", "/chats/nowhere/"])
def test_nobody_is_asked_to_sign_in_and_comes_back(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


def test_nobody_is_asked_to_sign_in_before_a_chat_says_that_it_exists(
    client: Client, chat: Chat
) -> None:
    assert client.get(page_of(chat)).status_code == 302
    assert client.post(page_of(chat), {"content": "hello"}).status_code == 302
    assert not Message.objects.exists()


def test_whose_sign_in_ends_soon_is_told_and_signs_in_again_before(
    client: Client, ann: User, bob: User, chat: Chat
) -> None:
    ann.set_password("demo")
    ann.save()
    who = {"username": "ann", "password": "demo"}
    client.post("/accounts/login/", who)
    theirs = sign_in(bob)
    told = f"{page_of(chat)}told/"
    again = f"/accounts/login/?again=1&amp;next={page_of(chat)}"
    assert again not in text(client.get(page_of(chat))) + text(client.get(told))
    soon = timezone.now() + timedelta(minutes=4)
    Session.objects.filter(signin__user=ann).update(expire_date=soon)
    assert again in text(client.get(page_of(chat)))
    assert again in text(client.get(told))
    assert again not in text(theirs.get(told))
    assert client.get("/accounts/login/").status_code == 302
    assert 'name="password"' in text(client.get(unescape(again)))
    answer = client.post("/accounts/login/?again=1", who | {"next": page_of(chat)})
    assert (answer.status_code, answer["Location"]) == (302, page_of(chat))
    assert again not in text(client.get(page_of(chat)))


def test_a_member_finds_the_chat_in_the_list_and_opens_it(ann_client: Client, chat: Chat) -> None:
    assert page_of(chat) in text(ann_client.get("/"))
    response = ann_client.get(page_of(chat))
    assert response.status_code == 200
    assert "Lunch" in text(response)


def test_the_outsider_gets_the_page_of_a_chat_that_does_not_exist(eve: User, chat: Chat) -> None:
    client = sign_in(eve)
    assert "Lunch" not in text(client.get("/"))
    for request in (client.get, client.post):
        there, nowhere = request(page_of(chat)), request("/chats/nowhere/")
        assert there.status_code == nowhere.status_code == 404
        assert there.content == nowhere.content
    assert not Message.objects.exists()


def test_a_member_who_was_taken_out_is_an_outsider(bob: User, chat: Chat) -> None:
    Membership.objects.filter(user=bob).delete()
    assert sign_in(bob).get(page_of(chat)).status_code == 404


def test_staff_read_along(mod: User, chat: Chat) -> None:
    html = text(sign_in(mod).get(page_of(chat)))
    assert "Lunch" in html
    assert re.search(r'id="send"[^>]+disabled', html)


@pytest.mark.parametrize("chat_id", ["-", "a b", "%00", "a" * 65, "é", "..", "<b>"])
def test_what_is_no_chat_id_is_a_chat_that_does_not_exist(ann_client: Client, chat_id: str) -> None:
    assert ann_client.get(f"/chats/{chat_id}/").status_code == 404


@pytest.mark.parametrize("number", ["", "-1", "1.5", "x", "٣", "9" * 40, "%00", "1&after=2"])
@pytest.mark.parametrize("place", ["before", "around"])
def test_a_page_from_no_number_does_not_exist(
    ann_client: Client, chat: Chat, place: str, number: str
) -> None:
    assert ann_client.get(f"{page_of(chat)}?{place}={number}").status_code == 404


def test_pages_are_not_kept_by_caches(ann_client: Client, chat: Chat) -> None:
    for path in ("/", "/new/", page_of(chat)):
        assert "no-store" in ann_client.get(path)["Cache-Control"]


def test_a_chat_shows_its_newest_fifty_and_pages_to_the_older_ones(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    for number in range(120):
        say(bob, chat, f"number {number}")
    response = ann_client.get(page_of(chat))
    seen = contents(response)
    while match := re.search(r'id="older"><a href="(\?before=\d+)"', text(response)):
        response = ann_client.get(f"{page_of(chat)}{match[1]}")
        assert "js/chat.js" not in text(response)
        seen = contents(response) + seen
    assert seen == [f"number {number}" for number in range(120)]


def test_a_page_around_a_message_has_it_in_the_middle_and_goes_on_both_ways(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    for number in range(150):
        say(bob, chat, f"number {number}")
    seq = Message.objects.get(content="number 75").seq
    response = ann_client.get(f"{page_of(chat)}?around={seq}")
    seen = contents(response)
    assert seen[25] == "number 75"
    assert f'id="m{seq}"' in text(response)
    # What is shown is not the end of the log: the script has to ask where that is.
    assert '"cursor": null' in unescape(text(response))
    for place, last in (("before", "number 0"), ("after", "number 149")):
        page = response
        while match := re.search(rf'er"><a href="(\?{place}=\d+)"', text(page)):
            page = ann_client.get(page_of(chat) + match[1])
            assert contents(page)
        assert last in contents(page)


def test_a_video_is_a_link_also_where_its_address_was_a_plain_one(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    say(bob, chat, "", kind="youtube")
    found = {"url": "http://youtu.be/dQw4w9WgXcQ", "videoId": "dQw4w9WgXcQ", "title": "A song"}
    Message.objects.update(metadata=found, status="completed")
    html = text(ann_client.get(page_of(chat)))
    assert '<p class="link" data-slot="link"><a href="https://youtu.be/dQw4w9WgXcQ"' in html
    assert ">A song</a>" in html


def test_a_reply_shows_what_it_replies_to_also_from_another_page(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    say(bob, chat, "Soup or *salad*?")
    asked = Message.objects.get()
    for number in range(60):
        say(bob, chat, f"number {number}")
    say(bob, chat, "Salad")
    Message.objects.filter(content="Salad").update(reply_to=asked)
    html = text(ann_client.get(page_of(chat)))
    assert f'href="?around={asked.seq}#m{asked.seq}"' in html
    assert '<span data-slot="words">Soup or salad?</span>' in html
    Message.objects.filter(pk=asked.pk).update(removed="staff", content="", html="")
    html = text(ann_client.get(page_of(chat)))
    assert "salad*?" not in html


def test_markup_that_is_typed_is_only_text(ann_client: Client, ann: User, chat: Chat) -> None:
    attack = "</textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>"
    ann.first_name = attack[:100]
    ann.save(update_fields=["first_name"])
    chat.title = attack[:100]
    chat.save(update_fields=["title"])
    say(ann, chat, attack)
    say(ann, chat, "[x](javascript:alert(1)) <svg onload=alert(1)>")
    for page in ("/", page_of(chat), f"{page_of(chat)}?before=99"):
        html = text(ann_client.get(page))
        assert "<script>alert" not in html
        assert not re.search(r"<[^>]*\son\w+=", html)
        assert 'href="javascript' not in html
    refused = ann_client.post(page_of(chat), {"content": attack + "x" * MAX_CONTENT})
    assert "<script>alert" not in text(refused)


def test_a_message_says_what_it_waits_for(ann_client: Client, ann: User, chat: Chat) -> None:
    say(ann, chat, "why?", kind="ai")
    say(ann, chat, "", kind="youtube")
    html = text(ann_client.get(page_of(chat)))
    assert html.count('data-state="pending"') == 2
    assert "Waiting for an answer" in html
    assert 'href="https://youtu.be/dQw4w9WgXcQ"' in html


def test_a_removed_message_leaves_a_mark_and_nothing_else(
    ann_client: Client, ann: User, chat: Chat
) -> None:
    say(ann, chat, "my secret")
    message = Message.objects.get()
    message.content = message.html = ""
    message.removed = "staff"
    message.save(update_fields=["content", "html", "removed"])
    html = text(ann_client.get(page_of(chat)))
    assert "removed by a moderator" in html
    assert "my secret" not in html
    assert "removed by a moderator" in text(ann_client.get("/"))


def test_own_messages_are_marked_and_each_knows_its_chat(
    ann_client: Client, ann: User, bob: User, chat: Chat
) -> None:
    say(ann, chat, "mine")
    say(bob, chat, "his")
    items = re.findall(r"<li class=\"message\"[^>]*>", text(ann_client.get(page_of(chat))))
    assert ["data-own" in item for item in items] == [True, False, False]
    for item, message in zip(items, Message.objects.order_by("seq"), strict=False):
        assert f'data-message-id="{message.message_id}"' in item
        assert f'data-chat-id="{chat.chat_id}"' in item
        assert f'data-seq="{message.seq}"' in item


def test_the_script_begins_where_the_page_ends(ann_client: Client, ann: User, chat: Chat) -> None:
    say(ann, chat, "hello")
    chat.refresh_from_db()
    html = unescape(text(ann_client.get(page_of(chat))))
    assert f'"cursor": "{chat.epoch}:{chat.last_seq}"' in html


@pytest.mark.parametrize("path", ["/", "/new/", "/accounts/login/", "/chats/nowhere/"])
def test_no_page_needs_another_host_or_inline_code(ann_client: Client, path: str) -> None:
    html = text(ann_client.get(path, follow=True))
    assert not re.search(r'(src|href|action)="(https?:)?//', html)
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*(\ssrc=|application/json))", html)


def test_a_chat_needs_no_other_host_nor_inline_code(ann_client: Client, chat: Chat) -> None:
    test_no_page_needs_another_host_or_inline_code(ann_client, page_of(chat))


def test_what_people_and_their_software_look_for_has_its_name(
    ann_client: Client, chat: Chat
) -> None:
    html = text(ann_client.get(page_of(chat)))
    assert '<nav class="chats" aria-label="Chats">' in html
    assert 'role="log"' in html
    assert 'role="status"' in html
    assert re.search(r'<label[^>]* for="content">Message</label>', html)
    assert re.search(r"<button[^>]*>Send</button>", html)


def test_the_list_tells_what_is_new_newest_first(
    ann_client: Client, ann: User, bob: User, chat: Chat
) -> None:
    dinner = Chat.objects.get(pk=create_chat(actor_of(ann), "Dinner", members=[actor_of(bob)]))
    Chat.objects.filter(pk=dinner.pk).update(last_at=0)
    html = text(ann_client.get("/"))
    assert html.index("Lunch") < html.index("Dinner")
    for number in range(3):
        say(bob, dinner, f"number {number}\nand more")
    html = text(ann_client.get("/"))
    assert html.index("Dinner") < html.index("Lunch")
    assert re.search(r'class="unread"><span[^>]*>3<', html)
    assert "number 2 and more" in html


@pytest.mark.parametrize("chats", [1, 20])
@pytest.mark.parametrize("said", [1, 60])
def test_pages_take_as_many_queries_however_much_there_is(
    ann_client: Client,
    ann: User,
    bob: User,
    chat: Chat,
    django_assert_num_queries: DjangoAssertNumQueries,
    chats: int,
    said: int,
) -> None:
    for number in range(chats - 1):
        other = Chat.objects.get(pk=create_chat(actor_of(bob), f"Chat {number}"))
        add_member(actor_of(bob), other.chat_id, ann.pk)
        say(bob, other, "hello")
    for number in range(said):
        say(bob, chat, f"number {number}")
    with django_assert_num_queries(4):  # session, user; lines, their last messages
        ann_client.get("/")
    with django_assert_num_queries(9):  # and: access, messages; told, held; when signed out
        ann_client.get(page_of(chat))
