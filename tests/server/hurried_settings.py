"""The application as it is, but with answers and leases of less than a second."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.server.hurried.Hurried"]
