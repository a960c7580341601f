"""The application as it is, with somebody who answers."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.server.scripted.Scripted"]
