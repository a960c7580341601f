"""Who is signed in: a session cookie or an API token, looked up and looked up again."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken

from messages.access import Actor, actors_of
from messages.clock import ms_of
from messages.models import Cause
from messages.sign_ins import is_current

_SESSION, _TOKEN = "session", "token"
_MAX_TOKEN = 256
_SESSION_KEY = re.compile("[a-zA-Z0-9]{8,40}")


class Credential(NamedTuple):
    """What somebody signs in with: a session key, or the digest of a token."""

    kind: str
    key: str

    @property
    def cause(self) -> Cause:
        """Why somebody stops hearing, where this is no longer valid."""
        return Cause.TOKEN if self.kind == _TOKEN else Cause.SESSION


def session_credential(session_key: str) -> Credential:
    return Credential(_SESSION, session_key)


def token_credential(token: str) -> Credential:
    return Credential(_TOKEN, hash_token(token))


def credential_of(token: str | None, session_key: str) -> Credential | None:
    """A token before a cookie; None for what is neither, and for a token that cannot be one."""
    if token is not None:
        return token_credential(token) if 0 < len(token) <= _MAX_TOKEN else None
    return session_credential(session_key) if _SESSION_KEY.fullmatch(session_key) else None


def bearer_token(authorization: str) -> str | None:
    """The token of an Authorization header, None where it is of another kind."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in connection's person, and what they signed in with.

    `ends_at` is when that runs out, in milliseconds, if ever; `as_of` says how much had ended
    when this was looked up (see `connections`).
    """

    credential: Credential
    actor: Actor
    ends_at: int | None = None
    as_of: int = 0


def identities(credentials: Collection[Credential]) -> dict[Credential, Identity]:
    """Who these are, of those that are valid now; four queries however many they are."""
    found = _by_token(credentials) | _by_session(credentials)
    actors = actors_of(user for user, _ in found.values())
    return {
        credential: Identity(credential, actor, None if end is None else ms_of(end))
        for (credential, (_, end)), actor in zip(found.items(), actors, strict=True)
    }


_Found = dict[Credential, tuple[Any, datetime | None]]  # the user, and when it runs out


def _by_token(credentials: Collection[Credential]) -> _Found:
    digests = [credential.key for credential in credentials if credential.kind == _TOKEN]
    if not digests:
        return {}
    tokens = AuthToken.objects.filter(digest__in=digests, user__is_active=True)
    return {
        Credential(_TOKEN, token.digest): (token.user, token.expiry)
        for token in tokens.select_related("user")
        if token.expiry is None or token.expiry > timezone.now()
    }


def _by_session(credentials: Collection[Credential]) -> _Found:
    keys = [credential.key for credential in credentials if credential.kind == _SESSION]
    if not keys:
        return {}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    store = SessionStore()
    sessions = [
        (key, store.decode(data), end)
        for key, data, end in rows.values_list("pk", "session_data", "expire_date")
    ]
    users = _active_users(data.get(SESSION_KEY) for _, data, _ in sessions)
    return {
        Credential(_SESSION, key): (users[data[SESSION_KEY]], end)
        for key, data, end in sessions
        if data.get(SESSION_KEY) in users and is_current(data, users[data[SESSION_KEY]])
    }


def _active_users(user_ids: Any) -> dict[str, Any]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    users = get_user_model().objects.filter(pk__in=wanted, is_active=True)
    return {str(user.pk): user for user in users}
