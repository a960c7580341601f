"""The desk of moderators, the form for reports, and what authors read, all without a script."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from messages import held
from messages.access import actor_of
from messages.models import Chat, Decision, Held, Membership, Message, Report
from messages.reports import report
from tests.doors.browsing import page_of, say, sign_in, text

pytestmark = pytest.mark.django_db(transaction=True)

DESK = "/moderation/"


@pytest.fixture
def rude(ann: User, bob: User, chat: Chat) -> str:
    for words in ("Before", "You are <b>rude</b>", "After"):
        say(bob, chat, words)
    message_id = Message.objects.order_by("seq").values_list("pk", flat=True)[1]
    report(actor_of(ann), message_id, "Not <i>nice</i>")
    return message_id


def decide(moderator: Client, verb: str, *message_ids: str, **how: str) -> str:
    """What the page says then."""
    form = {"verb": verb, "messageIds": message_ids, "next": DESK} | how
    return text(moderator.post(f"{DESK}decide/", form, follow=True))


def test_others_find_nothing_there(
    ann: User, bob: User, eve: User, mod: User, chat: Chat, rude: str
) -> None:
    decide(sign_in(mod), "freeze", rude)
    before = Decision.objects.count()
    missing = sign_in(eve).get("/no/such/page/")
    for user in (ann, bob, eve):
        browser = sign_in(user)
        for path in (DESK, f"{DESK}{rude}/"):
            answer = browser.get(path)
            assert answer.status_code == missing.status_code == 404
        for path in ("decide/", f"decisions/{Decision.objects.get().pk}/undo/", "held/1/"):
            form = {"verb": "remove", "messageIds": [rude]}
            assert browser.post(f"{DESK}{path}", form).status_code == 404
        assert "Moderation" not in text(browser.get("/"))
    assert Client().get(DESK).status_code == 302
    assert Decision.objects.count() == before


def test_the_desk_shows_what_was_said_and_why_it_was_reported(
    mod: User, chat: Chat, rude: str
) -> None:
    browser = sign_in(mod)
    page = text(browser.get(DESK))
    assert "Not &lt;i&gt;nice&lt;/i&gt;" in page
    assert re.search(r'id="waiting">1<', page)
    assert re.search(r'id="waiting">1<', text(browser.get("/")))
    case = text(browser.get(f"{DESK}{rude}/"))
    places = [case.index(words) for words in ("Before", "You are", "After", "Reports: 1")]
    assert places == sorted(places)
    for missing in ("nothing", "1" * 13 + rude[13:]):
        assert browser.get(f"{DESK}{missing}/").status_code == 404


def test_what_is_decided_goes_from_the_desk(mod: User, chat: Chat, rude: str) -> None:
    browser = sign_in(mod)
    assert "Done." in decide(browser, "remove", rude, reason="Be kind")
    assert rude not in text(browser.get(DESK))
    decided = text(browser.get(f"{DESK}?state=decided"))
    assert rude in decided
    assert "Be kind" in decided
    assert "gone already" in decide(browser, "remove", rude)


def test_many_are_decided_at_once(ann: User, mod: User, chat: Chat, rude: str) -> None:
    other = Message.objects.exclude(pk=rude).values_list("pk", flat=True)[0]
    report(actor_of(ann), other, "Too")
    decide(sign_in(mod), "dismiss", rude, other)
    assert set(Decision.objects.values_list("message_id", "verb")) == {
        (rude, "dismiss"),
        (other, "dismiss"),
    }
    assert not Report.objects.filter(decision=None).exists()


def test_a_mute_of_the_form_ends_and_is_undone(bob: User, mod: User, chat: Chat, rude: str) -> None:
    browser = sign_in(mod)
    decide(browser, "mute", rude, minutes="10", reason="Calm down")
    assert Membership.objects.get(user=bob).muted_until is not None
    assert "Calm down" in text(sign_in(bob).get(page_of(chat)))
    case = text(browser.get(f"{DESK}{rude}/"))
    (undo,) = re.findall(r'action="(/moderation/decisions/\d+/undo/)"', case)
    assert browser.post(undo, {"next": f"{DESK}{rude}/"}).url == f"{DESK}{rude}/"
    assert not Membership.objects.get(user=bob).muted
    assert "Calm down" not in text(sign_in(bob).get(page_of(chat)))


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/admin/", ""])
def test_a_form_leads_back_to_the_desk_alone(to: str, mod: User, chat: Chat, rude: str) -> None:
    answer = sign_in(mod).post(f"{DESK}decide/", {"verb": "dismiss", "next": to})
    assert answer["Location"] == DESK


def test_the_author_alone_reads_why(ann: User, bob: User, mod: User, chat: Chat, rude: str) -> None:
    decide(sign_in(mod), "remove", rude, reason="Be kind")
    bobs, anns = (text(sign_in(user).get(page_of(chat))) for user in (bob, ann))
    assert "removed by a moderator. Reason: Be kind" in bobs
    assert "removed by a moderator." in anns
    assert "Be kind" not in anns


def test_a_warning_is_read_by_whom_it_is_about_alone(
    ann: User, bob: User, mod: User, chat: Chat, rude: str
) -> None:
    decide(sign_in(mod), "warn", rude, reason="Be kind")
    for page in (page_of(chat), f"{page_of(chat)}told/"):
        assert "Be kind" in text(sign_in(bob).get(page))
        assert "Be kind" not in text(sign_in(ann).get(page))


def test_a_member_reports_by_a_form(ann: User, bob: User, eve: User, chat: Chat, rude: str) -> None:
    path = f"{page_of(chat)}messages/{rude}/report/"
    browser = sign_in(ann)
    assert path in text(browser.get(page_of(chat)))
    Report.objects.all().delete()
    assert "You are" in text(browser.get(path))
    empty = browser.post(path, {"reason": " "})
    assert (empty.status_code, "reason is a text" in text(empty)) == (400, True)
    for _ in range(2):
        assert "Thank you" in text(browser.post(path, {"reason": "Rude"}))
    assert Report.objects.get().reporter == ann
    assert path not in text(sign_in(bob).get(page_of(chat)))
    for answer in (sign_in(eve).get(path), sign_in(eve).post(path, {"reason": "Rude"})):
        assert answer.status_code == 404
    assert sign_in(bob).post(path, {"reason": "Rude"}).status_code == 403
    assert Report.objects.count() == 1


def test_what_waits_is_seen_by_its_author_and_released_at_the_desk(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    held.set_filter(actor_of(ann), chat.pk, words=["darn"], links=False)
    refused = sign_in(bob).post(page_of(chat), {"content": "Darn it"})
    assert (refused.status_code, "has to look at this first" in text(refused)) == (403, True)
    assert "Darn it" in text(sign_in(bob).get(page_of(chat)))
    assert "Darn it" not in text(sign_in(ann).get(page_of(chat)))
    browser = sign_in(mod)
    assert "Darn it" in text(browser.get(DESK))
    browser.post(f"{DESK}held/{Held.objects.get().pk}/", {"verb": "release"})
    assert "Darn it" in text(sign_in(ann).get(page_of(chat)))
    assert not Held.objects.exists()


def test_a_longer_desk_takes_no_more_queries(
    ann: User,
    bob: User,
    mod: User,
    chat: Chat,
    rude: str,
    django_assert_num_queries: DjangoAssertNumQueries,
    settings: Settings,
) -> None:
    settings.RATE_LIMIT_SEND = settings.RATE_LIMIT_REPORTS = "0"
    browser = sign_in(mod)
    with django_assert_num_queries(13):
        browser.get(DESK)
    for number in range(25):
        say(bob, chat, f"Rude {number}")
    for key in Message.objects.exclude(pk=rude).values_list("pk", flat=True):
        report(actor_of(ann), key, "Rude")
    with django_assert_num_queries(13):
        page = text(browser.get(DESK))
    assert page.count('name="messageIds"') == 20
    (older,) = re.findall(r'href="(\?state=open&amp;before=\d+)"', page)
    assert text(browser.get(DESK + older.replace("&amp;", "&"))).count('name="messageIds"') == 8
