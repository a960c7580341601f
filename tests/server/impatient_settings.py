"""The application as it is, but with work tried again at once."""

from chatrouting.settings import *  # noqa: F403
from chatrouting.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.server.impatient.Impatient"]
