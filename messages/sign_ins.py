"""The browsers that somebody is signed in with: sessions as their owner sees and ends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from messages.clock import ms_of, now_ms
from messages.errors import NotFound
from messages.models import MAX_AGENT, SignIn

# Before a sign-in runs out its person is told, in milliseconds.
SOON = 300_000


@dataclass(frozen=True, slots=True)
class Browser:
    """One of somebody's sessions, without its key, which is the secret."""

    id: int
    at: int
    agent: str
    is_here: bool


def begin(request: HttpRequest, user: Any, *, at: int | None = None) -> None:
    """Write down a session that has just begun, or got another key."""
    if request.session.session_key is None:
        request.session.create()
    of_none = ~Exists(Session.objects.filter(pk=OuterRef("session_id")))
    SignIn.objects.filter(of_none, user=user).delete()
    agent = request.META.get("HTTP_USER_AGENT", "")[:MAX_AGENT].replace("\0", "")
    SignIn.objects.update_or_create(
        session_id=request.session.session_key,
        defaults={"user": user, "at": at or now_ms(), "agent": agent},
    )


def heard_of(*, request: HttpRequest, user: Any, **_: Any) -> None:
    begin(request, user)


def browsers_of(user: Any, here: SessionBase) -> list[Browser]:
    """Those that are signed in now, the newest first."""
    rows = SignIn.objects.filter(user=user, session__expire_date__gt=timezone.now())
    return [
        Browser(row.pk, row.at, row.agent, is_here=row.session_id == here.session_key)
        for row in rows.select_related("session").order_by("-at", "-pk")
        if is_current(row.session.get_decoded(), user)
    ]


@transaction.atomic
def end(user: Any, sign_in_id: int) -> None:
    """End one of somebody's own, with its sockets; raises NotFound."""
    if not _end(Session.objects.filter(signin__user=user, signin__pk=sign_in_id)):
        raise NotFound


@transaction.atomic
def end_others(user: Any, here: SessionBase) -> None:
    _end(Session.objects.filter(signin__user=user).exclude(pk=here.session_key))


def begun_at(session: SessionBase) -> int | None:
    return SignIn.objects.filter(session=session.session_key).values_list("at", flat=True).first()


def ends_soon(ends_at: int | None) -> bool:
    """Whether the person is to be told."""
    return ends_at is not None and ends_at - now_ms() < SOON


def end_of(session: SessionBase) -> int | None:
    """When this runs out, in milliseconds, where that is soon. No request puts it off."""
    rows = Session.objects.filter(pk=session.session_key)
    end = rows.values_list("expire_date", flat=True).first()
    ends_at = None if end is None else ms_of(end)
    return ends_at if ends_soon(ends_at) else None


def is_for(user_id: int, owner: str | None) -> bool:
    """A page says whose it is: another may have signed in with its browser since it was loaded."""
    return owner in (None, str(user_id))


def is_current(session: Mapping[str, Any], user: Any) -> bool:
    """Whether what a session holds was begun with the password that the user has now."""
    stored = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return BACKEND_SESSION_KEY in session and any(constant_time_compare(stored, h) for h in hashes)


def _end(sessions: Any) -> int:
    """One by one: sockets hear of each."""
    found = list(sessions)
    for session in found:
        session.delete()
    return len(found)
