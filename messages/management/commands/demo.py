"""`manage.py demo`: four people and a chat to try things with; again changes nothing."""

import contextlib
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from messages.acceptance import accept_all
from messages.access import Actor, actor_of
from messages.chats import create_chat
from messages.drafts import Draft, draft_from
from messages.errors import ChatError, IdConflict

CHAT_ID = "demo"
PEOPLE = ("ann", "bob", "eve", "mod")
PASSWORD = "demo"  # noqa: S105
MARKDOWN = """\
Words may be **strong**, *soft* or `code`, links like https://www.djangoproject.com/ work, and so
do lists:

1. write something
2. take the network away
3. bring it back and see what you missed

```python
print("Olá!")
```

> Said once, stored once."""
TALK = (
    ("ann", "Hi Bob! 👋 This chat is stored, numbered and heard by its members alone."),
    ("bob", "Hi Ann! I have it open in two windows, and both say the same at once."),
    ("ann", MARKDOWN),
    ("bob", "Eve is signed up too, but not a member: to her this chat does not exist. 🙈"),
)


class Command(BaseCommand):
    help = "Makes ann, bob, eve and mod (password demo) and the chat demo. For development only."

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data is for DEBUG=1 only: its users have a known password.")
        people = _people()
        _let_moderate(people["mod"])
        actors = {name: actor_of(user) for name, user in people.items()}
        with contextlib.suppress(IdConflict):
            members = [actors["bob"]]
            create_chat(actors["ann"], "Demo", chat_id=CHAT_ID, members=members, is_free=True)
        for refusal in _talk(actors):
            self.stderr.write(f"Left out of the demo chat: {refusal}")
        if options["verbosity"]:
            self.stdout.write(f"Sign in as ann, bob, eve or mod, password {PASSWORD}.")


def _people() -> dict[str, User]:
    """Who is there already stays as they are."""
    people = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
    missing = [name for name in PEOPLE if name not in people]
    if missing:
        hashed = make_password(PASSWORD)  # once for all: it is slow on purpose
        people |= {n: User.objects.create(username=n, password=hashed) for n in missing}
    return people


def _let_moderate(mod: User) -> None:
    """Staff, in the group that a migration made."""
    if not mod.is_staff:
        mod.is_staff = True
        mod.save(update_fields=["is_staff"])
    mod.groups.add(Group.objects.get(name="moderators"))


def _talk(actors: dict[str, Actor]) -> list[ChatError]:
    """Say what was not said before; the refusals, of who was muted or taken out since, say."""
    outcomes = accept_all(
        [_draft(actors[name], number, words) for number, (name, words) in enumerate(TALK, 1)]
    )
    return [outcome for outcome in outcomes if isinstance(outcome, ChatError)]


def _draft(actor: Actor, number: int, words: str) -> Draft:
    body = {"type": "user", "clientMessageId": f"demo-{number}", "content": words}
    return draft_from(actor, CHAT_ID, body)
