"""The built-in assistant: honest about what it is, and right about what the chat says."""

import threading

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from messages.access import actor_of
from messages.chats import create_chat
from messages.models import Chat, MessageType
from messages.processors import PROCESSORS
from messages.processors.assistant import NAME, pieces_of
from messages.processors.work import Stopped, Work
from tests.domain.talk import VIDEO, remove, say
from tests.processors.asking import answered, ask, titled
from tests.processors.recorder import Recorder


def answer(work: Work) -> str:
    progress = Recorder()
    done = PROCESSORS[MessageType.AI](work, progress)
    assert done.metadata == {"model": NAME}
    assert done.content == progress.text
    assert len(progress.texts) > 10
    return done.content


@pytest.mark.django_db
def test_it_says_what_it_is(ann: User, chat: Chat) -> None:
    assert "not a language model" in answer(ask(ann, chat, "Who are you?"))


@pytest.mark.django_db
def test_it_quotes_what_matches_with_ids(ann: User, bob: User, chat: Chat) -> None:
    noon = say(bob, chat, "Lunch is at noon.")
    other = say(bob, chat, "It rains.")
    text = answer(ask(ann, chat, "When is lunch?"))
    assert "> Lunch is at noon.\n> \n> — bob, " in text
    assert f"message `{noon['messageId']}`" in text
    assert other["messageId"] not in text


@pytest.mark.django_db
def test_it_says_when_there_is_nothing(ann: User, chat: Chat) -> None:
    say(ann, chat, "It rains.")
    text = answer(ask(ann, chat, "When is lunch?"))
    assert "nothing else in this chat" in text
    assert ">" not in text


@pytest.mark.django_db
def test_it_quotes_neither_itself_nor_what_is_gone(ann: User, chat: Chat) -> None:
    answered(ask(ann, chat, "What of this?"), "Lunch is a model's idea.")
    remove(ann, say(ann, chat, "Lunch is off."))
    say(ann, create_chat(actor_of(ann), "Other"), "Lunch is secret.")
    assert "nothing else" in answer(ask(ann, chat, "When is lunch?"))


@pytest.mark.django_db
def test_it_quotes_the_message_in_question(ann: User, bob: User, chat: Chat) -> None:
    named = say(bob, chat, "Seven.\nOr eight.")
    text = answer(ask(ann, chat, "What?", replyTo=named["messageId"]))
    assert "You asked about this message:\n\n> Seven.\n> Or eight.\n" in text
    assert text.count(named["messageId"]) == 1


@pytest.mark.django_db
def test_it_finds_the_place_in_a_video(ann: User, chat: Chat) -> None:
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    titled(video, "On Tea", "Kettle TV")
    asked = ask(ann, chat, "How hot is the water?", replyTo=video["messageId"])
    spoken = "um " * 80 + "boil the water first " + "um " * 80
    work = Work(
        asked.message_id,
        asked.chat_id,
        "",
        {},
        asked.reply_to,
        transcript_of={video["messageId"]: spoken}.get,
    )
    text = answer(work)
    assert "> On Tea" in text
    assert "In the video it is said:\n\n> … boil the water first um" in text


@pytest.mark.django_db
def test_a_video_is_found_by_its_title(ann: User, chat: Chat) -> None:
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    titled(video, "On Tea", "Kettle TV")
    assert video["messageId"] in answer(ask(ann, chat, "Was there a video on tea?"))


@pytest.mark.django_db
def test_it_stops_between_two_words(settings: Settings, ann: User, chat: Chat) -> None:
    settings.ASSISTANT_PACE_SECONDS = 600
    progress = Recorder()
    work = ask(ann, chat, "When is lunch?")
    timer = threading.Timer(0.05, progress.stop)
    timer.start()
    with pytest.raises(Stopped):
        PROCESSORS[MessageType.AI](work, progress)
    timer.join()
    assert progress.texts == ["I"]


@given(st.text())
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces_of(text)) == text
