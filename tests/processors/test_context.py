"""What a model is told: the newest that fits, and what the question is about."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.access import actor_of
from messages.chats import create_chat
from messages.models import Chat
from messages.processors.ai_context import one, prompt_for, shortened
from messages.processors.work import Failure, Work
from tests.domain.talk import VIDEO, accept, remove, say
from tests.processors.asking import answered, ask, titled

pytestmark = pytest.mark.django_db


def told(work: Work) -> list[tuple[str, str]]:
    """Roles and words after the system prompt."""
    system, *turns = prompt_for(work)
    assert system["role"] == "system"
    return [(turn["role"], turn["content"]) for turn in turns]


def knowing(work: Work, transcript: str) -> Work:
    return Work(
        work.message_id,
        work.chat_id,
        work.content,
        work.metadata,
        work.reply_to,
        transcript_of=lambda message_id: transcript,
    )


def test_the_chat_comes_before_the_question(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat, "Lunch at noon?")
    say(bob, chat, "Fine.")
    assert told(ask(ann, chat, "When?")) == [
        ("user", "ann: Lunch at noon?"),
        ("user", "bob: Fine."),
        ("user", "ann: When?"),
    ]


def test_earlier_answers_are_the_assistant_s_own(ann: User, chat: Chat) -> None:
    answered(ask(ann, chat, "Why?"), "Because.")
    assert told(ask(ann, chat, "Really?")) == [
        ("user", "ann: Why?"),
        ("assistant", "Because."),
        ("user", "ann: Really?"),
    ]


def test_what_was_said_after_the_question_is_not_told(ann: User, bob: User, chat: Chat) -> None:
    work = ask(ann, chat, "When?")
    say(bob, chat, "Later.")
    assert told(work) == [("user", "ann: When?")]


def test_what_was_removed_or_is_unfinished_is_not_told(ann: User, bob: User, chat: Chat) -> None:
    remove(bob, say(bob, chat, "I take it back."))
    ask(bob, chat, "And?")
    assert told(ask(ann, chat, "When?")) == [("user", "bob: And?"), ("user", "ann: When?")]


def test_other_chats_are_not_told(ann: User, chat: Chat) -> None:
    say(ann, create_chat(actor_of(ann), "Other"), "a secret")
    assert told(ask(ann, chat, "When?")) == [("user", "ann: When?")]


def test_the_oldest_are_left_out_first(settings: Settings, ann: User, chat: Chat) -> None:
    for letter in "abc":
        say(ann, chat, letter * 10)
    work = ask(ann, chat, "When?")
    settings.AI_CONTEXT_CHARS = len("When?") + 2 * len("ann: bbbbbbbbbb")
    assert [text[-1] for _, text in told(work)] == ["b", "c", "?"]
    settings.AI_CONTEXT_CHARS -= 1
    assert [text[-1] for _, text in told(work)] == ["c", "?"]


def test_the_question_is_told_however_long(settings: Settings, ann: User, chat: Chat) -> None:
    settings.AI_CONTEXT_CHARS = 100
    say(ann, chat, "before")
    work = ask(ann, chat, "x" * 200, replyTo=say(ann, chat, "named")["messageId"])
    assert told(work) == [("user", "ann: " + "x" * 200)]


def test_the_message_in_question_stands_before_it(ann: User, bob: User, chat: Chat) -> None:
    named = say(bob, chat, "Seven.")
    say(ann, chat, "Hm.")
    turns = told(ask(ann, chat, "Seven what?", replyTo=named["messageId"]))
    assert turns == [
        ("user", "ann: Hm."),
        ("user", "The next question is about this message. bob: Seven."),
        ("user", "ann: Seven what?"),
    ]


def test_a_video_in_question_is_told_with_its_transcript(ann: User, chat: Chat) -> None:
    video = accept(ann, chat, "Look", type="youtube", metadata={"url": VIDEO}).message
    titled(video, "On Tea", "Kettle TV")
    work = ask(ann, chat, "Summarise", replyTo=video["messageId"])
    known = f"ann: Look [YouTube video “On Tea” by Kettle TV: {VIDEO}]"
    about = f"The next question is about this message. {known}"
    assert told(work)[0] == ("user", about)
    about += "\n\nTranscript of the video:\nBoil the water."
    assert told(knowing(work, "Boil the water."))[0] == ("user", about)


def test_a_video_not_looked_up_yet_is_told_by_its_address(ann: User, chat: Chat) -> None:
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    turns = told(ask(ann, chat, "What is it?", replyTo=video["messageId"]))
    assert turns[0][1].endswith(f"ann: [YouTube video: {VIDEO}]")


def test_a_long_transcript_is_shortened(settings: Settings, ann: User, chat: Chat) -> None:
    settings.AI_CONTEXT_CHARS = 1_000
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    say(ann, chat, "Hm.")
    work = knowing(ask(ann, chat, "?" * 200, replyTo=video["messageId"]), "word " * 10_000)
    earlier, about, _ = told(work)
    assert earlier == ("user", "ann: Hm.")
    assert len(about[1]) == (1_000 - 200) * 3 // 4
    assert about[1].endswith(" […]")


def test_a_removed_question_is_not_asked(ann: User, chat: Chat) -> None:
    work = ask(ann, chat, "Why?")
    remove(ann, one(chat.chat_id, work.reply_to))
    with pytest.raises(Failure, match="no longer there"):
        prompt_for(work)


def test_a_removed_message_in_question_is_left_out(ann: User, chat: Chat) -> None:
    named = say(ann, chat, "Seven.")
    work = ask(ann, chat, "What?", replyTo=named["messageId"])
    remove(ann, named)
    assert told(work) == [("user", "ann: What?")]


@pytest.mark.parametrize(
    "text, length, short",
    [("abc", 3, "abc"), ("abcdefgh", 7, "abc […]"), ("abcdefgh", 8, "abcdefgh")],
)
def test_something_missing_is_marked(text: str, length: int, short: str) -> None:
    assert shortened(text, length) == short
