"""The doors' Django app: connects what is committed below with who hears of it above."""

from django.apps import AppConfig


class ChatroutingConfig(AppConfig):
    name = "chatrouting"

    def ready(self) -> None:
        from chatrouting import signals  # noqa: PLC0415

        signals.connect()
