"""The domain's Django app; its label is not `messages`, which belongs to django.contrib."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "messages"
    label = "chat_messages"
    verbose_name = _("Chat messages")

    def ready(self) -> None:
        """Hear of sign-ins; load what asks the model, where there is one: no question waits."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415  # needs the apps

        from messages import sign_ins, triggers  # noqa: PLC0415

        user_logged_in.connect(sign_ins.heard_of, dispatch_uid="messages.sign_ins")
        if settings.AI_BASE_URL:
            import_module("messages.processors.ai")
        pre_migrate.connect(triggers.before_migrations, sender=self)
        post_migrate.connect(triggers.after_migrations, sender=self)
