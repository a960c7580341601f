"""Settings of the naive chat; the database is set up as ours, so that only the design differs."""

import os

SECRET_KEY = "naive"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
INSTALLED_APPS = ["channels", "benchmarks.naive"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("NAIVE_DATABASE", ":memory:"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
NAIVE_STORES = os.environ.get("NAIVE_STORES") == "1"
