"""`makemessages`, which also knows where refusals stand, and where the script's words do."""

from typing import Any

from django.core.management.commands import makemessages

_SCRIPTS = "djangojs"
_OF_SCRIPTS = "messages/pages/words.py"

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
        "--keyword=counted:1,2",  # these two are of the script's words
        "--keyword=in_portuguese:1",
    ]

    def find_files(self, root: str) -> list[Any]:
        """One catalogue has the script's words, the other all the rest."""
        wanted = self.domain == _SCRIPTS
        return [
            file for file in super().find_files(root) if file.path.endswith(_OF_SCRIPTS) == wanted
        ]

    def build_potfiles(self) -> list[str]:
        """Those words are handed to the script by Python."""
        if self.domain == _SCRIPTS:
            self.xgettext_options = [*self.xgettext_options, "--language=Python"]
        return super().build_potfiles()
