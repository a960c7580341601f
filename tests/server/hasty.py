"""Shortens the patience with slow and silent connections, for tests that wait for its end."""

from django.apps import AppConfig

STUCK = 2.0
SILENCE = 4.0


class Hasty(AppConfig):
    """Nothing else is changed."""

    name = "tests.server"
    label = "hasty"

    def ready(self) -> None:
        from chatrouting import connections, consumers, streams  # noqa: PLC0415

        connections.STUCK = STUCK
        connections.SILENCE = SILENCE
        consumers.GOODBYE = streams.GOODBYE = 1.0
