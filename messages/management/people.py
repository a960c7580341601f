"""What commands about one person share."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser


class PersonCommand(BaseCommand):
    """A command that is told a user name."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="A user name.")

    def user_id(self, options: dict[str, Any]) -> int:
        name = options["name"]
        found = get_user_model().objects.filter(username=name).values_list("pk", flat=True).first()
        if found is None:
            raise CommandError(f"There is nobody called {name}.")
        return int(found)
