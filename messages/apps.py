"""The domain's Django app; its label is not `messages`, which belongs to django.contrib."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "messages"
    label = "chat_messages"
    verbose_name = _("Chat messages")

    def ready(self) -> None:
        """Load what asks the model, where there is one: nobody's question shall wait for that."""
        if settings.AI_BASE_URL:
            import_module("messages.processors.ai")
