"""The application as it is, but out of patience within seconds."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.server.hasty.Hasty"]
