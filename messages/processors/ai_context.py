"""What a language model is told of a chat: the question, what it is about, and what came before.

All of it is bounded in characters, since that is what can be counted without knowing the model.
"""

from collections.abc import Callable

from django.conf import settings

from messages.models import Membership, MessageType
from messages.processors.work import Failure, FailureCode, Work
from messages.representation import WireMessage, find_messages

Turn = dict[str, str]
_PAGE = 200
_CUT = " […]"


def prompt_for(work: Work) -> list[Turn]:
    """System prompt, the newest messages before the question, and the question, in this order.

    The message that the question replies to stands right before it, with its video's transcript.
    The question is never cut; the oldest messages are the first to be left out. Raises Failure
    where the question has been removed.
    """
    question = question_of(work)
    system: Turn = {"role": "system", "content": settings.AI_SYSTEM_PROMPT}
    room = settings.AI_CONTEXT_CHARS - len(question["content"])
    about = _about(work, question, room=room * 3 // 4)
    room -= sum(len(turn["content"]) for turn in about)
    earlier = newest_before(work.chat_id, question, limit=_PAGE)
    skip = {question["replyTo"], work.message_id}
    turns = [_turn(message) for message in earlier if message["messageId"] not in skip]
    return [system, *_newest_within(room, turns), *about, _turn(question)]


def question_of(work: Work) -> WireMessage:
    question = one(work.chat_id, work.reply_to)
    if question is None:
        raise Failure(FailureCode.PROCESSING_FAILED, "The question is no longer there.")
    return question


def one(chat_id: str, message_id: str | None) -> WireMessage | None:
    """A message of this chat with something in it; None where there is no such."""
    if message_id is None:
        return None
    found = find_messages(
        "m.message_id = %s AND m.chat_id = %s AND m.removed IS NULL", [message_id, chat_id]
    )
    return found[0] if found else None


def newest_before(chat_id: str, question: WireMessage, *, limit: int) -> list[WireMessage]:
    """Finished messages that say something and that the asker may see, the newest first."""
    where = (
        "m.chat_id = %s AND m.seq < %s AND m.seq >= %s AND m.removed IS NULL"
        " AND m.status = 'completed' AND (m.content <> '' OR m.type = 'youtube')"
    )
    values = [chat_id, question["seq"], _first_seq(chat_id, question)]
    return find_messages(where, values, order="m.seq DESC", limit=limit)


def _first_seq(chat_id: str, question: WireMessage) -> int:
    """Who asks is not told by the answer what was said before their time."""
    asker = question["author"] and question["author"]["id"]
    membership = Membership.objects.filter(chat_id=chat_id, user_id=asker)
    first = membership.values_list("first_seq", flat=True).first()
    return question["seq"] if first is None else first


def _newest_within(room: int, newest_first: list[Turn]) -> list[Turn]:
    """As many as fit, the oldest first."""
    taken: list[Turn] = []
    for turn in newest_first:
        room -= len(turn["content"])
        if room < 0:
            break
        taken.append(turn)
    return taken[::-1]


def _about(work: Work, question: WireMessage, *, room: int) -> list[Turn]:
    """The message that the question replies to, whatever its state, and what is known of it."""
    message = one(work.chat_id, question["replyTo"])
    if message is None or room <= 0:
        return []
    text = f"The next question is about this message. {_words(message)}"
    transcript = _transcript(message, work.transcript_of)
    if transcript:
        text += f"\n\nTranscript of the video:\n{transcript}"
    return [{"role": "user", "content": shortened(text, room)}]


def _transcript(message: WireMessage, transcript_of: Callable[[str], str | None]) -> str | None:
    return transcript_of(message["messageId"]) if message["type"] == MessageType.YOUTUBE else None


def _turn(message: WireMessage) -> Turn:
    if message["type"] == MessageType.AI:
        return {"role": "assistant", "content": message["content"]}
    return {"role": "user", "content": _words(message)}


def _words(message: WireMessage) -> str:
    """Who says what: `Ann: …`."""
    said = [message["content"]] if message["content"] else []
    if message["type"] == MessageType.YOUTUBE:
        said.append(_video(message["metadata"]))
    author = message["author"]
    name = author["name"] if author else message["type"]
    return f"{name}: {' '.join(said)}"


def _video(metadata: dict[str, str]) -> str:
    title, channel = metadata.get("title"), metadata.get("authorName")
    known = f" “{title}”" if title else ""
    known += f" by {channel}" if channel else ""
    return f"[YouTube video{known}: {metadata.get('url', '')}]"


def shortened(text: str, length: int) -> str:
    """At most `length` characters, with a sign where something is missing."""
    return text if len(text) <= length else text[: max(length - len(_CUT), 0)] + _CUT
