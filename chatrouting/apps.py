"""The doors' Django app: connects what is committed below with who hears of it above."""

from django.apps import AppConfig


class ChatroutingConfig(AppConfig):
    name = "chatrouting"

    def ready(self) -> None:
        from chatrouting import checks, signals  # noqa: F401, PLC0415  # checks register themselves

        signals.connect()
