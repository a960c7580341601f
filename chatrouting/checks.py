"""What `check --deploy` looks at, beside Django's own: what is dangerous in production."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

_LEAST_SECRET = 50
_LEAST_VARIETY = 12
_YOUTUBE = "https://www.youtube.com"


@register(Tags.security, deploy=True)
def dangers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [message for look in _LOOKS for message in look()]


def _several_processes() -> Iterator[CheckMessage]:
    """Whoever is at another process hears nothing, and limits hold for each process alone."""
    if settings.REDIS_URL:
        return
    if settings.PROCESSES > 1:
        yield Error("Several processes need REDIS_URL.", id="chatrouting.E001")
    elif settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        yield Caution(
            "There is no REDIS_URL: this must be the only process on its database.",
            hint="A second one would not hear of the first one's messages, and count by itself.",
            id="chatrouting.W001",
        )


def _secret() -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) < _LEAST_SECRET or len(set(key)) < _LEAST_VARIETY or "development-only" in key:
        yield Error(
            "SECRET_KEY can be guessed.",
            hint="python -c 'import secrets; print(secrets.token_urlsafe(60))'",
            id="chatrouting.E002",
        )


def _hosts() -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS names the hosts that are served, not *.", id="chatrouting.E003")


def _origins() -> Iterator[CheckMessage]:
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        parts = urlsplit(origin)
        if not parts.scheme or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            yield Error(
                f"CSRF_TRUSTED_ORIGINS has {origin!r}; an origin is like https://chat.example.org.",
                id="chatrouting.E004",
            )
        elif parts.scheme != "https":
            yield Caution(
                f"Pages of {origin!r} come without TLS, and may post and open sockets here.",
                id="chatrouting.W002",
            )


def _for_tests_only() -> Iterator[CheckMessage]:
    if settings.DEMO:
        yield Error("DEMO is for development: its passwords are known.", id="chatrouting.E005")
    if settings.YOUTUBE_BASE_URL != _YOUTUBE:
        yield Error("YOUTUBE_BASE_URL is for tests.", id="chatrouting.E006")


def _proxies() -> Iterator[CheckMessage]:
    if not settings.TRUSTED_PROXIES:
        yield Caution(
            "TRUSTED_PROXIES is 0: everybody has the proxy's address, and its scheme.",
            hint="Set it to the number of proxies that add to X-Forwarded-For.",
            id="chatrouting.W003",
        )


def _limits() -> Iterator[CheckMessage]:
    for name in ("RATE_LIMIT_SIGN_IN_NAME", "RATE_LIMIT_SIGN_IN_ADDRESS"):
        if getattr(settings, name) == "0":
            yield Caution(f"{name} is off: passwords can be guessed.", id="chatrouting.W004")


_LOOKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _several_processes,
    _secret,
    _hosts,
    _origins,
    _for_tests_only,
    _proxies,
    _limits,
)
