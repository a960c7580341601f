"""The application's environment variables, free of what the caller's own shell has set."""

import os
from collections.abc import Mapping

APPLICATION = (
    "ADMIN_PATH",
    "AI_API_KEY",
    "AI_BASE_URL",
    "AI_CONNECT_SECONDS",
    "AI_CONTEXT_CHARS",
    "AI_MODEL",
    "AI_OUTPUT_CHARS",
    "AI_SILENCE_SECONDS",
    "AI_SYSTEM_PROMPT",
    "AI_TOTAL_SECONDS",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_POOL",
    "DATABASE_URL",
    "DEBUG",
    "DEMO",
    "ENGINE",
    "HOST",
    "LOG_FORMAT",
    "HSTS_INCLUDE_SUBDOMAINS",
    "HSTS_PRELOAD",
    "HSTS_SECONDS",
    "LOG_LEVEL",
    "MAX_CONNECTIONS_ADDRESS",
    "MAX_CONNECTIONS_USER",
    "PORT",
    "RATE_LIMIT_CHANGES",
    "RATE_LIMIT_CHAT",
    "RATE_LIMIT_CHATS",
    "RATE_LIMIT_FRAMES",
    "RATE_LIMIT_INVITATIONS",
    "RATE_LIMIT_PEOPLE",
    "RATE_LIMIT_PICTURES",
    "RATE_LIMIT_REPORTS",
    "RATE_LIMIT_SEARCH",
    "RATE_LIMIT_SEND",
    "RATE_LIMIT_SIGN_IN_ADDRESS",
    "RATE_LIMIT_SIGN_IN_NAME",
    "RATE_LIMIT_USER",
    "REDIS_URL",
    "REQUEST_SECONDS",
    "SECRET_KEY",
    "TOKEN_DAYS",
    "TRUSTED_PROXIES",
    "WEB_CONCURRENCY",
    "YOUTUBE_BASE_URL",
)

# What is not reached by those who do not mean to.
UNLIMITED = dict.fromkeys(
    (
        *("MAX_CONNECTIONS_ADDRESS", "MAX_CONNECTIONS_USER"),
        *("RATE_LIMIT_CHAT", "RATE_LIMIT_FRAMES", "RATE_LIMIT_USER"),
        *("RATE_LIMIT_CHANGES", "RATE_LIMIT_CHATS", "RATE_LIMIT_PEOPLE", "RATE_LIMIT_PICTURES"),
    ),
    "0",
)


def clean() -> dict[str, str]:
    """This process's environment without anything the application reads."""
    return {name: value for name, value in os.environ.items() if name not in APPLICATION}


def development(values: Mapping[str, str]) -> dict[str, str]:
    """A whole environment for a child process: `values` over development's defaults.

    Videos are looked up at an address where nobody is: nothing of a test leaves this machine.
    """
    is_debug = values.get("DEBUG", "1") == "1"
    return clean() | {
        "DEBUG": "1",
        **({"YOUTUBE_BASE_URL": "http://127.0.0.1:9"} if is_debug else {}),
        "DJANGO_SETTINGS_MODULE": "chatrouting.settings",
        "PYTHONUNBUFFERED": "1",
        **values,
    }
