"""`makemessages`, which also knows the sentences that refusals are given as they are."""

from django.core.management.commands import makemessages

_REFUSALS = (
    "BadRequest",
    "TooLarge",
    "Conflict",
    "Forbidden",
    "Unavailable",
    "NotFound",
)


class Command(makemessages.Command):
    """`messages/errors.py` translates them for whoever is told."""

    xgettext_options: list[str] = [  # noqa: RUF012  # Django's own is a list too
        *makemessages.Command.xgettext_options,
        *(f"--keyword={name}:1" for name in _REFUSALS),
        "--keyword=counted:1,2",  # these two are of messages/pages/words.py
        "--keyword=in_portuguese:1",
    ]
