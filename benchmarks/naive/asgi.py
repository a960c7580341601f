"""The naive chat as an ASGI application; DJANGO_SETTINGS_MODULE must name its settings."""

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

http = get_asgi_application()

from benchmarks.naive.consumers import ChatConsumer  # noqa: E402  (models need apps.ready)

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([path("ws/chat/<str:room>/", ChatConsumer.as_asgi())]),
    }
)
