"""The form of a send: each field beside what is wrong with it. No database is asked."""

from typing import Any

import pytest

from messages.access import Actor
from messages.drafts import Draft, draft_from
from messages.errors import BadChatId, BadMessageId, BadRequest, ChatError, TooLarge
from messages.models import MAX_CONTENT, MessageType
from tests.domain.talk import VIDEO

ANN = Actor(7, "Ann")
ID = "1709234567890-550e8400-e29b-41d4-a716-446655440000"


def made(chat_id: object = "demo", **fields: Any) -> Draft:
    body = {"clientMessageId": "x", "type": "user", "content": "Hello"}
    return draft_from(ANN, chat_id, body | fields)


def test_a_plain_send() -> None:
    draft = made(content="*Olá*", somethingElse=1)
    assert draft == Draft("demo", ANN, "x", MessageType.USER, "*Olá*", "<p><em>Olá</em></p>")
    assert draft.key == ("demo", 7, "x")


def test_content_is_kept_to_the_letter() -> None:
    content = " \tline\r\n\r\n  <b>&amp;</b> \u202e\ufeffe\u0301 "
    assert made(content=content).content == content


def test_a_video_may_come_without_words() -> None:
    for words in ({"content": ""}, {"content": None}, {"content": "  "}):
        assert made(type="youtube", metadata={"url": VIDEO}, **words).url == VIDEO
    body = {"clientMessageId": "x", "type": "youtube", "metadata": {"url": VIDEO}}
    assert draft_from(ANN, "demo", body).content == ""


def test_an_address_is_taken_from_videos_alone() -> None:
    assert made(metadata={"url": VIDEO}).url is None
    assert made(type="ai", metadata="nonsense").url is None


def test_content_has_at_most_16384_characters_of_any_width() -> None:
    widest = "\N{FACE WITH TEARS OF JOY}" * MAX_CONTENT
    assert made(content=widest).content == widest
    with pytest.raises(TooLarge) as refusal:
        made(content=widest + "x")
    assert refusal.value.details == {"field": "content"}


BAD: list[tuple[dict[str, Any], type[ChatError], str | None]] = [
    ({"chat_id": None}, BadChatId, None),
    ({"chat_id": "a b"}, BadChatId, None),
    ({"chat_id": 7}, BadChatId, None),
    *(({"type": kind}, BadRequest, "type") for kind in (None, "", "User", "video", 1, ["user"])),
    *(
        ({"clientMessageId": value}, BadRequest, "clientMessageId")
        for value in (None, "", 7, "a b", "x" * 65, "é")
    ),
    *(
        ({"content": value}, BadRequest, "content")
        for value in (None, "", " \n\t\u2003", 7, ["Hello"], "a\0", "\ud800", "é\udc00")
    ),
    ({"type": "ai", "content": ""}, BadRequest, "content"),
    ({"type": "system", "content": " "}, BadRequest, "content"),
    ({"type": "youtube", "metadata": {"url": VIDEO}, "content": 7}, BadRequest, "content"),
    *(
        ({"type": "youtube", "metadata": value}, BadRequest, "metadata.url")
        for value in (None, {}, [], VIDEO, {"url": None}, {"url": 7}, {"url": "https://a.example/"})
    ),
    (
        {"type": "youtube", "metadata": {"url": f"{VIDEO}&x={'x' * 2_048}"}},
        BadRequest,
        "metadata.url",
    ),
    ({"type": "youtube", "metadata": {"url": f"{VIDEO}&x=\ud800"}}, BadRequest, "metadata.url"),
    *(
        ({"replyTo": value}, BadMessageId, "replyTo")
        for value in ("", 7, "x", ID.upper(), [ID], False)
    ),
]


@pytest.mark.parametrize("fields, refusal, field", BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_named(
    fields: dict[str, Any], refusal: type[ChatError], field: str | None
) -> None:
    with pytest.raises(refusal) as refused:
        made(**fields)
    assert refused.value.details == ({"field": field} if field else {})


DIFFERENT = [
    made(),
    made(content="Hello "),
    made(type="ai"),
    made(type="system"),
    made(type="youtube", metadata={"url": VIDEO}),
    made(type="youtube", metadata={"url": f"{VIDEO}&t=1"}),
    made(replyTo=ID),
]


def test_other_bodies_have_other_digests() -> None:
    assert len({draft.digest for draft in DIFFERENT}) == len(DIFFERENT)


def test_a_digest_is_of_the_body_alone() -> None:
    other = draft_from(
        Actor(8, "Bob"),
        "other",
        {"clientMessageId": "y", "type": "user", "content": "Hello", "replyTo": None, "z": 1},
    )
    assert other.digest == made().digest
    assert len(other.digest) == 32
