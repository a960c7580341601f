"""Makes the waits between two tries short, for tests that wait for the last."""

from django.apps import AppConfig


class Impatient(AppConfig):
    """Nothing else is changed."""

    name = "tests.server"
    label = "impatient"

    def ready(self) -> None:
        from messages import jobs  # noqa: PLC0415

        jobs.BACKOFF_MS = (50, 50, 50)
        jobs.MAX_RETRY_AFTER_MS = 50
