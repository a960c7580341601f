"""The domain's Django app; its label is not `messages`, which belongs to django.contrib."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "messages"
    label = "chat_messages"
    verbose_name = _("Chat messages")
