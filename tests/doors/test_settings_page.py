"""The pages of a chat's settings and of an invitation, without any script."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from messages.access import actor_of
from messages.invitations import create
from messages.membership import ban
from messages.models import Ban, Chat, Decision, Invitation
from tests.domain.talk import roles
from tests.doors.browsing import page_of, sign_in, text

pytestmark = pytest.mark.django_db(transaction=True)


def settings_of(chat: Chat) -> str:
    return f"{page_of(chat)}settings/"


def press(browser: Client, chat: Chat, act: str, **fields: object) -> tuple[int, str]:
    """Send one of the page's forms; the status after redirects, and the page."""
    answer = browser.post(settings_of(chat), {"act": act, **fields}, follow=True)
    return answer.status_code, text(answer)


def test_the_chat_leads_to_its_settings(ann: User, chat: Chat) -> None:
    page = text(sign_in(ann).get(page_of(chat)))
    assert 'href="settings/"' in page


def test_an_owner_changes_the_chat(ann: User, chat: Chat) -> None:
    browser = sign_in(ann)
    assert press(browser, chat, "change", title="Dinner", history="sinceJoining")[0] == 200
    press(browser, chat, "freeze", frozen="yes")
    chat.refresh_from_db()
    assert (chat.title, chat.history, chat.frozen) == ("Dinner", "sinceJoining", True)
    assert Decision.objects.get().verb == "freeze"
    press(browser, chat, "freeze", frozen="no")
    chat.refresh_from_db()
    assert not chat.frozen


def test_an_owner_decides_who_is_in(ann: User, bob: User, eve: User, chat: Chat) -> None:
    browser = sign_in(ann)
    press(browser, chat, "add", name=" eve ")
    assert roles(chat) == {"ann": "owner", "bob": "member", "eve": "member"}
    press(browser, chat, "setRole", user=eve.pk, role="owner")
    press(browser, chat, "remove", user=bob.pk)
    assert roles(chat) == {"ann": "owner", "eve": "owner"}
    press(browser, chat, "ban", user=bob.pk)
    status, page = press(browser, chat, "add", name="bob")
    assert (status, "banned" in page) == (400, True)
    press(browser, chat, "liftBan", user=bob.pk)
    press(browser, chat, "add", name="bob")
    assert roles(chat)["bob"] == "member"


def test_a_link_is_made_shown_followed_and_taken_back(ann: User, eve: User, chat: Chat) -> None:
    browser, guest = sign_in(ann), Client()
    _, page = press(browser, chat, "invite", days="1", uses="")
    link = re.search(r'value="http://testserver(/invitations/[^"]+)"', page)
    assert link is not None
    asked = guest.get(link[1])
    assert asked["Location"] == f"/accounts/login/?next={link[1]}"
    back = guest.post(asked["Location"], {"username": "eve", "password": "demo", "next": link[1]})
    assert back["Location"] == link[1]
    assert "Lunch" in text(guest.get(link[1]))
    assert guest.post(link[1])["Location"] == page_of(chat)
    assert guest.get(link[1])["Location"] == page_of(chat)
    press(browser, chat, "revoke", invitation=Invitation.objects.get().pk)
    assert Invitation.objects.get().revoked_at


def test_every_link_that_leads_nowhere_is_the_same_page(ann: User, bob: User, chat: Chat) -> None:
    good = create(actor_of(ann), chat.pk)["token"]
    old = create(actor_of(ann), chat.pk)
    Invitation.objects.filter(pk=old["invitationId"]).update(expires_at=1)
    ban(actor_of(ann), chat.pk, bob.pk)
    browser = sign_in(bob)
    seen = set()
    for token in (good, old["token"], "nonsense", f"{good}x"):
        for answer in (
            browser.get(f"/invitations/{token}/"),
            browser.post(f"/invitations/{token}/"),
        ):
            assert answer.status_code == 404
            seen.add(text(answer))
    assert len(seen) == 1
    assert "Lunch" not in seen.pop()


def test_a_member_sees_nothing_to_manage_and_may_leave(ann: User, bob: User, chat: Chat) -> None:
    create(actor_of(ann), chat.pk)
    browser = sign_in(bob)
    page = text(browser.get(settings_of(chat)))
    assert "Leave the chat" in page
    assert not re.search(r"/invitations/|Members|Banned", page)
    for act in ("change", "freeze", "add", "setRole", "remove", "ban", "invite", "revoke"):
        fields = {"user": ann.pk, "name": "eve", "title": "Mine", "days": "1", "role": "owner"}
        assert press(browser, chat, act, frozen="yes", **fields)[0] == 403, act
    assert roles(chat) == {"ann": "owner", "bob": "member"}
    press(browser, chat, "leave")
    assert roles(chat) == {"ann": "owner"}
    assert browser.get(settings_of(chat)).status_code == 404


def test_a_moderator_manages_without_being_in(mod: User, bob: User, chat: Chat) -> None:
    browser = sign_in(mod)
    press(browser, chat, "ban", user=bob.pk)
    assert Ban.objects.get().by_moderator
    assert "Leave the chat" not in text(browser.get(settings_of(chat)))


def test_an_owner_cannot_lift_what_a_moderator_decided(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    ban(actor_of(mod), chat.pk, bob.pk)
    browser = sign_in(ann)
    assert "by a moderator" in text(browser.get(settings_of(chat)))
    assert press(browser, chat, "liftBan", user=bob.pk)[0] == 403
    assert Ban.objects.exists()


@pytest.mark.parametrize(
    "act, fields",
    [
        ("nothing", {}),
        ("add", {"name": "nobody"}),
        ("add", {"name": "a\0b"}),
        ("remove", {"user": "x"}),
        ("remove", {"user": "9" * 30}),
        ("remove", {"user": "123456"}),
        ("setRole", {"role": "king"}),
        ("setRole", {"role": "member"}),
        ("invite", {"days": "91"}),
        ("invite", {"days": "999999999999999999"}),
        ("invite", {"days": "1", "uses": "0"}),
        ("revoke", {"invitation": "a\0b"}),
        ("change", {"title": " "}),
        ("leave", {}),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    act: str, fields: dict[str, str], ann: User, chat: Chat
) -> None:
    before = Chat.objects.values().get(pk=chat.pk)
    fields = {"user": str(ann.pk)} | fields
    status, page = press(sign_in(ann), chat, act, **fields)
    assert (status, 'role="alert"' in page) == (400, True)
    assert Chat.objects.values().get(pk=chat.pk) == before
    assert roles(chat) == {"ann": "owner", "bob": "member"}


def test_names_and_titles_are_no_markup(ann: User, bob: User, chat: Chat) -> None:
    User.objects.filter(pk=bob.pk).update(first_name="<b>Bob</b>")
    browser = sign_in(ann)
    press(browser, chat, "change", title="<i>Lunch</i>", history="all")
    page = text(browser.get(settings_of(chat)))
    assert "<b>Bob" not in page
    assert "<i>Lunch" not in page


def test_an_owner_slows_the_chat_down(ann: User, chat: Chat) -> None:
    browser = sign_in(ann)
    for seconds in ("30", "0"):
        status, _ = press(browser, chat, "change", title="Lunch", slowMode=seconds)
        chat.refresh_from_db()
        assert (status, chat.slow_mode_seconds) == (200, int(seconds))
    assert press(browser, chat, "change", title="Lunch", slowMode="9" * 9)[0] == 400
    assert press(browser, chat, "change", title="Lunch", slowMode="-1")[0] == 400
    chat.refresh_from_db()
    assert chat.slow_mode_seconds == 0
