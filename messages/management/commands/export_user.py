"""`manage.py export_user NAME`: everything stored about somebody, as one JSON object."""

import sys
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import CommandParser
from tqdm import tqdm

from messages.export import account, parts
from messages.management.people import PersonCommand


class Command(PersonCommand):
    help = "Writes everything that is stored about somebody as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--output", type=Path, help="A file; without it standard output.")

    def handle(self, *_args: Any, **options: Any) -> None:
        user_id = self.user_id(options)
        path: Path | None = options["output"]
        if path is None:
            _write(sys.stdout.buffer, user_id, quiet=not options["verbosity"])
            return
        # The file is there when it is whole.
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("wb") as file:
            _write(file, user_id, quiet=not options["verbosity"])
        unfinished.replace(path)


def _write(file: BinaryIO, user_id: int, *, quiet: bool) -> None:
    file.write(b'{"account":' + orjson.dumps(account(user_id)))
    for name, (count, items) in parts(user_id).items():
        file.write(f',\n"{name}":['.encode())
        separator = b"\n"
        for item in tqdm(items, name, count, disable=quiet):
            file.write(separator + orjson.dumps(item))
            separator = b",\n"
        file.write(b"]")
    file.write(b"}\n")
    file.flush()
