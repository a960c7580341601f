"""The domain's Django app; its label is not `messages`, which belongs to django.contrib."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "messages"
    label = "chat_messages"
    verbose_name = _("Chat messages")

    def ready(self) -> None:
        from messages import triggers  # noqa: PLC0415  # models are not there before

        pre_migrate.connect(triggers.before_migrations, sender=self)
        post_migrate.connect(triggers.after_migrations, sender=self)
