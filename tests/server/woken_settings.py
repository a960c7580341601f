"""The application as it is, with somebody who answers, once woken."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.server.scripted.Woken"]
