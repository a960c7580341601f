"""The domain's Django app; its label is not `messages`, which belongs to django.contrib."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "messages"
    label = "chat_messages"
    verbose_name = _("Chat messages")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415  # needs the apps

        from messages import sign_ins  # noqa: PLC0415

        user_logged_in.connect(sign_ins.heard_of, dispatch_uid="messages.sign_ins")
