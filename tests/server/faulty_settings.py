"""The application as it is, on a channel layer that loses and reorders."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.server.faulty_layer.FaultyLayer"
