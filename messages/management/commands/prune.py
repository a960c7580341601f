"""`manage.py prune --older-than DAYS`: old messages are forgotten; it may be stopped anywhere."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from messages.clock import now_ms
from messages.models import Chat
from messages.retention import older_than, prune

_DAY = 24 * 60 * 60 * 1000


class Command(BaseCommand):
    help = "Forgets what is older than some days: the log of each chat begins later then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS")
        parser.add_argument("--chat", metavar="CHATID", help="This chat alone.")

    def handle(self, *_args: Any, **options: Any) -> None:
        days = options["older_than"]
        if days < 1:
            raise CommandError("--older-than is a number of days, at least 1.")
        before = now_ms() - days * _DAY
        chat_ids = list(Chat.objects.order_by("pk").values_list("pk", flat=True))
        if options["chat"] is not None:
            if options["chat"] not in chat_ids:
                raise CommandError(f"There is no chat {options['chat']}.")
            chat_ids = [options["chat"]]
        quiet = not options["verbosity"]
        total = sum(older_than(chat_id, before) for chat_id in chat_ids)
        with tqdm(total=total, desc="events", disable=quiet) as bar:
            for chat_id in chat_ids:
                for done in prune(chat_id, before):
                    bar.update(done)
