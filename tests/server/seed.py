"""People with API tokens, and chats with empty logs: run beside a server, in its environment.

`python -m tests.server.seed` reads `{"people": [name, …], "chats": {chatId: [name, …]}}` and prints
`{name: [id, token], …}`. The first of a chat owns it.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (models need django.setup)
from django.db import transaction  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from messages.clock import now_ms  # noqa: E402
from messages.models import Chat, Membership, Role  # noqa: E402

BATCH = 500


@transaction.atomic
def seed(names: list[str], chats: dict[str, list[str]]) -> dict[str, tuple[int, str]]:
    people = {name: User.objects.get_or_create(username=name)[0] for name in names}
    now = now_ms()
    Chat.objects.bulk_create(
        [Chat(chat_id=chat_id, title=chat_id, created_at=now, last_at=now) for chat_id in chats],
        BATCH,
    )
    memberships = (
        Membership(
            chat_id=chat_id,
            user=people[name],
            role=Role.MEMBER if place else Role.OWNER,
            joined_at=now,
        )
        for chat_id, members in chats.items()
        for place, name in enumerate(members)
    )
    Membership.objects.bulk_create(memberships, BATCH)
    return {
        name: (person.pk, AuthToken.objects.create(person)[1]) for name, person in people.items()
    }


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    json.dump(seed(plan["people"], plan["chats"]), sys.stdout)
