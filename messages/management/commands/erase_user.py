"""`manage.py erase_user NAME`: somebody is forgotten; stopped anywhere, the same again goes on."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from messages.erasure import erase, size_of
from messages.management.people import PersonCommand


class Command(PersonCommand):
    help = "Takes what somebody wrote, and their names, out of every row, and deletes the account."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="Without asking: it is for ever.")

    def handle(self, *_args: Any, **options: Any) -> None:
        name, user_id = options["name"], self.user_id(options)
        if not options["yes"] and input(f"Type {name} again to erase {name} for ever: ") != name:
            raise CommandError("Nothing was erased.")
        with tqdm(total=size_of(user_id), desc=name, disable=not options["verbosity"]) as bar:
            for done in erase(user_id):
                bar.update(done)
