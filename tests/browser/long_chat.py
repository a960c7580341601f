"""A long past for a chat: run beside a server, in its environment.

`python -m tests.browser.long_chat CHAT_ID COUNT` says `no. 1` to `no. COUNT`, the members in turn.
"""

import sys

import django

django.setup()

from django.db import transaction  # noqa: E402  (models need django.setup)
from django.db.models import F  # noqa: E402

from messages.clock import now_ms  # noqa: E402
from messages.message_id_generator import new_message_id  # noqa: E402
from messages.models import Chat, Event, Membership, Message  # noqa: E402


@transaction.atomic
def fill(chat_id: str, count: int) -> None:
    chat = Chat.objects.select_for_update().get(pk=chat_id)
    people = list(Membership.objects.filter(chat=chat).values_list("user_id", flat=True))
    now = now_ms()
    messages = [
        Message(
            message_id=new_message_id(),
            chat=chat,
            type="user",
            content=f"no. {number}",
            html=f"<p>no. {number}</p>",
            timestamp=now,
            status="completed",
            seq=chat.last_seq + number,
            author_id=people[number // 3 % len(people)],
        )
        for number in range(1, count + 1)
    ]
    Message.objects.bulk_create(messages, 500)
    Event.objects.bulk_create(
        (Event(chat=chat, seq=m.seq, at=now, type="user_message", message=m) for m in messages), 500
    )
    Chat.objects.filter(pk=chat_id).update(last_seq=F("last_seq") + count, last_at=now)


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
