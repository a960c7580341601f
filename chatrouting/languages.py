"""Which language somebody on an open connection reads: what is refused later is said in it."""

from types import SimpleNamespace

from django.conf import settings
from django.utils.translation import get_language_from_request


def language_of(chosen: str, accepted: str) -> str:
    """The one chosen on our pages, else the browser's, as Django finds it for a request."""
    request = SimpleNamespace(
        COOKIES={settings.LANGUAGE_COOKIE_NAME: chosen}, META={"HTTP_ACCEPT_LANGUAGE": accepted}
    )
    return get_language_from_request(request)  # type: ignore[arg-type]
