"""What is sent by the pages' forms, without any script."""

import re
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from messages.access import actor_of
from messages.chats import set_frozen
from messages.models import MAX_CONTENT, Chat, Membership, Message
from tests.doors.browsing import contents, hidden_key, page_of, say, sign_in, text

pytestmark = pytest.mark.django_db(transaction=True)  # the writer is another thread


@pytest.fixture
def ann_client(ann: User) -> Client:
    return sign_in(ann)


def test_signing_in_leads_to_the_chats_and_signing_out_back(client: Client, ann: User) -> None:
    wrong = client.post("/accounts/login/", {"username": "ann", "password": "no"})
    assert wrong.status_code == 200
    right = client.post("/accounts/login/", {"username": "ann", "password": "demo"})
    assert right["Location"] == "/"
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "to",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example/", "///evil.example"),
        *("http:evil.example", "javascript:alert(1)", "/\r\nSet-Cookie: a=b", "\t//evil.example/"),
    ],
)
def test_no_form_leads_to_another_host(to: str, ann: User) -> None:
    client = Client()
    ann_in = {"username": "ann", "password": "demo", "next": to}
    query = urlencode({"next": to})
    answers = [
        client.post("/accounts/login/", ann_in),
        client.get(f"/accounts/login/?{query}"),  # signed in already
        client.post("/accounts/language/", {"language": "en", "next": to}),
        Client().get(f"/admin/login/?{query}"),
        client.post("/accounts/logout/", {"next": to}),
    ]
    for answer in answers:
        found = urlsplit(answer["Location"])
        assert (answer.status_code, found.scheme, found.netloc) == (302, "", ""), answer
        assert found.path.startswith("/"), answer
        assert not found.path.startswith(("//", "/\\")), answer
        assert "a" not in answer.cookies


def test_a_form_from_elsewhere_is_refused_with_a_page(ann: User, chat: Chat) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    response = client.post(page_of(chat), {"content": "hello"})
    assert response.status_code == 403
    assert "Please try again" in text(response)
    assert not Message.objects.exists()


def test_the_form_sends_a_message_and_comes_back(ann_client: Client, chat: Chat) -> None:
    key = hidden_key(ann_client.get(page_of(chat)))
    response = ann_client.post(page_of(chat), {"content": "hello", "clientMessageId": key})
    assert response.status_code == 302
    assert response["Location"] == page_of(chat)
    assert contents(ann_client.get(page_of(chat))) == ["hello"]
    assert Message.objects.get().client_message_id == key


def test_the_same_form_twice_makes_one_message(ann_client: Client, chat: Chat) -> None:
    body = {"content": "hello", "clientMessageId": hidden_key(ann_client.get(page_of(chat)))}
    for _ in range(2):
        assert ann_client.post(page_of(chat), body).status_code == 302
    assert Message.objects.count() == 1


def test_every_page_served_makes_a_message_of_its_own(ann_client: Client, chat: Chat) -> None:
    assert hidden_key(ann_client.get(page_of(chat))) != hidden_key(ann_client.get(page_of(chat)))


def test_an_old_form_with_another_text_keeps_the_draft_and_can_be_sent(
    ann_client: Client, chat: Chat
) -> None:
    key = hidden_key(ann_client.get(page_of(chat)))
    ann_client.post(page_of(chat), {"content": "one", "clientMessageId": key})
    refused = ann_client.post(page_of(chat), {"content": "two", "clientMessageId": key})
    assert refused.status_code == 409
    assert ">\ntwo</textarea>" in text(refused)
    body = {"content": "two", "clientMessageId": hidden_key(refused)}
    assert ann_client.post(page_of(chat), body).status_code == 302
    assert contents(ann_client.get(page_of(chat))) == ["one", "two"]


def test_lines_are_kept_as_they_were_typed(ann_client: Client, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "\r\n  one\r\ntwo\r\n"})
    assert Message.objects.get().content == "\n  one\ntwo\n"


@pytest.mark.parametrize(
    "content, status",
    [("", 400), (" \r\n ", 400), ("nul\0", 400), ("x" * (MAX_CONTENT + 1), 413)],
)
def test_a_text_that_cannot_be_stored_is_told_and_kept(
    ann_client: Client, chat: Chat, content: str, status: int
) -> None:
    response = ann_client.post(page_of(chat), {"content": content})
    assert response.status_code == status
    assert re.search(r'role="alert">[^<]+<', text(response))
    assert content.replace("\r\n", "\n") in text(response)
    assert not Message.objects.exists()


def test_the_longest_text_counts_its_lines_as_it_was_typed(ann_client: Client, chat: Chat) -> None:
    content = "x" * (MAX_CONTENT - 2) + "\r\n" + "x"
    assert ann_client.post(page_of(chat), {"content": content}).status_code == 302


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "é"])
def test_a_bad_client_message_id_costs_nothing(ann_client: Client, chat: Chat, key: str) -> None:
    body = {"content": "hello", "clientMessageId": key}
    assert ann_client.post(page_of(chat), body).status_code == 302


def test_staff_who_read_along_do_not_write(mod: User, chat: Chat) -> None:
    response = sign_in(mod).post(page_of(chat), {"content": "hello"})
    assert response.status_code == 403
    assert not Message.objects.exists()


def test_a_frozen_chat_says_so_and_keeps_the_draft(
    ann_client: Client, ann: User, bob: User, chat: Chat
) -> None:
    set_frozen(actor_of(ann), chat.chat_id, frozen=True)
    response = sign_in(bob).post(page_of(chat), {"content": "but I meant"})
    assert response.status_code == 403
    assert "frozen" in text(response)
    assert ">\nbut I meant</textarea>" in text(response)
    assert re.search(r'id="send"[^>]+disabled', text(response))


