"""The application every server serves: HTTP to Django, sockets to the consumers."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatrouting.settings")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter  # noqa: E402

from chatrouting.client import FromClient  # noqa: E402
from chatrouting.http import HTTPHandler  # noqa: E402
from chatrouting.lifespan import lifespan  # noqa: E402
from chatrouting.routing import websockets  # noqa: E402

application = FromClient(
    ProtocolTypeRouter({"http": HTTPHandler(), "websocket": websockets, "lifespan": lifespan})
)
