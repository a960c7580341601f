"""`manage.py demo`: who and what is there afterwards, and what it never does."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from messages.access import Reach, access_to, actor_of
from messages.errors import NotFound
from messages.history import newest
from messages.models import Chat, Event, Message
from tests.domain.talk import edit, log_of, remove, roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings) -> Chat:
    settings.DEBUG = True
    call_command("demo", verbosity=0)
    return Chat.objects.get(pk="demo")


def test_the_cast_can_sign_in(demo: Chat) -> None:
    people = {user.username: user for user in User.objects.all()}
    assert set(people) == {"ann", "bob", "eve", "mod"}
    assert all(user.check_password("demo") for user in people.values())
    assert [user.username for user in people.values() if user.is_staff] == ["mod"]
    assert not any(user.is_superuser for user in people.values())


def test_ann_and_bob_talk_and_eve_is_outside(demo: Chat) -> None:
    assert (demo.title, roles(demo)) == ("Demo", {"ann": "owner", "bob": "member"})
    history = newest(Reach("demo"), 200).history
    assert {message["author"]["name"] for message in history} == {"ann", "bob"}
    assert any("<strong>" in message["html"] for message in history)
    with pytest.raises(NotFound):
        access_to(actor_of(User.objects.get(username="eve")), "demo")


def test_again_it_changes_nothing(demo: Chat) -> None:
    def everything() -> list[object]:
        return [
            list(model.objects.order_by("pk").values()) for model in (User, Chat, Event, Message)
        ]

    before = everything()
    call_command("demo", verbosity=0)
    assert everything() == before


def test_it_leaves_alone_what_people_have_made_of_it(demo: Chat) -> None:
    ann = User.objects.get(username="ann")
    mine = [
        message
        for message in newest(Reach("demo"), 200).history
        if message["author"]["name"] == "ann"
    ]
    edit(ann, mine[0], "Mine")
    remove(ann, mine[1])
    ann.set_password("mine")
    ann.save(update_fields=["password"])
    before = log_of(demo)
    call_command("demo", verbosity=0)
    assert log_of(demo) == before
    assert User.objects.get(username="ann").check_password("mine")


def test_it_says_what_it_could_not_say(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG, settings.RATE_LIMIT_SEND = True, "1/d"
    call_command("demo")
    output = capsys.readouterr()
    assert output.err.count("Left out of the demo chat: Too many messages") == 2
    assert "password demo" in output.out


def test_outside_debug_it_is_refused_in_one_sentence(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match=r"^Demo data is for DEBUG=1 only: [^\n]*\.$"):
        call_command("demo")
    assert not User.objects.exists()
