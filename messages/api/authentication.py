"""Who is asking: an API token of theirs, or the session of their browser."""

import re
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from messages.sign_ins import is_for

SCHEME = "Bearer"
OWNER = "X-User-Id"
_TOKEN = re.compile(r"[!-~]{1,256}")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. A bad one is refused even if there is a session too."""

    def authenticate(self, request: Request) -> tuple[Any, AuthToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = find_token(text.strip())
        if token is None:
            raise AuthenticationFailed
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class CookieAuthentication(SessionAuthentication):
    """The session's user, whom a page may name; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None and not is_for(found[0].pk, request.headers.get(OWNER)):
            raise AuthenticationFailed
        return found


def find_token(text: str) -> AuthToken | None:
    """The valid token of an active user behind these characters."""
    if not _TOKEN.fullmatch(text):
        return None
    for token in AuthToken.objects.select_related("user").filter(pk=hash_token(text)):
        if token.user.is_active and (token.expiry is None or token.expiry > timezone.now()):
            return token
    return None


def require_still_signed_in(request: Request) -> None:
    """After a read: sees every end of a sign-in that was committed before what was read.

    Raises AuthenticationFailed.
    """
    if isinstance(request.auth, AuthToken):
        is_valid = AuthToken.objects.filter(pk=request.auth.pk, user__is_active=True).exists()
    else:
        is_valid = _is_current(request.session)
    if not is_valid:
        raise AuthenticationFailed


def _is_current(session: Any) -> bool:
    """Whether a session goes on, and its user has the password that it was begun with."""
    user = get_user_model().objects.filter(pk=session.get(SESSION_KEY), is_active=True).first()
    if user is None or not session.exists(session.session_key):
        return False
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session[HASH_SESSION_KEY], one) for one in hashes)