def test_too_many_messages_are_told_when_to_go_on(
    ann_client: Client, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "1/h"
    assert ann_client.post(page_of(chat), {"content": "one"}).status_code == 302
    response = ann_client.post(page_of(chat), {"content": "two"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) in range(1, 3_602)
    assert ">\ntwo</textarea>" in text(response)


def test_a_body_beyond_all_measure_is_a_page_too(ann_client: Client, chat: Chat) -> None:
    response = ann_client.post(page_of(chat), {"content": "x" * 3_000_000}, HTTP_HOST="localhost")
    assert response.status_code in (400, 413)


@pytest.mark.parametrize("kind", ["user", "ai"])
def test_who_writes_has_read(
    kind: str, ann_client: Client, ann: User, bob: User, chat: Chat
) -> None:
    """Also the place where an answer will be, which is no news to who asked."""
    say(bob, chat, "hello")
    ann_client.post(page_of(chat), {"content": "hello yourself", "type": kind})
    chat.refresh_from_db()
    assert Membership.objects.get(chat=chat, user=ann).read_seq == chat.last_seq


def test_a_new_chat_has_the_people_named(ann_client: Client, bob: User, eve: User) -> None:
    response = ann_client.post("/new/", {"title": "Dinner", "people": "bob, eve,, ann bob"})
    chat = Chat.objects.get()
    assert response["Location"] == page_of(chat)
    assert sorted(chat.memberships.values_list("user__username", "role")) == [
        ("ann", "owner"),
        ("bob", "member"),
        ("eve", "member"),
    ]


@pytest.mark.parametrize(
    "title, people, told",
    [
        ("", "", "This field is required"),
        ("  ", "", "This field is required"),
        ("x" * 121, "", "at most 120"),
        ("nul\0", "", "Null characters"),
        ("Dinner", "bob, nobody, nemo", "nobody, nemo"),
        ("Dinner", ",".join(f"u{number}" for number in range(101)), "At most 100 people"),
    ],
)
def test_a_new_chat_that_cannot_be_is_told_at_its_field(
    ann_client: Client, bob: User, title: str, people: str, told: str
) -> None:
    response = ann_client.post("/new/", {"title": title, "people": people})
    assert response.status_code == 200
    assert told in text(response)
    assert 'class="errorlist"' in text(response)
    assert not Chat.objects.exists()


def test_somebody_who_is_gone_can_not_be_added(ann_client: Client, bob: User) -> None:
    bob.is_active = False
    bob.save(update_fields=["is_active"])
    response = ann_client.post("/new/", {"title": "Dinner", "people": "bob"})
    assert "There is nobody called: bob" in text(response)


def test_the_other_button_asks(ann_client: Client, chat: Chat) -> None:
    assert ann_client.post(page_of(chat), {"content": "Why?", "type": "ai"}).status_code == 302
    prompt, answer = Message.objects.order_by("seq")
    assert (prompt.type, prompt.content) == ("user", "Why?")
    assert (answer.type, answer.status, answer.reply_to) == ("ai", "pending", prompt)
    page = ann_client.get(page_of(chat)).content.decode()
    assert page.count(" data-asked") == 2
    assert "Waiting for an answer…" in page


def test_a_question_may_be_about_a_message(ann_client: Client, ann: User, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "pizza"})
    about = Message.objects.get()
    body = {"content": "Which one?", "replyTo": about.message_id, "type": "ai"}
    assert ann_client.post(page_of(chat), body).status_code == 302
    assert Message.objects.get(content="Which one?").reply_to == about


def test_a_message_may_reply_to_another(ann_client: Client, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "pizza"})
    first = Message.objects.get()
    ann_client.post(page_of(chat), {"content": "Which one?", "replyTo": first.message_id})
    assert Message.objects.get(content="Which one?").reply_to == first
    assert not Message.objects.filter(type="ai").exists()


def test_a_slash_and_ai_ask_too(ann_client: Client, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "/ai Why?", "type": "user"})
    prompt, answer = Message.objects.order_by("seq")
    assert (prompt.content, answer.reply_to) == ("Why?", prompt)


def test_an_answer_is_stopped_by_who_asked_and_nobody_else(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    ann_client.post(page_of(chat), {"content": "Why?", "type": "ai"})
    assert " data-asked" not in sign_in(bob).get(page_of(chat)).content.decode()


@pytest.mark.parametrize(
    "address", ["https://youtu.be/dQw4w9WgXcQ", " https://www.youtube.com/watch?v=dQw4w9WgXcQ\r\n"]
)
def test_the_address_of_a_video_is_sent_as_a_video(
    address: str, ann_client: Client, chat: Chat
) -> None:
    assert ann_client.post(page_of(chat), {"content": address}).status_code == 302
    video = Message.objects.get()
    assert (video.type, video.content) == ("youtube", "")
    assert video.metadata["url"] == address.strip()


def test_the_address_of_a_video_may_be_meant_as_words(ann_client: Client, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "https://youtu.be/dQw4w9WgXcQ", "plain": "1"})
    assert Message.objects.get().type == "user"


def test_an_address_among_words_stays_a_message(ann_client: Client, chat: Chat) -> None:
    ann_client.post(page_of(chat), {"content": "see https://youtu.be/dQw4w9WgXcQ"})
    assert Message.objects.get().type == "user"
